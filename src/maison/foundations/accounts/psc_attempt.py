"""One sign-in with Pro Santé Connect under way: what must match when the browser comes back (RFC 7636, OpenID nonce)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

ATTEMPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way. Kept by the session, used once."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    next: str
    started_at: float

    @classmethod
    def start(cls, *, redirect_uri: str, next_url: str) -> Attempt:
        return cls(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            next=next_url,
            started_at=time.time(),
        )

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> Attempt:
        return cls(**{name: data[name] for name in cls.__slots__})

    def keep(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def is_over(self) -> bool:
        return not 0 <= time.time() - self.started_at <= ATTEMPT_SECONDS
