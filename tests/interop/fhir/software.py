"""Software of a partner, as it would speak to the house: keys of its own, a token, requests by HTTP."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.http import HttpResponse
from django.test import Client

from maison.foundations.access.actor import Actor
from maison.foundations.structures.models import Structure
from maison.interop.exchanges.actions import register_client
from maison.interop.fhir import tokens
from maison.interop.fhir.views import base
from tests.factories import StructureFactory

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EVERYTHING = ("system/*.cruds",)
FHIR = "application/fhir+json"


@cache
def key_pair() -> tuple[ec.EllipticCurvePrivateKey, dict[str, Any]]:
    key = ec.generate_private_key(ec.SECP384R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return key, {**public, "kid": "cle-1", "alg": "ES384", "use": "sig"}


def assertion(client_id: str, *, key: Any = None, kid: str = "cle-1", algorithm: str = "ES384", **claims: Any) -> str:
    now = int(time.time())
    said = {
        "iss": client_id,
        "sub": client_id,
        "aud": f"{base()}/auth/token",
        "exp": now + 200,
        "iat": now,
        "jti": uuid4().hex,
    }
    said = {name: value for name, value in {**said, **claims}.items() if value is not None}
    return jwt.encode(said, key or key_pair()[0], algorithm=algorithm, headers={"kid": kid})


class Partner:
    """`structure` owns what it writes. `get`, `post`… speak FHIR JSON and give Django's answer, with `.json()`."""

    def __init__(
        self, client_id: str, *, structure: Structure | None = None, scopes: tuple[str, ...] = EVERYTHING
    ) -> None:
        self.client_id, self.structure, self.scopes = client_id, structure or StructureFactory(), scopes
        system = Actor.system("tests")
        self.client, _ = register_client(
            actor=system, client_id=client_id, name="Logiciel fictif", structure_id=self.structure.id
        )
        tokens.register(actor=system, client_id=client_id, keys=[key_pair()[1]], scopes=scopes)
        self.http = Client()
        self._token = ""

    @property
    def token(self) -> str:
        if not self._token:
            answer = self.ask_token()
            assert answer.status_code == 200, answer.content
            self._token = answer.json()["access_token"]
        return self._token

    def ask_token(self, scope: str = "", **claims: Any) -> HttpResponse:
        form = {"grant_type": "client_credentials", "scope": scope or " ".join(self.scopes),
                "client_assertion_type": ASSERTION, "client_assertion": assertion(self.client_id, **claims)}  # fmt: skip
        return self.http.post("/fhir/auth/token", form)

    def with_scope(self, scope: str) -> Partner:
        self._token = self.ask_token(scope).json()["access_token"]
        return self

    def send(self, method: str, path: str, body: Any = None, content_type: str = FHIR, **headers: str) -> Any:
        sent = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        data = body if isinstance(body, bytes | str) else b"" if body is None else json.dumps(body)
        address = quote(f"/fhir/{path}", safe="/?&=:,.%$")
        return self.http.generic(method, address, data, content_type, HTTP_AUTHORIZATION=f"Bearer {self.token}", **sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def create(self, **resource: Any) -> dict[str, Any]:
        answer = self.post(resource["resourceType"], resource)
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def ids(self, question: str) -> list[str]:
        """The ids of the matches of a search, in the order given."""
        answer = self.get(question)
        assert answer.status_code == 200, answer.content
        return [one["resource"]["id"] for one in answer.json().get("entry", []) if one["search"]["mode"] == "match"]


def document(**fields: Any) -> dict[str, Any]:
    return {"resourceType": "DocumentReference", "status": "current",
            "content": [{"attachment": {"contentType": "application/pdf"}}], **fields}  # fmt: skip


def patient(family: str = "Exemple", given: str = "Camille", **fields: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"family": family, "given": [given]}], **fields}
