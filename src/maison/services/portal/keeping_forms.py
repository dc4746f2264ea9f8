"""Forms of who keeps the catalogue: a service, one rule of visibility, a withdrawal."""

from __future__ import annotations

from typing import Any

from django import forms

from maison.foundations.structures.models import Structure

from .models import Service
from .selectors import keeping

SEEN = "seen"


class CatalogueFilter(forms.Form):
    etage = forms.ChoiceField(label="Étage", required=False, choices=[("", "Toute la maison"), *Service.Storey.choices])
    etat = forms.ChoiceField(label="État", required=False, choices=[("", "Offerts"), *Service.Status.choices])

    def asked(self) -> dict[str, str]:
        self.is_valid()
        return {"storey": self.cleaned_data.get("etage", ""), "status": self.cleaned_data.get("etat", "")}


class KeptForm(forms.Form):
    """`seen`: the version the person read before writing, so that two people never undo each other unknowingly."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class WithdrawForm(KeptForm):
    reason = forms.CharField(
        label="Pourquoi ce service est retiré",
        help_text="Gardé dans l'historique. Les favoris et les comptes d'usage restent.",
        widget=forms.Textarea(attrs={"rows": 2}),
        min_length=3,
        max_length=300,
        error_messages={"required": "Dites pourquoi : l'historique le gardera."},
    )


class ServiceForm(KeptForm):
    """What the agency decides of a service. `page` is true when the house itself has its page: no outside address then."""

    name = forms.CharField(label="Nom", max_length=80)
    acronym = forms.CharField(label="Sigle", max_length=20, required=False)
    storey = forms.ChoiceField(label="Étage de la maison", choices=Service.Storey.choices)
    position = forms.IntegerField(
        label="Rang dans l'étage", min_value=0, max_value=999, initial=50, help_text="Le plus petit d'abord."
    )
    for_professionals = forms.CharField(
        label="Ce que le professionnel y fait", max_length=300, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Une phrase qui commence par un verbe.",
    )  # fmt: skip
    for_citizens = forms.CharField(
        label="Ce que cela change pour le patient ou l'usager", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    publics = forms.MultipleChoiceField(
        label="Publics", choices=Service.Public.choices, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un public."},
    )  # fmt: skip
    scope = forms.ChoiceField(label="Portée", choices=Service.Scope.choices, initial=Service.Scope.REGIONAL)
    link = forms.URLField(
        label="Adresse extérieure", required=False, assume_scheme="https", help_text="Elle commence par https://"
    )
    sign_on = forms.ChoiceField(label="Mode de connexion", choices=Service.SignOn.choices, initial=Service.SignOn.LINK)
    level = forms.ChoiceField(label="Niveau de garantie exigé", choices=Service.Level.choices, required=False)
    psc_only = forms.BooleanField(
        label="Pro Santé Connect exigé",
        required=False,
        help_text="Toujours quand le service ouvre des données de santé.",
    )
    owner_finess = forms.CharField(
        label="Numéro FINESS de l'entité juridique responsable", required=False, max_length=9,
        help_text="Vide : l'agence répond du service.",
    )  # fmt: skip
    contact = forms.CharField(
        label="Contact", max_length=120, required=False, help_text="Un service, pas une personne."
    )
    keywords = forms.CharField(
        label="Mots-clés",
        max_length=600,
        required=False,
        help_text="Séparés par des virgules : ce que les gens tapent.",
    )
    status = forms.ChoiceField(
        label="État", choices=[it for it in Service.Status.choices if it[0] != Service.Status.WITHDRAWN],
        initial=Service.Status.AVAILABLE,
    )  # fmt: skip
    status_note = forms.CharField(
        label="Précision sur l'état", max_length=200, required=False,
        help_text="Comme « Maintenance jusqu'à jeudi 8 h ».",
    )  # fmt: skip

    def __init__(self, *args: Any, page: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        if page:
            del self.fields["link"]

    @staticmethod
    def read(service: Service, seen: int) -> dict[str, Any]:
        """What the form shows of a service at first."""
        names = [name for name in ServiceForm.base_fields if hasattr(service, name) and name != "keywords"]
        return {
            **{name: getattr(service, name) for name in names},
            "seen": seen,
            "keywords": ", ".join(service.keywords),
            "owner_finess": service.owner.finess if service.owner else "",
        }

    def clean_keywords(self) -> list[str]:
        words = [word.strip() for word in self.cleaned_data["keywords"].split(",") if word.strip()]
        if any(len(word) > 60 for word in words):
            raise forms.ValidationError("Un mot-clé compte au plus 60 signes. Séparez-les par des virgules.")
        return list(dict.fromkeys(words))

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.startswith("https://"):
            raise forms.ValidationError("L'adresse doit commencer par https:// : le reste n'est pas protégé.")
        return link

    def clean_owner_finess(self) -> Any:
        finess = self.cleaned_data["owner_finess"].strip().upper()
        if not finess:
            return None
        owner = Structure.objects.open().filter(kind=Structure.Kind.LEGAL_ENTITY, finess=finess).first()
        if owner is None:
            raise forms.ValidationError("Aucune entité juridique de la maison ne porte ce numéro. Vérifiez-le.")
        return owner.id

    def clean(self) -> dict[str, Any]:
        read: dict[str, Any] = super().clean() or {}
        if read.get("status") == Service.Status.AVAILABLE and not self.page and "link" in read and not read["link"]:
            self.add_error("link", "Un service disponible a une adresse. Donnez-la, ou mettez-le en préparation.")
        return read

    def wanted(self) -> dict[str, Any]:
        """The cleaned values under the names of the service."""
        read = {name: value for name, value in self.cleaned_data.items() if name not in (SEEN, "code", "owner_finess")}
        return {**read, "owner_id": self.cleaned_data["owner_finess"]}


class NewServiceForm(ServiceForm):
    code = forms.SlugField(
        label="Code", max_length=40, help_text="Il fait l'adresse du service et ne change plus : « soins-palliatifs ».",
        error_messages={"invalid": "Des lettres sans accent, des chiffres et des tirets, comme « soins-palliatifs »."},
    )  # fmt: skip
    field_order = ("code",)


class RuleForm(KeptForm):
    """Who sees the service: each group left empty is met by everyone, one choice of each other group is enough."""

    professions = forms.MultipleChoiceField(label="Professions", required=False, widget=forms.CheckboxSelectMultiple)
    structure_types = forms.MultipleChoiceField(
        label="Types de structure", required=False, widget=forms.CheckboxSelectMultiple
    )
    departments = forms.MultipleChoiceField(label="Territoires", required=False, widget=forms.CheckboxSelectMultiple)
    roles = forms.MultipleChoiceField(label="Rôles", required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("professions", keeping.profession_choices()),
            ("structure_types", keeping.type_choices()),
            ("departments", keeping.department_choices()),
            ("roles", keeping.role_choices()),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def rule(self) -> dict[str, list[str]]:
        return {name: value for name, value in self.cleaned_data.items() if name != SEEN}
