"""Rules run over whole registries; people follow what they find, or signal what no rule sees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import NotFound
from maison.foundations.events import publish

from .errors import AlreadySignalled, AnomalyEnded
from .events import AnomalyMoved
from .models import Anomaly, Score
from .permissions import P
from .rules import RULES, Rule

FOUND = "CREATE TEMP TABLE quality_found (kind text, target_id uuid, label text, detail text) ON COMMIT DROP"
OPEN = """
INSERT INTO quality_anomaly (id, rule, registry, kind, target_id, label, detail, state, owner, answer, signalled_by, opened_at, moved_at)
SELECT gen_random_uuid(), %(rule)s, %(registry)s, kind, target_id, left(label, 250), left(detail, 400), 'ouverte', %(owner)s, '', '', %(now)s, %(now)s
FROM quality_found
ON CONFLICT (rule, kind, target_id, signalled_by) WHERE state IN ('ouverte', 'assignee') DO UPDATE SET detail = EXCLUDED.detail
"""
MENDED = """
UPDATE quality_anomaly a SET state = 'corrigee', moved_at = %(now)s, answer = 'Corrigée dans la source'
WHERE a.rule = %(rule)s AND a.registry = %(registry)s AND a.signalled_by = '' AND a.state IN ('ouverte', 'assignee')
  AND NOT EXISTS (SELECT 1 FROM quality_found f WHERE f.target_id = a.target_id)
"""


def run_rules() -> int:
    """Every rule, each in its own transaction: its figure, its new anomalies, and those a new file mended. Returns how many are faulty."""
    return sum(_run(rule) for rule in RULES)


@transaction.atomic
def _run(rule: Rule) -> int:
    told: dict[str, Any] = {"rule": rule.code, "registry": rule.registry, "owner": rule.owner, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"quality:{rule.registry}:{rule.code}"])
        cursor.execute(FOUND)
        cursor.execute(f"INSERT INTO quality_found {rule.faulty}", [])
        faulty = cursor.rowcount
        cursor.execute(rule.checked, [])
        checked = cursor.fetchone()[0]
        cursor.execute(OPEN, told)
        cursor.execute(MENDED, told)
        cursor.execute("DROP TABLE quality_found")
    Score.objects.create(rule=rule.code, registry=rule.registry, checked=checked, faulty=faulty)
    return int(faulty)


@transaction.atomic
def assign(*, actor: Actor, anomaly_id: UUID, owner: str) -> Anomaly:
    """Someone is asked to mend it."""
    anomaly = _alive(actor, anomaly_id)
    anomaly.owner = owner
    return _move(actor, anomaly, Anomaly.State.ASSIGNED)


@transaction.atomic
def end(*, actor: Actor, anomaly_id: UUID, mended: bool, answer: str) -> Anomaly:
    """Closed with what was done, or rejected with why it is no fault; whoever signalled it reads the answer."""
    anomaly = _alive(actor, anomaly_id)
    anomaly.answer = answer
    return _move(actor, anomaly, Anomaly.State.CLOSED if mended else Anomaly.State.REJECTED)


def signal(*, actor: Actor, kind: str, target_id: UUID, label: str, text: str) -> Anomaly:
    """Any professional says that a record is wrong (« signaler une erreur »). Once per person and record while it is examined."""
    try:
        with transaction.atomic():
            anomaly = Anomaly.objects.create(
                rule=Anomaly.SIGNALLED, registry="structures" if kind == "structure" else "professionnels", kind=kind,
                target_id=target_id, label=label[:250], detail=text[:400], owner="Gestionnaire des répertoires",
                signalled_by=actor.subject,
            )  # fmt: skip
            audit.record(actor, "quality.signalled", target=anomaly)
            publish(AnomalyMoved(anomaly.id, anomaly.state))
            return anomaly
    except IntegrityError as twice:
        raise AlreadySignalled from twice


def _alive(actor: Actor, anomaly_id: UUID) -> Anomaly:
    if not actor.can(P.MEND):
        raise NotFound
    anomaly = Anomaly.objects.select_for_update().filter(id=anomaly_id).first()
    if anomaly is None:
        raise NotFound
    if anomaly.state not in Anomaly.ALIVE:
        raise AnomalyEnded
    return anomaly


def _move(actor: Actor, anomaly: Anomaly, state: Anomaly.State) -> Anomaly:
    anomaly.state, anomaly.moved_at = state, timezone.now()
    anomaly.save(update_fields=["state", "moved_at", "owner", "answer"])
    audit.record(actor, "quality.anomaly_moved", target=anomaly, details={"state": state})
    publish(AnomalyMoved(anomaly.id, anomaly.state))
    return anomaly
