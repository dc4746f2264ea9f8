"""The DMP over HTTPS: ITI-41 and ITI-57 with a VIHF token signed by the structure's certificate, which TLS shows too."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, override
from uuid import uuid4

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.utils import timezone
from lxml import etree

from maison.formats.xds import names, soap, vihf
from maison.formats.xds.ebrim import Submission
from maison.formats.xds.soap import Answer, NotSoap
from maison.formats.xds.vihf import Claims

from .base import CutShort, HealthRecord, Unreachable
from .smtp import context_of

SECONDS = 30
LARGEST_ANSWER = 1_000_000
MUTE = frozenset({408, 429, 502, 503, 504})


class SoapRecord(HealthRecord):
    """`settings` is the DMP setting (docs/settings.md)."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    @override
    def feed(
        self, submission: Submission, documents: Mapping[str, bytes], claims: Claims, about_to: Callable[[], None]
    ) -> Answer:
        message_id = f"urn:uuid:{uuid4()}"
        kind, body = soap.write_feed(
            submission, documents, token=self._token(claims), to=self.settings["url"], message_id=message_id
        )
        return self._ask(kind, body, names.PROVIDE_AND_REGISTER, about_to)

    @override
    def take_back(self, submission: Submission, entry: str, claims: Claims, about_to: Callable[[], None]) -> Answer:
        message_id = f"urn:uuid:{uuid4()}"
        kind, body = soap.write_status(
            submission, entry, names.DELETED, token=self._token(claims), to=self.settings["url"], message_id=message_id
        )
        return self._ask(kind, body, names.UPDATE, about_to)

    def _token(self, claims: Claims) -> etree._Element:
        try:
            key = load_pem_private_key(Path(self.settings["key"]).read_bytes(), password=None)
            certificate = x509.load_pem_x509_certificate(Path(self.settings["certificate"]).read_bytes())
        except (OSError, ValueError, TypeError) as error:
            raise Unreachable("Le certificat de la maison pour le DMP ne se lit pas.") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise Unreachable("La clé de la maison pour le DMP n'est pas une clé RSA.")
        return vihf.write(claims, key=key, certificate=certificate, now=timezone.now(), token_id=f"_{uuid4().hex}")

    def _ask(self, kind: str, body: bytes, action: str, about_to: Callable[[], None]) -> Answer:
        try:
            context = context_of(self.settings)
        except (OSError, ssl.SSLError) as error:
            raise Unreachable("Le certificat de la maison pour le DMP ne se lit pas.") from error
        timeout = httpx.Timeout(SECONDS, connect=5)
        with httpx.Client(verify=context, timeout=timeout, follow_redirects=False, trust_env=False) as client:
            about_to()
            try:
                answer = client.post(self.settings["url"], content=body, headers={"Content-Type": kind})
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                raise Unreachable(f"Le DMP ne répond pas ({type(error).__name__}).") from error
            except httpx.HTTPError as error:
                raise CutShort from error
        if answer.status_code in MUTE:
            raise Unreachable(f"Le DMP est indisponible (HTTP {answer.status_code}).")
        try:
            return soap.read_answer(answer.headers.get("Content-Type", ""), answer.content[:LARGEST_ANSWER])
        except NotSoap as error:
            if answer.status_code // 100 != 2:
                raise Unreachable(f"Le DMP répond par une erreur (HTTP {answer.status_code}).") from error
            raise CutShort from error
