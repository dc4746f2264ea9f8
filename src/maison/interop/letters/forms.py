from __future__ import annotations

from typing import Any

from django import forms

STATES = [("", "Tous"), ("a-reparer", "À réparer"), ("en-route", "En route")]


class LetterFilter(forms.Form):
    """All optional: what is meaningless filters nothing."""

    etat = forms.ChoiceField(label="État", required=False, choices=STATES)
    etablissement = forms.ChoiceField(label="Établissement", required=False)

    def __init__(self, *args: Any, structures: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etablissement"].choices = [("", "Tous"), *structures]  # type: ignore[attr-defined]

    def criteria(self) -> dict[str, str]:
        self.is_valid()
        return {"state": self.cleaned_data.get("etat", ""), "structure": self.cleaned_data.get("etablissement", "")}


class AddressForm(forms.Form):
    adresse = forms.EmailField(
        label="Adresse MSSanté du destinataire", max_length=254,
        help_text="Telle que la donne l'annuaire santé. Une adresse ordinaire est refusée.",
    )  # fmt: skip
