"""The FHIR side of `./maison send`: a resource or a lot, through the façade, with the token of the demonstration software."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import jwt

FHIR = "application/fhir+json"
SOFTWARE, KEY_ID = "demonstration.fhir", "demonstration"
SCOPE = "system/*.cruds system/AuditEvent.crs"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
WAIT_SECONDS = 30


class NoToken(Exception):
    """The house gives no token to the demonstration software: it is a real one, or not loaded."""


def place_of(content: bytes) -> str:
    """Where it is posted: a transaction or a batch at the base, a resource at its type. Broken content goes to the base."""
    try:
        resource = json.loads(content.decode("utf-8-sig"))
    except ValueError:
        return "fhir/"
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str) or not kind.isalpha() or (kind == "Bundle" and resource.get("type") in {"transaction", "batch"}):  # fmt: skip
        return "fhir/"
    return f"fhir/{kind}"


def send_fhir(content: bytes, url: str) -> tuple[int, bytes]:
    """Status and body of the answer. Raises NoToken, and URLError when no house answers."""
    base = url.rstrip("/") + "/"
    token = _token(base)
    return _ask(base + place_of(content), content, {"Content-Type": FHIR, "Accept": FHIR, "Authorization": f"Bearer {token}"})  # fmt: skip


def _token(base: str) -> str:
    from maison_region.sending import demonstration_private_key

    status, body = _ask(f"{base}fhir/.well-known/smart-configuration", None, {"Accept": "application/json"})
    if status != 200:
        raise NoToken
    audience, now = json.loads(body)["token_endpoint"], int(time.time())
    claims = {"iss": SOFTWARE, "sub": SOFTWARE, "aud": audience, "exp": now + 120, "iat": now, "jti": uuid.uuid4().hex}
    assertion = jwt.encode(claims, demonstration_private_key(SOFTWARE), algorithm="ES384", headers={"kid": KEY_ID})
    form = {"grant_type": "client_credentials", "scope": SCOPE, "client_assertion_type": ASSERTION, "client_assertion": assertion}  # fmt: skip
    status, body = _ask(f"{base}fhir/auth/token", urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
    if status != 200:
        raise NoToken
    granted: dict[str, Any] = json.loads(body)
    return str(granted["access_token"])


def _ask(address: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
    request = Request(address, data=body, headers=headers, method="POST" if body is not None else "GET")  # noqa: S310 -- the address is the operator's own choice
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=WAIT_SECONDS) as response:
            return response.status, response.read()
    except HTTPError as refusal:
        return refusal.code, refusal.read()
