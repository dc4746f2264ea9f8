from __future__ import annotations

from typing import Any

from django import forms

from .models import Client, Door, Exchange

PERIODS = [("24", "24 heures"), ("168", "7 jours"), ("744", "31 jours"), ("0", "Depuis toujours")]
DEFAULT_PERIOD = "24"


class JournalFilter(forms.Form):
    """All optional: what is absent or meaningless filters nothing."""

    etat = forms.ChoiceField(label="État", required=False)
    sens = forms.ChoiceField(
        label="Sens", required=False, choices=[("", "Reçus et émis"), ("in", "Reçus"), ("out", "Émis")]
    )
    porte = forms.ChoiceField(label="Porte", required=False, choices=[("", "Toutes"), *Door.choices])
    logiciel = forms.ChoiceField(label="Logiciel", required=False)
    type = forms.CharField(
        label="Type", required=False, max_length=40, widget=forms.TextInput(attrs={"placeholder": "RS-EDA"})
    )
    periode = forms.ChoiceField(label="Période", required=False, choices=PERIODS, initial=DEFAULT_PERIOD)
    texte = forms.CharField(label="Identifiant", required=False, max_length=300)

    def __init__(self, *args: Any, clients: list[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etat"].choices = [("", "Tous"), ("a-reparer", "À réparer"), *Exchange.State.choices]  # type: ignore[attr-defined]
        self.fields["logiciel"].choices = [("", "Tous"), *((str(client.id), client.name) for client in clients)]  # type: ignore[attr-defined]

    def criteria(self) -> dict[str, Any]:
        """For `selectors.search`. A value that is not a choice filters nothing."""
        self.is_valid()
        found = self.cleaned_data
        state = found.get("etat", "")
        hours = int(found.get("periode") or DEFAULT_PERIOD)
        return {
            "state": "" if state == "a-reparer" else state,
            "to_mend": state == "a-reparer",
            "direction": found.get("sens", ""),
            "door": found.get("porte", ""),
            "client": found.get("logiciel", ""),
            "message_type": found.get("type", "").strip().upper(),
            "since_hours": None if state == "a-reparer" or found.get("texte") else hours or None,
            "text": found.get("texte", "").strip(),
        }


class SetAsideForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi ce message est-il classé sans suite ?", max_length=250,
        error_messages={"required": "Indiquez pourquoi ce message est classé sans suite."},
    )  # fmt: skip
