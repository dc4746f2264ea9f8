from __future__ import annotations

from typing import Any

from django import forms

from .models import Level


class LevelForm(forms.Form):
    territory = forms.ChoiceField(label="Territoire")
    level = forms.TypedChoiceField(label="Niveau", coerce=lambda value: Level(int(value)), choices=Level.choices)
    reason = forms.CharField(
        label="Motif de la décision",
        max_length=300,
        help_text="Il est visible de tous les professionnels : aucune donnée de santé ni identité.",
    )

    def __init__(self, *args: Any, territories: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["territory"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(territories.items())
