"""Every fault of a message, each with its place, its rule and a sentence for the person who must mend it.

This second reading only happens once the fast one has said no, or could not say yes.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

from msgspec import Struct

from maison.formats.hub_sante import codes
from maison.formats.hub_sante.shape import Shape

Rule = Literal["required", "unknown", "type", "enum", "pattern", "min_items", "max_items", "one_of", "unknown_code"]
Scope = Literal["envelope", "header", "content"]

_FRENCH_TYPES = {
    "string": "un texte",
    "integer": "un nombre entier",
    "number": "un nombre",
    "boolean": "vrai ou faux (booléen)",
    "array": "une liste",
    "object": "un objet",
    "null": "une valeur nulle",
}
_LONGEST_QUOTE = 40
_LONGEST_CHOICE = 12


class Fault(Struct, frozen=True):
    """`place` is a path such as `createCaseHealth.patient[0].detail.age`, relative to its `scope`.

    `message` is for people (French); `official` keeps the wording of the national validator, for partners.
    """

    place: str
    rule: Rule
    message: str
    official: str
    scope: Scope = "content"

    def __str__(self) -> str:
        return f"{self.place} : {self.message}" if self.place else self.message


class UnreadableMessage(ValueError):
    """Not a message at all: broken JSON or XML, wrong character set, hostile or oversized content."""

    code = "HUB-001"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidMessage(ValueError):
    """Readable, but not what the published models allow. `faults` lists everything that is wrong, never empty."""

    code = "HUB-002"

    def __init__(self, faults: list[Fault] | Callable[[], list[Fault]]) -> None:
        """A function lists them only when somebody asks: the verdict alone is ten times cheaper."""
        super().__init__("the message is not what the published models allow")
        self._faults = faults

    @property
    def faults(self) -> list[Fault]:
        if callable(self._faults):
            self._faults = self._faults()
        return self._faults


def faults_of(value: Any, shape: Shape, place: str = "", scope: Scope = "content") -> Iterator[Fault]:
    """Draft-7 reading of `value`: booleans are not numbers, 1.0 is an integer, patterns are searched."""
    found = json_type(value)
    kind = shape.kind
    if kind == "any":
        return
    if not _is(kind, found, value):
        yield Fault(
            place,
            "type",
            f"La valeur attendue est {_FRENCH_TYPES[kind]} ; le message contient {_FRENCH_TYPES[found]}.",
            f"{found} found, {kind} expected",
            scope,
        )
    elif kind == "object":
        yield from _object_faults(value, shape, place, scope)
    elif kind == "array":
        yield from _array_faults(value, shape, place, scope)
    elif kind == "string":
        yield from _string_faults(value, shape, place, scope)


def unknown_codes(value: Any, shape: Shape, place: str = "") -> Iterator[Fault]:
    """Codes of the right form that their official list does not know: accepted by the schemas, not by a reader."""
    if shape.pattern is not None and shape.pattern.nomenclature:
        if isinstance(value, str) and not codes.is_known(shape.pattern.nomenclature, value):
            yield Fault(
                place,
                "unknown_code",
                f"Le code « {_quote(value)} » n’existe pas dans la nomenclature « {shape.pattern.nomenclature} ».",
                f"is not a code of the nomenclature {shape.pattern.nomenclature}",
            )
    elif isinstance(value, dict):
        for name, member in shape.members.items():
            if name in value:
                yield from unknown_codes(value[name], member.shape, join(place, name))
    elif isinstance(value, list) and shape.item is not None:
        for rank, item in enumerate(value):
            yield from unknown_codes(item, shape.item, f"{place}[{rank}]")


def json_type(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _is_plainly_right(value: Any, shape: Shape) -> bool:
    """Says yes at once for most of the leaves; a no means nothing."""
    found = type(value)
    if shape.kind == "string":
        return (
            found is str
            and (not shape.values or value in shape.values)
            and (shape.pattern is None or bool(shape.pattern.matches(value)))
        )
    return found is bool if shape.kind == "boolean" else found is int and shape.kind in ("integer", "number")


def _is(kind: str, found: str, value: Any) -> bool:
    if kind == found:
        return True
    if kind == "number":
        return found == "integer"
    return kind == "integer" and found == "number" and value.is_integer()


def _object_faults(value: dict[str, Any], shape: Shape, place: str, scope: Scope) -> Iterator[Fault]:
    for name, member in shape.members.items():
        if name in value:
            if not _is_plainly_right(value[name], member.shape):
                yield from faults_of(value[name], member.shape, join(place, name), scope)
        elif member.required:
            yield missing(join(place, name), scope)
    if shape.is_open:
        return
    for name in value:
        if name not in shape.members:
            yield Fault(
                join(place, name),
                "unknown",
                f"« {_quote(name)} » n’existe pas à cet endroit du message.",
                "is not defined in the schema and the schema does not allow additional properties",
                scope,
            )


def _array_faults(value: list[Any], shape: Shape, place: str, scope: Scope) -> Iterator[Fault]:
    if shape.min_items is not None and len(value) < shape.min_items:
        yield Fault(
            place,
            "min_items",
            f"La liste doit compter au moins {shape.min_items} élément{_s(shape.min_items)}.",
            f"there must be a minimum of {shape.min_items} items in the array",
            scope,
        )
    if shape.max_items is not None and len(value) > shape.max_items:
        yield Fault(
            place,
            "max_items",
            f"La liste ne peut pas dépasser {shape.max_items} élément{_s(shape.max_items)}.",
            f"there must be a maximum of {shape.max_items} items in the array",
            scope,
        )
    if shape.item is not None:
        for rank, item in enumerate(value):
            yield from faults_of(item, shape.item, f"{place}[{rank}]", scope)


def _string_faults(value: str, shape: Shape, place: str, scope: Scope) -> Iterator[Fault]:
    if shape.values and value not in shape.values:
        some = ", ".join(shape.values[:_LONGEST_CHOICE]) + (", …" if len(shape.values) > _LONGEST_CHOICE else "")
        yield Fault(
            place,
            "enum",
            f"« {_quote(value)} » n’est pas un code admis. Codes admis : {some}.",
            f"does not have a value in the enumeration [{', '.join(shape.values)}]",
            scope,
        )
    if shape.pattern is not None and not shape.pattern.matches(value):
        official = shape.pattern.official
        yield Fault(
            place,
            "pattern",
            f"La valeur n’a pas la forme attendue : {_FORMS.get(official, official)}.",
            f"does not match the regex pattern {official}",
            scope,
        )


def missing(place: str, scope: Scope = "content") -> Fault:
    name = place.rpartition(".")[2]
    return Fault(place, "required", f"« {name} » est obligatoire et manque.", "is missing but it is required", scope)


def join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _quote(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"


def _s(count: int) -> str:
    return "s" if count > 1 else ""


_FORMS = {
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[\-+]\d{2}:\d{2}$": (
        "date et heure AAAA-MM-JJThh:mm:ss±hh:mm, sans millisecondes ni « Z »"
    ),
    r"^\d{4}-\d{2}-\d{2}$": "date AAAA-MM-JJ",
    r"^P[0-9]{1,3}[YMWD]$": "âge, par exemple P82Y (ans), P6M (mois), P3W (semaines) ou P10D (jours)",
    r"^([a-zA-Z0-9_-]+\.?){4,10}$": "identifiant de dossier, par exemple fr.health.samu31.DRFR15DDXAAJJJ00000",
    r"^([a-zA-Z0-9_-]+\.?){4,9}$": "identifiant de CRRA, par exemple fr.health.samu310",
    r"^([a-zA-Z0-9_-]+\.){3,8}resource(\.[a-zA-Z0-9_-]+){1,2}$": "fr.health.(organisme).resource.(numéro)",
    r"^([a-zA-Z0-9_-]+\.){3,8}request(\.[a-zA-Z0-9_-]+){1,2}$": "fr.health.(organisme).request.(numéro)",
    r"^([a-zA-Z0-9_-]+\.){3,8}patient(\.[a-zA-Z0-9_-]+){1,2}$": "fr.health.(organisme).patient.(numéro)",
    r"^([a-zA-Z0-9_-]+\.){3,8}medicalNote(\.[a-zA-Z0-9_-]+){1,2}$": "fr.health.(organisme).medicalNote.(numéro)",
    r"^R\d{2}$": "code de risque, par exemple R01",
    r"^C\d{2}(\.\d{2}){2}$": "code de nature de fait, par exemple C01.01.00",
    r"^L\d{2}(\.\d{2}){2}$": "code de type de lieu, par exemple L01.01.00",
    r"^M\d{2}\.\d{2}(\.\d{2})?$": "code de motif, par exemple M02.01",
    r"^[A-Z]\d{2}(\.[\d\+\-]{1,3})?$": "code CIM-10, par exemple S72.0",
    r"^([0-9A-Z]{2}0\d{5}\d|\d{9}|\d{14}|\d{4}[A-Za-z])$": "FINESS, SIREN, SIRET ou code APE",
    r"^[0-9]{5}$": "code INSEE à cinq chiffres",
    r"^81[0-9]{10}$": "81 suivi de dix chiffres (identifiant national RPPS)",
    r"^\+\d{5,18}$": "numéro international commençant par +, par exemple +33561000000",
    r"^\+?[0-9]{2,14}$": "numéro de téléphone, de deux à quatorze chiffres",
    r"^[a-zA-Z0-9_.-]+@([a-zA-Z0-9_-]+\.)+[a-zA-Z0-9_-]{2,4}$": "adresse électronique",
}
