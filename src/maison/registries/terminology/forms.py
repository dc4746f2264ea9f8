from __future__ import annotations

from django import forms


class SearchForm(forms.Form):
    q = forms.CharField(
        label="Code ou mots du libellé",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
