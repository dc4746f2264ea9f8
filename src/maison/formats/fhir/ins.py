"""The INS inside a resource: it travels only with an identity that says itself qualified (VALI). Sources: RNIV; FR Core 2.1.0, fr-core-1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

INS = "urn:oid:1.2.250.1.213.1.4."
REAL_INS, TEST_INS = frozenset({f"{INS}8", f"{INS}9"}), frozenset({f"{INS}10", f"{INS}11"})
RELIABILITY = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
OLD_RELIABILITY = "http://interopsante.org/fhir/StructureDefinition/FrPatientIdentReliability"


def patients(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, Patient) of the resource itself and of those it contains; `path` is that of the resource."""
    path = path or str(value.get("resourceType", ""))
    if value.get("resourceType") == "Patient":
        yield path, value
    contained = value.get("contained")
    for place, item in enumerate(contained if isinstance(contained, list) else ()):
        if isinstance(item, dict):
            yield from patients(item, f"{path}.contained[{place}]")


def systems_of(patient: dict[str, Any]) -> frozenset[str]:
    """The systems of its INS identifiers."""
    given = patient.get("identifier")
    items = given if isinstance(given, list) else ()
    return frozenset(str(item.get("system")) for item in items if isinstance(item, dict)) & (REAL_INS | TEST_INS)


def is_qualified(patient: dict[str, Any]) -> bool:
    """VALI: the only status under which an INS travels (fr-core-1; RNIV)."""
    for extension in _list(patient.get("extension")):
        if extension.get("url") in {RELIABILITY, OLD_RELIABILITY}:
            codings = [part.get("valueCoding") for part in _list(extension.get("extension")) if part.get("url") == "identityStatus"]  # fmt: skip
            codings.append(extension.get("valueCoding"))
            if any(isinstance(coding, dict) and coding.get("code") == "VALI" for coding in codings):
                return True
    return False


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def carries_unqualified(resource: dict[str, Any]) -> bool:
    """Whether an INS stands anywhere in it that a qualified Patient of the same resource does not bear: such an INS does not travel."""
    qualified = {
        item.get("value")
        for _, patient in patients(resource)
        if is_qualified(patient)
        for item in _list(patient.get("identifier"))
    }
    return any(value not in qualified for value in _values(resource))


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        if value.get("system") in REAL_INS | TEST_INS and "value" in value:
            yield value["value"]
        for item in value.values():
            yield from _values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _values(item)
