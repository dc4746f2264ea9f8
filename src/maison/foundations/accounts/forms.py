"""What the door asks for."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MfaReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache

from maison.foundations.structures.models import Situation, Structure

from .actions import end_sessions_of
from .models import User


class TermsForm(forms.Form):
    accepted = forms.BooleanField(
        label="J'ai lu les conditions d'utilisation et je les accepte",
        error_messages={"required": "Cochez la case pour accepter les conditions, ou déconnectez-vous."},
    )


class SituationForm(forms.Form):
    situation = forms.TypedChoiceField(
        coerce=UUID,
        error_messages={
            "required": "Choisissez la situation dans laquelle vous agissez maintenant.",
            "invalid_choice": "Cette situation n'est plus ouverte. Choisissez-en une autre.",
        },
    )

    def __init__(self, *args: Any, situations: list[Situation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["situation"]
        field.choices = [(str(it.id), str(it)) for it in situations]  # type: ignore[attr-defined]


class LocalSignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "login", "Adresse électronique")
        _say(self, "password", "Mot de passe")


class PasswordAgainForm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "password", "Mot de passe")


class NewPasswordForm(ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "oldpassword", "Mot de passe actuel")
        _say(self, "password1", "Nouveau mot de passe", PASSWORD_HELP)
        _say(self, "password2", "Nouveau mot de passe, une seconde fois")

    def save(self) -> None:
        """The other sessions of the person end: someone else may have opened them."""
        super().save()
        end_sessions_of(self.user.id, but=context.request.session.session_key or "")


class OneUse:
    """A code of the application serves once, at activation and at sign-in alike.

    django-allauth forgets a used code after one period (30 s), and does not remember the one of the activation; with
    a tolerance of one period on each side a code is good for 90 s. RFC 6238 §5.2 asks that it never serve twice.
    """

    user: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "code", CODE_LABEL)
        self.fields["code"].widget.attrs.update({"inputmode": "numeric", "autocomplete": "one-time-code"})  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        period = mfa_settings.TOTP_PERIOD * (2 * mfa_settings.TOTP_TOLERANCE + 2)
        digest = hashlib.sha256(f"{self.user.pk}:{''.join(code.split())}".encode()).hexdigest()
        if not cache.add(f"accounts.used_code:{digest}", "1", timeout=period):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SecondFactorForm(OneUse, AuthenticateForm):
    pass


class SecondFactorAgainForm(OneUse, MfaReauthenticateForm):
    pass


class ActivateTotpForm(OneUse, ActivateTOTPForm):
    pass


class AddPasskeyForm(AddWebAuthnForm):
    name = forms.CharField(
        label="Nom de la clé",
        required=False,
        max_length=60,
        help_text="Pour la reconnaître : « Téléphone », « Clé bleue ».",
    )


PASSWORD_HELP = "Douze caractères au moins. Une phrase que vous retenez vaut mieux qu'un mot compliqué."  # noqa: S105
CODE_LABEL = "Code à 6 chiffres de votre application, ou code de secours"


def _say(form: Any, name: str, label: str, help_text: str = "") -> None:
    """Our words above the field, no placeholder inside."""
    field = form.fields[name]
    field.label, field.help_text = label, help_text
    field.widget.attrs.pop("placeholder", None)


class InvitationForm(forms.Form):
    structure = forms.TypedChoiceField(label="Structure", coerce=UUID)
    given_name = forms.CharField(label="Prénom", max_length=100)
    family_name = forms.CharField(label="Nom", max_length=100)
    email = forms.EmailField(label="Adresse électronique professionnelle", max_length=254)

    def __init__(self, *args: Any, structures: list[Structure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["structure"].choices = [(str(it.id), it.name) for it in structures]  # type: ignore[attr-defined]


class ChoosePasswordForm(forms.Form):
    """Of an invitation: the person is not there yet, only what was said of them."""

    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Mot de passe, une seconde fois",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", "Les deux mots de passe sont différents.")
        return cleaned
