"""The checkers of the families whose format is in the house: each turns the faults of its format into those of a report."""

from __future__ import annotations

from maison.formats.recognition import Family
from maison.interop.conformance.grading import register

from . import cda, fhir, hl7v2, hub_sante, rpu


def register_all() -> None:
    """Those that need no house. A house then registers the checkers that know what its operator loaded: the last one wins."""
    register(Family.HUB_SANTE, hub_sante.check)
    register(Family.HL7V2, hl7v2.check)
    register(Family.CDA, cda.checker(lambda: None))
    register(Family.RPU, rpu.check)
    register(Family.FHIR, fhir.checker(fhir.nothing_loaded))
