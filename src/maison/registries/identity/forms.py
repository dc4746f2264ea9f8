from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from maison.formats.civil_status import (
    InvalidTrait,
    birth_date,
    check_birth_date,
    check_birth_place,
    civil_name,
    is_placeholder,
)

from . import documents
from .actions.registering import TraitsTyped
from .models import Identity
from .searching import Criteria

DATE_HELP = "JJ/MM/AAAA. Si le jour est inconnu : MM/AAAA ; si le mois l'est aussi : AAAA ; à peu près : ~AAAA."


class BirthDateField(forms.CharField):
    """Gives a `BirthDate` (day and what is known of it), or None."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "Date de naissance")
        options.setdefault("help_text", DATE_HELP)
        super().__init__(max_length=12, **options)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off", "placeholder": ""}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            found = birth_date(text)
            check_birth_date(found.day, timezone.localdate())
        except InvalidTrait as error:
            raise forms.ValidationError(error.message, code="date") from error
        return found


def _off(label: str, length: int, **options: Any) -> forms.CharField:
    """A trait of someone else: the browser must neither propose nor remember it."""
    return forms.CharField(
        label=label,
        max_length=length,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        **options,
    )


class SearchForm(forms.Form):
    """INS-08. Posted: what identifies someone never stands in an address."""

    birth_date = BirthDateField()
    name = _off("Nom de naissance ou utilisé, ou prénom", 100, help_text="Trois lettres suffisent.")
    first_name = _off("Prénom", 60, required=False)

    def criteria(self) -> Criteria:
        data = self.cleaned_data
        return Criteria(data["birth_date"].day, data["name"], data["first_name"])


class NumberForm(forms.Form):
    number = _off("Numéro de patient (IPP) ou matricule INS complet", 80)

    def criteria(self) -> Criteria:
        text = self.cleaned_data["number"].strip()
        compact = "".join(text.upper().split())
        return Criteria(ipp=text, matricule=compact if len(compact) == 15 else "")


class StrictForm(forms.Form):
    """The five strict traits. A new-born without given name leaves it empty."""

    birth_name = _off("Nom de naissance", 100, help_text="Sans abréviation ; accents et minuscules sont convertis.")
    first_names = _off(
        "Prénoms de naissance, dans l'ordre", 200, required=False,
        help_text="Tous les prénoms, séparés par un espace. À laisser vide pour un nouveau-né qui n'en a pas encore.",
    )  # fmt: skip
    birth_date = BirthDateField()
    sex = forms.ChoiceField(label="Sexe", choices=Identity.Sex.choices, widget=forms.RadioSelect)
    birth_place = _off(
        "Lieu de naissance (code INSEE)", 5,
        help_text="Commune : 31555, 2A004. Pays : 99 et trois chiffres, 99352 pour l'Algérie. Inconnu : 99999.",
    )  # fmt: skip

    def clean_birth_name(self) -> str:
        return self._checked(civil_name, "birth_name")

    def clean_first_names(self) -> str:
        if not self.cleaned_data["first_names"].strip():
            return ""
        names = self._checked(civil_name, "first_names")
        return "" if is_placeholder(names) else names

    def clean_birth_place(self) -> str:
        return self._checked(check_birth_place, "birth_place")

    def _checked(self, check: Any, name: str) -> str:
        try:
            return check(self.cleaned_data[name])
        except InvalidTrait as error:
            raise forms.ValidationError(error.message, code="trait") from error

    def typed(self, **others: Any) -> TraitsTyped:
        data = self.cleaned_data
        born = data["birth_date"]
        return TraitsTyped(
            data["birth_name"], data["first_names"], born.day, data["sex"], data["birth_place"], birth_date_known=born.known,
            **others,
        )  # fmt: skip


class NewIdentityForm(StrictForm):
    used_name = _off("Nom utilisé", 100, required=False, help_text="S'il est différent du nom de naissance.")
    phone = forms.CharField(
        label="Téléphone",
        max_length=30,
        required=False,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )
    birth_rank = forms.IntegerField(label="Rang de naissance (jumeaux)", required=False, min_value=1, max_value=9)

    def clean_used_name(self) -> str:
        return self._checked(civil_name, "used_name") if self.cleaned_data["used_name"].strip() else ""

    def typed_whole(self) -> TraitsTyped:
        data = self.cleaned_data
        rest = {"phone": data["phone"], "birth_rank": data["birth_rank"]}
        return self.typed(used_name=data["used_name"], complementary=rest)


class CorrectionForm(StrictForm):
    reason = forms.CharField(label="Motif de la correction", max_length=300)


class UnknownForm(forms.Form):
    """For someone who cannot say who he is: the least, at once."""

    sex = forms.ChoiceField(label="Sexe", choices=Identity.Sex.choices)
    birth_year = forms.IntegerField(
        label="Année de naissance, à peu près", required=False, min_value=1890, max_value=2100
    )


class ComplementaryForm(forms.ModelForm):
    class Meta:
        model = Identity
        fields = (
            "used_name", "used_first_name", "address", "postal_code", "city", "phone", "email", "family_doctor",
            "trusted_person", "person_to_call", "insured_number", "birth_rank", "mother_name", "died_on",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, one in self.fields.items():
            one.widget.attrs["autocomplete"] = "off"
            one.required = False
            if name == "died_on":
                one.widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")

    def clean_used_name(self) -> str:
        return self._name("used_name")

    def clean_mother_name(self) -> str:
        return self._name("mother_name")

    def clean_used_first_name(self) -> str:
        return self._name("used_first_name")

    def _name(self, name: str) -> str:
        text = self.cleaned_data[name]
        try:
            return civil_name(text, name) if text else ""
        except InvalidTrait as error:
            raise forms.ValidationError(error.message, code="trait") from error


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(
        label="Pièce présentée, en original", widget=forms.RadioSelect,
        help_text="Un permis de conduire, une carte Vitale sans autre pièce ou une copie ne suffisent pas.",
        choices=[(kind.code, kind.label) for kind in documents.KINDS.values() if kind.trust != "low" and kind.code != "AV"],
    )  # fmt: skip
    valid_until = forms.DateField(
        label="Valable jusqu'au", required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    is_resident = forms.BooleanField(label="La personne est résidente d'un Ehpad", required=False)
    traits_agree = forms.BooleanField(
        label="J'ai comparé les cinq traits un à un : ils sont ceux de la pièce, et la photo est celle de la personne",
        error_messages={"required": "Comparez chaque trait avec la pièce ; s'ils diffèrent, corrigez d'abord l'identité."},
    )  # fmt: skip


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Motif", max_length=300)


class AttributesForm(ReasonForm):
    field_order = ("homonym", "doubtful", "fictive", "reason")
    homonym = forms.BooleanField(label="Homonyme", required=False)
    doubtful = forms.BooleanField(
        label="Douteuse", required=False, help_text="L'identité redevient provisoire, sans INS."
    )
    fictive = forms.BooleanField(
        label="Fictive", required=False, help_text="Elle ne sort plus et ne compte nulle part."
    )


class InvalidationForm(ReasonForm):
    field_order = ("what", "reason")
    what = forms.ChoiceField(
        label="Que retirer ?", widget=forms.RadioSelect,
        choices=[("ins", "L'INS seulement : l'identité redevient validée"), ("all", "Tout : l'identité redevient provisoire")],
    )  # fmt: skip


class DecisionForm(ReasonForm):
    field_order = ("decision", "reason")
    decision = forms.ChoiceField(
        label="Votre décision", widget=forms.RadioSelect,
        choices=[("meme", "C'est la même personne"), ("deux", "Ce sont deux personnes")],
    )  # fmt: skip


class WorkFilterForm(forms.Form):
    reason = forms.ChoiceField(label="Raison", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        from .models import WorkItem

        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Toutes"), *WorkItem.Reason.choices]


class DomainForm(forms.Form):
    name = forms.CharField(label="Nom du domaine", max_length=200)
    contact = forms.CharField(label="Contact d'identitovigilance", max_length=200, required=False)
    is_trusted = forms.BooleanField(
        label="Reprendre les INS de ce flux", required=False,
        help_text="Après vérification : ses identités qualifiées apportent leur matricule.",
    )  # fmt: skip
