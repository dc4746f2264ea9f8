"""What the messages of hospitals do to stays. Each is one message, whole or not at all, and may be played twice."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.events import publish

from . import fold
from .errors import NoStructure, NoVisitNumber, OtherPatient
from .events import IdentityAnomaly, PatientsMerged, StayChanged, UnitCountsChanged
from .fold import Told
from .models import Stay, StayMessage, StayMove, Unit
from .patients import Said, patients

FOR_A_PERSON = "Gardé pour l'identitovigilance : une personne décide."
LATE = "Plus ancien que ce que la maison sait déjà : gardé dans l'historique."


@dataclass(frozen=True, slots=True)
class UnitSaid:
    code: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class StaySaid:
    """A message about a stay: whose it is, which, what happened, in units as they were named."""

    patient: Said
    domain: str
    number: str
    told: Told
    units: tuple[UnitSaid, ...] = ()
    account_domain: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status`: integrated, or kept when nothing was to be done. `note` names nobody."""

    status: str = "integrated"
    note: str = ""


@transaction.atomic
def record_identity(*, actor: Actor, said: Said) -> Outcome:
    """A hospital says who a number is (A28, A31, and any message with a patient)."""
    _, late = known_patient(actor, said)
    return Outcome(note=LATE if late else "")


@transaction.atomic
def record_merge(*, actor: Actor, kept: Said, gone: Said) -> Outcome:
    """Two numbers are one patient (A40), or a number was replaced by another (A47). Both stay known."""
    kept_id, _ = known_patient(actor, kept)
    gone_id = patients().refer(gone, actor).id
    if patients().same(kept_id, gone_id):
        return Outcome("kept", "Déjà connus comme un seul patient.")
    if not patients().merge(kept_id, gone_id, actor, kept.sent_at):
        return Outcome("kept", FOR_A_PERSON)
    audit.record(
        actor,
        "stays.patients_merged",
        target=("stays.patient", kept_id),
        patient=kept_id,
        details={"gone": str(gone_id)},
    )
    publish(PatientsMerged(kept_id, gone_id))
    return Outcome()


@transaction.atomic
def record_renumbering(*, actor: Actor, new: Said, old: Said) -> Outcome:
    """A number was replaced by another (A47). Both numbers known as two patients: it is a merge."""
    if patients().renumber(new, old, actor) is None:
        return record_merge(actor=actor, kept=new, gone=old)
    return Outcome()


@transaction.atomic
def record_movement(*, actor: Actor, said: StaySaid) -> Outcome:
    """A movement, its correction or its cancellation, or news of a stay. The stay becomes the fold of all that was said of it."""
    structure_id = structure_of(actor)
    if not said.number:
        raise NoVisitNumber
    patient_id, late = known_patient(actor, said.patient)
    stay = _stay(structure_id, said, patient_id)
    told = said.told
    later_moves = [move for move in StayMove.objects.filter(stay=stay) if move.sent_at > told.sent_at]
    # What was sent before the stay was given to another patient still names the patient of that time.
    owner_then = later_moves[0].from_patient_id if later_moves else stay.patient_id
    if not patients().same(owner_then, patient_id):
        raise OtherPatient
    _, is_new = StayMessage.objects.get_or_create(
        id=told.id,
        defaults={
            "stay": stay, "structure_id": structure_id, "event": told.event, "sent_at": told.sent_at,
            "body": fold.as_body(told),
        },
    )  # fmt: skip
    if not is_new:
        return Outcome("kept", "Message déjà pris en compte.")
    _learn_units(structure_id, said.units)
    if said.account and not (stay.account and later_moves):
        stay.account_domain, stay.account = said.account_domain, said.account
    _refold(stay)
    return Outcome(note=LATE if late else "")


def structure_of(actor: Actor) -> UUID:
    if actor.structure_id is None:
        raise NoStructure
    return actor.structure_id


def known_patient(actor: Actor, said: Said) -> tuple[UUID, bool]:
    reference = patients().refer(said, actor)
    if said.ins_set_aside:
        # INS-10, F1.5: the local number is kept, the INS is not, and a person may look.
        publish(IdentityAnomaly(reference.id, structure_of(actor), actor.exchange_id, "ins-inexploitable"))
        audit.record(actor, "stays.ins_set_aside", target=("stays.patient", reference.id), patient=reference.id)
    return reference.id, reference.is_late


def _stay(structure_id: UUID, said: StaySaid, patient_id: UUID) -> Stay:
    """Locked; two first messages of one stay that come together make one."""
    key = {"structure_id": structure_id, "domain": said.domain, "number": said.number}
    stay = Stay.objects.select_for_update(of=("self",)).filter(**key).first()
    if stay is None:
        Stay.objects.bulk_create([Stay(**key, patient_id=patient_id)], ignore_conflicts=True)
        stay = Stay.objects.select_for_update(of=("self",)).get(**key)
    return stay


def _learn_units(structure_id: UUID, said: tuple[UnitSaid, ...]) -> None:
    """Units are known by their movements; a new label replaces the old one."""
    known = {
        unit.code: unit for unit in Unit.objects.filter(structure_id=structure_id, code__in=[one.code for one in said])
    }
    for one in said:
        unit = known.get(one.code)
        if unit is None:
            Unit.objects.bulk_create(
                [Unit(structure_id=structure_id, code=one.code, label=one.label)], ignore_conflicts=True
            )
        elif one.label and unit.label != one.label:
            Unit.objects.filter(id=unit.id).update(label=one.label)


def _refold(stay: Stay) -> None:
    messages = StayMessage.objects.filter(stay=stay).values_list("id", "sent_at", "event", "body")
    now = fold.fold(fold.from_body(str(row[0]), row[1], row[2], row[3]) for row in messages)
    codes = {now.care_unit, now.medical_unit} - {""}
    units = dict(Unit.objects.filter(structure_id=stay.structure_id, code__in=codes).values_list("code", "id"))
    previous, counted = stay.care_unit_id, _counted(stay)
    stay.state, stay.patient_class = now.state, now.patient_class
    stay.care_unit_id, stay.medical_unit_id = units.get(now.care_unit), units.get(now.medical_unit)
    stay.point_of_care, stay.room, stay.bed = now.point_of_care, now.room, now.bed
    stay.expected_at, stay.admitted_at, stay.left_at = now.expected_at, now.admitted_at, now.left_at
    stay.expected_exit_at, stay.moved_at, stay.heard_at = now.expected_exit_at, now.moved_at, timezone.now()
    stay.anomalies = [{"code": code, "text": text} for code, text in now.anomalies]
    stay.save()
    publish(StayChanged(stay.id, stay.structure_id, stay.patient_id, stay.state, stay.care_unit_id, previous))
    if _counted(stay) != counted:
        publish(UnitCountsChanged(stay.structure_id, stay.care_unit_id, previous))


def _counted(stay: Stay) -> tuple[object, ...]:
    """What of a stay enters the counts of a unit."""
    expected = stay.expected_at if stay.state == Stay.State.EXPECTED else None
    return stay.care_unit_id, stay.state, expected, stay.expected_exit_at
