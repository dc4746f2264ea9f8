"""Identity: who a patient is, for the whole house (RNIV), and which identities of the region are one person (SRIR).

Words: *domain* (domaine d'identification) who gives numbers; *IPP* the number of a patient in a domain; *strict traits* the
five of civil status; *INS* the national matricule and its OID, never one without the other; *acts* the two that make a
status: INSi answered (I), a document checked (C); *status* their product, computed by the database: provisoire, récupérée,
validée, qualifiée; *attributes* homonyme, douteuse, fictive; *cluster* the linked identities of one person.
Sources: RNIV 1 (ANS), FR Core 2.1.0, IHE PAM France 2.11; DOMAIN §1 (INS-01 to INS-12). See docs/identity.md, decision 0023.
"""
