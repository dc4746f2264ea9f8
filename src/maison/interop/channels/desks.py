"""Who mends what: each reason leads to a desk, each desk is a relay with its own permission. A storm is one task (see `ask_all`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse

from maison.foundations import relay
from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.relay.models import Relay
from maison.interop.exchanges.mending import mender

from .language import engine, identity_guard
from .language.configuration import REASONS
from .models import Channel, Delivery, DeskRule, Passage
from .permissions import P

SENT, TAKEN, DONE = "sent", "taken", "mended"
LOCK = 7_310_060

HOUSE, TRANSPORT, REFUSED, UNKNOWN, LATER, GONE = (
    "defaut-de-la-maison", "transport", "refus-de-la-cible", "issue-inconnue", "refus-provisoire", "contenu-perdu",
)  # fmt: skip
ADDRESS, OPPOSED, SILENT = "adresse-inconnue", "opposition-dmp", "sans-accuse"
LABELS = {
    **REASONS,
    **engine.ENGINE_REASONS,
    HOUSE: "Défaut de la maison",
    TRANSPORT: "Cible injoignable pendant tout le délai",
    REFUSED: "Message refusé par la cible",
    UNKNOWN: "Issue de l'envoi inconnue",
    LATER: "Message refusé par la cible pendant tout le délai",
    GONE: "Contenu qui n'est plus conservé",
    engine.LATE: "Mise à jour ancienne",
    ADDRESS: "Destinataire absent ou inconnu de la messagerie sécurisée",
    OPPOSED: "Opposition du patient à l'alimentation de son DMP",
    SILENT: "Aucun accusé de réception dans le délai",
}
NOBODY = frozenset({engine.LATE})
"""Said of a message that nobody has to mend."""


@dataclass(frozen=True, slots=True)
class Desk:
    """`at_agency`: the agency's people mend it; else those of the structure the channel belongs to."""

    code: str
    label: str
    permission: Permission
    at_agency: bool
    advice: str


DESKS = {
    desk.code: desk
    for desk in (
        Desk("admissions", "Bureau des admissions", P.ADMISSIONS, False,
             "Complétez l'identité dans le logiciel d'admission, puis rejouez le message ou attendez qu'il revienne corrigé."),
        Desk("identitovigilance", "Référent identitovigilance", P.IDENTITY, False,
             "Vérifiez et qualifiez l'identité (téléservice INSi, pièce d'identité), puis rejouez le message."),
        Desk("secretariat", "Secrétariat", P.ADDRESSES, False,
             "Vérifiez l'adresse du destinataire dans l'annuaire santé et donnez-la sur la page du courrier, ou prévenez-le autrement."),
        Desk("terminologie", "Gestionnaire des terminologies", P.CODES, True,
             "Complétez la table de correspondance ; quand le canal la nomme dans une version en service, rejouez le message."),
        Desk("integrateur", "Intégrateur", P.MEND, True,
             "Corrigez le canal, l'accès ou la cible, puis rejouez."),
    )
}  # fmt: skip
DEFAULTS = {
    "ins-absent": "admissions",
    "identite-incomplete": "admissions",
    "champ-manquant": "admissions",
    identity_guard.NOT_QUALIFIED: "identitovigilance",
    identity_guard.WRONG_WORLD: "integrateur",
    "code-inconnu": "terminologie",
    ADDRESS: "secretariat",
    SILENT: "secretariat",
    OPPOSED: "admissions",
}


def _url(task: Relay) -> str:
    return reverse("channels:task", args=[task.id])


KINDS = {
    code: relay.register_kind(
        relay.RelayKind(
            code=f"channels.mend_{code}",
            label=f"Messages arrêtés : {desk.label.lower()}",
            permission=desk.permission,
            steps=(
                relay.StepKind(SENT, "Signalé", waits=True),
                relay.StepKind(TAKEN, "Pris en charge", waits=True),
                relay.StepKind(DONE, "Réparé ou abandonné"),
            ),
            url=_url,
            room="channels",
        )
    )
    for code, desk in DESKS.items()
}


def rules() -> dict[str, str]:
    """Reason → desk, as the house proposes and as people changed it."""
    changed = dict(DeskRule.objects.values_list("reason", "desk"))
    return {
        reason: changed.get(reason, DEFAULTS.get(reason, "integrateur")) for reason in LABELS if reason not in NOBODY
    }


def desk_of(reason: str) -> Desk:
    changed = DeskRule.objects.filter(reason=reason).values_list("desk", flat=True).first()
    return DESKS.get(changed or DEFAULTS.get(reason, "integrateur"), DESKS["integrateur"])


def words() -> dict[str, str]:
    """Reason → a sentence for the report of a channel."""
    return {reason: f"{LABELS[reason]} : {DESKS[desk].label.lower()}" for reason, desk in rules().items()}


@transaction.atomic
def ask_all(channel: Channel, stopped: Sequence[Passage] | Sequence[Delivery], *, urgency: int = 1) -> None:
    """Hand stopped messages to the desks of their reasons; one open task gathers those of a channel, a target and a reason."""
    groups: dict[tuple[str, str], list[Passage | Delivery]] = {}
    for one in stopped:
        target = one.target if isinstance(one, Delivery) else ""
        groups.setdefault((target, one.reason), []).append(one)
    for (target, reason), rows in sorted(groups.items()):
        task_id = _task(channel, target, reason, rows, urgency)
        kind: type[Passage] | type[Delivery] = Delivery if target else Passage
        kind.objects.filter(id__in=[row.id for row in rows]).update(relay_id=task_id)
        for row in rows:
            row.relay_id = task_id


def _task(channel: Channel, target: str, reason: str, stopped: Sequence[Passage | Delivery], urgency: int) -> UUID:
    """The open task they join, or a new one."""
    desk = desk_of(reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, f"{channel.id} {target} {reason}"])
    rows = Delivery.objects.filter(target=target) if target else Passage.objects.all()
    same = (
        rows.filter(channel=channel, state="stopped", reason=reason)
        .exclude(relay_id=None)
        .exclude(id__in=[one.id for one in stopped])
    )
    task_id: UUID | None = same.values_list("relay_id", flat=True).first()
    if task_id is not None and Relay.objects.filter(id=task_id, ending="", kind_code=KINDS[desk.code].code).exists():
        return task_id
    to = (mender() if desk.at_agency else None) or channel.structure_id
    return relay.send(
        Actor.system("channels"), kind=KINDS[desk.code], subject=("channels.channel", channel.id), to_structure=to,
        from_structure=channel.structure_id, urgency=urgency,
    ).id  # fmt: skip


def close(actor: Actor, task_id: UUID | None) -> None:
    """The task ends with the last of its messages."""
    if task_id is None:
        return
    if any(
        rows.filter(relay_id=task_id, state="stopped").exists()
        for rows in (Passage.objects.all(), Delivery.objects.all())
    ):
        return
    task = Relay.objects.filter(id=task_id).first()
    if task is not None and not task.ending:
        relay.mark(actor, task_id, DONE)
