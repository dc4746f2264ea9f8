"""What the owner of a subscription asks through the façade: create, change, delete, its status, the events it missed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from maison.formats.fhir.wire import read as read_json
from maison.formats.fhir.wire import write
from maison.foundations.events import publish
from maison.interop.exchanges.models import Client
from maison.interop.exchanges.sealing import seal
from maison.interop.fhir.callers import Caller
from maison.interop.fhir.calls import Answer, Call
from maison.interop.fhir.conformity import must_conform
from maison.interop.fhir.errors import (
    BadSearch,
    IdConflict,
    NoSuchResource,
    NotServed,
    NotYours,
    SoftwareOnly,
    TooManySubscriptions,
    VersionConflict,
)
from maison.interop.fhir.events import SubscriptionMoved
from maison.interop.fhir.reading import etag, http_date, version_of
from maison.interop.fhir.registry import Declared
from maison.interop.fhir.sql import WHOLE
from maison.interop.fhir.store import stamped
from maison.interop.fhir.tracing import Trace

from . import asked, desk, lifecycle, notifications, snapshot
from .models import Notice, Subscription

MOST = 100
EVENTS_AT_ONCE = 250
LOCK = 7_310_063
Status = Subscription.Status


def act(declared: Declared, caller: Caller, call: Call, method: str, rest: list[str], body: Any) -> tuple[Answer, list[Trace]]:  # fmt: skip
    """`body()` reads the resource of the request. Raises Refusal."""
    match method, rest:
        case "POST", [] if "if-none-exist" not in call.headers:
            return _create(declared, caller, body(), call)
        case "PUT", [identifier]:
            return _update(declared, caller, identifier, body(), call)
        case "DELETE", [identifier]:
            return _delete(declared, caller, identifier, call)
        case (("GET" | "POST"), ["$status"]):
            return _statuses(declared, caller, call)
        case (("GET" | "POST"), [identifier, "$status"]):
            return _status(declared, caller, identifier, call)
        case (("GET" | "POST"), [identifier, "$events"]):
            return _events(declared, caller, identifier, call)
    raise NotServed(type=declared.type)


# -- writing


def _create(declared: Declared, caller: Caller, resource: dict[str, Any], call: Call) -> tuple[Answer, list[Trace]]:
    caller.need(declared.type, "c")
    client = _client(caller)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, client.client_id])
    if Subscription.objects.filter(client=client, deleted_at=None).count() >= MOST:
        raise TooManySubscriptions(f"{MOST} abonnements au plus.")
    wanted = _read(declared, caller, resource, call)
    row = Subscription(client=client)
    row.snapshot, row.shift = snapshot.taken()
    _fill(row, wanted)
    row.save(force_insert=True)
    publish(SubscriptionMoved(row.id, row.status, client.structure_id))
    return _said(row, 201, call), [_trace("fhir.create", row)]


def _update(declared: Declared, caller: Caller, identifier: str, resource: dict[str, Any], call: Call) -> tuple[Answer, list[Trace]]:  # fmt: skip
    """Asked again, hence greeted again; numbers go on, and what was waiting leaves by the new way."""
    caller.need(declared.type, "u")
    row = _own(caller, identifier, call)
    if resource.get("id") != identifier:
        raise IdConflict
    wanted = _read(declared, caller, resource, call)
    if row.status == Status.OFF:
        row.snapshot, row.shift = snapshot.taken()
    moved_away = row.endpoint != wanted.endpoint
    desk.close(caller.actor, row)
    _fill(row, wanted, forget_headers=moved_away)
    row.version += 1
    row.changed_at = timezone.now()
    row.save()
    publish(SubscriptionMoved(row.id, row.status, row.client.structure_id))
    return _said(row, 200, call), [_trace("fhir.update", row)]


def _delete(declared: Declared, caller: Caller, identifier: str, call: Call) -> tuple[Answer, list[Trace]]:
    """It stops and is no longer shown; its row, its events and its traces stay (X-05)."""
    caller.need(declared.type, "d")
    row = _own(caller, identifier, call)
    if row.status != Status.OFF:
        lifecycle.stop(row, lifecycle.OWNER, caller.actor)
    row.deleted_at = row.changed_at = timezone.now()
    row.version += 1
    row.save()
    return Answer(204, b"", {"ETag": etag(row.version)}), [_trace("fhir.delete", row)]


def _read(declared: Declared, caller: Caller, resource: dict[str, Any], call: Call) -> asked.Asked:
    if resource.get("resourceType") != declared.type:
        raise IdConflict(f"Une ressource {declared.type} est attendue.")
    must_conform(declared, resource)
    return asked.read(declared, caller, resource, call.base)


def _fill(row: Subscription, wanted: asked.Asked, *, forget_headers: bool = False) -> None:
    row.topic, row.resource_type, row.query = wanted.topic, wanted.type, [list(pair) for pair in wanted.query]
    row.narrowing, row.channel, row.endpoint, row.content = (
        wanted.narrowing,
        wanted.channel,
        wanted.endpoint,
        wanted.content,
    )
    row.timeout_seconds, row.heartbeat_seconds, row.max_count = wanted.timeout_seconds, wanted.heartbeat_seconds, wanted.max_count  # fmt: skip
    row.starts_at, row.ends_at = wanted.starts_at, wanted.ends_at
    row.body = write(wanted.body).decode()
    if wanted.headers is not None:
        row.headers = seal(row.id, json.dumps(wanted.headers).encode())
    elif forget_headers:
        row.headers = b""  # secrets made for one receiver are not shown to another
    row.greeted, row.failures, row.down_since = False, 0, None
    row.paused_until = row.status_at = timezone.now()
    row.status, row.reason, row.words = Status.REQUESTED.value, "", ""
    if wanted.off or wanted.ended:
        row.status, row.reason = Status.OFF.value, lifecycle.OWNER if wanted.off else lifecycle.ENDED
    elif wanted.channel != "rest-hook":
        row.status, row.reason = Status.ERROR.value, lifecycle.CHANNEL
    row.words = lifecycle.WORDS.get(row.reason, "")


# -- reading


def shown(row: Subscription) -> dict[str, Any]:
    return resource_of(row.body, str(row.id), row.version, row.changed_at, row.status, row.words, has_headers=bool(row.headers))  # fmt: skip


def resource_of(body: str, identifier: str, version: int, changed_at: Any, status: str, words: str, *, has_headers: bool) -> dict[str, Any]:  # fmt: skip
    """The resource as the owner may read it: where it stands, and that there are headers, never what they hold."""
    resource = stamped(read_json(body.encode()), identifier, version, changed_at)
    resource["status"] = status
    if words and status in {Status.ERROR, Status.OFF}:
        resource["error"] = words
    if has_headers:
        resource["channel"] = {**resource["channel"], "_header": [asked.MASKED]}
    return resource


def _said(row: Subscription, status: int, call: Call) -> Answer:
    address = f"{call.base}/Subscription/{row.id}"
    headers = {"ETag": etag(row.version), "Last-Modified": http_date(row.changed_at), "Location": address}
    body = b"" if "return=minimal" in call.headers.get("prefer", "") else write(shown(row))
    return Answer(status, body, headers)


def _trace(code: str, row: Subscription, **more: Any) -> Trace:
    return Trace(code, "Subscription", str(row.id), details={"version": row.version, "type": row.resource_type, **more})


def _client(caller: Caller) -> Client:
    kind, _, name = caller.actor.subject.partition(":")
    client = Client.objects.filter(client_id=name, active=True).first() if kind == "software" else None
    if client is None:
        raise SoftwareOnly("Un abonnement appartient à un logiciel.")
    return client


def _rows(caller: Caller, identifier: str) -> Any:
    try:
        pk = UUID(identifier)
    except ValueError:
        raise NoSuchResource(type="Subscription") from None
    if str(pk) != identifier:
        raise NoSuchResource(type="Subscription")
    return Subscription.objects.select_related("client").filter(pk=pk, deleted_at=None)


def _own(caller: Caller, identifier: str, call: Call) -> Subscription:
    """Locked, for its owner only: another's is not there, not even for the agency's software, which may only read it."""
    client = _client(caller)
    row: Subscription | None = _rows(caller, identifier).select_for_update(of=("self",)).first()
    if row is None or (row.client_id != client.id and not caller.everywhere):
        raise NoSuchResource(type="Subscription")
    if row.client_id != client.id:
        raise NotYours
    if_match = call.headers.get("if-match")
    if if_match is not None and if_match.strip() != "*" and version_of(if_match) != str(row.version):
        raise VersionConflict(f"Version actuelle : {row.version}.")
    return row


def _seen(declared: Declared, caller: Caller, identifier: str) -> Subscription:
    caller.need(declared.type, "r")
    row: Subscription | None = _rows(caller, identifier).first()
    if row is None or not (caller.everywhere or row.client_id == _client(caller).id):
        raise NoSuchResource(type="Subscription")
    return row


def _status(declared: Declared, caller: Caller, identifier: str, call: Call) -> tuple[Answer, list[Trace]]:
    row = _seen(declared, caller, identifier)
    return _searchset([row], call), [_trace("fhir.subscription_status", row)]


def _statuses(declared: Declared, caller: Caller, call: Call) -> tuple[Answer, list[Trace]]:
    """`$status` of the type: all those of the caller, or those of `id` and of `status`."""
    caller.need(declared.type, "r")
    rows = Subscription.objects.filter(client=_client(caller), deleted_at=None)
    said = _parameters(call)
    if said.get("status"):
        rows = rows.filter(status__in=said["status"])
    found = [row for row in rows.select_related("client")[:MOST] if not said.get("id") or str(row.id) in said["id"]]
    return _searchset(found, call), [Trace("fhir.subscription_status", "Subscription", details={"found": len(found)})]


def _searchset(rows: list[Subscription], call: Call) -> Answer:
    entries = [{"resource": notifications.status_of(row, "query-status", call.base), "search": {"mode": "match"}} for row in rows]  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), **({"entry": entries} if entries else {})}  # fmt: skip
    return Answer(200, write(bundle))


def _parameters(call: Call) -> dict[str, list[str]]:
    """Of an operation: those of the address, and those of a Parameters resource."""
    found: dict[str, list[str]] = {}
    for name, value in call.parameters:
        found.setdefault(name, []).extend(value.split(","))
    if call.method == "POST" and call.body:
        body = msgspec.json.decode(call.body) if call.body.lstrip()[:1] == b"{" else {}
        for item in body.get("parameter", ()) if isinstance(body.get("parameter", ()), list) else ():
            if isinstance(item, dict):
                found.setdefault(str(item.get("name")), []).extend(str(value) for key, value in item.items() if key.startswith("value"))  # fmt: skip
    return found


def _events(declared: Declared, caller: Caller, identifier: str, call: Call) -> tuple[Answer, list[Trace]]:
    """`$events`: what was missed, read again with the rights of now; as many as fit, the first ones. It takes nothing away."""
    row = _seen(declared, caller, identifier)
    said = _parameters(call)
    since, until = _number(said, "eventsSinceNumber", 1), _number(said, "eventsUntilNumber", row.numbered)
    content = said.get("content", [""])[0]
    if content not in {"", *Subscription.Content.values}:
        raise BadSearch("« content » vaut empty, id-only ou full-resource.")
    if (content or row.content) != Subscription.Content.EMPTY:
        caller.need(row.resource_type, "r")
    notices = list(Notice.objects.filter(subscription=row, number__gte=since, number__lte=until).order_by("number")[:EVENTS_AT_ONCE])  # fmt: skip
    answer = notifications.told(row, notices, caller, call.base, "query-event", content=content)
    trace = _trace("fhir.subscription_events", row, since=since, first=answer.first, last=answer.last)
    return Answer(200, answer.body), [trace, *answer.traces]


def _number(said: dict[str, list[str]], name: str, default: int) -> int:
    text = said.get(name, [""])[0]
    if text and not WHOLE.fullmatch(text):
        raise BadSearch(f"« {name} » est un nombre entier.")
    return int(text) if text else default


@transaction.atomic
def try_now(row: Subscription) -> None:
    """At the demand of a person: the next attempt is at once."""
    row.paused_until = timezone.now()
    row.save(update_fields=["paused_until"])
