"""FHIR R4 CodeSystem and ValueSet as the NOS publishes them (dates as concept properties or extensions).

Source: NOS on mos.esante.gouv.fr (versions 2023 to 2026); FHIR R4 §4.8 and §4.9. A ValueSet that only names a system, without
listing its codes, keeps that in `properties["include"]` of no term: it is refused with a word, since its content is not in the file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from .model import Term, Terminology, UnreadableTerminology

_DATES = {"dateValid": "starts_on", "dateFin": "ends_on"}
_PERIOD = "http://hl7.org/fhir/StructureDefinition/resource-effectivePeriod"


def read(resource: dict[str, Any]) -> list[Terminology]:
    """The nomenclatures of a CodeSystem, a ValueSet or a Bundle of them. Raises UnreadableTerminology."""
    kind = resource.get("resourceType")
    if kind == "Bundle":
        entries = [entry.get("resource") or {} for entry in resource.get("entry") or []]
        return [found for entry in entries if entry.get("resourceType") in ("CodeSystem", "ValueSet") for found in read(entry)]  # fmt: skip
    if kind == "CodeSystem":
        return [_head(resource, "system", tuple(_concepts(resource.get("concept") or [], "")))]
    if kind == "ValueSet":
        return [_head(resource, "set", tuple(_members(resource)))]
    raise UnreadableTerminology(
        f"Ressource {kind or 'sans type'} : un CodeSystem, un ValueSet ou un Bundle est attendu."
    )


def _head(resource: dict[str, Any], kind: str, terms: tuple[Term, ...]) -> Terminology:
    name = resource.get("title") or resource.get("name") or resource.get("id") or ""
    url = resource.get("url") or ""
    oid = next((value.removeprefix("urn:oid:") for one in resource.get("identifier") or []
                if (value := str(one.get("value") or "")).startswith("urn:oid:")), "")  # fmt: skip
    if not (url or oid):
        raise UnreadableTerminology(f"« {name} » n'a ni adresse canonique (url) ni OID.")
    if not terms:
        raise UnreadableTerminology(f"« {name} » ne liste aucun code : chargez la version complète ou développée.")
    return Terminology(
        kind=kind, url=url, oid=oid, title=str(name), version=str(resource.get("version") or ""),
        published_on=day(resource.get("date")), publisher=str(resource.get("publisher") or ""),
        case_sensitive=bool(resource.get("caseSensitive")), terms=terms,
    )  # fmt: skip


def _concepts(concepts: list[dict[str, Any]], parent: str) -> Iterator[Term]:
    for concept in concepts:
        code = str(concept.get("code") or "").strip()
        if code:
            yield _term(concept, code, parent=parent)
        yield from _concepts(concept.get("concept") or [], code or parent)


def _term(concept: dict[str, Any], code: str, *, parent: str = "", system: str = "") -> Term:
    dates: dict[str, dt.date | None] = {}
    others: dict[str, Any] = {}
    for one in concept.get("property") or []:
        name, value = one.get("code"), next((found for key, found in one.items() if key.startswith("value")), None)
        if name in _DATES:
            dates[_DATES[name]] = day(value)
        elif name == "parent":
            parent = parent or str(value)
        elif name and name != "dateMaj":
            others[str(name)] = value
    for extension in concept.get("extension") or []:
        if extension.get("url") == _PERIOD and isinstance(period := extension.get("valuePeriod"), dict):
            dates.setdefault("starts_on", day(period.get("start")))
            dates.setdefault("ends_on", day(period.get("end")))
    short = next(
        (str(one.get("value")) for one in concept.get("designation") or []
         if (one.get("use") or {}).get("code") in ("LibelleCourt", "short")), "",
    )  # fmt: skip
    display = str(concept.get("display") or code).strip()
    return Term(
        code=code, display=display, system=system, parent=parent, short="" if short == display else short,
        definition=str(concept.get("definition") or ""), starts_on=dates.get("starts_on"), ends_on=dates.get("ends_on"),
        properties=others,
    )  # fmt: skip


def _members(resource: dict[str, Any]) -> Iterator[Term]:
    for include in (resource.get("compose") or {}).get("include") or []:
        for concept in include.get("concept") or []:
            if code := str(concept.get("code") or "").strip():
                yield _term(concept, code, system=str(include.get("system") or ""))
    if not resource.get("compose"):
        for contained in (resource.get("expansion") or {}).get("contains") or []:
            if code := str(contained.get("code") or "").strip():
                yield _term(contained, code, system=str(contained.get("system") or ""))


def day(value: Any) -> dt.date | None:
    """The day of a FHIR dateTime, whatever its precision; None when there is none or it cannot be read."""
    text = str(value or "")[:10]
    whole = text + {4: "-01-01", 7: "-01"}.get(len(text), "")
    try:
        return dt.date.fromisoformat(whole) if len(whole) == 10 else None
    except ValueError:
        return None
