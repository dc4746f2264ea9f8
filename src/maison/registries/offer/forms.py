from __future__ import annotations

from typing import Any

from django import forms

from maison.formats.ror import codes
from maison.registries.facilities.forms import DEPARTMENTS

from .models import Contact, Offer, Promise, WhitePlan

KINDS = [choice for choice in Offer.BedKind.choices if choice[0]]
PHONE = r"^\+?[0-9 .]{10,20}$"


class BoardFilter(forms.Form):
    rarely = ("public", "departement")

    lits = forms.ChoiceField(label="Lits de", required=False, choices=[("", "Tous"), *KINDS])
    public = forms.ChoiceField(label="Pour", required=False, choices=[("", "Tous"), *Offer.Audience.choices])
    minutes = forms.TypedChoiceField(
        label="À moins de", required=False, coerce=int, empty_value=None,
        choices=[("", "Toute distance"), (30, "30 minutes"), (60, "1 heure"), (90, "1 h 30"), (120, "2 heures")],
    )  # fmt: skip
    depuis = forms.CharField(
        label="Depuis (commune)", required=False, max_length=80, help_text="Vide : votre structure"
    )
    departement = forms.ChoiceField(label="Département", required=False, choices=DEPARTMENTS)
    libres = forms.BooleanField(label="Seulement où un lit est libre", required=False)


class NoteForm(forms.Form):
    """Two taps: the unit, then the number. The other figures stand behind, for who knows them."""

    available = forms.IntegerField(label="Lits disponibles", required=False, max_value=999)
    closed = forms.IntegerField(label="Lits fermés", required=False, max_value=999)
    installed = forms.IntegerField(label="Lits installés", required=False, max_value=999)
    occupied = forms.IntegerField(label="Lits occupés", required=False, max_value=999)
    extra = forms.IntegerField(label="Lits supplémentaires", required=False, max_value=999)


class CrisisNoteForm(NoteForm):
    """What a crisis adds to the count."""

    crisis_type = forms.ChoiceField(
        label="Type de crise", required=False, choices=[("", "Aucun"), *codes.CRISIS_TYPES.items()]
    )
    assignment = forms.ChoiceField(label="Affectation temporaire", required=False, choices=[*codes.ASSIGNMENTS.items()], initial="01")  # fmt: skip


class AskForm(forms.Form):
    need = forms.ChoiceField(label="Besoin du patient", choices=Promise.Need.choices, widget=forms.RadioSelect)
    callback = forms.RegexField(PHONE, label="Vous rappeler au", required=False, max_length=20, strip=True,
                                error_messages={"invalid": "Écrivez un numéro de téléphone de dix chiffres."})  # fmt: skip


class RefuseForm(forms.Form):
    reason = forms.ChoiceField(label="Motif", choices=Promise.Refusal.choices)


class ReleaseForm(forms.Form):
    reason = forms.ChoiceField(label="Motif", choices=Promise.Release.choices)


class RejectForm(forms.Form):
    reason = forms.CharField(label="Motif", max_length=300)


class WhitePlanForm(forms.Form):
    structure = forms.TypedChoiceField(label="Établissement")
    level = forms.TypedChoiceField(
        label="Niveau", coerce=int, choices=[(0, "Aucun plan : le lever"), *WhitePlan.Level.choices]
    )

    def __init__(self, *args: Any, structures: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["structure"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = structures


class OfferFilter(forms.Form):
    q = forms.CharField(label="Offre, établissement ou commune", required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"}))  # fmt: skip
    etat = forms.ChoiceField(
        label="État", required=False,
        choices=[("", "Tous"), ("a-controler", "À contrôler"), ("a-fermer", "À fermer : établissement fermé"), *Offer.State.choices],
    )  # fmt: skip
    departement = forms.ChoiceField(label="Département", required=False, choices=DEPARTMENTS)


class DescriptionForm(forms.Form):
    """Coded fields are obligatory to submit, not to keep a draft: the action says which are missing."""

    name = forms.CharField(label="Nom de l'offre", max_length=200)
    field = forms.CharField(label="Champ d'activité", max_length=20, required=False, help_text="Code J20")
    activity = forms.CharField(label="Activité opérationnelle", max_length=20, required=False, help_text="Code J17")
    offer_type = forms.CharField(label="Type d'offre", max_length=20, required=False, help_text="Code J238")
    care_mode = forms.ChoiceField(label="Mode de prise en charge", required=False, choices=[("", "À préciser"), *codes.CARE_MODES.items()])  # fmt: skip
    bed_kind = forms.ChoiceField(label="Lits suivis en temps réel", required=False, choices=Offer.BedKind.choices)
    audience = forms.ChoiceField(label="Public", choices=Offer.Audience.choices)
    sensitive = forms.BooleanField(
        label="Unité sensible",
        required=False,
        help_text="Milieu pénitentiaire, risque NRBC… : visible de la seule régulation.",
    )


class NewOfferForm(DescriptionForm):
    structure = forms.ChoiceField(label="Unité ou établissement")

    def __init__(self, *args: Any, structures: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["structure"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = structures
        self.order_fields(["structure"])


class ContactsForm(forms.Form):
    """One line and the hours, put right at once. The direct line is what a regulator calls."""

    hours = forms.CharField(label="Horaires", max_length=200, required=False)
    direct = forms.RegexField(PHONE, label="Ligne directe", required=False, max_length=20)
    direct_level = forms.TypedChoiceField(label="Qui la voit", coerce=int, choices=Contact.Level.choices)
    desk = forms.RegexField(PHONE, label="Secrétariat", required=False, max_length=20)
    desk_level = forms.TypedChoiceField(label="Qui le voit", coerce=int, choices=Contact.Level.choices)


class JudgeForm(forms.Form):
    what = forms.ChoiceField(
        choices=[(one, one) for one in ("valider", "renvoyer", "publier", "fermer_pro", "fermer_def", "rouvrir")]
    )
    reason = forms.CharField(label="Motif", max_length=300, required=False)


class StepForm(forms.Form):
    what = forms.ChoiceField(choices=[("soumettre", "Soumettre"), ("inchange", "Rien à modifier")])
