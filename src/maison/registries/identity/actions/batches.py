"""Verification by lots: what must be verified again is sent together, asked about until INSi is done, and applied line by line (INS-05)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden
from maison.registries.identity.insi import InsiFailure, InsiRefusal, insi
from maison.registries.identity.models import BatchLine, Domain, Identity, InsiBatch
from maison.registries.identity.permissions import P

from .insi_calls import apply_verdict, person_of


class LotNotReady(Exception):
    """INSi still works on it: ask again later."""


@transaction.atomic
def verify_due(*, actor: Actor) -> InsiBatch | None:
    """A lot of the identities whose INS was not verified for the set number of years, oldest first; None when none is due."""
    if not actor.is_system and not actor.can(P.STEWARD):
        raise Forbidden
    limit = timezone.now() - timedelta(days=365 * settings.INSI_VERIFY_YEARS)
    due = Identity.objects.active().filter(ins_verified_at__lt=limit).exclude(ins_matricule="")
    if not actor.is_system:
        due = due.filter(domain__in=Domain.objects.open_to(actor, P.STEWARD))
    return verify(
        actor=actor, ids=list(due.order_by("ins_verified_at").values_list("id", flat=True)[: settings.INSI_LOT])
    )


@transaction.atomic
def verify(*, actor: Actor, ids: list[UUID]) -> InsiBatch | None:
    """A lot of these identities, those without INS left out. Never a search: only what is known is verified (INS-03)."""
    from maison.registries.identity.tasks import send_batch

    if not actor.is_system and not actor.can(P.STEWARD):
        raise Forbidden
    rows = Identity.objects.active().filter(id__in=ids, is_doubtful=False, is_fictive=False).exclude(ins_matricule="")
    if not actor.is_system:
        rows = rows.filter(domain__in=Domain.objects.open_to(actor, P.STEWARD))
    chosen = list(rows[: settings.INSI_LOT])
    if not chosen:
        return None
    batch = InsiBatch.objects.create(asked_by=actor.subject[:64], structure_id=actor.structure_id)
    BatchLine.objects.bulk_create([BatchLine(batch=batch, identity=row, matricule=row.ins_matricule) for row in chosen])
    audit.record(actor, "identity.lot_asked", target=batch, details={"count": len(chosen)})
    send_batch.defer(batch_id=str(batch.id))
    return batch


def send(batch_id: UUID) -> None:
    """Give the lot to INSi, once: a job that runs again after the number was written does nothing."""
    from maison.registries.identity.tasks import read_batch

    batch = InsiBatch.objects.filter(id=batch_id, state=InsiBatch.State.READY).first()
    if batch is None:
        return
    lines = batch.lines.select_related("identity")
    people = [
        (str(line.id), person_of(line.identity)) for line in lines if line.identity.ins_matricule == line.matricule
    ]
    try:
        lot = insi().submit(people)
    except InsiRefusal:
        InsiBatch.objects.filter(id=batch_id).update(state=InsiBatch.State.FAILED, ended_at=timezone.now())
        return
    with transaction.atomic():
        done = InsiBatch.objects.filter(id=batch_id, state=InsiBatch.State.READY).update(
            state=InsiBatch.State.SENT, lot=lot, sent_at=timezone.now()
        )
        if done:
            read_batch.defer(batch_id=str(batch_id))


def read(batch_id: UUID) -> None:
    """Apply the verdicts, each in its own transaction; raises LotNotReady while INSi works. Run again, applies what is left."""
    batch = InsiBatch.objects.filter(id=batch_id, state=InsiBatch.State.SENT).first()
    if batch is None:
        return
    verdicts = insi().result(batch.lot)
    if verdicts is None:
        raise LotNotReady
    right = {verdict.id: verdict.is_right for verdict in verdicts}
    for line_id in batch.lines.filter(code="").values_list("id", flat=True):
        if str(line_id) in right:
            _apply(line_id, right[str(line_id)])
    InsiBatch.objects.filter(id=batch_id).update(state=InsiBatch.State.DONE, ended_at=timezone.now())


@transaction.atomic
def _apply(line_id: UUID, is_right: bool) -> None:
    line = BatchLine.objects.select_for_update().get(id=line_id)
    if line.code:
        return
    apply_verdict(Actor.system("insi"), line.identity_id, is_right, line.matricule)
    line.code, line.answered_at = "OK" if is_right else "KO", timezone.now()
    line.save(update_fields=["code", "answered_at"])


RETRIED = (InsiFailure, LotNotReady)
