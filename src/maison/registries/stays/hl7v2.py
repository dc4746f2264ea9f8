"""From PAM messages (ADT) to what is said of patients and stays."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from maison.formats.hl7v2.datatypes import Identifier, Unit
from maison.formats.hl7v2.faults import Fault, InvalidMessage
from maison.formats.hl7v2.message import Message
from maison.formats.hl7v2.pam import Adt
from maison.formats.hl7v2.pam import Move as PamMove
from maison.formats.hl7v2.patient import Patient
from maison.formats.hl7v2.tables import WITHOUT_MOVEMENT
from maison.formats.hl7v2.times import Timestamp
from maison.formats.hl7v2.wire import typed
from maison.foundations.access import Actor

from . import actions, links
from .actions import Outcome, StaySaid, UnitSaid
from .fold import Move, Told
from .links import FileSaid
from .patients import Said, Traits

CANCELLED = {
    "A11": "A01", "A12": "A02", "A13": "A03", "A38": "A05", "A52": "A21", "A53": "A22", "A55": "A54", "A27": "A14",
}  # fmt: skip
"""The movement that a cancellation undoes, when the message does not name it (ZBE-6)."""
ABOUT_NUMBERS = ("A40", "A47", "A24", "A37")


def integrate(actor: Actor, message: Message) -> Outcome:
    """One ADT message. Raises InvalidMessage for what it lacks, a BusinessError for what the house cannot accept."""
    adt = typed(message)
    if not isinstance(adt, Adt):
        raise InvalidMessage([Fault("MSH-9", "message-type", "Ce n’est pas un message ADT.")])
    sent_at = adt.header.sent_at.at if adt.header.sent_at else _required("MSH-7", "La date du message manque.")
    said = _said(adt.patient, sent_at, adt)
    if adt.event in ("A40", "A47") and adt.merged is not None:
        gone = next((one for one in adt.merged.identifiers if one.value and one.kind != "INS"), None)
        if gone is None:
            _required("MRG-1", "L’identifiant à fusionner manque.")
        other = Said(_domain(gone), (gone.value or "") if gone else "", Traits(), sent_at, only_names=True)
        if adt.event == "A47":
            return actions.record_renumbering(actor=actor, new=said, old=other)
        return actions.record_merge(actor=actor, kept=said, gone=other)
    if adt.event in ("A24", "A37") and adt.other_patient is not None:
        second = _said(adt.other_patient, sent_at, adt)
        return links.record_link(actor=actor, one=said, other=second, linked=adt.event == "A24")
    if adt.event == "A44" and adt.merged is not None:
        return _file_move(actor, adt, said)
    number = adt.visit.number if adt.visit else None
    number = number or adt.patient.account
    if adt.event in WITHOUT_MOVEMENT or (adt.move is None and (number is None or not number.value)):
        return actions.record_identity(actor=actor, said=said)
    move = _move(adt)
    return actions.record_movement(
        actor=actor,
        said=StaySaid(
            said, _domain(number), (number.value or "") if number else "",
            Told(str(actor.exchange_id), sent_at, adt.event, move, _expected_exit(adt)), _units(adt.move),
            _domain(adt.patient.account), (adt.patient.account.value or "") if adt.patient.account else "",
        ),
    )  # fmt: skip


def _file_move(actor: Actor, adt: Adt, said: Said) -> Outcome:
    """A44: PID is the patient the file belongs to, with its number from now on (PID-18); MRG the one it is taken from."""
    merged = adt.merged
    gone = next((one for one in merged.identifiers if one.value and one.kind != "INS"), None) if merged else None
    if gone is None or not gone.value:
        _required("MRG-1", "L’identifiant du patient précédent manque.")
    file = _file(merged.account if merged else None)
    if file is None:
        _required("MRG-3", "Le dossier à rattacher manque.")
    before = Said(_domain(gone), (gone.value if gone else "") or "", Traits(), said.sent_at, only_names=True)
    return links.record_file_move(actor=actor, kept=said, gone=before, file=file, becomes=_file(adt.patient.account))  # type: ignore[arg-type]


def _file(account: Identifier | None) -> FileSaid | None:
    return FileSaid(_domain(account), account.value) if account is not None and account.value else None


def _required(place: str, words: str) -> datetime:
    raise InvalidMessage([Fault(place, "required", words)])


def _said(patient: Patient, sent_at: datetime, adt: Adt) -> Said:
    local = patient.ipp or next((one for one in patient.identifiers if one.value and one.kind != "INS"), None)
    if local is None or not local.value:
        _required("PID-3", "Le patient n’a pas d’identifiant local (IPP).")
    name, used = patient.birth_name, patient.used_name
    traits = Traits(
        birth_name=(name.family or "") if name else "",
        first_name=(name.given or "") if name else "",
        used_name=(used.family or "") if used else "",
        born_on=patient.born_on.isoformat() if patient.born_on else "",
        sex=patient.sex or "",
        birth_place=patient.birth_place or "",
        status=patient.reliability[0] if patient.reliability else "",
    )
    set_aside = patient.carried_ins is not None and patient.ins is None
    return Said(
        _domain(local), (local.value if local else "") or "", traits, sent_at, ins_set_aside=set_aside, patient=patient,
        detail=adt.identity_detail, only_names=adt.event in ABOUT_NUMBERS,
    )  # fmt: skip


def _domain(identifier: Identifier | None) -> str:
    giver = identifier.authority if identifier else None
    return (giver.id or giver.namespace or "") if giver else ""


def _move(adt: Adt) -> Move | None:
    move = adt.move
    if move is None:
        return None
    place = move.to_location
    event = move.event
    return Move(
        id="/".join(part for part in (move.id.id, move.id.authority or move.id.namespace) if part),
        at=move.at.at,
        action=move.action,
        event=CANCELLED.get(event, event),
        is_historic=move.is_historic,
        patient_class=move.patient_class or "",
        medical_unit=_code(move.medical_unit),
        care_unit=_code(move.care_unit),
        nature=move.nature or "",
        point_of_care=(place.point_of_care or "") if place else "",
        room=(place.room or "") if place else "",
        bed=(place.bed or "") if place else "",
    )


def _code(unit: Unit | None) -> str:
    return ((unit.id or unit.name or "") if unit else "")[:40]


def _units(move: PamMove | None) -> tuple[UnitSaid, ...]:
    found = {}
    for unit in (move.care_unit, move.medical_unit) if move else ():
        if code := _code(unit):
            found[code] = UnitSaid(code, ((unit.name if unit else "") or "")[:120])
    return tuple(found.values())


def _expected_exit(adt: Adt) -> datetime | Literal[""] | None:
    """PV2-9: a time, "" when the sender erases it, None when it says nothing."""
    if adt.stay is None:
        return None
    expected: Timestamp | None = adt.stay.expected_discharge
    if expected is not None:
        return expected.at
    return "" if "expected_discharge" in adt.stay.erased else None
