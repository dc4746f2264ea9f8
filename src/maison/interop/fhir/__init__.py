"""The FHIR façade: rooms declare resources, the engine speaks FHIR R4 for them (HUB-06).

Words: *declared resource* a type, its search parameters and what stands behind it; *backing* where its rows are, in a room's own
tables or in the generic store; *caller* who asks, with its scopes and the structures it sees; *call* and *answer* one request
without its transport. Every access is traced, and read back as an AuditEvent (TdE) by the auditor.
Sources: HL7 FHIR R4 4.0.1 (http, search, operations), SMART App Launch 2.2 (backend services), ANS guides of SPECS §2.
"""
