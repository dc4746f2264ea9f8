from __future__ import annotations

from django import forms

from .models import Anomaly
from .rules import RULES

REGISTRIES = (("", "Tous"), ("structures", "Structures"), ("professionnels", "Professionnels"))
CODES = (("", "Toutes"), *sorted({(rule.code, rule.code) for rule in RULES}), (Anomaly.SIGNALLED, "Signalées par une personne"))  # fmt: skip


class AnomalyFilter(forms.Form):
    repertoire = forms.ChoiceField(label="Répertoire", required=False, choices=REGISTRIES)
    regle = forms.ChoiceField(label="Règle", required=False, choices=CODES)
    etat = forms.ChoiceField(label="État", required=False, choices=(("", "En cours"), *Anomaly.State.choices))


class AssignForm(forms.Form):
    owner = forms.CharField(label="À corriger par", max_length=120)


class EndForm(forms.Form):
    mended = forms.TypedChoiceField(
        label="Résultat", choices=(("oui", "Corrigée"), ("non", "Rejetée : ce n'est pas une erreur")),
        coerce=lambda value: value == "oui", widget=forms.RadioSelect,
    )  # fmt: skip
    answer = forms.CharField(label="Réponse", max_length=400, widget=forms.Textarea(attrs={"rows": 3}))


class SignalForm(forms.Form):
    text = forms.CharField(
        label="Qu'est-ce qui est faux, et que faudrait-il lire ?", max_length=400, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Aucune donnée de patient ici.",
    )  # fmt: skip
