"""What can be subscribed to: one topic for each type of the store, and the declarations of events of NdE.

A topic is said in R4 as a Basic with the R5 elements as extensions (HL7 R5 Backport 1.1.0, §topics), and named by its canonical.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from maison.formats.fhir.wire import write
from maison.interop.fhir.callers import Caller
from maison.interop.fhir.parameters import Column
from maison.interop.fhir.registry import Backing, Declared, declared, find
from maison.interop.fhir.sql import TRUE, Sql

R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic"
TRIGGERS = {"POST": "create", "PUT": "update", "DELETE": "delete"}
NOT_FILTERS = frozenset({"_profile", "_tag", "_security", "_source"})


@dataclass(frozen=True, slots=True)
class Topic:
    """`methods` are the changes that make an event; `filters` the search parameters it may be narrowed by."""

    code: str
    type: str
    title: str
    description: str
    methods: frozenset[str] = frozenset(TRIGGERS)

    @property
    def filters(self) -> list[str]:
        found = find(self.type)
        return [] if found is None else ["_id", *(name for name in found.parameters if name not in NOT_FILTERS)]

    def canonical(self, base: str) -> str:
        return f"{base}/SubscriptionTopic/{self.code}"


NDE = Topic("nde-declaration", "CommunicationRequest", "Déclarations d'événements (NdE)",
            "Un événement est déclaré : entrée, sortie, nouveau document… (ANS, Notification d'événements 3.0.0). "
            "Se restreint par event-type, patient, requester.", frozenset({"POST"}))  # fmt: skip


def topics() -> dict[str, Topic]:
    found = {NDE.code: NDE}
    for kind, resource in sorted(declared().items()):
        if resource.is_stored:
            found[kind] = Topic(
                kind, kind, f"Changements : {resource.label}", f"Une ressource {kind} est créée, modifiée ou supprimée."
            )
    return found  # fmt: skip


def named(canonical: str, base: str) -> Topic | None:
    prefix = f"{base}/SubscriptionTopic/"
    return topics().get(canonical.partition("|")[0].removeprefix(prefix)) if canonical.startswith(prefix) else None


def as_basic(topic: Topic, base: str) -> dict[str, Any]:
    trigger: list[dict[str, Any]] = [
        {"url": "description", "valueMarkdown": topic.description},
        {"url": "resource", "valueUri": f"http://hl7.org/fhir/StructureDefinition/{topic.type}"},
        *({"url": "supportedInteraction", "valueCode": word} for method, word in TRIGGERS.items() if method in topic.methods),
    ]  # fmt: skip
    filters = [{"url": f"{R5}.canFilterBy", "extension": [
        {"url": "resource", "valueUri": f"http://hl7.org/fhir/StructureDefinition/{topic.type}"},
        {"url": "filterParameter", "valueString": name}]} for name in topic.filters]  # fmt: skip
    return {
        "resourceType": "Basic",
        "id": f"sujet-{topic.code}",
        "extension": [
            {"url": f"{R5}.url", "valueUri": topic.canonical(base)},
            {"url": f"{R5}.title", "valueString": topic.title},
            {"url": f"{R5}.resourceTrigger", "extension": trigger},
            *filters,
        ],
        "modifierExtension": [{"url": f"{R5}.status", "valueCode": "active"}],
        "code": {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]},
    }


def declaration(base: Callable[[], str]) -> Declared:
    """Topics as a type that is only read: its rows are the topics themselves."""
    codes = [topic.code for topic in topics().values()]
    rows = ", ".join(f"('{uuid5(NAMESPACE_URL, code)}'::uuid, 'sujet-{code}', '{code}')" for code in codes)
    backing = Backing(
        source=f"(VALUES {rows}) AS r (pk, id, code)", pk="r.pk", id="r.id", columns="r.code", visible=_everyone,
        body=lambda row: write(as_basic(topics()[row[0]], base())),
    )  # fmt: skip
    kind = Column(name="code", kind="token", columns=(("http://hl7.org/fhir/fhir-types", "'SubscriptionTopic'"),))
    return Declared(type="Basic", label="Sujets d'abonnement (SubscriptionTopic)", parameters={"code": kind}, backing=backing,
                    interactions=frozenset({"read", "search-type"}), health=False)  # fmt: skip


def _everyone(_: Caller) -> Sql:
    return TRUE
