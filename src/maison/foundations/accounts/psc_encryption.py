"""Tokens encrypted for the house: its key pairs, what it publishes of them, and how a token is opened.

Encryption hides, it proves nothing: anyone may encrypt with a published key. What comes out is therefore treated as if
it had come in the clear, and its signature is verified by the caller.

Sources: RFC 7516 (JWE), 7518 §4.3 and §5, 7638 (thumbprints); OpenID Connect Core 1.0 §10.2. Read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from .errors import SignInRefused

KEY_ALGORITHMS = ["RSA-OAEP-256", "RSA-OAEP"]
"""Not RSA1_5, whose failures can be made to speak (Bleichenbacher), nor `dir`, which needs a shared secret."""
CONTENT_ALGORITHMS = ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"]
HEADERS = {"alg", "enc", "kid", "typ", "cty"}
"""All a header may say. `zip` could swell, `jwk`, `jku` and `x5u` are the sender's to write, `crit` asks for more."""


def is_encrypted(token: str) -> bool:
    """Five parts: a JWE in compact form. A JWS has three."""
    return token.count(".") == 4


def opened(token: str, pems: Sequence[str]) -> str:
    """What was encrypted for one of the house's keys, current or retired. Raises SignInRefused.

    One reason for every failure of the key or of the seal: a sender must not learn which.
    """
    if not pems:
        raise SignInRefused("encrypted_token")  # the house is registered without encryption
    keys = [_key(pem) for pem in pems]
    header = _header(token)
    if header.get("alg") not in KEY_ALGORITHMS or header.get("enc") not in CONTENT_ALGORITHMS:
        raise SignInRefused("encryption_algorithm")
    if header.keys() - HEADERS:
        raise SignInRefused("encryption_header")
    kid = header.get("kid")
    for key in [it for it in keys if it.kid == kid] or keys:
        try:
            return (jwe.decrypt_compact(token, key, registry=_REGISTRY).plaintext or b"").decode()
        except (JoseError, InvalidTag, ValueError):
            continue
    raise SignInRefused("decryption")


def published(pems: Sequence[str], signing: Mapping[str, str]) -> dict[str, Any]:
    """The JWKS of the house: its current encryption key, and the keys (name: PEM) that sign its requests.

    Retired keys still open what was under way, and are no longer offered.
    """
    keys = [
        {**_key(pem).as_dict(private=False), "use": "enc", "alg": KEY_ALGORITHMS[0], "kid": _key(pem).kid}
        for pem in pems[:1]
    ]
    keys += [
        {**RSAKey.import_key(pem).as_dict(private=False), "use": "sig", "alg": "RS256", "kid": name}
        for name, pem in signing.items()
    ]
    return {"keys": keys}


def _header(token: str) -> dict[str, Any]:
    try:
        header: Any = jwe.extract_compact(token.encode(), _REGISTRY).protected
    except (JoseError, ValueError, TypeError) as error:
        raise SignInRefused("token_unreadable") from error
    if not isinstance(header, dict):
        raise SignInRefused("token_unreadable")
    return header


@cache
def _key(pem: str) -> RSAKey:
    key = RSAKey.import_key(pem)
    key.ensure_kid()  # the thumbprint: the same in every process
    return key


_REGISTRY = jwe.JWERegistry(algorithms=[*KEY_ALGORITHMS, *CONTENT_ALGORITHMS])
