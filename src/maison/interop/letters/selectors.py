"""Reads: the list of letters, and the whole story of one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from maison.formats.cda.codes import is_known, label
from maison.foundations import relay
from maison.foundations.access.actor import Actor
from maison.foundations.accounts.models import User
from maison.foundations.audit.models import Entry
from maison.interop.channels import desks
from maison.interop.channels.models import Delivery
from maison.interop.exchanges.models import Exchange
from maison.ui.components import TrailStep

from . import DMP, MSSANTE
from .models import Leg, Letter, Sending

TO_MEND = (Leg.State.HELD, Leg.State.FAILED)
UNDERWAY = (Leg.State.WAITING, Leg.State.SENT)
STATES = {"a-reparer": TO_MEND, "en-route": UNDERWAY}
KINDS = (MSSANTE, DMP)
ACTS = {
    "channels.message_replayed": "Remis en route",
    "channels.message_abandoned": "Abandonné",
    "channels.delivery_reopened": "Non remise annoncée après coup",
    "letters.address_given": "Adresse du destinataire donnée",
}


def type_label(letter: Letter) -> str:
    """Official label of the kind of document: never its title, which its author wrote freely."""
    return label("type", letter.type_code) if is_known("type", letter.type_code) else "Document clinique"


def letters(actor: Actor, *, state: str = "", structure: str = "") -> QuerySet[Letter]:
    """Newest first, with their structure and their legs. Three queries whatever the number of rows."""
    rows = Letter.objects.visible_to(actor).select_related("structure").prefetch_related("legs")
    if state in STATES:
        rows = rows.filter(Exists(Leg.objects.filter(letter=OuterRef("pk"), state__in=STATES[state])))
    if structure:
        rows = rows.filter(structure_id=structure)
    return rows


def structures_of(actor: Actor) -> list[tuple[str, str]]:
    """Hospitals that entrusted a letter, for the filter."""
    found = Letter.objects.visible_to(actor).order_by().values_list("structure_id", "structure__name")
    return sorted({(str(key), name) for key, name in found.distinct()}, key=lambda pair: pair[1])


def ways(letter: Letter) -> list[Leg | None]:
    """MSSanté then DMP; None for a way the letter has not taken yet."""
    known = {leg.kind: leg for leg in letter.legs.all()}
    return [known.get(kind) for kind in KINDS]


def to_mend_count(actor: Actor) -> int:
    return letters(actor, state="a-reparer").count()


@dataclass(slots=True)
class Way:
    """One way of a letter, as its page tells it."""

    leg: Leg
    label: str
    sendings: list[Sending]
    steps: list[TrailStep]
    delivery: Delivery | None
    task: UUID | None = None
    desk: str = ""
    task_steps: list[TrailStep] = field(default_factory=list)
    waits_for_address: bool = False


def story(letter: Letter) -> tuple[list[TrailStep], list[Way]]:
    """How the house received and read it, then each way: what happened, when, by whom, oldest first."""
    exchange = Exchange.objects.filter(id=letter.exchange_id, at=letter.exchange_at).first()
    return _received(letter, exchange), [_way(leg) for leg in letter.legs.order_by("-kind")]


def _received(letter: Letter, exchange: Exchange | None) -> list[TrailStep]:
    steps = []
    if exchange is not None:
        steps.append(TrailStep(f"Reçu par {exchange.get_door_display()}", exchange.at))
        if exchange.step:
            words = {"AA": "accepté", "AE": "refusé", "AR": "à représenter"}.get(exchange.step, exchange.step)
            steps.append(
                TrailStep(
                    f"Acquitté à l'établissement : {words} ({exchange.step})",
                    exchange.at,
                    refused=exchange.step != "AA",
                )
            )
    words = letter.fault or f"Lu : {type_label(letter).lower()}, {letter.get_action_display().lower()}"
    steps.append(TrailStep(words, letter.read_at, refused=bool(letter.fault)))
    return steps


def _way(leg: Leg) -> Way:
    delivery = Delivery.objects.filter(id=leg.delivery_id).first()
    sendings = list(leg.sendings.all())
    way = Way(leg, Leg.KINDS[leg.kind], sendings, _steps(leg, delivery, sendings), delivery)
    if delivery is not None and delivery.state == "stopped":
        way.desk = desks.desk_of(delivery.reason).label
        way.task = delivery.relay_id
        way.waits_for_address = leg.kind == MSSANTE and delivery.reason in (desks.ADDRESS, desks.SILENT)
        if delivery.relay_id is not None:
            steps = relay.trail_of([delivery.relay_id])[delivery.relay_id]
            way.task_steps = [TrailStep(step.label, step.at, step.name) for step in steps]
    return way


def _steps(leg: Leg, delivery: Delivery | None, sendings: list[Sending]) -> list[TrailStep]:
    lines = _history([delivery.exchange_id] if delivery else [])
    # Where sendings tell it better, the end of the channel's own errand is left out.
    steps = [_line(line) for line in lines if not (sendings and line["state"] == Exchange.State.ACKNOWLEDGED)]
    for sending in sendings:
        for at, words, refused in (
            (
                sending.sent_at,
                "Pris en charge par le destinataire" if leg.kind == DMP else "Pris en charge par l'opérateur",
                False,
            ),
            (sending.delivered_at, "Reçu et enregistré" if leg.kind == DMP else "Remis dans la boîte", False),
            (sending.read_at, "Ouvert par le destinataire", False),
            (sending.failed_at, sending.words or "Non remis", True),
        ):
            if at is not None and not (
                leg.kind == DMP and at == sending.sent_at and at == sending.delivered_at and "charge" in words
            ):
                steps.append(TrailStep(words, at, refused=refused))
    steps += _acts(leg)
    unique = {(step.word, step.at, step.by): step for step in steps}
    return sorted(unique.values(), key=lambda step: step.at or leg.state_at)


def _history(exchange_ids: Iterable[UUID]) -> list[dict[str, str]]:
    found = Exchange.objects.filter(id__in=list(exchange_ids)).values_list("history", flat=True)
    return [line for history in found for line in history]


def _line(line: dict[str, str]) -> TrailStep:
    state, note = line["state"], line.get("note", "")
    word = {"to_send": "Prêt à partir", "acknowledged": "Trajet terminé", "failed": "Arrêté"}.get(
        state, str(Exchange.State(state).label)
    )
    return TrailStep(
        f"{word} : {note}" if note else word, datetime.fromisoformat(line["at"]), refused=state == Exchange.State.FAILED
    )


def _acts(leg: Leg) -> list[TrailStep]:
    """What people did, with their names; and the house, when an identity was qualified."""
    targets = {("channels.delivery", str(leg.delivery_id)), ("letters.letter", str(leg.letter_id))}
    rows = Entry.objects.filter(
        target_id__in=[key for _, key in targets], code__in=ACTS, target_type__in=[kind for kind, _ in targets]
    ).order_by("at")
    names = _names({row.subject for row in rows})
    return [
        TrailStep(f"{ACTS[row.code]}{f' : {row.reason}' if row.reason else ''}", row.at, by=names.get(row.subject, ""))
        for row in rows
        if not (row.code == "letters.address_given" and leg.kind != MSSANTE)
    ]


def _names(subjects: set[str]) -> dict[str, str]:
    """Who acted, in words; the house itself acts once the admissions desk has qualified an identity."""
    people = User.objects.filter(subject__in=subjects)
    return {"system:letters": "la maison, l'identité ayant été mise à jour"} | {
        one.subject: f"{one.given_name} {one.family_name}".strip() or "compte local" for one in people
    }
