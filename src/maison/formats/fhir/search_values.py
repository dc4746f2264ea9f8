"""What a search asks, as R4 writes it: `name:modifier=value`, commas, escapes, prefixes, `system|code`, `Type/id`.

Everything here is syntax; what a parameter may be asked is said by the declaration of each resource.
Source: HL7 FHIR R4 4.0.1, search, read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .moments import NoMoment, bounds

PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
REFERENCE = re.compile(r"(?:(?P<base>https?://[^\s|]+/|))(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")  # fmt: skip
LONGEST_VALUE = 4000
MOST_ALTERNATIVES = 200


class UnreadableValue(ValueError):
    """The value is not one of its kind; the message is French and does not repeat it."""


@dataclass(frozen=True, slots=True)
class Name:
    """`subject:Patient.identifier` → parameter `subject`, modifier `Patient`, then the chain `identifier`."""

    parameter: str
    modifier: str = ""
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """`system` None: any system; "": explicitly none. `code` None: any code of the system."""

    system: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Interval:
    """A number or a date as the interval its precision means, and how it is compared; `exact` is the number itself."""

    prefix: str
    low: float
    high: float
    exact: float = 0.0


@dataclass(frozen=True, slots=True)
class Quantity:
    number: Interval
    system: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """`type` "" when the value is a bare id; `url` when it is an absolute address or a URN."""

    type: str = ""
    id: str = ""
    url: str = ""


def read_name(text: str) -> Name:
    """Raises UnreadableValue for an empty part."""
    head, dot, chain = text.partition(".")
    parameter, colon, modifier = head.partition(":")
    if not parameter or (dot and not chain) or (colon and not modifier):
        raise UnreadableValue("Le nom du paramètre de recherche est incomplet.")
    return Name(parameter, modifier, chain)


def split(text: str, separator: str) -> list[str]:
    """Cut at each separator that no backslash escapes; escapes stay for `unescape`."""
    parts, current, place = [], [], 0
    while place < len(text):
        letter = text[place]
        if letter == "\\" and place + 1 < len(text):
            current.append(text[place : place + 2])
            place += 2
            continue
        if letter == separator:
            parts.append("".join(current))
            current = []
        else:
            current.append(letter)
        place += 1
    parts.append("".join(current))
    return parts


ESCAPED = re.compile(r"\\([,|$\\])")


def unescape(text: str) -> str:
    r"""`\,` `\|` `\$` `\\` lose their backslash; another backslash is itself."""
    return ESCAPED.sub(r"\1", text)


def escape(text: str) -> str:
    return re.sub(r"([,|$\\])", r"\\\1", text)


def alternatives(text: str) -> list[str]:
    """The values separated by commas, still escaped. Raises UnreadableValue: empty, too long, too many."""
    if len(text) > LONGEST_VALUE:
        raise UnreadableValue("La valeur de recherche est trop longue.")
    if "\0" in text:
        raise UnreadableValue("Le caractère nul n'est pas admis.")
    found = [part for part in split(text, ",") if part]
    if not found:
        raise UnreadableValue("La valeur de recherche est vide.")
    if len(found) > MOST_ALTERNATIVES:
        raise UnreadableValue(f"{MOST_ALTERNATIVES} valeurs au plus pour un paramètre.")
    return found


def token(text: str) -> Token:
    parts = split(text, "|")
    if len(parts) == 1:
        return Token(None, unescape(parts[0]))
    if len(parts) > 2 or not any(parts):
        raise UnreadableValue("Un code s'écrit « système|code », « |code », « système| » ou « code ».")
    return Token(unescape(parts[0]), unescape(parts[1]) or None)


def prefixed(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def date(text: str) -> Interval:
    prefix, value = prefixed(text)
    try:
        low, high = bounds(value.replace(" ", "+"))  # a « + » that was not encoded
    except NoMoment as error:
        raise UnreadableValue("Une date s'écrit AAAA, AAAA-MM, AAAA-MM-JJ ou AAAA-MM-JJThh:mm:ss+hh:mm.") from error
    return Interval(prefix, low, high)


def number(text: str) -> Interval:
    """`100` is [99.5, 100.5[, `100.00` is [99.995, 100.005[: what was not written is not known."""
    prefix, value = prefixed(text)
    if not NUMBER.fullmatch(value):
        raise UnreadableValue("Un nombre décimal est attendu.")
    try:
        exact = Decimal(value)
    except InvalidOperation as error:
        raise UnreadableValue("Un nombre décimal est attendu.") from error
    exponent = exact.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    return Interval(prefix, float(exact - half), float(exact + half), float(exact))


def quantity(text: str) -> Quantity:
    parts = split(text, "|")
    if len(parts) not in {1, 3}:
        raise UnreadableValue("Une quantité s'écrit « nombre » ou « nombre|système|unité ».")
    system, code = (unescape(parts[1]) or None, unescape(parts[2]) or None) if len(parts) == 3 else (None, None)
    return Quantity(number(parts[0]), system, code)


def reference(text: str) -> Reference:
    value = unescape(text)
    if found := REFERENCE.fullmatch(value):
        return Reference(found["type"], found["id"], value if found["base"] else "")
    if ":" in value:
        return Reference(url=value)
    if not re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", value):
        raise UnreadableValue("Une référence s'écrit « Type/identifiant », « identifiant » ou une adresse.")
    return Reference(id=value)


def boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise UnreadableValue("La valeur attendue est true ou false.")
    return text == "true"


def words_of(values: list[str]) -> Iterator[str]:
    """Plain values of a list already cut by `alternatives`."""
    return map(unescape, values)
