"""The two patches of FHIR R4: JSON Patch (RFC 6902) and FHIRPath Patch (a Parameters resource)."""

from __future__ import annotations

import copy
import re
from typing import Any

import fhirkit

from .profiles.rules import NotEvaluable, evaluate
from .wire import Json, Resource, too_deep, write

MOST_OPERATIONS = 200
INDEX = re.compile(r"0|[1-9]\d{0,5}", re.ASCII)


class UnreadablePatch(ValueError):
    """The patch itself makes no sense (400)."""


class PatchConflict(ValueError):
    """The patch does not apply to the resource as it is (422): a place that is not there, a test that fails."""


# -- JSON Patch


def json_patch(resource: Resource, operations: Json) -> Resource:
    """A patched copy. Raises UnreadablePatch or PatchConflict; the resource given is never touched."""
    if not isinstance(operations, list) or not operations:
        raise UnreadablePatch("Un JSON Patch est une liste d'opérations (RFC 6902).")
    if len(operations) > MOST_OPERATIONS:
        raise UnreadablePatch(f"{MOST_OPERATIONS} opérations au plus.")
    found: Json = copy.deepcopy(resource)
    for place, operation in enumerate(operations):
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise UnreadablePatch(f"L'opération n° {place + 1} doit avoir « op » et « path ».")
        found = _apply(found, operation, place + 1)
    if not isinstance(found, dict):
        raise PatchConflict("Le patch ne laisse pas une ressource.")
    if too_deep(found):
        raise PatchConflict("Le patch rend la ressource trop imbriquée.")
    return found


def _apply(document: Json, operation: dict[str, Any], number: int) -> Json:
    name, path = operation.get("op"), _pointer(operation["path"], number)
    if name in {"add", "replace", "test"} and "value" not in operation:
        raise UnreadablePatch(f"L'opération n° {number} doit avoir « value ».")
    match name:
        case "add":
            return _put(document, path, copy.deepcopy(operation["value"]), number, insert=True)
        case "replace":
            _get(document, path, number)
            return _put(document, path, copy.deepcopy(operation["value"]), number, insert=False)
        case "remove":
            return _remove(document, path, number)
        case "test":
            if not _same(_get(document, path, number), operation["value"]):
                raise PatchConflict(f"Le test de l'opération n° {number} échoue.")
            return document
        case "copy" | "move":
            if not isinstance(operation.get("from"), str):
                raise UnreadablePatch(f"L'opération n° {number} doit avoir « from ».")
            source = _pointer(operation["from"], number)
            if name == "move" and path[: len(source)] == source and path != source:
                raise PatchConflict(f"L'opération n° {number} déplace un élément dans lui-même.")
            value = copy.deepcopy(_get(document, source, number))
            if name == "move":
                document = _remove(document, source, number)
            return _put(document, path, value, number, insert=True)
    raise UnreadablePatch(f"L'opération n° {number} n'existe pas en JSON Patch.")


def _pointer(text: str, number: int) -> list[str]:
    if text and not text.startswith("/"):
        raise UnreadablePatch(f"Le chemin de l'opération n° {number} doit commencer par « / ».")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _missing(number: int) -> PatchConflict:
    return PatchConflict(f"L'opération n° {number} désigne une place qui n'existe pas.")


def _get(document: Json, path: list[str], number: int) -> Json:
    found = document
    for part in path:
        if isinstance(found, dict) and part in found:
            found = found[part]
        elif isinstance(found, list) and INDEX.fullmatch(part) and int(part) < len(found):
            found = found[int(part)]
        else:
            raise _missing(number)
    return found


def _put(document: Json, path: list[str], value: Json, number: int, *, insert: bool) -> Json:
    if not path:
        return value
    holder, last = _get(document, path[:-1], number), path[-1]
    if isinstance(holder, dict):
        holder[last] = value
    elif isinstance(holder, list) and last == "-" and insert:
        holder.append(value)
    elif isinstance(holder, list) and INDEX.fullmatch(last) and int(last) <= len(holder) - (not insert):
        if insert:
            holder.insert(int(last), value)
        else:
            holder[int(last)] = value
    else:
        raise _missing(number)
    return document


def _remove(document: Json, path: list[str], number: int) -> Json:
    if not path:
        raise PatchConflict(f"L'opération n° {number} supprimerait la ressource entière.")
    _get(document, path, number)
    holder, last = _get(document, path[:-1], number), path[-1]
    if isinstance(holder, dict):
        del holder[last]
    else:
        del holder[int(last)]
    return document


def _same(left: Json, right: Json) -> bool:
    """RFC 6902 §4.6: `true` is not 1, and numbers are compared by value."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


# -- FHIRPath Patch

SEGMENT = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<calls>(?:\[\d{1,5}\]|\.where\((?:[^()]|\([^()]*\))*\)|\.first\(\)|\.last\(\)|\.ofType\([A-Za-z]+\))*)"
)
CALL = re.compile(r"\[(?P<index>\d+)\]|\.where\((?P<where>(?:[^()]|\([^()]*\))*)\)|\.(?P<end>first|last)\(\)|\.ofType\((?P<type>[A-Za-z]+)\)")  # fmt: skip
EXTENSION = re.compile(r"extension\('([^']*)'\)")


def fhirpath_patch(resource: Resource, parameters: Resource) -> Resource:
    """A patched copy, by the operations of a Parameters resource: add, insert, delete, replace, move."""
    operations = [item for item in parameters.get("parameter", ()) if isinstance(item, dict) and item.get("name") == "operation"]  # fmt: skip
    if parameters.get("resourceType") != "Parameters" or not operations:
        raise UnreadablePatch("Un patch FHIRPath est une ressource Parameters avec des paramètres « operation ».")
    if len(operations) > MOST_OPERATIONS:
        raise UnreadablePatch(f"{MOST_OPERATIONS} opérations au plus.")
    found = copy.deepcopy(resource)
    for number, operation in enumerate(operations, 1):
        _operate(found, _parts(operation, number), number)
        found = _shaped(found)
    if too_deep(found):
        raise PatchConflict("Le patch rend la ressource trop imbriquée.")
    return found


def _parts(operation: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parts = operation.get("part")
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            continue
        name = part.get("name")
        if name == "value" and "part" in part:
            found["value"] = _complex(part["part"], number)
        else:
            key = next((key for key in part if key.startswith("value") or key == "resource"), "")
            found[str(name)] = part.get(key)
            if name == "value":
                found["kind"] = key.removeprefix("value")
    if not isinstance(found.get("type"), str) or not isinstance(found.get("path"), str):
        raise UnreadablePatch(f"L'opération n° {number} doit avoir « type » et « path ».")
    return found


def _complex(parts: Json, number: int) -> Json:
    """A value said element by element: each part is an element, repeated parts are a list."""
    found: dict[str, Any] = {}
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict) or not isinstance(part.get("name"), str):
            raise UnreadablePatch(f"La valeur de l'opération n° {number} est incomplète.")
        inner = part.get("part")
        value = _complex(inner, number) if inner is not None else next((item for key, item in part.items() if key.startswith("value")), None)  # fmt: skip
        name = part["name"]
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    return found


type Place = tuple[Any, str | int]


def _operate(resource: Resource, parts: dict[str, Any], number: int) -> None:
    kind = parts["type"]
    if kind == "add":
        name = parts.get("name")
        if not isinstance(name, str) or "value" not in parts:
            raise UnreadablePatch(f"L'opération n° {number} doit avoir « name » et « value ».")
        holders = [holder[key] for holder, key in _places(resource, parts["path"], number)] if "." in parts["path"] or parts["path"][:1].islower() else [resource]  # fmt: skip
        _only(holders, number)
        _add(holders[0], name, parts.get("kind", ""), copy.deepcopy(parts["value"]), number)
        return
    if kind in {"insert", "move"}:
        items = _list_at(resource, parts["path"], number)
        if kind == "insert":
            place = _index(parts.get("index"), len(items), number)
            items.insert(place, copy.deepcopy(parts.get("value")))
        else:
            source = _index(parts.get("source"), len(items) - 1, number)
            target = _index(parts.get("destination"), len(items) - 1, number)
            items.insert(target, items.pop(source))
        return
    if kind not in {"delete", "replace"}:
        raise UnreadablePatch(f"L'opération n° {number} n'existe pas en patch FHIRPath.")
    places = _places(resource, parts["path"], number)
    if kind == "delete" and not places:
        return  # R4: deleting nothing succeeds
    _only(places, number)
    holder, key = places[0]
    if kind == "replace":
        if "value" not in parts:
            raise UnreadablePatch(f"L'opération n° {number} doit avoir « value ».")
        stem = SEGMENT.findall(parts["path"])[-1][0]
        if isinstance(key, str) and key != stem and key.startswith(stem) and parts.get("kind"):
            del holder[key]  # a choice of types: the new value names its own
            key = stem + parts["kind"]
        holder[key] = copy.deepcopy(parts["value"])
    else:
        del holder[key]
        _tidy(resource)


def _shaped(resource: Resource) -> Resource:
    """A first occurrence opens a list where base R4 has one, and a choice takes the name of its type: `fhirkit` knows both."""
    for found in fhirkit.validate(write(resource)):
        if not found.message.startswith("expected an array"):
            continue
        head, _, last = found.path.rpartition(".")
        holders = [resource] if "." not in head else [holder[key] for holder, key in _places(resource, head, 0)]
        for holder in holders:
            if isinstance(holder, dict) and last in holder and not isinstance(holder[last], list):
                holder[last] = [holder[last]]
    return resource


def _add(holder: Json, name: str, kind: str, value: Json, number: int) -> None:
    if not isinstance(holder, dict):
        raise PatchConflict(f"L'opération n° {number} ajoute à autre chose qu'un élément composé.")
    if kind and name in CHOICES:
        name += kind
    present = holder.get(name)
    if isinstance(present, list):
        present.append(value)
    elif present is not None:
        raise PatchConflict(f"L'opération n° {number} ajoute un élément déjà présent.")
    else:
        holder[name] = value


def _list_at(resource: Resource, path: str, number: int) -> list[Any]:
    head, _, last = path.rpartition(".")
    holders = (
        [resource] if head in {"", resource.get("resourceType")} else [h[k] for h, k in _places(resource, head, number)]
    )
    _only(holders, number)
    items = holders[0].get(last) if isinstance(holders[0], dict) else None
    if not isinstance(items, list):
        raise PatchConflict(f"L'opération n° {number} ne désigne pas une liste.")
    return items


def _index(value: Json, most: int, number: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise PatchConflict(f"L'opération n° {number} sort de la liste.")
    return value


def _only(found: list[Any], number: int) -> None:
    if len(found) != 1:
        text = "ne désigne aucun élément" if not found else "désigne plusieurs éléments"
        raise PatchConflict(f"L'opération n° {number} {text}.")


def _places(resource: Resource, path: str, number: int) -> list[Place]:
    """Where the elements of a path stand: (holder, key). Names, indexes, where(), first(), last(), ofType(), extension('…')."""
    text = EXTENSION.sub(r"extension.where(url = '\1')", path.strip())
    kind = resource.get("resourceType", "")
    text = text.removeprefix(f"{kind}.")
    values: list[Any] = [resource]
    places: list[Place] = []
    position = 0
    while position < len(text):
        found = SEGMENT.match(text, position)
        if found is None or (found.end() < len(text) and text[found.end()] != "."):
            raise UnreadablePatch(f"Le chemin FHIRPath de l'opération n° {number} n'est pas de ceux qui se modifient.")
        position = found.end() + 1
        places = []
        for value in values:
            places += _children(value, found["name"])
        for call in CALL.finditer(found["calls"]):
            places = _called(places, call, number)
        values = [holder[key] for holder, key in places]
    return places


def _children(value: Json, name: str) -> list[Place]:
    if not isinstance(value, dict):
        return []
    key = (
        name if name in value else next((k for k in value if k.startswith(name) and k[len(name) :][:1].isupper()), None)
    )
    if key is None:
        return []
    child = value[key]
    return [(child, place) for place in range(len(child))] if isinstance(child, list) else [(value, key)]


def _called(places: list[Place], call: re.Match[str], number: int) -> list[Place]:
    if call["index"] is not None:
        place = int(call["index"])
        return places[place : place + 1]
    if call["end"]:
        return places[:1] if call["end"] == "first" else places[-1:]
    if call["type"]:
        return [
            (holder, key) for holder, key in places if str(key).endswith(call["type"][:1].upper() + call["type"][1:])
        ]
    try:
        return [(holder, key) for holder, key in places if evaluate(call["where"], holder[key]) == [True]]
    except NotEvaluable as error:
        raise UnreadablePatch(f"La condition de l'opération n° {number} n'est pas lisible.") from error


def _tidy(value: Json) -> bool:
    """Lists and objects emptied by a deletion go too: FHIR has no empty element. True when nothing is left."""
    if isinstance(value, dict):
        for key in [key for key, item in value.items() if isinstance(item, dict | list) and _tidy(item)]:
            del value[key]
        return not value
    if isinstance(value, list):
        value[:] = [item for item in value if not (isinstance(item, dict | list) and _tidy(item))]
        return not value
    return False


CHOICES = frozenset(
    ["abatement", "age", "allowed", "asNeeded", "author", "charge", "chargeItem", "code", "content", "deceased", "defaultValue", "diagnosis", "dose", "effective", "entity", "event", "fastingStatus", "fixed", "identified", "instantiates", "item", "location", "medication", "minimumVolume", "multipleBirth", "name", "occurred", "occurrence", "offset", "onset", "pattern", "performed", "probability", "procedure", "product", "quantity", "rate", "reason", "reported", "scheduled", "serviced", "source", "statusReason", "subject", "substance", "target", "time", "timing", "topic", "used", "value", "versionAlgorithm"]
) - {"author", "code", "content", "event", "item", "location", "name", "reason", "subject", "source", "target", "entity", "procedure", "used"}  # fmt: skip
"""Stems of elements with a choice of types that are never, in the resources we serve, a plain element."""
