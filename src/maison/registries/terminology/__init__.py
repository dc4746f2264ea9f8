"""Nomenclatures of the house: what a code means, since when, until when, and which codes a field accepts.

Words: *system* (CodeSystem, TRE_*) defines codes; *set* (ValueSet, JDV_*) chooses some for a field; *concept* is one code in one
of its states. Official sources: NOS of the ANS (FHIR and SVS), CIM-10 FR (ATIH), CCAM (CNAM), motives of the SFMU. The house also
knows its own compact tables (`house.py`), so that it speaks before anything is loaded.

A code is ended, never deleted: a record of 2015 is still readable. Each state of a code keeps the dates it was told between.
"""
