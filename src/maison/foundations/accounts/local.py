"""Local accounts, for people without RPPS: what django-allauth is told about them.

It brings the password page, the second factors and the limits on attempts; the house decides who has an account, what
a session is, and keeps secrets sealed.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from maison.foundations import audit
from maison.foundations.access.actor import Actor

from . import signing_in
from .models import User

SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: a structure invites (`actions.invite`)."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "L'adresse ou le mot de passe ne correspondent pas à un compte local.",
        "too_many_login_attempts": "Trop d'essais. Attendez cinq minutes avant de recommencer.",
        "incorrect_password": "Ce mot de passe n'est pas le bon.",
        "enter_current_password": "Ce mot de passe n'est pas votre mot de passe actuel.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Only local accounts have a password; a closed one is answered like an unknown one."""
        if user.kind != User.Kind.LOCAL or not user.is_active:
            return HttpResponseRedirect(reverse("account_login"))
        return None

    def login(self, request: HttpRequest, user: Any) -> None:
        """Called when the second factor is proved too, or when there is none yet: the steps then ask for one."""
        next_url = signing_in.safe_next(request, request.session.pop(signing_in.NEXT, None))
        signing_in.open_session(request, user, auth=User.Kind.LOCAL, next_url=next_url)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("accounts:enter"))

    def reauthenticate(self, user: Any, password: str) -> bool:
        found = self.authenticate(self.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Traced on the account that was tried, when there is one."""
        email = credentials.get("email", "")
        known = User.objects.filter(email__iexact=email, kind=User.Kind.LOCAL).values_list("id", flat=True).first()
        target = ("accounts.user", known) if known else None
        audit.record(
            Actor(), "accounts.sign_in_refused", target=target, outcome="refused", details={"reason": "password"}
        )

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("mfa_index")

    def add_message(self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any,
                    **kwargs: Any) -> None:  # fmt: skip
        """Our pages say it, in our words; only what a form could not say itself is kept."""
        if kwargs.get("message"):
            super().add_message(request, level, None, *args, **kwargs)


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Ce code n'est pas le bon, ou a déjà servi. Attendez le suivant.",
    }

    def get_totp_issuer(self) -> str:
        return str(settings.OPERATOR_NAME)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": str(settings.OPERATOR_NAME)}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "Ma clé d'accès" if count == 0 else f"Clé d'accès n° {count + 1}"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """X-01: never the last one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=SECOND_FACTORS)
        return others.exclude(pk=authenticator.pk).exists()

    def encrypt(self, text: str) -> str:
        return _seal(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(encrypted_text.encode()).decode()


@lru_cache(maxsize=4)
def _seal(*keys: str) -> MultiFernet:
    """Secrets of second factors are sealed at rest; a retired secret key still opens what it sealed."""
    derived = [
        HKDF(algorithm=SHA256(), length=32, salt=None, info=b"maison.accounts.second_factor").derive(key.encode())
        for key in keys
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
