"""What the door asks for."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as MfaReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms

from maison.formats.professions import profession_label
from maison.foundations.structures.models import Situation


class TermsForm(forms.Form):
    accepted = forms.BooleanField(
        label="J'ai lu les conditions d'utilisation et je les accepte",
        error_messages={"required": "Cochez la case pour accepter les conditions, ou déconnectez-vous."},
    )


class SituationForm(forms.Form):
    situation = forms.TypedChoiceField(
        label="Dans quelle situation d'exercice agissez-vous ?",
        coerce=UUID,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez la situation dans laquelle vous agissez maintenant.",
            "invalid_choice": "Cette situation n'est plus ouverte. Choisissez-en une autre.",
        },
    )

    def __init__(self, *args: Any, situations: list[Situation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["situation"]
        field.choices = [(str(it.id), situation_label(it)) for it in situations]  # type: ignore[attr-defined]


MODES = {"L": "libéral", "S": "salarié", "B": "bénévole"}
"""TRE_R23 ModeExercice, as one says it."""


def situation_label(situation: Situation) -> str:
    """« CHU de Toulouse – Rangueil, médecin, salarié »."""
    place = situation.structure.name if situation.structure else situation.organisation_name
    parts = [
        place or "Sans structure déclarée",
        profession_label(situation.profession),
        MODES.get(situation.mode, ""),
    ]
    label = ", ".join(part for part in parts if part)
    return label if situation.structure else f"{label} (structure inconnue de la maison : droits réduits)"


class LocalSignInForm(LoginForm):
    pass


class PasswordAgainForm(ReauthenticateForm):
    pass


class NewPasswordForm(ChangePasswordForm):
    pass


class SecondFactorForm(AuthenticateForm):
    pass


class SecondFactorAgainForm(MfaReauthenticateForm):
    pass


class ActivateTotpForm(ActivateTOTPForm):
    pass


class AddPasskeyForm(AddWebAuthnForm):
    pass
