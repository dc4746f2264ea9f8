"""HTTPS targets. Only hosts named by the operator are called; secrets stay in the file of accesses, never in a channel."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import override
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from maison.interop.channels.language.configuration import Item
from maison.interop.channels.language.shapes import Field, Shape
from maison.interop.channels.models import Channel

from . import accesses
from .base import Parcel, Receipt, Result, Send, Target

LATER = frozenset({409, 423, 425})
DOWN = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_ANSWER = 1_000_000
REFUSALS = {
    "down": "La cible est indisponible", "later": "La cible refuse pour l'instant", "rejected": "La cible refuse ce message",
}  # fmt: skip


def allowed(address: str) -> str:
    """Why this address may not be called; empty when it may."""
    parts = urlsplit(address)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1") and not settings.PRODUCTION
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        return "L'adresse commence par https://."
    if not parts.hostname or parts.username or parts.fragment:
        return "L'adresse nomme une machine, sans identifiant ni secret."
    here = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    if here not in settings.CHANNEL_HOSTS:
        return f"La machine {here} n'est pas parmi celles que l'exploitant permet d'appeler (MAISON_CHANNEL_HOSTS)."
    return ""


class HttpsTarget(Target):
    shape = Shape(
        "https", "Service HTTPS",
        [Field("adresse", "Adresse", help="https://…"),
         Field("methode", "Méthode", "choice", default="POST", choices={"POST": "POST", "PUT": "PUT"}),
         Field("acces", "Accès", "access", required=False, blank="aucun", natures=("https",), help="jeton, mot de passe ou certificat : le fichier de l'exploitant les tient"),
         Field("attente_secondes", "Attendre la réponse", "number", default=15, low=1, high=30, help="secondes"),
         Field("idempotent", "La cible reconnaît la clé Idempotency-Key", "flag", default=False,
               help="sinon un envoi dont on ignore l'issue n'est jamais répété sans une personne")],
        "{methode} {adresse} (accès : {acces}, réponse attendue en {attente_secondes} s)",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        return address_faults(item, "https")

    @override
    def reach(self, channel: Channel, item: Item) -> list[str]:
        return accesses.reach(channel, item)

    @override
    def certificate_files(self, item: Item) -> list[str]:
        return accesses.certificate_files(item)

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        safe = item.text("methode") == "PUT" or bool(item.values.get("idempotent"))
        with called(item, "https") as client:
            if isinstance(client, str):
                refused = client
                yield lambda parcel: Receipt("down", refused)
                return
            method, address = item.text("methode") or "POST", item.text("adresse")
            yield lambda parcel: _send(client, method, address, parcel, safe=safe)


def _send(client: httpx.Client, method: str, address: str, parcel: Parcel, *, safe: bool) -> Receipt:
    headers = {"Content-Type": parcel.content_type, "Idempotency-Key": parcel.key}
    answer = ask(client, method, address, parcel.payload, headers, safe=safe)
    if isinstance(answer, Receipt):
        return answer
    if answer.result == "delivered":
        return answer.receipt(f"Reçu par la cible (HTTP {answer.status})")
    return answer.receipt(f"{REFUSALS[answer.result]} (HTTP {answer.status}).")


# -- shared with FHIR


def address_faults(item: Item, *types: str) -> list[str]:
    found = [words] if (words := allowed(item.text("adresse"))) else []
    return [*found, *accesses.faults(item, *types)]


@contextmanager
def called(item: Item, *types: str) -> Iterator[httpx.Client | str]:
    """A client for the address and the access of this item; or why it must not be called, in French."""
    secrets = accesses.access(item.text("acces"), *types)
    if (refused := allowed(item.text("adresse"))) or secrets is None:
        yield refused or "L'accès de cette cible n'est plus dans le fichier de l'exploitant."
        return
    try:
        context = accesses.context(secrets)
    except (OSError, ssl.SSLError):
        yield "Le certificat de la maison pour cette cible ne se lit pas."
        return
    headers = {"User-Agent": "maison-esante"}
    if secrets.get("jeton"):
        headers["Authorization"] = f"Bearer {secrets['jeton']}"
    login = (str(secrets["utilisateur"]), str(secrets.get("secret", ""))) if secrets.get("utilisateur") else None
    limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
    seconds = item.number("attente_secondes") or 15
    with httpx.Client(verify=context, timeout=httpx.Timeout(seconds, connect=min(seconds, 5)), headers=headers, auth=login,
                      limits=limits, follow_redirects=False, trust_env=False) as client:  # fmt: skip
        yield client


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, and what it means for the delivery."""

    status: int
    body: bytes
    content_type: str

    @property
    def result(self) -> Result:
        if 200 <= self.status < 300:
            return "delivered"
        return "down" if self.status in DOWN else "later" if self.status in LATER else "rejected"

    def receipt(self, words: str) -> Receipt:
        return Receipt(self.result, words, self.body, self.content_type)


def ask(client: httpx.Client, method: str, address: str, payload: bytes, headers: dict[str, str], *, safe: bool) -> Answer | Receipt:  # fmt: skip
    """One request. A Receipt when no answer came: `safe` says that asking twice counts once."""
    body = b""
    try:
        with client.stream(method, address, content=payload, headers=headers) as answer:
            for part in answer.iter_bytes():
                body = (body + part)[:LONGEST_ANSWER]
                if len(body) == LONGEST_ANSWER:
                    break
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        return Receipt("down", f"La cible ne répond pas ({type(error).__name__}).")
    except httpx.HTTPError as error:
        words = f"La connexion s'est rompue pendant l'envoi ({type(error).__name__})"
        return (
            Receipt("down", f"{words}.")
            if safe
            else Receipt("unknown", f"{words} : la cible a peut-être reçu le message.")
        )
    return Answer(answer.status_code, body, answer.headers.get("Content-Type", "")[:80])
