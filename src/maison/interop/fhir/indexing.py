"""What the generic store's index keeps of a resource: words (tokens, references, URIs), texts, intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from maison.formats.fhir.moments import NoMoment, bounds, period
from maison.formats.fhir.search_values import REFERENCE

from .parameters import Stored, plain

LONGEST = 500
"""Characters kept of one indexed value; the resource keeps all of it."""


@dataclass(slots=True)
class Entries:
    tokens: set[str] = field(default_factory=set)
    texts: set[tuple[str, str, str]] = field(default_factory=set)
    ranges: set[tuple[str, float, float, str]] = field(default_factory=set)


def entries(resource: dict[str, Any], parameters: Iterable[Stored], base: str = "") -> Entries:
    found = Entries()
    for parameter in parameters:
        before = len(found.tokens) + len(found.texts) + len(found.ranges)
        for path in parameter.paths:
            for value in values_at(resource, path):
                _index(found, parameter, value, base)
        if len(found.tokens) + len(found.texts) + len(found.ranges) > before:
            found.tokens.add(f"{parameter.key}!")
    return found


@lru_cache(maxsize=2048)
def _steps(path: str) -> tuple[str, ...]:
    """Dots outside parentheses separate steps: `extension(http://a.b/c).value[x]`."""
    steps, current, depth = [], "", 0
    for letter in path:
        depth += (letter == "(") - (letter == ")")
        if letter == "." and depth == 0:
            steps.append(current)
            current = ""
        else:
            current += letter
    return (*steps, current)


def values_at(resource: dict[str, Any], path: str) -> list[Any]:
    """Values at a path of plain steps: `name`, `name[x]` (any type of a choice), `extension(url)`."""
    found: list[Any] = [resource]
    for step in _steps(path):
        following: list[Any] = []
        for item in found:
            if isinstance(item, dict):
                following += _child(item, step)
        if not following:
            return []
        found = following
    return found


def _child(item: dict[str, Any], step: str) -> list[Any]:
    if step.startswith("extension("):
        url = step[10:-1]
        return [one for one in item.get("extension", ()) if isinstance(one, dict) and one.get("url") == url]
    if step.endswith("[x]"):
        stem = step[:-3]
        return [value for key, value in item.items() if key.startswith(stem) and key[len(stem) :][:1].isupper()]
    value = item.get(step)
    return value if isinstance(value, list) else [] if value is None else [value]


def _index(found: Entries, parameter: Stored, value: Any, base: str) -> None:
    key = parameter.key
    match parameter.kind:
        case "token":
            found.tokens.update(f"{key}{word}"[:LONGEST] for word in _tokens(value))
        case "reference":
            found.tokens.update(f"{key}{word}"[:LONGEST] for word in _reference(value, base, parameter.targets))
        case "uri":
            if isinstance(value, str):
                found.tokens.add(f"{key}={value}"[:LONGEST])
        case "string":
            for text in _texts(value):
                found.texts.add((key, plain(text)[:LONGEST], text[:LONGEST]))
        case "date":
            if (interval := _moment(value)) is not None:
                found.ranges.add((key, *interval, ""))
        case _:
            if (amount := _amount(value)) is not None:
                found.ranges.add((key, *amount))


def _tokens(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield f"=~{str(value).lower()}"
        yield f"=|{str(value).lower()}"
    elif isinstance(value, str):
        yield f"=~{value}"
        yield f"=|{value}"
    elif isinstance(value, dict):
        if "coding" in value:
            for coding in value["coding"]:
                yield from _pair(coding.get("system"), coding.get("code"))
        elif "value" in value:  # Identifier, ContactPoint
            yield from _pair(value.get("system"), value["value"])
            for coding in (value.get("type") or {}).get("coding", ()) if isinstance(value.get("type"), dict) else ():
                if coding.get("code"):
                    yield f":of-type={coding.get('system', '')}|{coding['code']}|{value['value']}"
        else:
            yield from _pair(value.get("system"), value.get("code"))


def _pair(system: Any, code: Any) -> Iterator[str]:
    if code is not None:
        yield f"=~{code}"
        yield f"={system or ''}|{code}"
    if system:
        yield f"={system}|"


def _reference(value: Any, base: str, targets: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, str):  # canonical, uri
        yield f"={value}"
        return
    if not isinstance(value, dict):
        return
    reference = value.get("reference")
    if isinstance(reference, str) and not reference.startswith("#"):
        local = reference.removeprefix(f"{base}/") if base else reference
        if (found := REFERENCE.fullmatch(local)) and not found["base"]:
            if not targets or found["type"] in targets:
                yield f"={found['type']}/{found['id']}"
                yield f"=~{found['id']}"
        else:
            yield f"={reference}"
    identifier = value.get("identifier")
    if isinstance(identifier, dict):
        for word in _tokens(identifier):
            if not word.startswith(":"):
                yield f":identifier{word}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key in ("family", "given", "prefix", "suffix", "text", "line", "city", "district", "state", "country", "postalCode", "display"):  # fmt: skip
            item = value.get(key)
            for text in item if isinstance(item, list) else [item]:
                if isinstance(text, str):
                    yield text


def _moment(value: Any) -> tuple[float, float] | None:
    try:
        if isinstance(value, str):
            return bounds(value)
        if isinstance(value, dict):
            if "start" in value or "end" in value:
                return period(value)
            if value.get("event"):  # Timing
                marks = [bounds(item) for item in value["event"]]
                return min(low for low, _ in marks), max(high for _, high in marks)
    except NoMoment:
        return None
    return None


def _amount(value: Any) -> tuple[float, float, str] | None:
    unit = ""
    if isinstance(value, dict):
        unit = f"{value.get('system', '')}|{value.get('code') or value.get('unit', '')}"
        value = value.get("value")
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return None
    return float(value), float(value), unit
