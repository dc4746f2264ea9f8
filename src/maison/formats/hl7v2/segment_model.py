"""How a segment is described once, as facts, and read, checked and written from that description.

    EVN = Model("EVN", Event, F("recorded_at", 2, TS, "Date d’enregistrement", required=True), ...)
    event = EVN.read(row, 1, "utf-8", faults)     # an Event; what is wrong is added to `faults`
    row = EVN.row(event)

The reading function is generated once for each model, as dataclasses are: straight-line code, one test for each field of
an ordinary message. Whatever is not ordinary goes through `_unusual`, which also says what is wrong.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from maison.formats.hl7v2 import datatypes, times
from maison.formats.hl7v2.escapes import DELETE, text_of
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


def _written(value: Any) -> str:
    text: str = value.field()
    return text


def _number(raw: str, _charset: str) -> float | None:
    try:
        return float(raw) if len(raw) < 40 and "_" not in raw else None
    except ValueError:
        return None


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
NM = Kind("NM", _number, lambda value: f"{value:g}", "un nombre")
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
RAW = Kind("RAW", lambda raw, _charset: raw, lambda value: value)

_WITH_COMPONENTS = frozenset({"HD", "CX", "XPN", "XAD", "XTN", "XCN", "PL", "XON", "CE", "EI", "RAW", "TS", "DT"})


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
        self.read: Callable[[Row, int, str, list[Fault]], S] = _generated(self)

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


def _generated[S: Struct](model: Model[S]) -> Callable[[Row, int, str, list[Fault]], S]:
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
    }
    lines = [
        "def read(row, number, charset, faults):",
        "    length = len(row)",
        f"    if length <= {last}: row = row + PAD[{last + 1} - length]",
        "    erased = ()",
        "    if '\"\"' in row: row, erased = erasures(model, row)",
    ]
    for rank, field in enumerate(model.fields):
        lines += [f"    {line}" for line in _field_lines(rank, field, names)]
    arguments = ", ".join(f"v{rank}" for rank in range(len(model.fields)))
    lines.append(f"    return Made({arguments}{', ' if arguments else ''}erased)")
    exec("\n".join(lines), names)  # noqa: S102  (the source holds nothing but our own numbers and names)
    made: Callable[[Row, int, str, list[Fault]], S] = names["read"]
    return made


def _field_lines(rank: int, field: F, names: dict[str, Any]) -> list[str]:
    value, kind = f"v{rank}", f"k{rank}"
    names[kind] = times.timestamp if field.kind is TS else times.partial_date if field.kind is DT else field.kind.read
    call = f"{kind}(r)" if field.kind in (TS, DT) else f"{kind}(r, charset)"
    otherwise = f"unusual(NAME, number, FIELDS[{rank}], r, charset, faults)"
    lines = [f"r = row[{field.number}]"]
    if field.kind is RAW:
        usual = "r"
    elif field.table is not None:
        names[f"t{rank}"] = field.table.codes
        usual = f"r if r in t{rank} else {otherwise}"
        if field.repeats:
            usual = f"(r,) if r in t{rank} else {otherwise}"
    elif field.kind in (ST, ID):
        plain = "r.isalnum()" + (f" and len(r) <= {field.longest}" if field.longest else "")
        usual = f"(r,) if {plain} else {otherwise}" if field.repeats else f"r if {plain} else {otherwise}"
    elif field.kind in (TS, DT):
        usual = f"{call} or {otherwise}"
        if field.repeats:
            usual = otherwise
    elif field.kind is NM and not field.repeats:
        usual = f"float(r) if r.isascii() and r.isdecimal() else {otherwise}"
    elif field.kind is YN and not field.repeats:
        usual = f"True if r == 'Y' else False if r == 'N' else {otherwise}"
    elif field.repeats and field.kind not in (NM, YN):
        usual = f"({call},) if '~' not in r else tuple([{kind}(x, charset) for x in r.split('~') if x])"
    elif field.repeats:
        usual = otherwise
    else:
        usual = f"{call} if '~' not in r else {otherwise}"
    empty = "()" if field.repeats else "None"
    if field.required:
        lines += [
            f"if r: {value} = {usual}",
            "else:",
            f"    {value} = {empty}",
            f"    if '{field.attribute}' not in erased: faults.append(missing(NAME, number, FIELDS[{rank}]))",
        ]
    else:
        lines.append(f"{value} = ({usual}) if r else {empty}")
    return lines


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
