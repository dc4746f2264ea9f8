"""How the messages of the Hub Santé are described: one base class and the few kinds of value they share.

A field is written once, with its constraint, in the order of the official schema (the XML needs that order). An absent
field reads as None and is not written; an explicit null on the wire is refused, as the schemas ask.
Source of every constraint: SAMU-Hub-Modeles (ANS), JSON Schemas and XSD, version 26.07.29.
"""

import re
from collections.abc import Callable
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


DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")


class Pattern(Struct, frozen=True):
    """`official` is what the schemas publish and partners know; `matches` tells whether a whole text has that form.

    `nomenclature` names the list the text should come from: the schemas ask for its form only, see `unknown_codes`.
    When only digits vary, `forms` lists the possible texts with zeros for digits: quicker than any regular expression.
    """

    official: str
    matches: Callable[[str], object]
    forms: frozenset[bytes] | None = None
    nomenclature: str = ""


def ecma(official: str, same_language: str | None = None) -> Meta:
    r"""A published (ECMA 262) pattern in Python's dialect: `\d` is ASCII, `$` is the very end.

    `same_language` accepts the same texts faster, or without unbounded backtracking. The decoders of msgspec do not run
    it (a call through its C interface costs twice the search): `checks` does, right after decoding.
    """
    source = same_language or official[1:-1].replace(r"[\d", "[0-9").replace(r"\d", "[0-9]")
    source = re.sub(r"(?<!\\)\((?!\?)", "(?:", source)
    return Meta(extra={"pattern": Pattern(official, re.compile(source).fullmatch)})


def ecma_forms(official: str, *forms: str, nomenclature: str = "") -> Meta:
    """A published pattern where only digits vary: `ecma_forms(r"^R\\d{2}$", "R00")`."""
    known = frozenset(form.encode() for form in forms)

    def matches(text: str) -> bool:
        return text.encode().translate(DIGITS_TO_ZERO) in known

    return Meta(extra={"pattern": Pattern(official, matches, known, nomenclature)})


Number = int | float
"""Kept as written: 100 stays 100."""

DateTime = Annotated[
    str,
    ecma_forms(
        r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[\-+]\d{2}:\d{2}$",
        "0000-00-00T00:00:00+00:00",
        "0000-00-00T00:00:00-00:00",
    ),
]
CalendarDate = Annotated[str, ecma_forms(r"^\d{4}-\d{2}-\d{2}$", "0000-00-00")]
Age = Annotated[
    str,
    ecma_forms(r"^P[0-9]{1,3}[YMWD]$", *(f"P{digits}{unit}" for digits in ("0", "00", "000") for unit in "YMWD")),
]

# `(A+\.?){4,10}` is: at most ten dotted parts, at least four characters that are not dots, at most one final dot.
# The first branch says so at once for the usual identifier, whose first two parts have two characters or more.
_A = "[a-zA-Z0-9_-]"
CaseId = Annotated[
    str,
    ecma(
        r"^([a-zA-Z0-9_-]+\.?){4,10}$",
        rf"{_A}{{2,}}+\.{_A}{{2,}}+(?:\.{_A}++){{0,8}}+\.?|(?=(?:{_A}\.?){{4}}){_A}++(?:\.{_A}++){{0,9}}+\.?",
    ),
]
OwnerId = Annotated[
    str,
    ecma(
        r"^([a-zA-Z0-9_-]+\.?){4,9}$",
        rf"{_A}{{2,}}+\.{_A}{{2,}}+(?:\.{_A}++){{0,7}}+\.?|(?=(?:{_A}\.?){{4}}){_A}++(?:\.{_A}++){{0,8}}+\.?",
    ),
]


def _shared_id(word: str) -> Meta:
    """`fr.health.samu310.patient.12`: three to eight parts, the word, one or two parts."""
    return ecma(
        rf"^([a-zA-Z0-9_-]+\.){{3,8}}{word}(\.[a-zA-Z0-9_-]+){{1,2}}$",
        rf"(?:{_A}++\.){{3,8}}?{word}(?:\.{_A}++){{1,2}}+",
    )


ResourceId = Annotated[str, _shared_id("resource")]
RequestId = Annotated[str, _shared_id("request")]
PatientId = Annotated[str, _shared_id("patient")]
MedicalNoteId = Annotated[str, _shared_id("medicalNote")]

RiskCode = Annotated[str, ecma_forms(r"^R\d{2}$", "R00", nomenclature="risque")]
FactCode = Annotated[str, ecma_forms(r"^C\d{2}(\.\d{2}){2}$", "C00.00.00", nomenclature="fait")]
PlaceCode = Annotated[str, ecma_forms(r"^L\d{2}(\.\d{2}){2}$", "L00.00.00", nomenclature="lieu")]
MotiveCode = Annotated[str, ecma_forms(r"^M\d{2}\.\d{2}(\.\d{2})?$", "M00.00", "M00.00.00", nomenclature="motif")]
Icd10Code = Annotated[str, ecma(r"^[A-Z]\d{2}(\.[\d\+\-]{1,3})?$")]

LocationIdentifier = Annotated[str, ecma(r"^([0-9A-Z]{2}0\d{5}\d|\d{9}|\d{14}|\d{4}[A-Za-z])$")]
InseeCode = Annotated[str, ecma_forms(r"^[0-9]{5}$", "00000")]
SasRpps = Annotated[str, ecma(r"^81[0-9]{10}$")]
InternationalPhone = Annotated[str, ecma(r"^\+\d{5,18}$")]
Phone = Annotated[str, ecma(r"^\+?[0-9]{2,14}$")]
Email = Annotated[str, ecma(r"^[a-zA-Z0-9_.-]+@([a-zA-Z0-9_-]+\.)+[a-zA-Z0-9_-]{2,4}$")]
