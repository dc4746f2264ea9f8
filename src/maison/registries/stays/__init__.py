"""Stays: who is in which unit of a hospital, from its own movements (PAM), and how many.

Words: *stay* (venue) one coming of a patient, from preadmission to exit; *movement* (mouvement) what changes it, named and dated
by the hospital (ZBE); *unit* (unité fonctionnelle, UF) who answers for the patient; *census* (patients présents) the counts of
units. The hospital is the authority: the state of a stay is the fold of all its messages, so that a cancellation gives back the
exact state before, whatever order they came in (decisions 0006 and 0013). Sources: IHE PAM France 2.11; DOMAIN §3, §12 (HUB-03,
HUB-04), §1 (INS-02, INS-10).
"""
