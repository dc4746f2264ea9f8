from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from maison.formats.hub_sante.codes import table
from maison.foundations.structures.models import Structure

from .models import Case
from .selectors import service_name


class CaseFilter(forms.Form):
    q = forms.CharField(label="Rechercher", required=False, max_length=60, help_text="Numéro, commune ou motif")
    etat = forms.ChoiceField(label="État", required=False, choices=[("", "Ouverts"), *Case.Status.choices])
    priorite = forms.ChoiceField(
        label="Priorité",
        required=False,
        choices=[("", "Toutes"), *((code, f"{code} – {words}") for code, words in Case.Priority.choices)],
    )
    a_confirmer = forms.BooleanField(label="Arrivées non confirmées", required=False)


class NoteForm(forms.Form):
    text = forms.CharField(label="Observation", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
                           error_messages={"required": "Écrivez l'observation à ajouter."})  # fmt: skip


class OrientForm(forms.Form):
    """Where the patient goes; services are grouped by site, in the order given."""

    service = forms.ChoiceField(
        label="Service receveur", error_messages={"required": "Choisissez le service receveur."}
    )
    reason = forms.CharField(label="Précision pour le service", required=False, max_length=300)

    def __init__(self, *args: Any, services: list[Structure], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {}
        for service in services:
            site = service.parent.name if service.parent else "Autres"
            groups.setdefault(site, []).append((str(service.id), service_name(service)))
        self.fields["service"].choices = [("", "Choisir…"), *groups.items()]  # type: ignore[attr-defined]

    def clean_service(self) -> UUID:
        return UUID(self.cleaned_data["service"])


class NewCaseForm(forms.Form):
    """What a regulator needs to open a case here, when the house itself originates it (mutual help, software down)."""

    priority = forms.ChoiceField(
        label="Priorité", choices=[(code, f"{code} – {words}") for code, words in Case.Priority.choices], initial="P1"
    )
    motive = forms.ChoiceField(label="Motif de recours", choices=[])
    place_kind = forms.ChoiceField(label="Type de lieu", choices=[], required=False)
    address = forms.CharField(label="Adresse", max_length=250, required=False, help_text="Numéro et voie, ou lieu-dit")
    city_name = forms.CharField(
        label="Commune", max_length=80, error_messages={"required": "Indiquez la commune de l'intervention."}
    )
    city_code = forms.RegexField(
        label="Code INSEE de la commune", regex=r"^[0-9][0-9AB][0-9]{3}$", required=False, help_text="Comme 31451 pour Revel",
        error_messages={"invalid": "Un code INSEE compte cinq caractères, comme 31451 ou 2A004."},
    )  # fmt: skip
    access_note = forms.CharField(label="Accès et précisions sur le lieu", max_length=300, required=False)
    caller_name = forms.CharField(label="Nom de l'appelant", max_length=80, required=False)
    caller_phone = forms.RegexField(
        label="Téléphone de l'appelant", regex=r"^\+?[0-9 .]{6,20}$", required=False,
        error_messages={"invalid": "Écrivez le numéro avec des chiffres seulement, comme 05 36 49 12 34."},
    )  # fmt: skip
    patient_name = forms.CharField(label="Nom et prénom du patient", max_length=80, required=False)
    sex = forms.ChoiceField(
        label="Sexe", choices=[("UN", "Inconnu"), ("F", "Féminin"), ("M", "Masculin")], initial="UN"
    )
    age_years = forms.IntegerField(label="Âge en années", min_value=0, max_value=130, required=False)
    observation = forms.CharField(
        label="Observation du régulateur", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["motive"].choices = [("", "Choisir…"), *table("motif").items()]  # type: ignore[attr-defined]
        # The families of places are enough when typing in a hurry, and keep the page light.
        families = [(code, words) for code, words in table("lieu").items() if code.endswith(".00")]
        self.fields["place_kind"].choices = [("", "Non précisé"), *families]  # type: ignore[attr-defined]
