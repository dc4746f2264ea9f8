"""The steps from the door to the house, and what the session holds of them.

Until every step is done the session lacks `entered`, and the person is nobody for the rest of the house
(`access.actor.actor_of`): no view, stream or action has to know of the steps.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth import login as django_login
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from maison.foundations import audit
from maison.foundations.structures.models import Situation

from .actions import actor_for
from .errors import SituationNotYours
from .models import User
from .selectors import open_situations

DOORS = [
    "accounts:sign_in", "accounts:psc_start", "accounts:psc_return", "accounts:enter", "accounts:sign_out",
    "accounts:signed_out", "account_login",
]  # fmt: skip
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ENTERED, SITUATION, AUTH, NEXT, PROVIDER_SESSION = "entered", "situation_id", "auth", "next", "provider_session"
SECOND_FACTOR_STEP, TERMS_STEP, SITUATION_STEP = "mfa_index", "accounts:terms", "accounts:situation"


def safe_next(request: HttpRequest, url: str | None) -> str:
    """An address of this house and none else; the home page otherwise. Signing in again is no destination."""
    if not url or not url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return "/"
    doors = {reverse(name) for name in DOORS}
    return "/" if urlsplit(url).path in doors else url


def open_session(request: Any, user: User, *, auth: str, next_url: str, provider_session: UUID | None = None) -> None:
    """Someone proved who they are: a new session key, no step done yet, nothing left of whoever was there before."""
    kept = {name: request.session[name] for name in _KEPT if name in request.session}
    request.session.flush()
    django_login(request, user, backend=BACKEND)
    request.session.update(kept)
    request.session[AUTH], request.session[NEXT] = auth, next_url
    if provider_session is not None:
        request.session[PROVIDER_SESSION] = str(provider_session)
    audit.record(actor_for(user, session_key=request.session.session_key or ""), "accounts.signed_in", target=user)


_KEPT = ("account_authentication_methods", "account_authentication_methods_user")
"""How a local person proved who they are: allauth asks again after a while before the second factor changes."""


def pending_user(request: Any) -> User | None:
    """Who is signed in, all steps done or not."""
    user_id = request.session.get(SESSION_KEY)
    return User.objects.filter(id=user_id, is_active=True).first() if user_id else None


def next_step(request: Any, user: User) -> str:
    """The URL name of the first step not done; empty when the house may open."""
    if request.session.get(AUTH) == User.Kind.LOCAL and not has_second_factor(user):
        return SECOND_FACTOR_STEP
    if user.terms_version != settings.TERMS_VERSION:
        return TERMS_STEP
    if SITUATION not in request.session and len(open_situations(user.id)) > 1:
        return SITUATION_STEP
    return ""


def has_second_factor(user: User) -> bool:
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user=user, type__in=kinds).exists()


@transaction.atomic
def enter(request: Any, user: User, situation_id: UUID | None = None) -> str:
    """The last step: act in a situation. Changes the session key, since the rights change. Returns where to go."""
    session = request.session
    situations = {it.id: it for it in open_situations(user.id)}
    situation: Situation | None
    if situation_id is None:
        kept = session.get(SITUATION)
        situation = situations.get(UUID(kept)) if kept else None
        if situation is None and len(situations) == 1:
            situation = next(iter(situations.values()))
    elif (situation := situations.get(situation_id)) is None:
        raise SituationNotYours
    changed = str(situation.id) if situation else None
    session[SITUATION] = changed
    session[ENTERED] = settings.TERMS_VERSION
    session.cycle_key()
    audit.record(
        actor_for(user, situation=situation, session_key=session.session_key or ""),
        "accounts.situation_chosen",
        target=("structures.situation", changed or ""),
    )
    return session.pop(NEXT, None) or "/"
