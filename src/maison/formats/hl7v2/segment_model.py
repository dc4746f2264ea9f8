"""How a segment is described once, as facts, and read, checked and written from that description.

    EVN = Model("EVN", Event, F("recorded_at", 2, TS, "Date d’enregistrement", required=True), ...)
    event = EVN.read(row, 1, "utf-8", faults)     # an Event; what is wrong is added to `faults`
    row = EVN.row(event)

The reading function is generated once for each model, as dataclasses are: straight-line code, one test for each field of
an ordinary message. Whatever is not ordinary goes through `_unusual`, which also says what is wrong.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from msgspec import Struct

from maison.formats.hl7v2 import datatypes, times
from maison.formats.hl7v2.datatypes import Address, Identifier, PersonName, Reference, Telecom
from maison.formats.hl7v2.escapes import DELETE, hexadecimal_free, text_of
from maison.formats.hl7v2.faults import Fault, Severity
from maison.formats.hl7v2.message import Row, place_of
from maison.formats.hl7v2.tables import Table
from maison.formats.hl7v2.writer import field_text

type Reader = Callable[[str, str], Any]


class Kind(NamedTuple):
    """A data type. `read` takes a raw repetition and gives None when it has not its form; `french` says that form."""

    name: str
    read: Reader
    write: Callable[[Any], str]
    french: str = ""


class F(NamedTuple):
    """A field: attribute, number, type, French name, and its constraints."""

    attribute: str
    number: int
    kind: Kind
    french: str
    required: bool = False
    repeats: bool = False
    table: Table | None = None
    severity: Severity = "error"
    longest: int = 0


_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?", re.ASCII)


def _written(value: Any) -> str:
    text: str = value.field()
    return text


def _number(raw: str, _charset: str) -> float | None:
    return float(raw) if _NUMBER.fullmatch(raw) else None


def _yes_no(raw: str, _charset: str) -> bool | None:
    return {"Y": True, "N": False}.get(raw)


def _time(raw: str, _charset: str) -> times.Timestamp | None:
    return times.timestamp(raw.partition("^")[0])


def _date(raw: str, _charset: str) -> times.PartialDate | None:
    return times.partial_date(raw.partition("^")[0])


ST = Kind("ST", text_of, field_text)
ID = Kind("ID", text_of, field_text)
TS = Kind(
    "TS", _time, lambda value: value.text, "une date AAAAMMJJ, suivie s’il le faut de HHMMSS et du décalage ±HHMM"
)
DT = Kind("DT", _date, lambda value: value.text, "une date AAAAMMJJ, ou AAAAMM, ou AAAA")
NM = Kind("NM", _number, lambda value: f"{value:.15g}", "un nombre")
YN = Kind("YN", _yes_no, lambda value: "Y" if value else "N", "Y (oui) ou N (non)")
HD = Kind("HD", datatypes.authority, _written)
CX = Kind("CX", datatypes.identifier, _written)
XPN = Kind("XPN", datatypes.person_name, _written)
XAD = Kind("XAD", datatypes.address, _written)
XTN = Kind("XTN", datatypes.telecom, _written)
XCN = Kind("XCN", datatypes.professional, _written)
PL = Kind("PL", datatypes.location, _written)
XON = Kind("XON", datatypes.unit, _written)
CE = Kind("CE", datatypes.coded, _written)
EI = Kind("EI", datatypes.reference, _written)
RAW = Kind("RAW", hexadecimal_free, lambda value: value)
XCN_ANYBODY = Kind("XCN?", datatypes.professional, _written)
CE_FREE = Kind("CE?", datatypes.coded, _written)
"""The same types where a patient may be named (recipient of a mail, subject of a mail): never remembered."""

_INLINE = {
    "CX": (
        "(Identifier(p[0] or None, authorities[p[3]] if p[3] else None, p[4] or None) if len(p := {0}.split('^')) == 5 "
        "else Identifier((p := ({0} + '^^^^^^^').split('^'))[0] or None, authorities[p[3]] if p[3] else None, "
        "p[4] or None, p[6] or None, p[7] or None))"
    ),
    "XPN": (
        "PersonName((p := ({} + '^^^^^^').split('^'))[0] or None, p[1] or None, p[2] or None, p[3] or None, "
        "p[4] or None, p[6] or None)"
    ),
    "XAD": (
        "Address((p := ({} + '^^^^^^^^').split('^'))[0] or None, p[1] or None, p[2] or None, p[4] or None, "
        "p[5] or None, p[6] or None, p[8] or None)"
    ),
    "XTN": (
        "Telecom((p := ({} + '^^^^^^^^^^^').split('^'))[11] or p[0] or None, p[1] or None, p[2] or None, p[3] or None)"
    ),
    "EI": "Reference((p := ({} + '^^^').split('^'))[0] or None, p[1] or None, p[2] or None, p[3] or None)",
}
"""What the functions of `datatypes` do with a repetition that holds no escape, no erasure and no subcomponent."""


class Memory(dict[str, Any]):
    """What a raw text was read as, for texts that come back in every message and identify no patient: `memory[raw]`.

    Emptied when full: an unusual sender costs time, never memory.
    """

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, raw: str) -> Any:
        value = self._read(raw)
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        if value is not None and len(raw) <= LONGEST_REMEMBERED:
            self[raw] = value
        return value


class Times(Memory):
    """The same for times; the usual form, which is new in most messages, is read at once."""

    def __missing__(self, raw: str) -> Any:
        if len(raw) != 14 or not raw.isdecimal() or not raw.isascii():
            return super().__missing__(raw)
        try:
            value = times.Timestamp(raw, "second", _instant(f"{raw[:8]}T{raw[8:]}"))
        except ValueError:
            return None
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        self[raw] = value
        return value


_instant = datetime.fromisoformat


def _memory(read: Reader) -> Memory:
    return Memory(lambda raw: read(raw, "utf-8"))


MOST_REMEMBERED = 8192
LONGEST_REMEMBERED = 200
MEMORIES = {
    "TS": Times(times.timestamp),
    "HD": _memory(datatypes.authority),
    "XCN": _memory(datatypes.professional),
    "PL": _memory(datatypes.location),
    "XON": _memory(datatypes.unit),
    "CE": _memory(datatypes.coded),
}
"""Times, authorities, professionals, places, units and codes. Only texts without escape nor erasure come here."""

_WITH_COMPONENTS = frozenset(
    {"HD", "CX", "XPN", "XAD", "XTN", "XCN", "XCN?", "PL", "XON", "CE", "CE?", "EI", "RAW", "TS", "DT"}
)


type SegmentReader[S] = Callable[[Row, int, str, list[Fault]], S]


class PlainReaders[S: Struct](dict[int, SegmentReader[S]]):
    """For each length of a row, the function that reads it when nothing is escaped nor erased: fields that are not there cost
    nothing. Written the first time a row of this length comes."""

    def __init__(self, model: "Model[S]", last: int) -> None:
        super().__init__()
        self._model, self._last = model, last

    def __missing__(self, length: int) -> SegmentReader[S]:
        if length > self._last + 1:
            made = self[self._last + 1]
            if length <= LONGEST_KNOWN_ROW:
                self[length] = made
            return made
        made = self[length] = _generated(self._model, length)
        return made


LONGEST_KNOWN_ROW = 100


class Model[S: Struct]:
    """A segment, its class and its fields, in the order of the attributes. The class ends with `erased`.

    `erased` holds the attributes the sender asks to erase (two double quotes): their values are then None.
    """

    def __init__(self, name: str, made: type[S], *fields: F) -> None:
        declared = made.__struct_fields__
        if declared != (*(field.attribute for field in fields), "erased"):
            raise TypeError(f"{made.__name__}: {declared} is not what the fields of {name} say")
        self.name = name
        self.made = made
        self.fields = fields
        self.by_attribute = {field.attribute: field for field in fields}
        self.read_careful: SegmentReader[S] = _generated(self)
        self.plain: PlainReaders[S] = PlainReaders(self, max((field.number for field in fields), default=0))

    def read(self, row: Row, number: int, charset: str, faults: list[Fault]) -> S:
        """Any row; what is wrong is added to `faults`."""
        text = "|".join(row)
        if "\\" in text or '"' in text:
            return self.read_careful(row, number, charset, faults)
        return self.plain[len(row)](row, number, charset, faults)

    def read_plain(self, row: Row, number: int, charset: str, faults: list[Fault]) -> S:
        """A row where nothing is escaped nor erased: quicker than `read_careful`, with the same result."""
        return self.plain[len(row)](row, number, charset, faults)

    def place(self, attribute: str, number: int = 1) -> str:
        return place_of(self.name, number, self.by_attribute[attribute].number)

    def row(self, value: S) -> Row:
        """The segment as it travels. What is None is not said."""
        row: Row = [self.name]
        for field in self.fields:
            content = getattr(value, field.attribute)
            if content is None:
                text = DELETE if field.attribute in value.erased else ""  # type: ignore[attr-defined]
            elif field.repeats:
                text = "~".join(field.kind.write(item) for item in content)
            else:
                text = field.kind.write(content)
            if text:
                row.extend([""] * (field.number + 1 - len(row)))
                row[field.number] = text
        return row

    def required_faults(self, value: S) -> Iterator[Fault]:
        """What a value built here lacks before it may be written."""
        for field in self.fields:
            if field.required and not getattr(value, field.attribute):
                yield _missing(self.name, 1, field)


def _generated[S: Struct](model: Model[S], length: int = 0) -> SegmentReader[S]:
    """The careful function for any row; with a `length`, the quick one for plain rows of this length (or longer, at the most)."""
    last = max((field.number for field in model.fields), default=0)
    names: dict[str, Any] = {
        "Made": model.made,
        "PAD": [[""] * count for count in range(last + 2)],
        "NAME": model.name,
        "erasures": _erasures,
        "unusual": _unusual,
        "missing": _missing,
        "FIELDS": model.fields,
        "model": model,
        **{made.__name__: made for made in (Identifier, PersonName, Address, Telecom, Reference)},
        "authorities": MEMORIES["HD"],
        "PartialDate": times.PartialDate,
        "date_of": date.fromisoformat,
        "careful": model.read_careful if length else None,
    }
    lines, values = [], []
    for rank, field in enumerate(model.fields):
        absent = length and field.number >= length
        values.append(("()" if field.repeats else "None") if absent else f"v{rank}")
        if not absent:
            lines += _field_lines(rank, field, names, bool(length))
        elif field.required:
            lines.append(f"faults.append(missing(NAME, number, FIELDS[{rank}]))")
    if length:
        # One of the quick expressions may meet what only the careful function understands: nothing was said yet.
        lines = [
            "known = len(faults)",
            "try:",
            *(f"    {line}" for line in lines),
            f"    return Made({', '.join([*values, '()'])})",
            "except ValueError: del faults[known:]",
            "return careful(row, number, charset, faults)",
        ]
    else:
        lines = [
            "length = len(row)",
            f"if length <= {last}: row = row + PAD[{last + 1} - length]",
            "erased = ()",
            "if '\"\"' in row: row, erased = erasures(model, row)",
            *lines,
            f"return Made({', '.join([*values, 'erased'])})",
        ]
    body = "\n    ".join(["def read(row, number, charset, faults):", *lines])
    exec(body, names)  # noqa: S102  (the source holds nothing but our own numbers and names)
    made: SegmentReader[S] = names["read"]
    return made


def _field_lines(rank: int, field: F, names: dict[str, Any], is_plain: bool) -> list[str]:
    usual = _expression(rank, field, names, is_plain)
    value, empty = f"v{rank}", "()" if field.repeats else "None"
    lines = [f"r = row[{field.number}]"]
    if field.required:
        told = f"faults.append(missing(NAME, number, FIELDS[{rank}]))"
        return [
            *lines,
            f"if r: {value} = {usual}",
            "else:",
            f"    {value} = {empty}",
            f"    {told}" if is_plain else f"    if '{field.attribute}' not in erased: {told}",
        ]
    return [*lines, f"{value} = ({usual}) if r else {empty}"]


def _expression(rank: int, field: F, names: dict[str, Any], is_plain: bool) -> str:
    """What the ordinary raw text `r` gives; what is not ordinary is left to `unusual`, which also says what is wrong."""
    otherwise = f"unusual(NAME, number, FIELDS[{rank}], r, charset, faults)"
    kind = field.kind
    if kind is RAW:
        names["hexadecimal_free"] = hexadecimal_free
        return "r" if is_plain else "hexadecimal_free(r, charset)"
    if field.table is not None:
        names[f"t{rank}"] = field.table.codes
        return f"{'(r,)' if field.repeats else 'r'} if r in t{rank} else {otherwise}"
    if kind in (ST, ID):
        return (
            f"{'(r,)' if field.repeats else 'r'} if r.isalnum() and len(r) <= {field.longest or 10**6} else {otherwise}"
        )
    if kind in (NM, YN):
        if field.repeats:
            return otherwise
        if kind is NM:
            return f"float(r) if len(r) < 16 and r.isascii() and r.isdecimal() else {otherwise}"
        return f"True if r == 'Y' else False if r == 'N' else {otherwise}"
    if kind in (TS, DT):
        return _time_expression(rank, field, names, is_plain, otherwise)
    names[f"k{rank}"] = kind.read
    careful = f"k{rank}({{}}, charset)"
    one, odd = careful, "" if field.repeats else "~"
    if is_plain and kind.name in MEMORIES:
        names[f"m{rank}"] = MEMORIES[kind.name]
        one = f"m{rank}[{{}}]"
    elif is_plain and kind.name in _INLINE:
        one = _INLINE[kind.name]
        odd += "" if kind.name == "CX" else "&"
    if not field.repeats:
        guard = " and ".join(f"'{character}' not in r" for character in odd)
        slow = f"{careful.format('r')} if '~' not in r else {otherwise}" if "&" in odd else otherwise
        return f"{one.format('r')} if {guard} else {slow}"
    every = "tuple([{} for x in r.split('~') if x])"
    quick = f"({one.format('r')},) if '~' not in r else {every.format(one.format('x'))}"
    return f"({quick}) if '&' not in r else {every.format(careful.format('x'))}" if odd else quick


def _time_expression(rank: int, field: F, names: dict[str, Any], is_plain: bool, otherwise: str) -> str:
    if field.repeats:
        return otherwise
    if field.kind is TS:
        names[f"k{rank}"] = MEMORIES["TS"] if is_plain else times.timestamp
        return f"k{rank}[r] or {otherwise}" if is_plain else f"k{rank}(r) or {otherwise}"
    names[f"k{rank}"] = times.partial_date
    usual = f"k{rank}(r) or {otherwise}"
    if is_plain:
        return f"PartialDate(r, date_of(r), 'day') if len(r) == 8 and r.isdecimal() and r.isascii() else {usual}"
    return usual


def _erasures[S: Struct](model: Model[S], row: Row) -> tuple[Row, tuple[str, ...]]:
    erased = tuple(field.attribute for field in model.fields if row[field.number] == DELETE)
    return ["" if value == DELETE else value for value in row], erased


def _unusual(name: str, number: int, field: F, raw: str, charset: str, faults: list[Fault]) -> Any:
    """One value or a tuple of them, and whatever is wrong with each."""
    if not field.repeats:
        first, _, others = raw.partition("~")
        if others and field.kind.name in ("ST", "ID"):
            return _one(name, number, 0, field, raw, charset, faults)
        if others:
            place = place_of(name, number, field.number)
            faults.append(Fault(place, "delimiters", f"« {field.french} » ne se répète pas.", "warning"))
        return _one(name, number, 0, field, first, charset, faults)
    found = []
    for rank, repetition in enumerate(raw.split("~"), start=1):
        if repetition:
            value = _one(name, number, rank, field, repetition, charset, faults)
            if value is not None:
                found.append(value)
    return tuple(found)


def _one(name: str, number: int, rank: int, field: F, raw: str, charset: str, faults: list[Fault]) -> Any:
    place = place_of(name, number, field.number, rank)
    value = field.kind.read(raw, charset)
    if value is None and raw:
        message = f"« {field.french} » devrait être {field.kind.french}."
        faults.append(Fault(place, "type", message, field.severity))
        return None
    if field.kind.name not in _WITH_COMPONENTS and any(separator in raw for separator in "^&~"):
        message = f"« {field.french} » contient un séparateur qui n’est pas échappé."
        faults.append(Fault(place, "delimiters", message, "warning"))
    if field.table is not None and value is not None and value not in field.table.codes:
        message = f"« {field.french} » n’est pas un code de la table {field.table.name} : {field.table.some_codes}."
        faults.append(Fault(place, "table", message, field.severity))
    if field.longest and isinstance(value, str) and len(value) > field.longest:
        message = f"« {field.french} » dépasse {field.longest} caractères."
        faults.append(Fault(place, "length", message, "warning"))
    return value


def _missing(name: str, number: int, field: F) -> Fault:
    place = place_of(name, number, field.number)
    return Fault(place, "required", f"« {field.french} » est obligatoire et manque.", field.severity)
