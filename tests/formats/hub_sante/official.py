"""The published schemas and examples, ready to be compared with; and messages derived from the examples by small changes."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

ROOT = Path(__file__).resolve().parents[3]
SPECS = ROOT.parent / "shared" / "specs" / "hub-sante"

FREE = {"customContent"}


def schema(code: str) -> dict[str, Any]:
    """All the files carry the same `$id`; it is dropped so that they can live side by side."""
    document: dict[str, Any] = json.loads((SPECS / "json-schema" / f"{code}.schema.json").read_text())
    document.pop("$id", None)
    return document


def validator(code: str) -> Any:
    """Draft 7, formats not asserted: the official way (`Draft7Validator(schema).iter_errors`)."""
    return jsonschema_rs.Draft7Validator(schema(code), validate_formats=False)


def envelope_schema() -> dict[str, Any]:
    """EDXL-DE-full with every schema it names folded in its definitions."""
    full = schema("EDXL-DE-full")
    for path in sorted((SPECS / "json-schema").glob("*.schema.json")):
        name = path.name.removesuffix(".schema.json")
        if not name.startswith("EDXL"):
            full["definitions"][name] = _rebased(schema(name), f"#/definitions/{name}")
    text = json.dumps(full)
    for name in list(full["definitions"]):
        text = text.replace(f'"{name}.schema.json"', f'"#/definitions/{name}"')
    result: dict[str, Any] = json.loads(text)
    return result


def _rebased(node: Any, base: str) -> Any:
    if isinstance(node, dict):
        return {
            key: value.replace("#", base, 1) if key == "$ref" and value.startswith("#") else _rebased(value, base)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_rebased(item, base) for item in node]
    return node


def examples(suffix: str = "json") -> list[tuple[str, Path]]:
    """(message code, file) of every published example."""
    found = [(path.parent.name, path) for path in sorted((SPECS / "examples").glob(f"*/*.{suffix}"))]
    return [*found, ("TECHNICAL", SPECS / "valid" / "TECHNICAL" / f"complete.{suffix}")]


STRANGE: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, -0.0, 2.5, 1e2, 10**25, "", " ", "x", "1", "true", "P0", "2024-01-01",
    "2024-13-45T99:99:99+00:00", "2024-01-01T10:00:00Z", "2024-01-01T10:00:00.000+01:00", "2024-01-01T10:00:00+01:00\n",
    "٢٠٢٤-01-01T10:00:00+01:00", "fr.health.samu31.DRFR15DDXAAJJJ00000", "fr..health", "a.b.c.d.e.f.g.h.i.j.k", "abcd",
    "abc", "a.b.c.d.", "a.b.c.d\n", "é.b.c.d", "fr.health.x.patient.1", "fr.health.x.resource.1.2.3", "R01", "R٠١", "M02.01",
    "C01.01.00\n", "S72.0", "310781406", "0" * 2000, "𝒳", [], {}, [[]], [None], {"a": 1}, ["x"], "SMUR.VLM", "RS",
]  # fmt: skip


def mutated(document: Any, chance: random.Random, pool: list[Any]) -> Any:
    """A copy with one to three changes anywhere: removed, added, retyped, renamed, emptied, repeated, swapped."""
    result = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list(_places(result))
        if not places:
            return result
        holder, key = chance.choice(places)
        match chance.randrange(9):
            case 0:
                del holder[key]
            case 1 | 2:
                holder[key] = copy.deepcopy(chance.choice(STRANGE))
            case 3 | 4:
                holder[key] = copy.deepcopy(chance.choice(pool))
            case 5 if isinstance(holder, dict):
                holder[chance.choice(("unknown", "é", "", key + "s", key.upper()))] = holder[key]
            case 6:
                holder[key] = (
                    [holder[key]] if not isinstance(holder[key], list) else holder[key] * chance.choice((0, 2, 4))
                )
            case 7 if isinstance(holder[key], str):
                holder[key] = holder[key] + chance.choice((" ", "\n", "9", ".a", "é", "\u0660"))
            case 7 if isinstance(holder[key], int):
                holder[key] = float(holder[key])
            case _ if isinstance(holder, dict):
                other = chance.choice(list(holder))
                holder[key], holder[other] = holder[other], holder[key]
    return result


def values_in(document: Any) -> Iterator[Any]:
    for holder, key in _places(document):
        yield holder[key]


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _places(node[key])
