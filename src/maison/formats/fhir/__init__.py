"""FHIR R4 (4.0.1) on the wire: JSON, dates, search values, patches, and the check of profiles. Pure Python, no Django.

A resource is a plain `dict`, as its JSON says it, with decimals kept exact. Types, primitive formats and base cardinalities
are checked by `fhirkit` (base R4); profiles by our checker over snapshots loaded at run time (`profiles`).
Source: HL7 FHIR R4 4.0.1, http, search, datatypes, profiling and fhirpatch pages, read 2026-11-25.
"""
