"""How a client asked for its tokens to be encrypted, and the sealing of a token for its published key.

The real provider reads the client's `jwks_uri` and the two algorithms of its registration (OpenID Connect Dynamic
Client Registration 1.0 §2, `id_token_encrypted_response_alg` and `_enc`, the same for userinfo).
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwe
from joserfc.jwk import RSAKey

READ_SECONDS = 5


class NoKey(Exception):
    """The client asked for encryption and publishes no key for it: the provider answers nothing rather than in clear."""


@dataclass(slots=True)
class Encryption:
    """`jwks` as given, or read once from `jwks_uri` when first needed: the house starts after the sandbox."""

    alg: str = "RSA-OAEP-256"
    enc: str = "A256GCM"
    jwks_uri: str = ""
    jwks: dict[str, Any] = field(default_factory=dict)

    def seal(self, token: str, *, faults: Collection[str] = ()) -> str:
        key = self._key()
        header = {"alg": self.alg, "enc": self.enc, "kid": key.kid or "", "cty": "JWT"}
        if "jwe_other_key" in faults:
            key = RSAKey.generate_key(2048)
        if "jwe_rsa15" in faults:
            header["alg"] = "RSA1_5"
        registry = jwe.JWERegistry(algorithms=[header["alg"], self.enc])
        sealed = jwe.encrypt_compact(header, token, key, registry=registry)
        if "jwe_changed" in faults:
            head, tag = sealed.rsplit(".", 1)
            return f"{head}.{('B' if tag[0] == 'A' else 'A') + tag[1:]}"
        return self.seal(sealed) if "jwe_twice" in faults else sealed

    def _key(self) -> RSAKey:
        if not self.jwks:
            try:
                with urllib.request.urlopen(self.jwks_uri, timeout=READ_SECONDS) as answer:  # noqa: S310 -- set by the operator
                    published = json.load(answer)
            except (OSError, ValueError) as error:
                raise NoKey(self.jwks_uri) from error
            self.jwks = published if published.get("keys") else {}
        for entry in self.jwks.get("keys", []):
            if entry.get("kty") == "RSA" and entry.get("use") == "enc":
                return RSAKey.import_key(entry)
        raise NoKey("no RSA key with use=enc")
