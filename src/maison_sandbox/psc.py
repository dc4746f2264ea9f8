"""Plays Pro Santé Connect: a real OpenID provider whose users are the fictional professionals of the region.

It keeps the published behaviour the house relies on: authorization code flow with PKCE S256, one-time codes,
`acr_values=eidas1`, ID tokens signed RS256 with the nonce, userinfo with the claims of the reference documentation
(ANS, « Pro Santé Connect, référentiel et documentation industriels », userinfo 1.0, read 2026-11-22), RP-initiated
logout and back-channel logout. Nothing is kept when the process stops: the signing key is made at start.

`Faults` makes it misbehave on demand, so that the house's refusals are tested against a real server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from maison_region.people import Activity, Professional, professionals

from .psc_encryption import Encryption, NoKey

CODE_SECONDS = 60
TOKEN_SECONDS = 300
ACR = "eidas1"
PREFIX = "/psc"

FAULTS = {
    "nonce": "the ID token carries another nonce",
    "signature": "the ID token is signed by a key that is not published",
    "alg_none": "the ID token is not signed",
    "hs256": "the ID token is signed with the client secret",
    "expired": "the ID token ended an hour ago",
    "future": "the ID token says it will be issued in an hour",
    "audience": "the ID token is meant for another client",
    "azp": "the ID token was issued to another party",
    "issuer": "the ID token names another issuer",
    "acr_low": "the ID token says a level below the one asked for",
    "acr_missing": "the ID token says no level",
    "subject": "userinfo is about someone else",
    "userinfo_jwt": "userinfo is a signed JWT (allowed)",
    "userinfo_forged": "userinfo is a JWT signed by an unknown key",
    "skew": "the clock of the provider is 45 seconds ahead (tolerated)",
    "userinfo_down": "userinfo answers 503",
    "token_down": "the token endpoint answers 503",
    "down": "every endpoint answers 503",
    "slow": "every endpoint answers after ten seconds",
    "no_activity": "the professional has no activity",
    "jwe_other_key": "tokens are encrypted for the key of someone else (clients registered with encryption)",
    "jwe_changed": "the seal of an encrypted token does not match its content",
    "jwe_rsa15": "tokens are encrypted with RSA1_5",
    "jwe_twice": "an encrypted token holds another encrypted token",
    "jwe_absent": "tokens come in the clear although the client is registered with encryption",
    "userinfo_in_clear": "userinfo alone comes in the clear although the client is registered with encryption",
    "new_key": "the signing key changes before the next ID token",
}


class Refused(Exception):
    """An OAuth error answer: its code, and words for the developer."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.error, self.description, self.status = error, description, status


@dataclass(frozen=True, slots=True)
class Client:
    """A relying party. `origins` are the only places a browser is sent back to."""

    client_id: str
    secret: str
    origins: tuple[str, ...]
    backchannel_uri: str = ""
    encryption: Encryption | None = None

    def accepts(self, uri: str) -> bool:
        parts = urlsplit(uri)
        loopback = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
        return loopback or f"{parts.scheme}://{parts.netloc}" in self.origins


@dataclass(slots=True)
class Grant:
    """One authorization: what was asked, and who answered."""

    person: Professional
    client_id: str
    redirect_uri: str
    nonce: str
    challenge: str
    sid: str
    expires_at: float


@dataclass(slots=True)
class Signing:
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    kid: str = field(default_factory=lambda: secrets.token_hex(8))

    def sign(self, claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
        return jwt.encode(dict(claims), self.key, algorithm="RS256", headers={"kid": self.kid, "typ": typ})

    def public(self) -> dict[str, Any]:
        return {
            **jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True),
            "kid": self.kid,
            "use": "sig",
            "alg": "RS256",
        }


class Provider:
    """The state of the provider: codes, tokens, open sessions. Safe to call from several threads."""

    def __init__(self, base: str, client: Client, people: Callable[[], list[Professional]] = professionals) -> None:
        self.base = base.rstrip("/")
        self.client = client
        self.people = people
        self.signing = Signing()
        self.faults: set[str] = set()
        self._lock = threading.Lock()
        self._codes: dict[str, Grant] = {}
        self._tokens: dict[str, Grant] = {}
        self._sessions: dict[str, Grant] = {}

    @property
    def issuer(self) -> str:
        return self.base + PREFIX

    def register(self, encryption: Encryption | None) -> None:
        """The client changes the part of its registration that is about encryption."""
        self.client = replace(self.client, encryption=encryption)

    # -- published documents

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/certs",
            "end_session_endpoint": f"{self.issuer}/logout",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "userinfo_signing_alg_values_supported": ["RS256"],
            **{
                f"{what}_encryption_{part}_values_supported": values
                for what in ("id_token", "userinfo")
                for part, values in (("alg", ["RSA-OAEP-256", "RSA-OAEP"]), ("enc", ["A128CBC-HS256", "A256GCM"]))
            },
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "scope_all"],
            "acr_values_supported": [ACR],
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "authorization_response_iss_parameter_supported": True,
        }

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.signing.public()]}

    # -- authorization

    def checked_request(self, query: Mapping[str, str]) -> None:
        """The authorization request, or a refusal shown here: an unknown place is never redirected to."""
        if query.get("client_id") != self.client.client_id:
            raise Refused("unauthorized_client", "Ce service n'est pas connu du bac à sable.")
        if not self.client.accepts(query.get("redirect_uri", "")):
            raise Refused("invalid_request", "L'adresse de retour n'est pas celle du service.")
        if query.get("response_type") != "code":
            raise Refused("unsupported_response_type")
        scopes = query.get("scope", "").split()
        if "openid" not in scopes or "scope_all" not in scopes:
            raise Refused("invalid_scope", "Il faut les portées openid et scope_all.")
        if query.get("acr_values") != ACR:
            raise Refused("invalid_request", f"Il faut acr_values={ACR}.")
        if len(query.get("nonce", "")) < 32:
            raise Refused("invalid_request", "Il faut un nonce d'au moins 32 octets.")
        if not query.get("state"):
            raise Refused("invalid_request", "Il faut un state.")
        if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:
            raise Refused("invalid_request", "Il faut PKCE (S256).")

    def authorize(self, query: Mapping[str, str], idnat: str) -> str:
        """The professional signed in: the address to go back to, with a code good for one use."""
        self.checked_request(query)
        person = self.person(idnat)
        code = secrets.token_urlsafe(24)
        grant = Grant(
            person=person,
            client_id=query["client_id"],
            redirect_uri=query["redirect_uri"],
            nonce=query["nonce"],
            challenge=query["code_challenge"],
            sid=secrets.token_hex(16),
            expires_at=time.monotonic() + CODE_SECONDS,
        )
        with self._lock:
            self._codes[code] = grant
        return self._back(query, code=code)

    def deny(self, query: Mapping[str, str]) -> str:
        self.checked_request(query)
        return self._back(query, error="access_denied")

    def _back(self, query: Mapping[str, str], **answer: str) -> str:
        joint = "&" if "?" in query["redirect_uri"] else "?"
        return (
            query["redirect_uri"] + joint + urlencode({**answer, "state": query.get("state", ""), "iss": self.issuer})
        )

    def person(self, idnat: str) -> Professional:
        found = next((one for one in self.people() if one.idnat == idnat), None)
        if found is None:
            raise Refused("access_denied", "Ce professionnel n'existe pas dans le bac à sable.")
        return found

    # -- tokens

    def exchange(self, form: Mapping[str, str], authorization: str) -> dict[str, Any]:
        if "token_down" in self.faults:
            raise Refused("temporarily_unavailable", status=503)
        client_id, secret = _client_credentials(form, authorization)
        if client_id != self.client.client_id or not hmac.compare_digest(secret, self.client.secret):
            raise Refused("invalid_client", status=401)
        if form.get("grant_type") != "authorization_code":
            raise Refused("unsupported_grant_type")
        with self._lock:
            grant = self._codes.pop(form.get("code", ""), None)
        if grant is None or grant.expires_at < time.monotonic():
            raise Refused("invalid_grant", "Ce code a déjà servi, ou n'existe pas.")
        if grant.redirect_uri != form.get("redirect_uri"):
            raise Refused("invalid_grant", "redirect_uri")
        if not hmac.compare_digest(s256(form.get("code_verifier", "")), grant.challenge):
            raise Refused("invalid_grant", "PKCE")
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens[token] = grant
            self._sessions[grant.sid] = grant
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": "openid scope_all",
            "id_token": self._sealed(self.id_token(grant)),
        }

    def id_token(self, grant: Grant) -> str:
        faults = self.faults
        if "new_key" in faults:
            self.signing = Signing()
        now = int(time.time()) + (45 if "skew" in faults else 3600 if "future" in faults else 0)
        claims: dict[str, Any] = {
            "iss": "https://ailleurs.invalid" if "issuer" in faults else self.issuer,
            "sub": subject_of(grant.person),
            "aud": "un-autre-service" if "audience" in faults else grant.client_id,
            "azp": "un-autre-service" if "azp" in faults else grant.client_id,
            "exp": now - 3600 if "expired" in faults else now + TOKEN_SECONDS,
            "iat": now - 7200 if "expired" in faults else now,
            "auth_time": now,
            "nonce": "un-autre-nonce" if "nonce" in faults else grant.nonce,
            "sid": grant.sid,
            "typ": "ID",
        }
        if "acr_missing" not in faults:
            claims["acr"] = "eidas0" if "acr_low" in faults else ACR
        if "alg_none" in faults:
            return jwt.encode(claims, "", algorithm="none")
        if "hs256" in faults:
            return jwt.encode(claims, self.client.secret, algorithm="HS256", headers={"kid": self.signing.kid})
        if "signature" in faults:
            return Signing(kid=self.signing.kid).sign(claims)
        return self.signing.sign(claims)

    def userinfo(self, authorization: str) -> tuple[str, bytes]:
        """Content type and body: JSON, or a JWT when that fault is on or when the client asked for encryption."""
        if "userinfo_down" in self.faults:
            raise Refused("temporarily_unavailable", status=503)
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            grant = self._tokens.get(token) if scheme.lower() == "bearer" else None
        if grant is None:
            raise Refused("invalid_token", status=401)
        claims = claims_of(grant.person)
        if "no_activity" in self.faults:
            claims["SubjectRefPro"] = {"exercices": []}
            claims["SubjectOrganizationID"] = claims["SubjectOrganization"] = ""
        if "subject" in self.faults:
            claims["sub"] = "f:00000000-0000-0000-0000-000000000001:899700999999"
        sealed = self.client.encryption is not None and "userinfo_in_clear" not in self.faults
        if sealed or self.faults & {"userinfo_jwt", "userinfo_forged"}:
            signing = Signing(kid=self.signing.kid) if "userinfo_forged" in self.faults else self.signing
            signed = signing.sign({**claims, "iss": self.issuer, "aud": grant.client_id})
            return "application/jwt", (self._sealed(signed) if sealed else signed).encode()
        return "application/json", json.dumps(claims, ensure_ascii=False).encode()

    def _sealed(self, token: str) -> str:
        encryption = self.client.encryption
        if encryption is None or "jwe_absent" in self.faults:
            return token
        try:
            return encryption.seal(token, faults=self.faults)
        except NoKey as error:
            raise Refused("server_error", "La maison ne publie pas de clé de chiffrement.", status=500) from error

    # -- the end of sessions

    def end_session(self, query: Mapping[str, str]) -> str:
        """Where to send the browser after a sign-out; empty when no place was asked for."""
        hint = query.get("id_token_hint", "")
        try:
            claims = jwt.decode(
                hint,
                self.signing.key.public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as error:
            raise Refused("invalid_request", "id_token_hint") from error
        with self._lock:
            self._sessions.pop(claims.get("sid", ""), None)
        back = query.get("post_logout_redirect_uri", "")
        if not back:
            return ""
        if not self.client.accepts(back):
            raise Refused("invalid_request", "post_logout_redirect_uri")
        return f"{back}?{urlencode({'state': query['state']})}" if query.get("state") else back

    def logout_tokens(self, idnat: str) -> list[str]:
        """The person's card was withdrawn: one logout token for each open session, which ends here."""
        with self._lock:
            ended = [grant for grant in self._sessions.values() if grant.person.idnat == idnat]
            for grant in ended:
                del self._sessions[grant.sid]
        return [self.logout_token(grant) for grant in ended]

    def logout_token(self, grant: Grant, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": subject_of(grant.person),
            "aud": grant.client_id,
            "iat": now,
            "exp": now + 120,
            "jti": secrets.token_hex(8),
            "sid": grant.sid,
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }
        return self._sealed(self.signing.sign(claims | changes, typ="logout+jwt"))


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _client_credentials(form: Mapping[str, str], authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote(name), unquote(password)


def subject_of(person: Professional) -> str:
    """The `sub` claim: a storage id of the provider, then the national identifier."""
    return f"f:00000000-0000-0000-0000-000000000001:{person.idnat}"


def technical_id(activity: Activity) -> str:
    """identifiantTechniqueDeLaStructure: « R » and digits, one for each declared structure."""
    return f"R{int(hashlib.sha256(activity.name.encode()).hexdigest()[:8], 16) % 10**8:08d}"


def claims_of(person: Professional) -> dict[str, Any]:
    """Userinfo as Pro Santé Connect answers it, empty strings included."""
    activities = person.open_activities
    first = activities[0] if activities else None
    organisation_id = ""
    if first is not None:
        finess = first.finess_eg or first.finess_ej
        organisation_id = f"1{finess}" if finess else technical_id(first)
    return {
        "sub": subject_of(person),
        "preferred_username": person.idnat,
        "SubjectNameID": person.idnat,
        "given_name": person.given_name,
        "family_name": person.family_name.upper(),
        "codeCivilite": person.civility,
        "UITVersion": "1.0",
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
        "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "Secteur_Activite": f"{first.sector}^1.2.250.1.71.4.2.4" if first else "",
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "VRAI" if person.regulates else "FAUX",
        "SubjectRole": [f"{person.profession}^1.2.250.1.213.1.1.5.5"],
        "SubjectOrganization": first.name if first else "",
        "SubjectOrganizationID": organisation_id,
        "otherIds": [{"identifiant": person.idnat, "origine": "RPPS", "qualite": 1}],
        "SubjectRefPro": {
            "codeCivilite": person.civility,
            "exercices": [
                {
                    "codeProfession": person.profession,
                    "codeCategorieProfessionnelle": "C",
                    "codeCiviliteDexercice": person.professional_civility,
                    "nomDexercice": person.family_name.upper(),
                    "prenomDexercice": person.given_name,
                    "codeTypeSavoirFaire": person.skill_type,
                    "codeSavoirFaire": person.skill,
                    "activities": [_activity_claims(activity) for activity in activities],
                }
            ],
        },
    }


def _activity_claims(activity: Activity) -> dict[str, Any]:
    return {
        "codeModeExercice": activity.mode,
        "codeSecteurDactivite": activity.sector,
        "codeSectionPharmacien": "",
        "codeRole": activity.role,
        "codeGenreActivite": activity.kind,
        "numeroSiretSite": "",
        "numeroSirenSite": "",
        "numeroFinessSite": activity.finess_eg,
        "numeroFinessetablissementJuridique": activity.finess_ej,
        "identifiantTechniqueDeLaStructure": technical_id(activity),
        "raisonSocialeSite": activity.name,
        "enseigneCommercialeSite": "",
        "complementDestinataire": "",
        "complementPointGeographique": "",
        "numeroVoie": "",
        "indiceRepetitionVoie": "",
        "codeTypeDeVoie": "",
        "libelleVoie": "",
        "mentionDistribution": "",
        "bureauCedex": "",
        "codePostal": "",
        "codeCommune": "",
        "codePays": "99000",
        "telephone": "",
        "telephone2": "",
        "telecopie": "",
        "adresseEMail": "",
        "codeDepartement": "",
        "ancienIdentifiantDeLaStructure": f"1{activity.finess_eg}" if activity.finess_eg else "",
        "autoriteDenregistrement": "FINESS" if activity.finess_eg or activity.finess_ej else "CNOM/CNOM",
    }


def flat(query: str) -> dict[str, str]:
    """A query string or form with one value for each name; the last wins."""
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
