"""Reads for the sheets of software and targets: when each was last heard, what changed and by whom, how to reach the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.urls import reverse

from maison.foundations.access.actor import Actor
from maison.foundations.accounts.models import User
from maison.foundations.audit.models import Entry
from maison.interop.exchanges.models import Client, Exchange
from maison.interop.exchanges.partners import Partner

from .models import Charset, SenderProfile, Target

LABELS = {
    "name": "nom", "structure": "structure", "host": "hôte", "port": "port", "secured": "TLS", "active": "ouvert",
    "certificate_fingerprint": "certificat", "certificate_subject": "sujet du certificat", "application": "application",
    "facility": "établissement", "charset": "jeu de caractères", "version": "version", "kinds": "messages",
    "asks_application_ack": "réponse applicative", "doors": "portes", "mllp_application": "application", "mllp_facility": "établissement",
    "mllp_port": "port d'écoute", "authorities": "autorités", "versions": "versions", "reply_target": "adresse des réponses",
}  # fmt: skip
ACTS = {
    "hl7v2.sender_declared": "a déclaré", "hl7v2.sender_closed": "a fermé la porte", "hl7v2.sender_opened": "a rouvert la porte",
    "hl7v2.target_registered": "a déclaré", "hl7v2.target_closed": "a fermé", "hl7v2.target_opened": "a rouvert",
    "hl7v2.target_tried": "a essayé la connexion",
}  # fmt: skip
LAST = """
SELECT max(at) FILTER (WHERE direction = 'in'), max(at) FILTER (WHERE direction = 'in' AND state = 'refused'),
  count(*) FILTER (WHERE needs_mending) FROM exchanges_exchange WHERE client_id = %s AND channel = 'hl7v2' AND at > now() - interval '31 days'
"""
TARGETS = """
SELECT t.code,
  (SELECT max(e.state_at) FROM exchanges_exchange e WHERE e.recipients[1] = t.code AND e.direction = 'out' AND e.channel = 'hl7v2'
    AND e.state IN ('acknowledged', 'sent') AND e.at > now() - interval '31 days'),
  (SELECT count(*) FROM exchanges_exchange e WHERE e.recipients[1] = t.code AND e.direction = 'out' AND e.channel = 'hl7v2'
    AND e.state = 'to_send' AND e.at > now() - interval '31 days'),
  (SELECT min(e.at) FROM exchanges_exchange e WHERE e.recipients[1] = t.code AND e.direction = 'out' AND e.channel = 'hl7v2'
    AND e.state = 'to_send' AND e.at > now() - interval '31 days'),
  (SELECT count(*) FROM exchanges_exchange e WHERE e.recipients[1] = t.code AND e.direction = 'out' AND e.channel = 'hl7v2'
    AND e.needs_mending AND e.at > now() - interval '31 days')
FROM unnest(%s::text[]) AS t (code)
"""


@dataclass(frozen=True, slots=True)
class Heard:
    """Of software: its last message, its last refusal within a month, what is to mend."""

    last_at: datetime | None
    refused_at: datetime | None
    to_mend: int


@dataclass(frozen=True, slots=True)
class Reached:
    """Of a target: when it last took a message, and what waits for it."""

    last_at: datetime | None = None
    waiting: int = 0
    oldest_at: datetime | None = None
    to_mend: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the history: who did what, and what it changed (label, before, after)."""

    at: datetime
    who: str
    said: str
    reason: str
    changes: list[tuple[str, str, str]] = field(default_factory=list)


def heard(client: Client) -> Heard:
    with connection.cursor() as cursor:
        cursor.execute(LAST, [client.id])
        return Heard(*cursor.fetchone())


def reached(codes: list[str]) -> dict[str, Reached]:
    with connection.cursor() as cursor:
        cursor.execute(TARGETS, [codes])
        return {row[0]: Reached(*row[1:]) for row in cursor.fetchall()}


def targets(actor: Actor) -> list[Partner]:
    """The targets the actor may see, as lines of the list of software. Two queries."""
    rows = list(Target.objects.visible_to(actor).select_related("structure"))
    facts = reached([row.code for row in rows]) if rows else {}
    return [
        Partner(
            row.name, row.code, row.structure.name, "MLLP (HL7v2), la maison envoie", facts[row.code].last_at, facts[row.code].to_mend,
            row.active, reverse("hl7v2:target", args=[row.id]), f"{reverse('exchanges:journal')}?texte={row.code}&sens={Exchange.Direction.OUT}",
        )
        for row in rows
    ]  # fmt: skip


def history_of(target_type: str, target_id: UUID, limit: int = 20) -> list[Act]:
    """Who changed it, newest first, with the state before and after."""
    found = list(
        Entry.objects.filter(target_type=target_type, target_id=str(target_id), code__in=ACTS).order_by("-at", "-seq")[
            :limit
        ]
    )
    names = {user.subject: str(user) for user in User.objects.filter(subject__in={entry.subject for entry in found})}
    return [
        Act(entry.at, names.get(entry.subject, entry.subject), _said(entry), entry.reason, changes_in(entry.details))
        for entry in found
    ]


def _said(entry: Entry) -> str:
    said = ACTS[entry.code]
    if entry.code == "hl7v2.target_tried":
        return f"{said} : {'elle répond' if entry.details.get('outcome') == 'ok' else 'elle ne répond pas'}"
    if said == "a déclaré" and entry.details.get("before"):
        return "a modifié"
    return said


def changes_in(details: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    before, after = details.get("before"), details.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    return [
        (LABELS.get(str(name), str(name)), _text(before.get(name)), _text(value))
        for name, value in after.items()
        if before.get(name) != value
    ]


def _text(value: Any) -> str:
    match value:
        case None | "" | []:
            return "rien"
        case bool():
            return "oui" if value else "non"
        case list():
            return ", ".join(map(str, value))
    return str(value)


def expectations(profile: SenderProfile) -> list[tuple[str, str]]:
    """What it may send, in words."""
    return [
        ("Messages", ", ".join(profile.kinds) or "tous ceux que la maison lit"),
        ("Versions", ", ".join(profile.versions) or "toutes les versions 2.x"),
        ("Autorités d'affectation", ", ".join(profile.authorities) or "toutes"),
        ("Jeu de caractères", str(Charset(profile.charset).label)),
        (
            "Réponses applicatives",
            str(profile.reply_target) if profile.reply_target else "sur la ligne, à la réception",
        ),
    ]


def listening() -> list[tuple[int, bool]]:
    """The ports of the MLLP door, as set: (port, TLS)."""
    found = []
    for word in settings.MLLP_LISTEN:
        _, _, port = word.removeprefix("tls:").rpartition(":")
        if port.isdigit():
            found.append((int(port), word.startswith("tls:")))
    return found
