"""Nomenclatures as their publishers give them: FHIR CodeSystem and ValueSet, IHE SVS, and the tables of the ATIH, CNAM and SFMU.

Words: *system* a nomenclature that defines codes (TRE_*, CIM-10); *set* a choice of codes for one field (JDV_*). Everything is read
into `Terminology`; a code carries its dates, since a code is ended and never deleted.
"""
