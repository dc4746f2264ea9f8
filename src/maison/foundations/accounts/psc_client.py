"""The house as a client of Pro Santé Connect: OpenID Connect code flow with PKCE, and nothing taken on trust.

Every answer of the provider is checked here: signature by the published keys, issuer, audience, authorised party,
dates, nonce, level of authentication, and that userinfo speaks of the same person as the ID token. No Django model is
known here, no session either: the caller keeps the `Attempt` and gives it back.

Sources: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0; RFC 7636, 7523,
9207; ANS requirements of SPECS §2.10. Read 2026-11-22.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt
from django.conf import settings

from . import psc_encryption
from .errors import LevelTooLow, ProviderDown, SignInExpired, SignInRefused
from .psc_attempt import ATTEMPT_SECONDS, Attempt

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Asymmetric only: with HS256 a published key could be used as a shared secret, and `none` signs nothing."""

SKEW_SECONDS = 60
DISCOVERY_SECONDS = 3600
KEYS_REFRESH_SECONDS = 10
"""An unknown key id asks for the keys again, but not more often than this: forged tokens must not make us a flood."""
RETRY_SECONDS = 15
"""After a failure the provider is left alone this long before another page waits for it."""
ANSWER_LIMIT = 512 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
SCOPE = "openid scope_all"


@dataclass(frozen=True, slots=True)
class Registration:
    """How the house is known to the provider: a matter of settings only.

    `encryption_keys` (PEM, the published one first) open tokens encrypted for the house; `encrypted` demands them.
    """

    issuer: str
    client_id: str
    client_secret: str = ""
    private_key: str = ""
    private_key_id: str = ""
    encryption_keys: tuple[str, ...] = ()
    encrypted: bool = False
    acr: str = "eidas1"
    trusted_clients: tuple[str, ...] = ()
    connect_seconds: float = 3.0
    read_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Authenticated:
    """The provider's verified word on one person. `sid` names its own session, `id_token` is needed to end it."""

    subject: str
    sid: str
    id_token: str
    acr: str
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EndedSession:
    """A verified back-channel logout: one session of the provider (`sid`), or all those of a person (`subject`)."""

    subject: str
    sid: str


class ProviderClient:
    """Discovery and keys are cached in the process; a failure is remembered for the band of the degraded mode."""

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self._lock = threading.Lock()
        self._http = httpx.Client(
            timeout=httpx.Timeout(registration.read_seconds, connect=registration.connect_seconds),
            follow_redirects=False,
            limits=httpx.Limits(max_connections=10, max_keepalive_connections=2, keepalive_expiry=5),
            headers={"User-Agent": "maison-esante"},
            trust_env=True,
        )
        self._discovery: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, dict[str, jwt.PyJWK]] | None = None
        self._failed_at: float | None = None
        self._retry_at = 0.0

    def close(self) -> None:
        self._http.close()

    # -- what the pages ask

    def authorization_url(self, attempt: Attempt) -> str:
        registration = self.registration
        query = {
            "response_type": "code",
            "client_id": registration.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": SCOPE,
            "acr_values": registration.acr,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return _with_query(self._endpoint("authorization_endpoint"), query)

    def authenticate(self, attempt: Attempt, *, code: str, issuer: str = "") -> Authenticated:
        """Exchange the code, verify the ID token, read userinfo."""
        if attempt.is_over:
            raise SignInExpired("attempt_too_old")
        if issuer and not hmac.compare_digest(issuer, self.registration.issuer):
            raise SignInRefused("response_issuer")
        tokens = self._tokens(attempt, code)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise SignInRefused("tokens_missing")
        # The token that comes out is kept: the provider reads its own signature when we sign out, not our seal.
        id_token = self._opened(id_token, demanded=self.registration.encrypted)
        claims = self.verified_id_token(id_token, nonce=attempt.nonce)
        userinfo = self._userinfo(access_token)
        if userinfo.get("sub") != claims["sub"]:
            raise SignInRefused("userinfo_subject")
        return Authenticated(
            subject=claims["sub"],
            sid=str(claims.get("sid") or ""),
            id_token=id_token,
            acr=claims["acr"],
            claims={**claims, **userinfo},
        )

    def verified_id_token(self, token: str, *, nonce: str) -> dict[str, Any]:
        claims = self._verified(token, required=["iss", "aud", "exp", "iat", "sub", "nonce"])
        if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
            raise SignInRefused("nonce")
        if not level_reaches(claims.get("acr"), self.registration.acr):
            raise LevelTooLow("acr")
        return claims

    def ended_session(self, logout_token: str) -> EndedSession:
        """OpenID Connect Back-Channel Logout 1.0 §2.6. A replay ends what has already ended: `jti` is not kept."""
        # Never demanded encrypted: it hides nothing, and what ends a session is followed as soon as it is signed.
        claims = self._verified(self._opened(logout_token), required=["iss", "aud", "iat", "jti", "events"])
        events = claims["events"]
        if not isinstance(events, dict) or LOGOUT_EVENT not in events:
            raise SignInRefused("logout_event")
        if "nonce" in claims:
            raise SignInRefused("logout_nonce")
        if "exp" not in claims and claims["iat"] < time.time() - ATTEMPT_SECONDS:
            raise SignInRefused("logout_too_old")
        subject, sid = claims.get("sub") or "", claims.get("sid") or ""
        if not isinstance(subject, str) or not isinstance(sid, str) or not (subject or sid):
            raise SignInRefused("logout_nobody")
        return EndedSession(subject=subject, sid=sid)

    def verified_bearer(self, token: str) -> dict[str, Any]:
        """The claims of an access token shown to us by a client of ours, then those of userinfo: who holds it, until when.

        Its signature, issuer, dates and level are checked here; the provider itself says that it is not revoked (userinfo).
        A token obtained by another application is refused: `azp` (or `aud` when nothing else says who obtained it) must name
        one the house was told to trust.
        """
        header = _header(token)
        claims = self._decoded(token, header, required=["iss", "exp", "sub"], audience=None)
        obtained_by = claims.get("azp") or claims.get("client_id")
        parties = {str(one) for one in ([obtained_by] if obtained_by else _listed(claims.get("aud")))}
        if not parties & {self.registration.client_id, *self.registration.trusted_clients}:
            raise SignInRefused("authorised_party")
        if not level_reaches(claims.get("acr"), self.registration.acr):
            raise LevelTooLow("acr")
        userinfo = self._userinfo(token)
        if userinfo.get("sub") != claims["sub"]:
            raise SignInRefused("userinfo_subject")
        return {**claims, **userinfo, "exp": claims["exp"]}

    def end_session_url(self, *, id_token: str, return_to: str, state: str) -> str:
        """Where the browser ends its session of the provider; empty when the provider offers no such place."""
        try:
            endpoint = self._document().get("end_session_endpoint")
        except ProviderDown:
            return ""
        if not isinstance(endpoint, str) or not self._is_safe(endpoint):
            return ""
        return _with_query(
            endpoint,
            {
                "id_token_hint": id_token,
                "post_logout_redirect_uri": return_to,
                "state": state,
                "client_id": self.registration.client_id,
            },
        )

    def published_keys(self) -> dict[str, Any]:
        """The JWKS that the provider reads: what to encrypt for us with, what verifies our requests."""
        registration = self.registration
        signing = {registration.private_key_id: registration.private_key} if registration.private_key else {}
        return psc_encryption.published(registration.encryption_keys, signing)

    def check(self) -> bool:
        """Does the provider answer? Asks it at most every `RETRY_SECONDS` while it is down, else uses the cache."""
        try:
            self._document()
        except ProviderDown:
            return False
        return self._failed_at is None

    @property
    def is_down(self) -> bool:
        """The last word of the provider was a failure, and it is recent. No outside call."""
        return self._failed_at is not None and time.monotonic() - self._failed_at < 20 * RETRY_SECONDS

    # -- tokens

    def _tokens(self, attempt: Attempt, code: str) -> dict[str, Any]:
        registration, endpoint = self.registration, self._endpoint("token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": registration.client_id,
        }
        headers = {"Accept": "application/json"}
        if registration.private_key:
            form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            form["client_assertion"] = self._client_assertion(endpoint)
        else:
            # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
            pair = f"{quote(registration.client_id, safe='')}:{quote(registration.client_secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        answer = self._call("POST", endpoint, data=form, headers=headers)
        if answer.status_code >= 500:
            self._fail(f"token endpoint: {answer.status_code}")
        body = _json(answer)
        if answer.status_code != 200:
            error = str(body.get("error", ""))[:40]
            if error == "invalid_grant":
                raise SignInExpired("invalid_grant")
            raise SignInRefused(f"token:{error or answer.status_code}")
        return body

    def _client_assertion(self, audience: str) -> str:
        registration, now = self.registration, int(time.time())
        claims = {
            "iss": registration.client_id,
            "sub": registration.client_id,
            "aud": audience,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "exp": now + SKEW_SECONDS,
        }
        headers = {"kid": registration.private_key_id} if registration.private_key_id else None
        return jwt.encode(claims, registration.private_key, algorithm="RS256", headers=headers)

    def _userinfo(self, access_token: str) -> dict[str, Any]:
        answer = self._call(
            "GET", self._endpoint("userinfo_endpoint"), headers={"Authorization": f"Bearer {access_token}"}
        )
        if answer.status_code >= 500:
            self._fail(f"userinfo: {answer.status_code}")
        if answer.status_code != 200:
            raise SignInRefused(f"userinfo:{answer.status_code}")
        if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/jwt":
            if self.registration.encrypted:
                raise SignInRefused("token_not_encrypted")
            return _json(answer)
        token = answer.text.strip()
        opened = self._opened(token, demanded=self.registration.encrypted)
        if opened is not token and opened.startswith("{"):
            return _mapping(opened)  # encrypted without a signature: as good as the JSON of the same address
        # A signed userinfo always names its issuer and its audience; it carries no dates of its own.
        return self._verified(opened, required=["iss", "aud", "sub"])

    def _opened(self, token: str, *, demanded: bool = False) -> str:
        """The signed token inside an encrypted one; a token in the clear is itself, unless encryption is demanded."""
        if psc_encryption.is_encrypted(token):
            return psc_encryption.opened(token, self.registration.encryption_keys)
        if demanded:
            raise SignInRefused("token_not_encrypted")
        return token

    def _verified(self, token: str, *, required: list[str]) -> dict[str, Any]:
        """The claims of a token signed by the provider for us."""
        claims = self._decoded(token, _header(token), required=required, audience=self.registration.client_id)
        self._check_party(claims)
        return claims

    def _decoded(
        self, token: str, header: Mapping[str, Any], *, required: list[str], audience: str | None
    ) -> dict[str, Any]:
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise SignInRefused("algorithm")
        key = self._key(kid if isinstance(kid, str) else "")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                issuer=self.registration.issuer,
                audience=audience,
                leeway=SKEW_SECONDS,
                options={"require": required, "verify_signature": True, "verify_aud": audience is not None},
            )
        except (jwt.PyJWTError, TypeError) as error:  # TypeError: the key is of another kind than the algorithm
            raise SignInRefused(_reason(error)) from error
        return claims

    def _check_party(self, claims: Mapping[str, Any]) -> None:
        """OpenID Connect Core §3.1.3.7, points 4 and 5: several audiences need an `azp`, and it must be us."""
        audiences = claims.get("aud")
        if isinstance(audiences, list) and len(audiences) > 1 and "azp" not in claims:
            raise SignInRefused("authorised_party")
        if "azp" in claims and claims["azp"] != self.registration.client_id:
            raise SignInRefused("authorised_party")

    # -- published documents

    def _document(self) -> dict[str, Any]:
        with self._lock:
            kept = self._discovery
            if kept is not None and time.monotonic() - kept[0] < DISCOVERY_SECONDS and self._failed_at is None:
                return kept[1]
            if time.monotonic() < self._retry_at:
                raise ProviderDown
            self._retry_at = time.monotonic() + RETRY_SECONDS  # one caller asks, the others do not queue behind it
        answer = self._call("GET", f"{self.registration.issuer}/.well-known/openid-configuration")
        if answer.status_code != 200:
            self._fail(f"discovery: {answer.status_code}")
        document = _json(answer)
        if document.get("issuer") != self.registration.issuer:
            raise SignInRefused("discovery_issuer")
        with self._lock:
            self._retry_at = 0.0
            self._discovery, self._failed_at = (time.monotonic(), document), None
        return document

    def _endpoint(self, name: str) -> str:
        endpoint = self._document().get(name)
        if not isinstance(endpoint, str) or not self._is_safe(endpoint):
            raise SignInRefused(f"discovery_{name}")
        return endpoint

    def _is_safe(self, endpoint: str) -> bool:
        """Secrets travel to these addresses: https as soon as the issuer is https, and always http(s)."""
        scheme = urlsplit(endpoint).scheme
        return scheme == "https" or (scheme == "http" and urlsplit(self.registration.issuer).scheme == "http")

    def _key(self, kid: str) -> jwt.PyJWK:
        kept = self._keys
        if kept is None or time.monotonic() - kept[0] > DISCOVERY_SECONDS:
            kept = self._read_keys()
        found = self._pick(kept[1], kid)
        if found is None and time.monotonic() - kept[0] >= KEYS_REFRESH_SECONDS:
            found = self._pick(self._read_keys()[1], kid)
        if found is None:
            raise SignInRefused("unknown_key")
        return found

    @staticmethod
    def _pick(keys: Mapping[str, jwt.PyJWK], kid: str) -> jwt.PyJWK | None:
        if not kid and len(keys) == 1:
            return next(iter(keys.values()))
        return keys.get(kid)

    def _read_keys(self) -> tuple[float, dict[str, jwt.PyJWK]]:
        answer = self._call("GET", self._endpoint("jwks_uri"))
        if answer.status_code != 200:
            self._fail(f"keys: {answer.status_code}")
        keys: dict[str, jwt.PyJWK] = {}
        for entry in _json(answer).get("keys", []):
            if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or entry.get("kty") not in {"RSA", "EC"}:
                continue
            try:
                keys[str(entry.get("kid", ""))] = jwt.PyJWK.from_dict(entry)
            except (jwt.PyJWKError, jwt.InvalidKeyError):
                continue  # a kind of key we cannot use is not for us
        self._keys = (time.monotonic(), keys)
        return self._keys

    # -- the wire

    def _call(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One call, bounded in time and size."""
        deadline = time.monotonic() + self.registration.connect_seconds + self.registration.read_seconds
        try:
            with self._http.stream(method, url, **options) as answer:
                body = bytearray()
                for chunk in answer.iter_bytes():
                    body += chunk
                    if len(body) > ANSWER_LIMIT or time.monotonic() > deadline:
                        self._fail("answer too long")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._fail(type(error).__name__)
        # The body is already decoded: the length and encoding of the wire no longer describe it.
        kept = {name: value for name, value in answer.headers.items() if name.lower() == "content-type"}
        return httpx.Response(answer.status_code, headers=kept, content=bytes(body))

    def _fail(self, why: str) -> NoReturn:
        self._failed_at = time.monotonic()
        error = ProviderDown()
        error.add_note(why)
        raise error


def _header(token: str) -> Mapping[str, Any]:
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, UnicodeEncodeError) as error:
        raise SignInRefused("token_unreadable") from error


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def level_reaches(returned: object, asked: str) -> bool:
    """`eidas1` < `eidas2` < `eidas3`; another word, or none, reaches nothing."""
    levels = [re.fullmatch(r"eidas([1-3])", value) for value in (str(returned), asked)]
    if levels[0] is None or levels[1] is None:
        return False
    return int(levels[0][1]) >= int(levels[1][1])


def _reason(error: Exception) -> str:
    """The stable word of our traces for what PyJWT found."""
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"missing_{error.claim}"
    known: list[tuple[type[Exception], str]] = [
        (jwt.ExpiredSignatureError, "expired"),
        (jwt.ImmatureSignatureError, "issued_in_the_future"),
        (jwt.InvalidIssuedAtError, "issued_at"),
        (jwt.InvalidAudienceError, "audience"),
        (jwt.InvalidIssuerError, "issuer"),
        (jwt.InvalidAlgorithmError, "algorithm"),
        (jwt.InvalidSignatureError, "signature"),
    ]
    return next((word for kind, word in known if isinstance(error, kind)), "token_unreadable")


def _json(answer: httpx.Response) -> dict[str, Any]:
    return _mapping(answer.content)


def _mapping(text: str | bytes) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise SignInRefused("answer_unreadable")
    return body


def _with_query(endpoint: str, query: Mapping[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


@cache
def _client(registration: Registration) -> ProviderClient:
    return ProviderClient(registration)


def provider() -> ProviderClient:
    """The client of the settings; one for each process and registration."""
    return _client(Registration(**settings.PSC))
