"""The check of a resource against profiles: snapshots of StructureDefinitions loaded at run time, never part of the house.

A `Library` holds the definitions; `check(library, resource, profiles)` returns every fault. Base R4 (types, formats, unknown
elements) is checked first by `fhirkit`, so that the compiled tree of a profile keeps only what the profile adds to it.
"""

from .checker import check, check_base
from .library import Library

__all__ = ["Library", "check", "check_base"]
