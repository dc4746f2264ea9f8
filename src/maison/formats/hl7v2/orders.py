"""What documents and imaging requests share: orders with their observations, each with its notes and participants."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from maison.formats.hl7v2.clinical_segments import NTE, OBR, OBX, ORC, Note, Observation, Order, Request
from maison.formats.hl7v2.datatypes import Coded, Professional, Reference, Telecom, Unit
from maison.formats.hl7v2.faults import Fault
from maison.formats.hl7v2.message import Row
from maison.formats.hl7v2.segment_model import CE, EI, ID, ST, XCN, XON, XTN, F, Model


class Participant(Struct, frozen=True):
    """PRT. `role` SB (author, sender), RCT (recipient), REPLY (where to answer); the address is an X.400 telecom."""

    action: str | None = None
    role: Coded | None = None
    persons: tuple[Professional, ...] = ()
    organisations: tuple[Unit, ...] = ()
    telecoms: tuple[Telecom, ...] = ()
    erased: tuple[str, ...] = ()

    @property
    def person(self) -> Professional | None:
        return self.persons[0] if self.persons else None

    @property
    def organisation(self) -> Unit | None:
        return self.organisations[0] if self.organisations else None

    @property
    def mail(self) -> str | None:
        return next((found.email for found in self.telecoms if found.email), None)

    @property
    def is_patient(self) -> bool:
        return self.person is not None and self.person.id_kind == "INS"


class ProcedureControl(Struct, frozen=True):
    """IPC: the identifiers of an imaging study."""

    accession: Reference | None = None
    procedure: Reference | None = None
    study: Reference | None = None
    step: Reference | None = None
    modality: Coded | None = None
    protocols: tuple[Coded, ...] = ()
    station: Reference | None = None
    locations: tuple[Coded, ...] = ()
    ae_title: str | None = None
    erased: tuple[str, ...] = ()


class Item(Struct, frozen=True):
    """An observation with what follows it."""

    observation: Observation
    notes: tuple[Note, ...] = ()
    participants: tuple[Participant, ...] = ()


class OrderGroup(Struct, frozen=True):
    """An order, its request and its observations. A message without ORC nor OBR has one group that only has items."""

    order: Order | None = None
    request: Request | None = None
    notes: tuple[Note, ...] = ()
    controls: tuple[ProcedureControl, ...] = ()
    items: tuple[Item, ...] = ()


PRT = Model(
    "PRT",
    Participant,
    F("action", 2, ID, "Action"),
    F("role", 4, CE, "Rôle du participant", required=True),
    F("persons", 5, XCN, "Personne", repeats=True),
    F("organisations", 8, XON, "Organisation", repeats=True),
    F("telecoms", 15, XTN, "Adresse", repeats=True),
)
IPC = Model(
    "IPC",
    ProcedureControl,
    F("accession", 1, EI, "Numéro d’accès", required=True),
    F("procedure", 2, EI, "Identifiant de la procédure", required=True, severity="warning"),
    F("study", 3, EI, "Identifiant de l’étude (Study Instance UID)", required=True),
    F("step", 4, EI, "Identifiant de l’étape", required=True, severity="warning"),
    F("modality", 5, CE, "Modalité"),
    F("protocols", 6, CE, "Protocole", repeats=True),
    F("station", 7, EI, "Poste"),
    F("locations", 8, CE, "Lieu", repeats=True),
    F("ae_title", 9, ST, "AE Title"),
)
_MODELS: dict[str, Model[Any]] = {"ORC": ORC, "OBR": OBR, "OBX": OBX, "NTE": NTE, "PRT": PRT, "IPC": IPC}
PARTICIPANT_ROLES = ("SB", "RCT", "REPLY")


class _Open:
    """A group being read."""

    def __init__(self) -> None:
        self.order: Order | None = None
        self.request: Request | None = None
        self.notes: list[Note] = []
        self.controls: list[ProcedureControl] = []
        self.items: list[tuple[Observation, list[Note], list[Participant]]] = []

    def takes(self, name: str) -> bool:
        """A second ORC or OBR, or one that comes after observations, belongs to the next group."""
        if name == "ORC":
            return self.order is None and self.request is None and not self.items
        return name != "OBR" or (self.request is None and not self.items)

    def add(self, name: str, value: Any) -> None:
        match name:
            case "ORC":
                self.order = value
            case "OBR":
                self.request = value
            case "OBX":
                self.items.append((value, [], []))
            case "IPC":
                self.controls.append(value)
            case "NTE":
                (self.items[-1][1] if self.items else self.notes).append(value)
            case "PRT" if self.items:
                self.items[-1][2].append(value)

    def closed(self) -> OrderGroup:
        items = tuple(Item(found, tuple(notes), tuple(people)) for found, notes, people in self.items)
        return OrderGroup(self.order, self.request, tuple(self.notes), tuple(self.controls), items)


def read_groups(rows: list[Row], charset: str, faults: list[Fault]) -> tuple[OrderGroup, ...]:
    """The orders of the message. Segments of other names, and a participant before any observation, are left alone."""
    groups: list[_Open] = []
    counts: dict[str, int] = {}
    for row in rows:
        name = row[0]
        model = _MODELS.get(name)
        if model is None:
            continue
        number = counts[name] = counts.get(name, 0) + 1
        if not groups or not groups[-1].takes(name):
            groups.append(_Open())
        groups[-1].add(name, model.read(row, number, charset, faults))
    return tuple(group.closed() for group in groups)


def items_of(groups: tuple[OrderGroup, ...]) -> Iterator[tuple[int, Item]]:
    """Every observation with its rank among the OBX of the message, from 1."""
    rank = 0
    for group in groups:
        for item in group.items:
            rank += 1
            yield rank, item


def rows_of_group(group: OrderGroup, *, between: tuple[Row, ...] = ()) -> Iterator[Row]:
    """ORC, OBR, NTE, IPC, then `between` (TXA in an MDM), then each OBX with its notes and participants."""
    if group.order is not None:
        yield ORC.row(group.order)
    if group.request is not None:
        yield OBR.row(group.request)
    yield from map(NTE.row, group.notes)
    yield from map(IPC.row, group.controls)
    yield from between
    for item in group.items:
        yield OBX.row(item.observation)
        yield from map(NTE.row, item.notes)
        yield from map(PRT.row, item.participants)


def obx(rank: int, field: int = 0, component: int = 0) -> str:
    """The place of a fault in the OBX of that rank."""
    place = f"OBX[{rank}]" if rank > 1 else "OBX"
    if field:
        place += f"-{field}" + (f".{component}" if component else "")
    return place
