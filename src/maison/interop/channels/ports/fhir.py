"""FHIR R4 targets: create, update, transaction. What a server says in its OperationOutcome is read; its own words are not repeated.

Asking twice counts once for an update, for a create conditioned by the identifier of the resource, and for a transaction whose entries
are all one of these. Anything else cut in the middle is « issue inconnue ». An identifier of a person travels in a header or a body, never in an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, override
from urllib.parse import quote

import httpx

from maison.interop.channels.language.configuration import Configuration, Item
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel

from . import accesses
from .base import Parcel, Receipt, Send, Target
from .https import REFUSALS, Answer, address_faults, ask, called

MEDIA_TYPE = "application/fhir+json"
INTERACTIONS = {
    "creer": "créer la ressource, sauf si une autre porte déjà son identifiant",
    "creer-toujours": "créer la ressource à chaque fois",
    "remplacer": "remplacer la ressource de même id",
    "transaction": "remettre un Bundle de transaction ou de lot",
}
TYPE, ID = re.compile(r"[A-Z][A-Za-z]{1,63}"), re.compile(r"[A-Za-z0-9.-]{1,64}")
CODE, PATH = re.compile(r"[a-z-]{2,32}"), re.compile(r"[A-Za-z0-9_.\[\]()'=:-]{1,80}")
MOST_ISSUES = 3
PASSING = frozenset({"lock-error", "throttled", "transient", "timeout", "incomplete", "no-store"})
"""Codes of issue that a server gives to what may be taken later."""


class FhirTarget(Target):
    shape = Shape(
        "fhir", "Serveur FHIR R4",
        [Field("adresse", "Adresse de base", help="https://…, sans nom de ressource"),
         Field("interaction", "Interaction", "choice", default="creer", choices=INTERACTIONS),
         Field("acces", "Accès", "access", required=False, blank="aucun", natures=("https", "fhir"), help="jeton ou certificat : le fichier de l'exploitant les tient"),
         Field("attente_secondes", "Attendre la réponse", "number", default=15, low=1, high=30, help="secondes")],
        "{interaction} sur {adresse} (FHIR, accès : {acces})",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        return address_faults(item, "https", "fhir")

    @override
    def misfits(self, config: Configuration, item: Item) -> list[str]:
        return [] if config.format == "json" else ["Une cible FHIR reçoit des ressources écrites en JSON."]

    @override
    def reach(self, channel: Channel, item: Item) -> list[str]:
        return accesses.reach(channel, item)

    @override
    def certificate_files(self, item: Item) -> list[str]:
        return accesses.certificate_files(item)

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        with called(item, "https", "fhir") as client:
            if isinstance(client, str):
                refused = client
                yield lambda parcel: Receipt("down", refused)
                return
            yield lambda parcel: _send(client, item.text("adresse").rstrip("/"), item.text("interaction"), parcel)


def _send(client: httpx.Client, base: str, interaction: str, parcel: Parcel) -> Receipt:
    try:
        resource = json.loads(parcel.payload)
    except ValueError:
        resource = None
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or not TYPE.fullmatch(kind):
        return Receipt("rejected", "Ce message n'est pas une ressource FHIR en JSON.")
    headers = {"Content-Type": f"{MEDIA_TYPE}; charset=utf-8", "Accept": MEDIA_TYPE, "Idempotency-Key": parcel.key}
    if interaction == "transaction":
        if kind != "Bundle" or resource.get("type") not in ("transaction", "batch"):
            return Receipt("rejected", "Ce message n'est pas un Bundle de transaction ou de lot.")
        answer = ask(client, "POST", base, parcel.payload, headers, safe=counts_once(resource))
        return answer if isinstance(answer, Receipt) else _transacted(answer)
    if interaction == "remplacer":
        if not ID.fullmatch(str(resource.get("id", ""))):
            return Receipt("rejected", "Cette ressource n'a pas d'id : rien ne dit laquelle remplacer.")
        return _said(ask(client, "PUT", f"{base}/{kind}/{resource['id']}", parcel.payload, headers, safe=True))
    condition = "" if interaction == "creer-toujours" else _condition(resource)
    if interaction == "creer" and not condition:
        return Receipt(
            "rejected", "Cette ressource n'a pas d'identifiant (system et value) : elle pourrait être créée deux fois."
        )
    if condition:
        headers["If-None-Exist"] = condition
    return _said(ask(client, "POST", f"{base}/{kind}", parcel.payload, headers, safe=bool(condition)))


def _condition(resource: Mapping[str, Any]) -> str:
    """`identifier=system|value` of its first whole business identifier (DocumentReference: masterIdentifier before)."""
    said = [resource.get("masterIdentifier"), *_listed(resource.get("identifier"))]
    for one in said:
        if isinstance(one, dict) and isinstance(one.get("system"), str) and isinstance(one.get("value"), str):
            escaped = (re.sub(r"([\\|,$])", r"\\\1", one[part]) for part in ("system", "value"))
            return f"identifier={'|'.join(quote(part, safe=':/.-_') for part in escaped)}"
    return ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def counts_once(bundle: Mapping[str, Any]) -> bool:
    """Whether each entry may be asked twice: PUT, DELETE, GET, or POST with ifNoneExist."""
    asked = [one.get("request", {}) for one in _listed(bundle.get("entry")) if isinstance(one, dict)]
    return all(one.get("method") in ("PUT", "DELETE", "GET", "HEAD") or bool(one.get("ifNoneExist")) for one in asked)


def _said(answer: Answer | Receipt) -> Receipt:
    if isinstance(answer, Receipt):
        return answer
    issues = _issues(_json(answer.body))
    if answer.result == "delivered":
        return answer.receipt(f"Reçu par le serveur (HTTP {answer.status})")
    said = f"HTTP {answer.status}{f' : {issues}' if issues else ''}"
    if answer.result == "rejected" and _codes(_json(answer.body)) & PASSING:
        return Receipt("later", f"{REFUSALS['later']} ({said}).", answer.body, answer.content_type)
    return answer.receipt(f"{REFUSALS[answer.result]} ({said}).")


def _transacted(answer: Answer) -> Receipt:
    """A transaction is all or nothing; the entries of a batch answer each for itself."""
    body = _json(answer.body)
    entries = [one.get("response", {}) for one in _listed(body.get("entry")) if isinstance(one, dict)]
    refused = [
        (rank, one) for rank, one in enumerate(entries, start=1) if not str(one.get("status", "2")).startswith("2")
    ]
    if answer.result != "delivered" or not refused:
        return _said(answer)
    rank, first = refused[0]
    issues = _issues(first.get("outcome") if isinstance(first.get("outcome"), dict) else {})
    status = str(first.get("status"))[:3]
    words = f"Le serveur refuse {len(refused)} des {len(entries)} entrées ; la {rank} : HTTP {status}{f', {issues}' if issues else ''}."
    return Receipt("rejected", words, answer.body, answer.content_type)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _faults_of(outcome: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if not outcome or outcome.get("resourceType") != "OperationOutcome":
        return []
    issues = [one for one in _listed(outcome.get("issue")) if isinstance(one, dict)]
    return [one for one in issues if one.get("severity") in ("fatal", "error")]


def _codes(outcome: Mapping[str, Any]) -> set[str]:
    return {str(one.get("code")) for one in _faults_of(outcome)}


def _issues(outcome: Mapping[str, Any] | None) -> str:
    """« invalid en Patient.birthDate »: codes and places, as its diagnostics may quote the message."""
    said = []
    for one in _faults_of(outcome)[:MOST_ISSUES]:
        code = str(one.get("code", ""))
        places = [path for path in map(str, _listed(one.get("expression"))) if PATH.fullmatch(path)]
        business = [
            str(coding.get("code"))
            for coding in _listed(
                one.get("details", {}).get("coding") if isinstance(one.get("details"), dict) else None
            )
            if isinstance(coding, dict) and re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", str(coding.get("code", "")))
        ]
        words = " ".join([code if CODE.fullmatch(code) else "faute", *business[:1]])
        said.append(f"{words} en {places[0]}" if places else words)
    return " ; ".join(said)
