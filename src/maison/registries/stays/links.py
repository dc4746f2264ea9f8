"""Links between two patients (A24, A37) and stays given to another patient (A44). Nothing is lost: each message adds a row, what
was said last (MSH-7) counts, and the message the other way gives back the state before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.events import publish
from maison.foundations.ids import uuid7

from .actions import FOR_A_PERSON, LATE, Outcome, known_patient, structure_of
from .errors import OtherPatient, SamePatient
from .events import PatientsLinked, PatientsUnlinked, StayReattached
from .models import LinkMessage, Stay, StayMove
from .patients import Said, patients

UNKNOWN_FILE = "Dossier inconnu de la maison : les identités sont retenues, aucune venue n'est à rattacher."
ALREADY = "Déjà pris en compte."


@dataclass(frozen=True, slots=True)
class FileSaid:
    """An administrative file (dossier): its number and the domain that gives it."""

    domain: str
    number: str


@transaction.atomic
def record_link(*, actor: Actor, one: Said, other: Said, linked: bool) -> Outcome:
    """Two numbers may be one person (A24), or no longer (A37). The identity registry links what a message may link: nothing is merged."""
    structure_id = structure_of(actor)
    first, _ = known_patient(actor, one)
    second, _ = known_patient(actor, other)
    if first == second:
        raise SamePatient
    first, second = sorted((first, second))
    exchange_id = actor.exchange_id or uuid7()
    if LinkMessage.objects.filter(id=exchange_id).exists():
        return Outcome("kept", ALREADY)
    before = _last_said(first, second)
    LinkMessage.objects.create(
        id=exchange_id,
        structure_id=structure_id,
        one_id=first,
        other_id=second,
        linked=linked,
        sent_at=one.sent_at,
    )
    if before is not None and before.sent_at > one.sent_at:
        return Outcome(note=LATE)
    if linked == (before is not None and before.linked):
        return Outcome("kept", ALREADY)
    audit.record(
        actor, f"stays.patients_{'linked' if linked else 'unlinked'}", target=("stays.patient", first), patient=first,
        structure=structure_id, details={"other": str(second), "before": before is not None and before.linked, "after": linked},
    )  # fmt: skip
    publish((PatientsLinked if linked else PatientsUnlinked)(first, second, structure_id))
    port = patients()
    done = port.link(first, second, actor, one.sent_at) if linked else port.unlink(first, second, actor)
    return Outcome(note="" if done else FOR_A_PERSON)


def _last_said(one_id: UUID, other_id: UUID) -> LinkMessage | None:
    return LinkMessage.objects.filter(one_id=one_id, other_id=other_id).order_by("-sent_at", "-id").first()


def linked_to(patient_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """For each of these patients, those that hospitals say may be the same person now."""
    asked = set(patient_ids)
    rows = LinkMessage.objects.filter(Q(one_id__in=asked) | Q(other_id__in=asked)).order_by("sent_at", "id")
    state = {(row.one_id, row.other_id): row.linked for row in rows}
    found: dict[UUID, set[UUID]] = {one: set() for one in asked}
    for (one, other), linked in state.items():
        if linked:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {one: others for one, others in found.items() if one in asked}


@transaction.atomic
def record_file_move(
    *, actor: Actor, kept: Said, gone: Said, file: FileSaid, becomes: FileSaid | None = None
) -> Outcome:
    """An administrative file, with its stays, is another patient's (A44). `becomes`: its number from now on, when it changes."""
    structure_id = structure_of(actor)
    kept_id, _ = known_patient(actor, kept)
    gone_id = patients().refer(gone, actor).id
    if kept_id == gone_id:
        raise SamePatient
    same_file = Q(account_domain=file.domain, account=file.number) | Q(domain=file.domain, number=file.number)
    stays = list(
        Stay.objects.select_for_update(of=("self",)).filter(same_file, structure_id=structure_id).order_by("id")
    )
    if not stays:
        return Outcome("kept", UNKNOWN_FILE)
    told = [_move(actor, stay, gone_id, kept_id, kept, becomes) for stay in stays]
    if all(word == ALREADY for word in told):
        return Outcome("kept", ALREADY)
    return Outcome(note=LATE if LATE in told else "")


def _move(actor: Actor, stay: Stay, from_id: UUID, to_id: UUID, said: Said, becomes: FileSaid | None) -> str:
    """What became of this stay, in a note for people; "" when it was given to the other patient."""
    exchange_id = actor.exchange_id or uuid7()
    moves = list(StayMove.objects.filter(stay=stay))
    if any(move.exchange_id == exchange_id for move in moves):
        return ALREADY
    later = [move for move in moves if move.sent_at > said.sent_at]
    owner_then = later[0].from_patient_id if later else stay.patient_id
    if patients().same(owner_then, to_id):
        return ALREADY
    if not patients().same(owner_then, from_id):
        raise OtherPatient
    StayMove.objects.create(
        stay=stay, exchange_id=exchange_id, from_patient_id=owner_then, to_patient_id=to_id, sent_at=said.sent_at
    )
    if later:
        return LATE
    stay.patient_id = to_id
    if becomes is not None:
        stay.account_domain, stay.account = becomes.domain, becomes.number
    stay.save(update_fields=["patient_id", "account_domain", "account"])
    audit.record(
        actor, "stays.stay_reattached", target=stay, patient=to_id, structure=stay.structure_id,
        details={"before": str(owner_then), "after": str(to_id)},
    )  # fmt: skip
    publish(StayReattached(stay.id, stay.structure_id, owner_then, to_id))
    return ""
