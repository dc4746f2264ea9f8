"""Is what comes in fit to be kept? Base R4, the profiles it claims or must follow, INS rules, and the room's own checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from maison.formats.fhir import ins
from maison.formats.fhir.faults import Fault
from maison.formats.fhir.profiles import check

from . import definitions
from .errors import NotConform, NotQualified, TestIdentity
from .registry import Declared


def faults_of(declared: Declared | None, resource: dict[str, Any], profiles: Iterable[str] = ()) -> list[Fault]:
    asked = list(profiles)
    if declared is not None and declared.required_profile:
        asked.append(declared.required_profile)
    faults = check(definitions.library(), resource, asked)
    if not any(fault.is_error for fault in faults) and declared is not None:
        for rule in declared.checks:
            faults += rule(resource)
    return faults


def must_conform(declared: Declared, resource: dict[str, Any], *, place: str = "") -> None:
    """Raises NotConform with every fault, or the INS refusals; warnings let the resource in. `place` is its entry in a bundle."""
    faults = faults_of(declared, resource)
    if any(fault.is_error for fault in faults):
        raise NotConform(faults=tuple(placed(fault, declared.type, place) for fault in faults))
    for _, patient in ins.patients(resource):
        systems = ins.systems_of(patient)
        if settings.PRODUCTION and systems & ins.TEST_INS:
            raise TestIdentity
        if systems and not ins.is_qualified(patient):
            raise NotQualified


def placed(fault: Fault, kind: str, place: str) -> Fault:
    if not place:
        return fault
    tail = fault.path.removeprefix(kind)
    return Fault(place + tail, fault.code, fault.text, fault.severity, fault.key)
