"""How the messages of the Hub Santé are described: one base class and the few kinds of value they share.

A field is written once, with its constraint, in the order of the official schema (the XML needs that order). An absent
field reads as None and is not written; an explicit null on the wire is refused, as the schemas ask.
Source of every constraint: SAMU-Hub-Modeles (ANS), JSON Schemas and XSD, version 26.07.29.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct

from maison.formats.hub_sante.codes import codes

VERSION = "26.07.29"


class Model(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False, rename="camel"):
    """One JSON object. Unknown members are refused unless the class says `forbid_unknown_fields=False`.

    Each subclass repeats `kw_only=True`: msgspec does not inherit it, and fields keep the official order.
    """


OFFICIAL_ORDERS: dict[frozenset[str], tuple[str, ...]] = {}
"""The codes of a closed list as published: msgspec forgets the order, which people read."""

if TYPE_CHECKING:
    from typing import Annotated as Coded

    type Maybe[T] = T | None
    type AtLeastOne[T] = list[T]
else:

    class Maybe:
        """`Maybe[X]`: the member may be absent (None), never null."""

        def __class_getitem__(cls, item: Any) -> Any:
            return item

    class AtLeastOne:
        """`AtLeastOne[X]`: a list that may not be empty."""

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[list[item], Meta(min_length=1)]

    class Coded:
        """`Coded[str, "priorite"]`: one of the codes of that official list."""

        def __class_getitem__(cls, item: tuple[type, str]) -> Any:
            OFFICIAL_ORDERS[frozenset(codes(item[1]))] = codes(item[1])
            return Literal[codes(item[1])]


OFFICIAL_PATTERNS: dict[str, str] = {}
"""From the pattern we run to the one the schemas publish, which is what a partner knows."""


def ecma(official: str, same_language: str | None = None) -> Meta:
    r"""The constraint of a published (ECMA 262) pattern, in Python's dialect: `\d` is ASCII, `$` is the very end.

    `same_language` replaces a pattern that backtracks without bound by another accepting the same strings.
    """
    pattern = (same_language or official).replace(r"[\d", "[0-9").replace(r"\d", "[0-9]")
    if pattern.endswith("$"):
        pattern = pattern[:-1] + r"\Z"
    OFFICIAL_PATTERNS[pattern] = official
    return Meta(pattern=pattern)


Number = int | float
"""Kept as written: 100 stays 100."""

DateTime = Annotated[str, ecma(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[\-+]\d{2}:\d{2}$")]
CalendarDate = Annotated[str, ecma(r"^\d{4}-\d{2}-\d{2}$")]
Age = Annotated[str, ecma(r"^P[0-9]{1,3}[YMWD]$")]

# `(A+\.?){4,10}` is: at most ten dotted parts, at least four characters that are not dots, at most one final dot.
CaseId = Annotated[
    str,
    ecma(
        r"^([a-zA-Z0-9_-]+\.?){4,10}$",
        r"^(?=(?:[a-zA-Z0-9_-]\.?){4})[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+){0,9}\.?$",
    ),
]
OwnerId = Annotated[
    str,
    ecma(
        r"^([a-zA-Z0-9_-]+\.?){4,9}$",
        r"^(?=(?:[a-zA-Z0-9_-]\.?){4})[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+){0,8}\.?$",
    ),
]
ResourceId = Annotated[str, ecma(r"^([a-zA-Z0-9_-]+\.){3,8}resource(\.[a-zA-Z0-9_-]+){1,2}$")]
RequestId = Annotated[str, ecma(r"^([a-zA-Z0-9_-]+\.){3,8}request(\.[a-zA-Z0-9_-]+){1,2}$")]
PatientId = Annotated[str, ecma(r"^([a-zA-Z0-9_-]+\.){3,8}patient(\.[a-zA-Z0-9_-]+){1,2}$")]
MedicalNoteId = Annotated[str, ecma(r"^([a-zA-Z0-9_-]+\.){3,8}medicalNote(\.[a-zA-Z0-9_-]+){1,2}$")]

RiskCode = Annotated[str, ecma(r"^R\d{2}$")]
FactCode = Annotated[str, ecma(r"^C\d{2}(\.\d{2}){2}$")]
PlaceCode = Annotated[str, ecma(r"^L\d{2}(\.\d{2}){2}$")]
MotiveCode = Annotated[str, ecma(r"^M\d{2}\.\d{2}(\.\d{2})?$")]
Icd10Code = Annotated[str, ecma(r"^[A-Z]\d{2}(\.[\d\+\-]{1,3})?$")]

LocationIdentifier = Annotated[str, ecma(r"^([0-9A-Z]{2}0\d{5}\d|\d{9}|\d{14}|\d{4}[A-Za-z])$")]
InseeCode = Annotated[str, ecma(r"^[0-9]{5}$")]
SasRpps = Annotated[str, ecma(r"^81[0-9]{10}$")]
InternationalPhone = Annotated[str, ecma(r"^\+\d{5,18}$")]
Phone = Annotated[str, ecma(r"^\+?[0-9]{2,14}$")]
Email = Annotated[str, ecma(r"^[a-zA-Z0-9_.-]+@([a-zA-Z0-9_-]+\.)+[a-zA-Z0-9_-]{2,4}$")]
