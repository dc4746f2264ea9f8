from __future__ import annotations

from typing import Any

from django import forms

from .blind_index import DIGITS
from .models import Client, Door, Exchange
from .words import channels

PERIODS = [("24", "24 heures"), ("168", "7 jours"), ("744", "31 jours"), ("0", "Depuis toujours")]
DEFAULT_PERIOD = "24"
MOMENT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class JournalFilter(forms.Form):
    """All optional: what is absent or meaningless filters nothing."""

    rarely = ("canal", "porte", "type", "du", "au", "texte")

    etat = forms.ChoiceField(label="État", required=False)
    sens = forms.ChoiceField(
        label="Sens", required=False, choices=[("", "Reçus et émis"), ("in", "Reçus"), ("out", "Émis")]
    )
    canal = forms.ChoiceField(label="Canal", required=False)
    porte = forms.ChoiceField(label="Porte", required=False, choices=[("", "Toutes"), *Door.choices])
    logiciel = forms.ChoiceField(label="Logiciel", required=False)
    type = forms.CharField(
        label="Type", required=False, max_length=40, widget=forms.TextInput(attrs={"placeholder": "RS-EDA"})
    )
    periode = forms.ChoiceField(label="Période", required=False, choices=PERIODS, initial=DEFAULT_PERIOD)
    du = forms.DateTimeField(label="Du", required=False, widget=MOMENT)
    au = forms.DateTimeField(label="Au", required=False, widget=MOMENT)
    texte = forms.CharField(label="Texte de l'en-tête", required=False, max_length=300)
    patient = forms.CharField(required=False, max_length=DIGITS, widget=forms.HiddenInput)
    venue = forms.CharField(required=False, max_length=DIGITS, widget=forms.HiddenInput)

    def __init__(self, *args: Any, clients: list[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["etat"].choices = [("", "Tous"), ("a-reparer", "À réparer"), *Exchange.State.choices]  # type: ignore[attr-defined]
        self.fields["canal"].choices = [("", "Tous"), *channels()]  # type: ignore[attr-defined]
        self.fields["logiciel"].choices = [("", "Tous"), *((str(client.id), client.name) for client in clients)]  # type: ignore[attr-defined]

    def criteria(self) -> dict[str, Any]:
        """For `selectors.search`. A value that is not a choice filters nothing."""
        self.is_valid()
        found = self.cleaned_data
        state = found.get("etat", "")
        hours = int(found.get("periode") or DEFAULT_PERIOD)
        dated = bool(found.get("du") or found.get("au"))
        anywhen = state == "a-reparer" or dated or found.get("patient") or found.get("venue")
        return {
            "state": "" if state == "a-reparer" else state,
            "to_mend": state == "a-reparer",
            "direction": found.get("sens", ""),
            "channel": found.get("canal", ""),
            "door": found.get("porte", ""),
            "client": found.get("logiciel", ""),
            "message_type": found.get("type", "").strip().upper(),
            "since_hours": None if anywhen else hours or None,
            "after": found.get("du"),
            "before": found.get("au"),
            "patient": found.get("patient", ""),
            "visit": found.get("venue", ""),
            "text": found.get("texte", "").strip(),
        }


class PatientSearchForm(forms.Form):
    """What a person types to find the messages of a patient or of a visit: sent by POST, never in an address."""

    domaine = forms.CharField(
        label="Domaine d'identification (OID ou nom)", max_length=200,
        help_text="Celui qui a donné l'IPP ou le numéro de venue, par exemple 1.2.250.1.213.1.4.99.",
    )  # fmt: skip
    ipp = forms.CharField(label="IPP", required=False, max_length=80)
    venue = forms.CharField(label="Numéro de venue", required=False, max_length=80)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not (found.get("ipp") or found.get("venue")):
            raise forms.ValidationError("Indiquez un IPP ou un numéro de venue.")
        return found


class SetAsideForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi ce message est-il classé sans suite ?", max_length=250,
        error_messages={"required": "Indiquez pourquoi ce message est classé sans suite."},
    )  # fmt: skip
