"""Identity queries: PDQ (QBP^Q22 and its answer RSP^K22) and PIX (QBP^Q23 and RSP^K23), read and written.

Source: IHE ITI TF-2, ITI-21 (Patient Demographics Query) and ITI-9 (PIX Query); HL7 2.5, chapter 5.
"""

from typing import Literal

from msgspec import Struct, structs

from maison.formats.hl7v2.ack import Ack, read_ack
from maison.formats.hl7v2.datatypes import Coded, Identifier
from maison.formats.hl7v2.escapes import escape
from maison.formats.hl7v2.faults import Fault, InvalidMessage
from maison.formats.hl7v2.header import MSH, MessageHeader, check_header
from maison.formats.hl7v2.message import Message, Row, Segment
from maison.formats.hl7v2.patient import PID, Patient, check_patient
from maison.formats.hl7v2.segment_model import CE, CX, ID, NM, RAW, ST, F, Model
from maison.formats.hl7v2.structure import Structure
from maison.formats.hl7v2.tables import Table
from maison.formats.hl7v2.writer import Header, build, segment

QueryKind = Literal["demographics", "identifiers"]

PDQ_NAME = Coded("IHE PDQ Query")
PIX_NAME = Coded("IHE PIX Query")
STATUSES = Table("0208", {"OK": "Trouvé", "NF": "Rien trouvé", "AE": "Erreur de la question", "AR": "Question rejetée"})
_EVENTS: dict[QueryKind, tuple[str, str]] = {"demographics": ("Q22", "K22"), "identifiers": ("Q23", "K23")}


class Criterion(Struct, frozen=True):
    """One trait that is asked: `field` as `PID.5.1`, `value` may end with a star."""

    field: str
    value: str


class Query(Struct, frozen=True, kw_only=True):
    """A question. PDQ has `criteria`, PIX an `identifier`; `domains` limits the identifiers that come back.

    `limit` is how many patients at most (RCP-2); `continuation` asks for those that follow (DSC-1).
    """

    header: MessageHeader
    kind: QueryKind
    tag: str | None
    criteria: tuple[Criterion, ...] = ()
    identifier: Identifier | None = None
    domains: tuple[Identifier, ...] = ()
    limit: int | None = None
    continuation: str | None = None

    def asked(self, field: str) -> str | None:
        """The value asked for a field, `PID.5.1` and `PID.5.1.1` being the same."""
        wanted = _short(field)
        return next((found.value for found in self.criteria if _short(found.field) == wanted), None)


class Match(Struct, frozen=True):
    """A patient of the answer; `confidence` is QRI-1, from 0 to 100 when it is said."""

    patient: Patient
    confidence: float | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """`status` OK, NF, AE, AR (QAK-2); `ack` says how the question was received."""

    header: MessageHeader
    kind: QueryKind
    ack: Ack
    tag: str | None
    status: str | None
    hits: int | None = None
    matches: tuple[Match, ...] = ()
    continuation: str | None = None


class _Parameters(Struct, frozen=True):
    name: Coded | None = None
    tag: str | None = None
    asked: str | None = None
    pix_domains: tuple[Identifier, ...] = ()
    pdq_domains: tuple[Identifier, ...] = ()
    erased: tuple[str, ...] = ()


class _Control(Struct, frozen=True):
    priority: str | None = None
    limit: str | None = None
    erased: tuple[str, ...] = ()


class _QueryAck(Struct, frozen=True):
    tag: str | None = None
    status: str | None = None
    name: Coded | None = None
    hits: float | None = None
    erased: tuple[str, ...] = ()


QPD = Model(
    "QPD",
    _Parameters,
    F("name", 1, CE, "Nom de la question", required=True),
    F("tag", 2, ST, "Étiquette de la question", required=True),
    F("asked", 3, RAW, "Critères", required=True),
    F("pix_domains", 4, CX, "Domaines attendus", repeats=True),
    F("pdq_domains", 8, CX, "Domaines attendus", repeats=True),
)
RCP = Model("RCP", _Control, F("priority", 1, ID, "Priorité"), F("limit", 2, RAW, "Nombre de réponses"))
QAK = Model(
    "QAK",
    _QueryAck,
    F("tag", 1, ST, "Étiquette de la question", required=True),
    F("status", 2, ID, "Résultat de la question", required=True, table=STATUSES),
    F("name", 3, CE, "Nom de la question"),
    F("hits", 4, NM, "Nombre de réponses", severity="warning"),
)
_QUERY = Structure(
    "QBP",
    ("MSH", "QPD", "RCP", "DSC"),
    ("QPD", "RCP"),
    one={"MSH": ("header", MSH), "QPD": ("parameters", QPD), "RCP": ("control", RCP)},
    many={},
    single=frozenset({"QPD", "RCP"}),
)
_ANSWER = Structure(
    "RSP",
    ("MSH", "MSA", "ERR", "QAK", "QPD", "PID", "DSC"),
    ("MSA", "QAK", "QPD"),
    one={"MSH": ("header", MSH), "QAK": ("said", QAK)},
    many={"PID": ("patients", PID)},
    single=frozenset({"MSA", "QAK", "QPD"}),
)


def read_query(message: Message, faults: list[Fault]) -> Query:
    """QBP. Everything the message says, and in `faults` what is wrong with it. Never raises."""
    kind = _kind(message, 0, faults)
    plan = _QUERY.plan(message.rows)
    faults += plan.faults
    values = {
        attribute: read(message.rows[rank], number, message.charset, faults)
        for rank, number, attribute, read, _ in plan.steps
    }
    header: MessageHeader = values["header"]
    check_header(header, faults)
    parameters: _Parameters = values.get("parameters", _Parameters())
    control: _Control = values.get("control", _Control())
    pointer = message.segment("DSC")
    asked = message.segment("QPD")
    criteria: tuple[Criterion, ...] = ()
    identifier = None
    if kind == "demographics":
        criteria = _criteria(asked, faults) if asked is not None else ()
        if not criteria and asked is not None and asked.raw(3):
            faults.append(Fault("QPD-3", "type", "Aucun critère n’a la forme @PID.x.y^valeur."))
    elif parameters.asked:
        identifier = CX.read(parameters.asked.partition("~")[0], message.charset)
        if identifier is None or not identifier.value or identifier.authority is None:
            faults.append(
                Fault("QPD-3", "required", "L’identifiant connu demande un numéro et l’autorité qui le donne.")
            )
    return Query(
        header=header,
        kind=kind,
        tag=parameters.tag,
        criteria=criteria,
        identifier=identifier,
        domains=parameters.pdq_domains if kind == "demographics" else parameters.pix_domains,
        limit=_limit(control.limit, faults),
        continuation=pointer.value(1) if pointer is not None else None,
    )


def read_answer(message: Message, faults: list[Fault]) -> Answer:
    """RSP. Never raises."""
    kind = _kind(message, 1, faults)
    plan = _ANSWER.plan(message.rows)
    faults += plan.faults
    said, header = _QueryAck(), MessageHeader()
    matches: list[Match] = []
    for rank, number, attribute, read, _ in plan.steps:
        value = read(message.rows[rank], number, message.charset, faults)
        if attribute == "patients":
            check_patient(value, number, faults)
            matches.append(Match(value, _confidence(message.rows, rank)))
        elif attribute == "said":
            said = value
        else:
            header = value
    check_header(header, faults)
    try:
        ack = read_ack(message)
    except InvalidMessage as refusal:
        faults += [fault for fault in refusal.faults if fault.code != "segment-missing"]
        ack = Ack("AE", "")
    pointer = message.segment("DSC")
    return Answer(
        header=header,
        kind=kind,
        ack=ack,
        tag=said.tag,
        status=said.status,
        hits=int(said.hits) if said.hits is not None and abs(said.hits) < 1e9 else None,
        matches=tuple(matches),
        continuation=pointer.value(1) if pointer is not None else None,
    )


def write_query(query: Query, header: Header) -> Message:
    """Raises InvalidMessage when our own reading refuses it."""
    event = _EVENTS[query.kind][0]
    rows = [_parameters_row(query), segment("RCP", {1: "I", 2: (str(query.limit), "RD") if query.limit else None})]
    if query.continuation:
        rows.append(segment("DSC", {1: query.continuation, 2: "I"}))
    message = build(structs.replace(header, kind=("QBP", event, "QBP_Q21")), rows)
    _refuse(message, read_query)
    return message


def write_answer(answer: Answer, query: Query, header: Header) -> Message:
    """The answer to `query`: its parameters are said again, as the standard asks."""
    event = _EVENTS[query.kind][1]
    said = _QueryAck(
        answer.tag,
        answer.status,
        PDQ_NAME if query.kind == "demographics" else PIX_NAME,
        float(answer.hits) if answer.hits is not None else None,
    )
    rows: list[Row] = [
        segment("MSA", {1: answer.ack.code, 2: answer.ack.control_id}),
        QAK.row(said),
        _parameters_row(query),
    ]
    for match in answer.matches:
        rows.append(PID.row(match.patient))
        if match.confidence is not None:
            rows.append(segment("QRI", {1: f"{match.confidence:g}"}))
    if answer.continuation:
        rows.append(segment("DSC", {1: answer.continuation, 2: "I"}))
    structure = "RSP_K21" if query.kind == "demographics" else "RSP_K23"
    message = build(structs.replace(header, kind=("RSP", event, structure)), rows)
    _refuse(message, read_answer)
    return message


def _refuse(message: Message, read: object) -> None:
    faults: list[Fault] = []
    read(message, faults)  # type: ignore[operator]
    wrong = [fault for fault in faults if fault.severity == "error"]
    if wrong:
        raise InvalidMessage(wrong)


def _parameters_row(query: Query) -> Row:
    if query.kind == "demographics":
        asked = "~".join(f"@{escape(found.field)}^{escape(found.value)}" for found in query.criteria)
        return QPD.row(_Parameters(PDQ_NAME, query.tag, asked, (), query.domains))
    known = query.identifier.field() if query.identifier is not None else None
    return QPD.row(_Parameters(PIX_NAME, query.tag, known, query.domains))


def _kind(message: Message, rank: int, faults: list[Fault]) -> QueryKind:
    for kind, events in _EVENTS.items():
        if message.event == events[rank]:
            return kind
    wanted = " ou ".join(events[rank] for events in _EVENTS.values())
    faults.append(Fault("MSH-9.2", "event", f"Seuls {wanted} sont compris ici."))
    return "demographics"


def _criteria(asked: Segment, faults: list[Fault]) -> tuple[Criterion, ...]:
    found = []
    for rank in range(1, len(asked.repetitions(3)) + 1):
        field, value = asked.value(3, 1, 1, rank), asked.value(3, 2, 1, rank)
        if not field and not value:
            continue
        if not field or field[0] != "@" or value is None:
            faults.append(Fault(f"QPD-3[{rank}]", "type", "Un critère a la forme @PID.x.y^valeur.", "warning"))
            continue
        found.append(Criterion(field[1:], value))
    return tuple(found)


def _limit(raw: str | None, faults: list[Fault]) -> int | None:
    text = (raw or "").partition("^")[0]
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0 and len(text) < 9):
        faults.append(Fault("RCP-2", "type", "Le nombre de réponses attendu est un entier positif.", "warning"))
        return None
    return int(text)


def _confidence(rows: list[Row], rank: int) -> float | None:
    """QRI follows the PID it speaks of, after PD1 perhaps."""
    for row in rows[rank + 1 :]:
        if row[0] == "PID":
            return None
        if row[0] == "QRI":
            found = NM.read(row[1], "utf-8") if len(row) > 1 and row[1] else None
            return found if isinstance(found, float) else None
    return None


def _short(field: str) -> str:
    """PID.5.1.1 and PID.5.1 ask the same."""
    return field.removesuffix(".1") if field.count(".") == 3 else field
