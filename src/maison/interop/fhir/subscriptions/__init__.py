"""Subscriptions (abonnements): software asks once, and is told of each change that concerns it, in order, none missed.

R4 with the R5 backport, and the French guide of events (NdE): a topic or a search criterion, a filter, a REST hook. Every event of a
subscription has a number, without a gap, and is kept; what a subscriber did not take is tried later and later, and read by `$events`.
Sources: HL7 Subscriptions R5 Backport 1.1.0; HL7 FHIR R4 4.0.1 §Subscription; ANS Notification d'événements (NdE) 3.0.0; read 2026-11-25.
"""
