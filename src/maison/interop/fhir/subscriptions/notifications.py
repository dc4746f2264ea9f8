"""What is said to a subscriber: the Bundle of a notification, of `$events`, and the status of a subscription.

Rights are looked at when it is said, not when the event came: a resource the software may no longer see is counted and not named. An
INS is only carried by a qualified identity, else the event names the resource and does not hold it.
Source: HL7 Subscriptions R5 Backport 1.1.0 (backport-subscription-notification-r4, backport-subscription-status-r4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.db import connection
from django.utils import timezone

from maison.formats.fhir.ins import carries_unqualified
from maison.formats.fhir.moments import instant
from maison.formats.fhir.wire import read, write
from maison.interop.fhir import store
from maison.interop.fhir.callers import Caller
from maison.interop.fhir.tracing import Trace, of_rows

from . import topics
from .models import Notice, Subscription

PROFILE = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"
LARGEST = 4_000_000
"""Bytes of resources in one notification; what does not fit waits for the next one. One resource always leaves."""
SEEN = """
SELECT n.number, r.structure_id, r.deleted, v.body FROM unnest(%s::bigint[], %s::uuid[], %s::int[]) AS n (number, pk, version)
JOIN fhir_resource r ON r.pk = n.pk JOIN fhir_version v ON v.pk = n.pk AND v.version = n.version
"""
type Parameter = dict[str, Any]


@dataclass(slots=True)
class Said:
    """A bundle ready to leave, the numbers it tells of, and the traces of what it names."""

    body: bytes
    first: int = 0
    last: int = 0
    traces: list[Trace] = field(default_factory=list)


@dataclass(slots=True)
class _Shown:
    """One event as it may be told now. `body` empty: its resource is not held; `named` False: nor named."""

    notice: Notice
    named: bool
    body: bytes = b""


def sign(row: Subscription, kind: str, base: str) -> Said:
    """A handshake or a heartbeat: the status alone."""
    return Said(_bundle([_status_entry(row, kind, base, [])]))


def told(row: Subscription, notices: Sequence[Notice], caller: Caller, base: str, kind: str, *, content: str = "") -> Said:  # fmt: skip
    """`kind` is event-notification or query-event. As many of these events as fit, in their order."""
    content = content or row.content
    shown = list(_fitting(row, notices, caller, content))
    entries = [_status_entry(row, kind, base, shown)]
    if content != Subscription.Content.EMPTY:
        entries += [_entry(row, one, base) for one in shown if one.named]
    numbers = [one.notice.number for one in shown]
    first, last = (numbers[0], numbers[-1]) if numbers else (0, 0)
    details = {"subscription": str(row.id), "first": first, "last": last, "content": content}
    named = [(one.notice.resource_id, one.notice.patient) for one in shown if one.named]
    traces = of_rows("fhir.notified", row.resource_type, named, details) if named else []
    return Said(_bundle(entries), first, last, traces)


def _fitting(row: Subscription, notices: Sequence[Notice], caller: Caller, content: str) -> Iterator[_Shown]:
    size = 0
    for one in _looked_at(row, notices, caller, content):
        size += len(one.body)
        if size > LARGEST and size > len(one.body):
            return
        yield one


def _looked_at(row: Subscription, notices: Sequence[Notice], caller: Caller, content: str) -> Iterator[_Shown]:
    if content == Subscription.Content.EMPTY or not notices:
        yield from (_Shown(notice, False) for notice in notices)
        return
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [[one.number for one in notices], [one.resource_pk for one in notices], [one.version for one in notices]])  # fmt: skip
        found = {number: rest for number, *rest in cursor.fetchall()}
    for notice in notices:
        structure_id, deleted, body = found.get(notice.number, (None, True, ""))
        named = structure_id is not None and store.sees(caller, structure_id)
        whole = named and content == Subscription.Content.FULL and bool(body) and not deleted
        if whole and carries_unqualified(read(body.encode())):
            whole = False
        yield _Shown(notice, named, body.encode() if whole else b"")


def _entry(row: Subscription, one: _Shown, base: str) -> dict[str, Any]:
    notice = one.notice
    address = f"{row.resource_type}/{notice.resource_id}"
    entry: dict[str, Any] = {"fullUrl": f"{base}/{address}"}
    if one.body:
        entry["resource"] = msgspec.Raw(one.body)
    entry["request"] = {"method": notice.method, "url": row.resource_type if notice.method == "POST" else address}
    status = {"POST": "201", "PUT": "200", "DELETE": "204"}[notice.method]
    entry["response"] = {"status": status, "etag": f'W/"{notice.version}"', "lastModified": instant(notice.at)}
    return entry


def _bundle(entries: list[dict[str, Any]]) -> bytes:
    return write({"resourceType": "Bundle", "meta": {"profile": [f"{PROFILE}-notification-r4"]}, "type": "history",
                  "timestamp": instant(timezone.now()), "entry": entries})  # fmt: skip


def _status_entry(row: Subscription, kind: str, base: str, shown: Sequence[_Shown]) -> dict[str, Any]:
    status = status_of(row, kind, base)
    status["parameter"][5:5] = [_event(row, one, base) for one in shown]
    address = f"{base}/Subscription/{row.id}/$status"
    return {"fullUrl": f"urn:uuid:{row.id}", "resource": status, "request": {"method": "GET", "url": address}, "response": {"status": "200"}}  # fmt: skip


def _event(row: Subscription, one: _Shown, base: str) -> Parameter:
    parts: list[Parameter] = [
        {"name": "eventNumber", "valueString": str(one.notice.number)},
        {"name": "timestamp", "valueInstant": instant(one.notice.at)},
    ]
    if one.named:
        parts.append({"name": "focus", "valueReference": {"reference": f"{base}/{row.resource_type}/{one.notice.resource_id}"}})  # fmt: skip
    return {"name": "notificationEvent", "part": parts}


def status_of(row: Subscription, kind: str, base: str) -> dict[str, Any]:
    """Parameters of the status; the five first are always there, events come after them, then the error."""
    topic = topics.topics().get(row.topic)
    parameters: list[Parameter] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{row.id}"}},
        {"name": "topic", "valueCanonical": topic.canonical(base) if topic else f"{base}/SubscriptionTopic/{row.resource_type}"},
        {"name": "status", "valueCode": row.status},
        {"name": "type", "valueCode": kind},
        {"name": "eventsSinceSubscriptionStart", "valueString": str(row.numbered)},
    ]  # fmt: skip
    if row.words:
        parameters.append({"name": "error", "valueCodeableConcept": {"text": row.words}})
    return {"resourceType": "Parameters", "meta": {"profile": [f"{PROFILE}-status-r4"]}, "parameter": parameters}
