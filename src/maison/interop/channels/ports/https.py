"""HTTPS targets. Only hosts named by the operator are called; secrets stay in the file of accesses, never in a channel."""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, override
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from maison.interop.channels.language.configuration import Item
from maison.interop.channels.language.shapes import Field, Shape

from .base import Parcel, Receipt, Send, Target

LATER = frozenset({409, 423, 425})
DOWN = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_ANSWER = 1_000_000


@lru_cache(maxsize=8)
def _accesses(path: str, changed: float) -> dict[str, Any]:
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def access(name: str) -> dict[str, str] | None:
    """`[name]` of the operator's file: `jeton`, or `utilisateur` and `secret`; `certificat`, `cle`, `autorite` are PEM files."""
    if not name:
        return {}
    path = settings.CHANNEL_ACCESS
    if not path or not Path(path).is_file():
        return None
    found = _accesses(path, Path(path).stat().st_mtime).get(name)
    return found if isinstance(found, dict) else None


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


def _context(secrets: dict[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=secrets.get("autorite") or None)
    if secrets.get("certificat"):
        context.load_cert_chain(secrets["certificat"], secrets.get("cle") or None)
    return context


class HttpsTarget(Target):
    shape = Shape(
        "https", "Service HTTPS",
        [Field("adresse", "Adresse", help="https://…"),
         Field("methode", "Méthode", "choice", default="POST", choices={"POST": "POST", "PUT": "PUT"}),
         Field("acces", "Accès", required=False, help="nom d'un accès du fichier de l'exploitant (jeton, certificat)"),
         Field("attente_secondes", "Attendre la réponse", "number", default=15, low=1, high=30, help="secondes"),
         Field("idempotent", "La cible reconnaît la clé Idempotency-Key", "flag", default=False,
               help="sinon un envoi dont on ignore l'issue n'est jamais répété sans une personne")],
        "{methode} {adresse} (accès : {acces}, réponse attendue en {attente_secondes} s)",
    )  # fmt: skip

    @override
    def faults(self, item: Item) -> list[str]:
        found = [words] if (words := allowed(item.text("adresse"))) else []
        secrets = access(item.text("acces"))
        if secrets is None:
            return [*found, f"L'accès « {item.text('acces')} » n'est pas dans le fichier de l'exploitant."]
        try:
            _context(secrets)
        except (OSError, ssl.SSLError):
            found.append(f"Le certificat de l'accès « {item.text('acces')} » ne se lit pas.")
        return found

    @override
    def certificate_files(self, item: Item) -> list[str]:
        secrets = access(item.text("acces")) or {}
        return [secrets["certificat"]] if secrets.get("certificat") else []

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        refused = allowed(item.text("adresse"))
        secrets = access(item.text("acces"))
        if refused or secrets is None:
            yield lambda parcel: Receipt(
                "down", refused or "L'accès de cette cible n'est plus dans le fichier de l'exploitant."
            )
            return
        try:
            context = _context(secrets)
        except (OSError, ssl.SSLError):
            yield lambda parcel: Receipt("down", "Le certificat de la maison pour cette cible ne se lit pas.")
            return
        headers = {"User-Agent": "maison-esante"}
        if secrets.get("jeton"):
            headers["Authorization"] = f"Bearer {secrets['jeton']}"
        login = (secrets["utilisateur"], secrets.get("secret", "")) if secrets.get("utilisateur") else None
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
        seconds = item.number("attente_secondes") or 15
        safe = item.text("methode") == "PUT" or bool(item.values.get("idempotent"))
        with httpx.Client(verify=context, timeout=httpx.Timeout(seconds, connect=min(seconds, 5)), headers=headers, auth=login,
                          limits=limits, follow_redirects=False, trust_env=False) as client:  # fmt: skip
            yield lambda parcel: _send(client, item, parcel, safe=safe)


def _send(client: httpx.Client, item: Item, parcel: Parcel, *, safe: bool) -> Receipt:
    headers = {"Content-Type": parcel.content_type, "Idempotency-Key": parcel.key}
    body = b""
    try:
        with client.stream(
            item.text("methode") or "POST", item.text("adresse"), content=parcel.payload, headers=headers
        ) as answer:
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
    kind = answer.headers.get("Content-Type", "")[:80]
    if answer.is_success:
        return Receipt("delivered", f"Reçu par la cible (HTTP {answer.status_code})", body, kind)
    if answer.status_code in DOWN:
        return Receipt("down", f"La cible est indisponible (HTTP {answer.status_code}).", body, kind)
    if answer.status_code in LATER:
        return Receipt("later", f"La cible refuse pour l'instant (HTTP {answer.status_code}).", body, kind)
    return Receipt("rejected", f"La cible refuse ce message (HTTP {answer.status_code}).", body, kind)


class MailTarget(Target):
    shape = Shape(
        "courriel", "Messagerie sécurisée (MSSanté)", [Field("adresse", "Adresse")], "un message sécurisé à {adresse}",
        absent="La messagerie sécurisée de santé n'est pas encore raccordée à cette maison.",
    )  # fmt: skip

    @override
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]:
        yield lambda parcel: Receipt("down", self.shape.absent)
