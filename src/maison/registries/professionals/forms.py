from __future__ import annotations

from django import forms

from maison.registries.facilities.forms import DEPARTMENTS


class SearchForm(forms.Form):
    q = forms.CharField(
        label="Nom, profession, commune ou numéro RPPS", required=False, max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip
    departement = forms.ChoiceField(label="Département", required=False, choices=DEPARTMENTS)
    sans_activite = forms.BooleanField(label="Montrer aussi les professionnels sans activité", required=False)
