from __future__ import annotations

from django import forms

DEPARTMENTS = (
    ("", "Toute la région"), ("09", "Ariège"), ("11", "Aude"), ("12", "Aveyron"), ("30", "Gard"), ("31", "Haute-Garonne"),
    ("32", "Gers"), ("34", "Hérault"), ("46", "Lot"), ("48", "Lozère"), ("65", "Hautes-Pyrénées"),
    ("66", "Pyrénées-Orientales"), ("81", "Tarn"), ("82", "Tarn-et-Garonne"),
)  # fmt: skip


class SearchForm(forms.Form):
    q = forms.CharField(
        label="Nom, commune, catégorie ou numéro FINESS", required=False, max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip
    departement = forms.ChoiceField(label="Département", required=False, choices=DEPARTMENTS)
    fermees = forms.BooleanField(label="Montrer aussi les structures fermées", required=False)
