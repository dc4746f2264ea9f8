"""FHIR R4: base types and formats, then every profile the sample claims and the house has loaded; a Bundle entry by entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from maison.formats.fhir import ins
from maison.formats.fhir.faults import INFORMATION, WARNING
from maison.formats.fhir.faults import Fault as Found
from maison.formats.fhir.profiles import Library, check, check_base
from maison.formats.fhir.profiles.library import KINDS, bare
from maison.formats.fhir.wire import UnreadableJson, read
from maison.interop.conformance.grading import Checker, Findings, Sample, unreadable
from maison.interop.conformance.places import JsonPlaces, steps_of, text_of
from maison.interop.conformance.report import Fault, Severity

BASE = "HL7 FHIR R4 4.0.1"
PROFILES = "Profils que la ressource déclare, tels que chargés"
HOUSE = "Référentiel INS ; RNIV ; FR Core 2.1.0"
NO_XML = (
    "FHIR reconnu, en XML. La maison ne lit et ne contrôle FHIR qu’en JSON (application/fhir+json) : convertissez "
    "l’exemple, puis vérifiez de nouveau."
)
_OF_BASE = frozenset({"base", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5"})
_WHY = {
    "required": "Un destinataire qui suit le profil refuse la ressource sans cet élément.",
    "structure": "Un lecteur strict refuse ce que la définition n’admet pas ; les autres l’ignorent.",
    "value": "Une valeur qui n’est pas de son type est refusée, ou lue de travers.",
    "code-invalid": "Un code hors de son jeu de valeurs n’a de sens que pour son émetteur.",
    "invariant": "Cette règle tient ensemble plusieurs éléments : sans elle, la ressource se contredit.",
    "not-found": "Sans sa définition, ce que le profil ajoute n’est pas contrôlé ici ; le reste l’est.",
    "not-supported": "Ce point n’est pas contrôlé : un destinataire peut en juger autrement.",
    "invalid": "Un destinataire ne saura pas lire cet élément.",
    "business-rule": "La porte FHIR refuse un matricule INS dont l’identité n’est pas qualifiée (FHR-025).",
}
_MEND = {
    "required": "Renseignez cet élément.",
    "structure": "Retirez ou déplacez cet élément, d’après la définition.",
    "value": "Écrivez la valeur dans la forme de son type.",
    "code-invalid": "Prenez un code du jeu de valeurs cité, avec son système.",
    "invariant": "Accordez les éléments que cette règle cite.",
    "not-found": "Demandez à la plateforme de charger ce guide (./maison import profiles), ou vérifiez l’adresse du profil.",
    "not-supported": "Vérifiez ce point avec le validateur de référence.",
    "invalid": "Reprenez cet élément d’après la définition.",
    "business-rule": "Dites l’identité qualifiée (extension fr-core-identity-reliability, identityStatus VALI), ou retirez l’INS.",
}


@cache
def nothing_loaded() -> Library:
    return Library()


def from_folder(folder: Path) -> Library:
    """The definitions of a folder of JSON files, for a bench without a house. What is no definition is left."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        try:
            resource = read(path.read_bytes())
        except UnreadableJson:
            continue
        if resource.get("resourceType") in KINDS:
            found.append(resource)
    return Library(found)


def checker(library: Callable[[], Library]) -> Checker:
    """`library` is asked at each sample: what an operator loads serves at once."""

    def checked(sample: Sample) -> Findings:
        return _check(sample, library())

    return checked


def _check(sample: Sample, library: Library) -> Findings:
    if sample.found.syntax != "json":
        return Findings(unchecked=NO_XML)
    try:
        resource = read(sample.data.removeprefix(b"\xef\xbb\xbf"))
    except UnreadableJson as problem:
        return Findings(kind="Ressource", faults=[unreadable(str(problem), BASE, rule="json", line=1)])
    kind = str(resource.get("resourceType", ""))
    places = JsonPlaces(text_of(sample.data))
    claims = list(dict.fromkeys(_claims(resource)))
    known = [one for one in claims if one in library]
    source = f"{PROFILES} : {', '.join(bare(one).rpartition('/')[2] for one in known[:6])}" if known else PROFILES
    found = list(dict.fromkeys([*check(library, resource), *_entries(resource), *_identities(resource)]))
    return Findings(
        kind=_kind(resource, kind),
        version="R4 4.0.1",
        faults=[_fault(one, places, source) for one in found],
        understood=[
            ("Ressources", _counted(resource)),
            ("Profils déclarés", ", ".join(bare(one).rpartition("/")[2] for one in claims)[:300]),
            ("Contrôlé", _checked(claims, known)),
            ("Profils chargés ici", str(len(library.profiles()) or "aucun")),
            ("Identifiants INS", "présents" if any(ins.systems_of(one) for _, one in _patients(resource)) else ""),
        ],
    )


def _kind(resource: dict[str, Any], kind: str) -> str:
    if kind == "Bundle":
        return f"Bundle {resource.get('type', '')}".strip()[:60]
    return kind[:60]


def _checked(claims: list[str], known: list[str]) -> str:
    """« base R4, et 2 profils sur les 3 déclarés »."""
    if not claims:
        return "base R4 (aucun profil n’est déclaré)"
    return f"base R4, et {len(known)} profil(s) sur les {len(claims)} déclaré(s)"


def _inside(resource: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resource, and each one its entries hold."""
    kind = str(resource.get("resourceType", ""))
    yield kind, resource
    entries = resource.get("entry") if kind == "Bundle" else None
    for rank, entry in enumerate(entries if isinstance(entries, list) else ()):
        inner = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inner, dict):
            yield f"Bundle.entry[{rank}].resource", inner


def _entries(resource: dict[str, Any]) -> Iterator[Found]:
    """Base R4 of each entry on its own: codes, extensions and contained resources are those of a resource, not of its Bundle."""
    for path, inner in _inside(resource):
        if path.startswith("Bundle."):
            for one in check_base(inner):
                tail = one.path.partition(".")[2]
                yield Found(f"{path}.{tail}" if tail else path, one.code, one.text, one.severity, one.key)


def _counted(resource: dict[str, Any]) -> str:
    counts = Counter(str(one.get("resourceType", "?"))[:40] for path, one in _inside(resource) if path != "Bundle")
    return ", ".join(f"{kind} × {count}" if count > 1 else kind for kind, count in counts.most_common(12))


def _claims(resource: dict[str, Any]) -> Iterator[str]:
    for _, one in _inside(resource):
        meta = one.get("meta")
        profiles = meta.get("profile") if isinstance(meta, dict) else None
        yield from (item for item in (profiles if isinstance(profiles, list) else ()) if isinstance(item, str))


def _patients(resource: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, one in _inside(resource):
        yield from ins.patients(one, path)


def _identities(resource: dict[str, Any]) -> Iterator[Found]:
    for path, patient in _patients(resource):
        if ins.systems_of(patient) and not ins.is_qualified(patient):
            yield Found(f"{path}.identifier", "business-rule", "Un matricule INS ne circule qu’avec une identité qualifiée (VALI).", key="INS")  # fmt: skip


def _fault(found: Found, places: JsonPlaces, source: str) -> Fault:
    severity = Severity.ERROR
    if found.severity == INFORMATION or (found.code == "not-found" and found.key == "profile"):
        severity = Severity.REMARK
    elif found.severity == WARNING:
        severity = Severity.WARNING
    origin = HOUSE if found.key == "INS" else BASE if found.key in _OF_BASE else source
    line, column = places.of(steps_of(found.path)[1:])
    return Fault(
        severity, found.path, found.text, _WHY.get(found.code, _WHY["invalid"]), _MEND.get(found.code, _MEND["invalid"]),
        (found.key or found.code)[:300], origin, line, column,
    )  # fmt: skip
