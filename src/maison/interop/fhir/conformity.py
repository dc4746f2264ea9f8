"""Is what comes in fit to be kept? Base R4, the profiles it claims or must follow, INS rules, and the room's own checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings

from maison.formats.fhir.faults import Fault
from maison.formats.fhir.profiles import check

from . import definitions
from .errors import NotConform, NotQualified, TestIdentity
from .registry import Declared

INS = "urn:oid:1.2.250.1.213.1.4."
REAL_INS, TEST_INS = frozenset({f"{INS}8", f"{INS}9"}), frozenset({f"{INS}10", f"{INS}11"})
RELIABILITY = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
OLD_RELIABILITY = "http://interopsante.org/fhir/StructureDefinition/FrPatientIdentReliability"


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
    for patient in _patients(resource):
        ins = {item.get("system") for item in patient.get("identifier", ()) if isinstance(item, dict)}
        if settings.PRODUCTION and ins & TEST_INS:
            raise TestIdentity
        if ins & (REAL_INS | TEST_INS) and not _is_qualified(patient):
            raise NotQualified


def placed(fault: Fault, kind: str, place: str) -> Fault:
    if not place:
        return fault
    tail = fault.path.removeprefix(kind)
    return Fault(place + tail, fault.code, fault.text, fault.severity, fault.key)


def _patients(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if value.get("resourceType") == "Patient":
        yield value
    for item in value.get("contained", ()):
        if isinstance(item, dict):
            yield from _patients(item)


def carries_unqualified_ins(resource: dict[str, Any]) -> bool:
    """Whether an INS stands anywhere in it that a qualified Patient of the same resource does not bear: such an INS does not travel."""
    qualified = {
        item.get("value")
        for patient in _patients(resource)
        if _is_qualified(patient)
        for item in patient.get("identifier", ())
        if isinstance(item, dict)
    }
    return any(value not in qualified for value in _ins_values(resource))


def _ins_values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if value.get("system") in REAL_INS | TEST_INS and "value" in value:
            yield value["value"]
        for item in value.values():
            yield from _ins_values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ins_values(item)


def _is_qualified(patient: dict[str, Any]) -> bool:
    """VALI: the only status under which an INS travels (fr-core-1; RNIV)."""
    for extension in patient.get("extension", ()):
        if isinstance(extension, dict) and extension.get("url") in {RELIABILITY, OLD_RELIABILITY}:
            codings = [
                part.get("valueCoding", {})
                for part in extension.get("extension", ())
                if part.get("url") == "identityStatus"
            ]
            codings += [extension.get("valueCoding", {})]
            if any(coding.get("code") == "VALI" for coding in codings):
                return True
    return False
