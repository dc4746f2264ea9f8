"""Signature of requests to an S3 store, version 4.

Source: AWS, « Authenticating Requests: Using the Authorization Header (AWS Signature Version 4) », S3 API reference,
read 2026-11-25; its four published examples are our tests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
UNRESERVED = "-_.~"


@dataclass(frozen=True, slots=True)
class Credentials:
    """`repr` says neither key: it may end in a log."""

    access_key: str
    secret_key: str
    region: str

    def __repr__(self) -> str:
        return f"Credentials(region={self.region!r})"


def encoded_path(path: str) -> str:
    return quote(path, safe="/" + UNRESERVED)


def encoded_query(query: Mapping[str, str]) -> str:
    pairs = sorted((quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED)) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed_headers(credentials: Credentials, *, method: str, host: str, path: str, query: str, body_sha256: str,
                   at: datetime, headers: Mapping[str, str] | None = None) -> dict[str, str]:  # fmt: skip
    """The headers to send. `path` and `query` are encoded as they will travel; `at` is an aware UTC moment."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    sent = {
        **{name.lower(): " ".join(value.split()) for name, value in (headers or {}).items()},
        "host": host,
        "x-amz-content-sha256": body_sha256,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(sent))
    canonical = "\n".join(
        [method, path or "/", query, *(f"{name}:{sent[name]}" for name in sorted(sent)), "", names, body_sha256]
    )
    scope = f"{stamp[:8]}/{credentials.region}/s3/aws4_request"
    to_sign = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (stamp[:8], credentials.region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    authorization = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope},SignedHeaders={names},Signature={signature}"
    )
    return {**sent, "authorization": authorization}
