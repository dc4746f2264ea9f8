"""Subscription as a type of the façade: its rows are the house's own, its acts too (see `acts`)."""

from __future__ import annotations

from typing import Any

from maison.formats.fhir.wire import write
from maison.interop.fhir.callers import Caller
from maison.interop.fhir.parameters import Column
from maison.interop.fhir.registry import Backing, Declared
from maison.interop.fhir.sql import FALSE, TRUE, Sql

from . import acts, topics

EXTENSION = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/capability-subscriptiontopic-canonical"
OPERATIONS = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
PROFILES = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription",
    "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/nde-subscription",
)


def _visible(caller: Caller) -> Sql:
    """Software reads its own; that of the agency, all of them."""
    if caller.everywhere:
        return TRUE
    kind, _, name = caller.actor.subject.partition(":")
    return Sql("c.client_id = %s", (name,)) if kind == "software" else FALSE


def _body(row: tuple[Any, ...]) -> bytes:
    body, identifier, version, changed_at, status, words, has_headers = row
    return write(acts.resource_of(body, identifier, version, changed_at, status, words, has_headers=has_headers))


def _capability(base: str) -> dict[str, Any]:
    return {
        "extension": [
            {"url": EXTENSION, "valueCanonical": topic.canonical(base)} for topic in topics.topics().values()
        ],
        "operation": [{"name": name, "definition": f"{OPERATIONS}{name}"} for name in ("status", "events")],
    }


def declaration() -> Declared:
    backing = Backing(
        source="fhir_subscription r JOIN exchanges_client c ON c.id = r.client_id", pk="r.id", id="r.id",
        columns="r.body, r.id::text, r.version, r.changed_at, r.status, r.words, r.headers <> ''::bytea", visible=_visible, body=_body,
        where=Sql("r.deleted_at IS NULL"), updated="r.changed_at",
    )  # fmt: skip
    columns = [
        Column(name="status", kind="token", columns=(("http://hl7.org/fhir/subscription-status", "r.status"),)),
        Column(name="type", kind="token", columns=(("http://hl7.org/fhir/subscription-channel-type", "r.channel"),)),
        Column(name="url", kind="uri", columns=(("", "r.endpoint"),)),
        Column(name="criteria", kind="string", columns=(("", "r.body::json ->> 'criteria'"),)),
    ]
    return Declared(
        type="Subscription", label="Abonnements (R5 Backport, NdE)", parameters={one.name: one for one in columns}, backing=backing,
        profiles=PROFILES, interactions=frozenset({"read", "search-type", "create", "update", "delete"}), acts=acts.act, capability=_capability,
        summary=frozenset({"status", "contact", "error", "criteria", "channel", "end", "reason"}), health=False,
    )  # fmt: skip
