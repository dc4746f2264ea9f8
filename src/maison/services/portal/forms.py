from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from .models import Service

REASON = 300


class KioskFilter(forms.Form):
    """Filters of the kiosk: in the address, all optional; an unknown value is left out rather than refused."""

    etage = forms.ChoiceField(label="Étage", required=False, choices=[("", "Toute la maison"), *Service.Storey.choices])
    public = forms.ChoiceField(
        label="Pour qui", required=False, choices=[("", "Tous les publics"), *Service.Public.choices]
    )
    portee = forms.ChoiceField(label="Portée", required=False, choices=[("", "Toutes"), *Service.Scope.choices])
    ouverts = forms.BooleanField(label="Ouverts pour moi", required=False)

    def asked(self) -> dict[str, Any]:
        self.is_valid()
        read = self.cleaned_data
        return {
            "storey": read.get("etage", ""),
            "public": read.get("public", ""),
            "scope": read.get("portee", ""),
            "only_open": read.get("ouverts", False),
        }


class AccessRequestForm(forms.Form):
    role = forms.ChoiceField(label="À quel titre")
    justification = forms.CharField(
        label="Pourquoi en avez-vous besoin",
        help_text="Votre rôle dans l'équipe, ce que vous ferez dans ce service. Aucun nom de patient.",
        widget=forms.Textarea(attrs={"rows": 3}),
        min_length=10,
        max_length=500,
    )

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        if isinstance(field, forms.ChoiceField):
            field.choices = roles if len(roles) == 1 else [("", "Choisir"), *roles]


class ApproveForm(forms.Form):
    ends_on = forms.DateField(
        label="Jusqu'au",
        required=False,
        help_text="Sans date, l'accès dure jusqu'à la prochaine revue des habilitations.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_ends_on(self) -> Any:
        day = self.cleaned_data["ends_on"]
        if day and day < timezone.localdate():
            raise forms.ValidationError("Cette date est passée. Choisissez aujourd'hui ou un jour à venir.")
        return day


class ReasonForm(forms.Form):
    """The words the other person will read."""

    reason = forms.CharField(label="Motif", widget=forms.Textarea(attrs={"rows": 3}), min_length=3, max_length=REASON)

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label or "Motif"


class CompleteForm(forms.Form):
    justification = forms.CharField(
        label="Votre réponse",
        help_text="Elle remplace la justification de la demande. Aucun nom de patient.",
        widget=forms.Textarea(attrs={"rows": 4}),
        min_length=10,
        max_length=500,
    )
