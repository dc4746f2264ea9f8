"""Base R4: what `fhirkit` finds, in French, and the few rules of every resource that it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import fhirkit

from maison.formats.fhir.codes import BY_PATH, REQUIRED
from maison.formats.fhir.faults import ERROR, WARNING, Fault
from maison.formats.fhir.wire import write

RESOURCE_TYPES = frozenset(fhirkit.RESOURCE_TYPES)
IDENTIFIER = re.compile(r"[A-Za-z0-9\-.]{1,64}")

# The English of fhirkit 0.1, by its beginning or end; the values it quotes are not repeated.
SENTENCES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), code, text)
    for pattern, code, text in (
        (r"unknown element", "structure", "Cet élément n'existe pas en FHIR R4."),
        (r"required element missing", "required", "Élément obligatoire absent."),
        (r"only one type may be given", "structure", "Un seul type peut être donné pour cet élément."),
        (r"expected an array", "structure", "Une liste est attendue."),
        (r"expected an object", "structure", "Un objet est attendu."),
        (r"expected a? ?number", "value", "Un nombre est attendu."),
        (r"expected a string", "value", "Un texte est attendu."),
        (r"expected true or false", "value", "Un booléen (true ou false) est attendu."),
        (r"expected", "structure", "La forme de cet élément n'est pas celle attendue."),
        (r"an empty string", "value", "Un texte vide n'est pas admis : omettez l'élément."),
        (r"an empty array", "structure", "Une liste vide n'est pas admise : omettez l'élément."),
        (r"an empty object", "structure", "Un objet vide n'est pas admis : omettez l'élément."),
        (r"null is not allowed", "structure", "La valeur null n'est pas admise : omettez l'élément."),
        (r".*is not a FHIR R4 resource type", "not-supported", "Ce type de ressource n'existe pas en FHIR R4."),
        (r"a resource needs a resourceType", "required", "L'élément resourceType manque."),
        (r".*is not a valid (\w+)$", "value", "La valeur n'est pas au format {0}."),
    )
)


def faults_of_base(resource: dict[str, Any]) -> Iterator[Fault]:
    """Types, formats, unknown elements, base cardinalities, contained resources, required codes of statuses."""
    written = write(resource)
    for found in fhirkit.validate(written):
        code, text = _french(found.message)
        yield Fault(found.path, code, text, ERROR if found.severity == "error" else WARNING, key="base")
    kind = resource.get("resourceType")
    identifier = resource.get("id")
    if isinstance(identifier, str) and not IDENTIFIER.fullmatch(identifier):
        yield Fault(
            f"{kind}.id", "value", "L'identifiant compte 1 à 64 lettres, chiffres, points ou tirets.", key="base"
        )
    yield from _codes(resource, str(kind))
    if b'xtension":' in written:
        yield from _extensions(resource, str(kind))
    if isinstance(resource.get("contained"), list):
        yield from _contained(resource, str(kind))


def _french(message: str) -> tuple[str, str]:
    for pattern, code, text in SENTENCES:
        if found := pattern.match(message):
            return code, text.format(*found.groups())
    return "invalid", "Cet élément n'est pas conforme à FHIR R4."


def _codes(resource: dict[str, Any], kind: str) -> Iterator[Fault]:
    for name in ("status", "gender", "intent", "priority", "docStatus", "mode", "type", "action", "outcome"):
        value_set = BY_PATH.get(f"{kind}.{name}")
        value = resource.get(name)
        if value_set is not None and isinstance(value, str) and value not in REQUIRED[value_set]:
            yield Fault(f"{kind}.{name}", "code-invalid", f"Code absent du jeu de valeurs {value_set}.", key="binding")


def _extensions(value: Any, path: str) -> Iterator[Fault]:
    """ext-1: an extension has a value or extensions, never both, never neither."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"extension", "modifierExtension"} and isinstance(item, list):
                for place, one in enumerate(item):
                    if isinstance(one, dict):
                        has_value = any(name.lstrip("_").startswith("value") for name in one)
                        if has_value == bool(one.get("extension")):
                            yield Fault(f"{path}.{key}[{place}]", "invariant",
                                        "Une extension porte soit une valeur, soit des extensions (ext-1).", key="ext-1")  # fmt: skip
            if isinstance(item, dict | list):
                yield from _extensions(item, f"{path}.{key.lstrip('_')}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, dict):
                yield from _extensions(item, f"{path}[{place}]")


def _contained(resource: dict[str, Any], kind: str) -> Iterator[Fault]:
    """dom-3 and dom-4 are warnings here: official examples (PDSm 3.1.1) break them, and the house reads neither."""
    contained = [item for item in resource["contained"] if isinstance(item, dict)]
    used = set(_references(resource))
    for place, item in enumerate(contained):
        path = f"{kind}.contained[{place}]"
        given = item.get("meta")
        meta = given if isinstance(given, dict) else {}
        if item.get("contained"):
            yield Fault(path, "invariant", "Une ressource contenue n'en contient pas d'autre (dom-2).", key="dom-2")
        if meta.get("versionId") or meta.get("lastUpdated"):
            yield Fault(
                path,
                "invariant",
                "Une ressource contenue n'a ni version ni date de mise à jour (dom-4).",
                WARNING,
                "dom-4",
            )
        if meta.get("security"):
            yield Fault(
                path, "invariant", "Une ressource contenue ne porte pas d'étiquette de sécurité (dom-5).", key="dom-5"
            )
        if f"#{item.get('id')}" not in used and "#" not in set(_references(item)):
            yield Fault(
                path, "invariant", "Une ressource contenue doit être citée par la ressource (dom-3).", WARNING, "dom-3"
            )
        yield from _codes(item, str(item.get("resourceType")))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            if isinstance(item, str):
                if item.startswith("#"):
                    yield item
            elif isinstance(item, dict | list):
                yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                if item.startswith("#"):
                    yield item
            else:
                yield from _references(item)
