"""A Subscription as it comes in, read into what the house must know to serve it. What cannot be served is refused with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.utils import timezone

from maison.formats.fhir.faults import Fault
from maison.formats.fhir.moments import NoMoment, bounds
from maison.formats.fhir.search_values import UnreadableValue, read_name
from maison.interop.channels.ports.https import allowed
from maison.interop.fhir.callers import Caller
from maison.interop.fhir.errors import NotConform, Refusal
from maison.interop.fhir.questions import condition
from maison.interop.fhir.registry import Declared, find
from maison.interop.fhir.searching import CONTROLS, IGNORED

from . import people, topics
from .models import Subscription

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-"
FILTER, CONTENT = f"{BACKPORT}filter-criteria", f"{BACKPORT}payload-content"
HEARTBEAT, TIMEOUT, MAX_COUNT = f"{BACKPORT}heartbeat-period", f"{BACKPORT}timeout", f"{BACKPORT}max-count"
NDE = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/"
MASKED = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}]}

CLASSIC = re.compile(r"(?P<type>[A-Z][A-Za-z]+)(?:\?(?P<query>.*))?", re.DOTALL)
HEADER = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]{1,80}):[ \t]*(?P<value>[\x20-\x7e\t]{0,4000})")
OURS = frozenset(["host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect"])  # fmt: skip
MOST_HEADERS, LONGEST_ADDRESS, MOST_FILTERS = 10, 2000, 10
MEDIA_TYPES = ("application/fhir+json", "application/json")


@dataclass(slots=True)
class Asked:
    """What one Subscription asks. `headers` None: none was said, those already kept stay."""

    topic: str
    type: str
    query: list[tuple[str, str]]
    channel: str
    endpoint: str
    content: str
    off: bool = False
    headers: list[tuple[str, str]] | None = None
    timeout_seconds: int = 15
    heartbeat_seconds: int = 0
    max_count: int = 100
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    narrowing: dict[str, list[str]] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.ends_at is not None and self.ends_at <= timezone.now()


def read(declared: Declared, caller: Caller, resource: dict[str, Any], base: str) -> Asked:
    """Raises NotConform with every fault, or ScopeMissing when the caller may not read what it asks to be told of."""
    faults: list[Fault] = []
    asked = _about(resource, base, faults)
    if asked is None:
        raise NotConform(faults=tuple(faults))
    _channel(asked, resource.get("channel", {}), faults)
    asked.starts_at, asked.ends_at = _moment(_value(resource, f"{NDE}start"), "Subscription.extension", faults), _moment(resource.get("end"), "Subscription.end", faults)  # fmt: skip
    asked.off = resource.get("status") == "off"
    _nde(asked, resource, faults)
    faults += _query_faults(asked, caller)
    if faults:
        raise NotConform(faults=tuple(faults))
    for right in ("r", "s"):
        caller.need(asked.type, right)
    asked.body = _kept(resource)
    return asked


def _about(resource: dict[str, Any], base: str, faults: list[Fault]) -> Asked | None:
    """From the criteria: a topic with filters, or the search of a classic R4 subscription."""
    place, criteria = "Subscription.criteria", str(resource.get("criteria", ""))
    topic, query = "", []
    if found := CLASSIC.fullmatch(criteria):
        kind, query = found["type"], _pairs(found["query"] or "", place, faults)
    elif (known := topics.named(criteria, base)) is not None:
        topic, kind = known.code, known.type
    else:
        faults.append(Fault(place, "not-found", "Ce sujet n'est pas servi : les sujets sont ceux de GET Basic?code=SubscriptionTopic, ou une recherche « Type?critère ».", key="topic"))  # fmt: skip
        return None
    served = find(kind)
    if served is None or not served.is_stored:
        faults.append(Fault(place, "not-supported", "Les changements de ce type ne sont pas suivis par la maison.", key="topic"))  # fmt: skip
        return None
    extra = resource.get("_criteria")
    filters = [item.get("valueString") for item in _extensions(extra if isinstance(extra, dict) else {}, FILTER)]
    if len(filters) > MOST_FILTERS:
        faults.append(Fault(place, "too-costly", f"{MOST_FILTERS} filtres au plus.", key="filter"))
    for text in filters[:MOST_FILTERS]:
        head, mark, tail = str(text or "").partition("?")
        if mark and head not in {"", kind}:
            faults.append(Fault(place, "value", f"Ce sujet suit le type {kind} : le filtre doit porter sur lui.", key="filter"))  # fmt: skip
        else:
            query += _pairs(tail if mark else head, place, faults)
    return Asked(topic, kind, query, "", "", Subscription.Content.EMPTY)


def _pairs(text: str, place: str, faults: list[Fault]) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=50)
    except ValueError:
        faults.append(Fault(place, "value", "Le critère n'a pas la forme d'une recherche (nom=valeur&nom=valeur).", key="filter"))  # fmt: skip
        return []
    return pairs


def _query_faults(asked: Asked, caller: Caller) -> Iterator[Fault]:
    """Only what says something of the resource itself: no chain, no value set that may be unloaded, no paging; values readable."""
    served = find(asked.type)
    if served is None:
        return
    for name, value in asked.query:
        shown = name[:60]
        try:
            said = read_name(name)
            beyond = said.chain or said.modifier in {"in", "not-in"} or name.startswith("_has")
            if beyond or name in CONTROLS or name in IGNORED or not value or "\0" in name + value:
                yield Fault("Subscription.criteria", "not-supported", f"Le critère {shown} n'est pas admis dans un abonnement.", key="filter")  # fmt: skip
                continue
            condition(served, caller, name, value)
        except (Refusal, UnreadableValue) as error:
            words = error.text if isinstance(error, Refusal) else str(error)
            yield Fault("Subscription.criteria", "value", words, key="filter")


# -- the channel


def _channel(asked: Asked, channel: Any, faults: list[Fault]) -> None:
    channel = channel if isinstance(channel, dict) else {}
    asked.channel, asked.endpoint = str(channel.get("type", "")), str(channel.get("endpoint", ""))
    place = "Subscription.channel"
    if asked.channel == "rest-hook":
        words = "L'adresse est trop longue." if len(asked.endpoint) > LONGEST_ADDRESS else _address(asked.endpoint)
        if words:
            faults.append(Fault(f"{place}.endpoint", "value", words, key="endpoint"))
    elif asked.channel != "email" or not asked.endpoint.startswith("mailto:") or len(asked.endpoint) > LONGEST_ADDRESS:
        faults.append(Fault(f"{place}.type", "not-supported", "Le canal servi est rest-hook (email, avec une adresse mailto:, est gardé : ses événements se relèvent par $events).", key="channel"))  # fmt: skip
    _content(asked, channel, faults)
    asked.heartbeat_seconds = _number(channel, HEARTBEAT, 0, 10, 86_400, faults)
    asked.timeout_seconds = _number(channel, TIMEOUT, 15, 1, 30, faults)
    asked.max_count = _number(channel, MAX_COUNT, 100, 1, 1000, faults)
    asked.headers = _headers(channel, faults)


def _address(endpoint: str) -> str:
    try:
        urlsplit(endpoint).port  # noqa: B018 -- a port out of range is said here, not while sending
    except ValueError:
        return "L'adresse n'est pas lisible."
    return allowed(endpoint)


def _content(asked: Asked, channel: dict[str, Any], faults: list[Fault]) -> None:
    """Without a payload the notification is a mere sign; with one, what it holds must be said."""
    extra = channel.get("_payload")
    said = next(
        (item.get("valueCode") for item in _extensions(extra if isinstance(extra, dict) else {}, CONTENT)), None
    )
    payload = channel.get("payload")
    if payload is not None and str(payload).partition(";")[0] not in MEDIA_TYPES:
        faults.append(Fault("Subscription.channel.payload", "not-supported", "Les notifications sont en application/fhir+json.", key="payload"))  # fmt: skip
    if said is None and payload is not None:
        faults.append(Fault("Subscription.channel.payload", "required", "Dites ce que porte la notification par l'extension backport-payload-content : empty, id-only ou full-resource.", key="payload"))  # fmt: skip
    elif said is not None and said not in Subscription.Content.values:
        faults.append(Fault("Subscription.channel.payload", "code-invalid", "Le contenu est empty, id-only ou full-resource.", key="payload"))  # fmt: skip
    else:
        asked.content = said or Subscription.Content.EMPTY


def _number(channel: dict[str, Any], url: str, default: int, low: int, high: int, faults: list[Fault]) -> int:
    for item in _extensions(channel, url):
        value = next((one for name, one in item.items() if name.startswith("value")), None)
        if isinstance(value, int) and not isinstance(value, bool) and (low <= value <= high or value == default):
            return value
        name = url.removeprefix(BACKPORT)
        faults.append(Fault("Subscription.channel.extension", "value", f"« {name} » est un nombre entre {low} et {high}.", key=name))  # fmt: skip
    return default


def _headers(channel: dict[str, Any], faults: list[Fault]) -> list[tuple[str, str]] | None:
    given = channel.get("header")
    if not isinstance(given, list) or all(item is None for item in given):
        return None
    found = []
    for rank, item in enumerate(given):
        read_one = HEADER.fullmatch(item) if isinstance(item, str) else None
        if read_one is None or read_one["name"].lower() in OURS or rank >= MOST_HEADERS:
            faults.append(Fault(f"Subscription.channel.header[{rank}]", "value", f"Un en-tête s'écrit « Nom: valeur », en ASCII ; la maison écrit elle-même ceux du transport ; {MOST_HEADERS} au plus.", key="header"))  # fmt: skip
        else:
            found.append((read_one["name"], read_one["value"].strip()))
    return found


# -- NdE


def _nde(asked: Asked, resource: dict[str, Any], faults: list[Fault]) -> None:
    """The extensions of the French guide narrow what the criteria ask. A subscription already ended is only kept."""
    if asked.type != "CommunicationRequest" or asked.ended:
        return
    for item in _extensions(resource, f"{NDE}event-type"):
        value = item.get("valueCodeableConcept")
        for coding in value.get("coding", ()) if isinstance(value, dict) else ():
            if isinstance(coding, dict) and coding.get("code"):
                word = f"{coding['system']}|{coding['code']}" if coding.get("system") else str(coding["code"])
                asked.query.append(("event-type", word))
                break
    for name, label in (("subject", "La personne suivie"), ("declarant", "Le déclarant")):
        for item in _extensions(resource, f"{NDE}{name}"):
            words = people.words_of(item.get("valueReference"), resource)
            if not words:
                faults.append(Fault("Subscription.extension", "required", f"{label} doit porter un identifiant, ou désigner une ressource de la maison.", key=name))  # fmt: skip
            asked.narrowing[name] = sorted(words)


def _moment(value: Any, place: str, faults: list[Fault]) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(bounds(str(value))[0], UTC)
    except (NoMoment, OverflowError, ValueError, OSError):
        faults.append(Fault(place, "value", "Cette date n'est pas lisible.", key="date"))
        return None


def _extensions(holder: dict[str, Any], url: str) -> list[dict[str, Any]]:
    given = holder.get("extension")
    return [item for item in given if isinstance(item, dict) and item.get("url") == url] if isinstance(given, list) else []  # fmt: skip


def _value(holder: dict[str, Any], url: str) -> Any:
    return next((value for item in _extensions(holder, url) for name, value in item.items() if name.startswith("value")), None)  # fmt: skip


def _kept(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as it may be given back: status and error are the house's, headers are secrets."""
    kept = {name: value for name, value in resource.items() if name not in {"status", "error", "id"}}
    channel = {name: value for name, value in resource["channel"].items() if name not in {"header", "_header"}}
    return {**kept, "channel": channel}
