"""The registries spoken in FHIR, read only: Organization, Practitioner and PractitionerRole of the Annuaire Santé (`as-dp-*`).

The engine and the tables exist already: this says which column answers which parameter. Public data: every caller sees every row.
"""
