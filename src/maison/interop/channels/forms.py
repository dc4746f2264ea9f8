"""Forms made from the shapes of steps, sources and targets: an adapter plugged later has its form without a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.forms import BoundField
from django.utils import timezone
from django.utils.formats import date_format

from maison.foundations.structures.models import Structure

from .language import conditions, identity_guard
from .language.conditions import Condition, Group, Node
from .language.configuration import MODES, NO_ROUTE, REASONS, ROUTINGS, Configuration, Item
from .language.errors import ConditionFault
from .language.message import FORMATS
from .language.shapes import Field, Shape, Value
from .trial import Period

PATHS_LIST = "chemins-connus"
SPARE_ROWS = 2
MOST_ROWS = 12
AREA = {"rows": 4, "spellcheck": "false"}
COMMENT = forms.Textarea(attrs={"rows": 3})


def _lines(said: str) -> tuple[str, ...]:
    return tuple(line.rstrip("\r") for line in said.split("\n") if line.strip())


def form_field(field: Field, tables: Iterable[str] = (), names: Sequence[str] | None = None) -> forms.Field:
    common: dict[str, Any] = {"label": field.label, "required": field.required, "help_text": field.help}
    if field.kind == "access" and names is not None:
        nothing = (
            "Aucun"
            if not field.required
            else "Choisir dans la liste de l'exploitant"
            if names
            else "Rien n'est ouvert ici"
        )
        return forms.ChoiceField(choices=[("", nothing), *((name, name) for name in names)], **common)
    if field.kind == "choice":
        return forms.ChoiceField(choices=list(field.choices.items()), **common)
    if field.kind == "number":
        return forms.IntegerField(min_value=field.low, max_value=field.high, **common)
    if field.kind == "flag":
        return forms.BooleanField(**{**common, "required": False})
    if field.kind in ("lines", "paths", "pieces"):
        return forms.CharField(widget=forms.Textarea(attrs=AREA), **common)
    if field.kind == "table":
        choices = [("", "Choisir une table approuvée"), *((reference, reference) for reference in tables)]
        return forms.ChoiceField(choices=choices, **{**common, "help_text": "Une table et sa version approuvée."})
    attrs = {"list": PATHS_LIST, "autocomplete": "off", "spellcheck": "false"} if field.kind == "path" else {}
    return forms.CharField(max_length=400, strip=field.kind == "path", widget=forms.TextInput(attrs=attrs), **common)


class ConditionForm(forms.Form):
    """Conditions as rows: place, test, value; a group that holds other groups is written in words instead."""

    def __init__(self, data: Any = None, *, node: Node | None, format: str, prefix: str = "si") -> None:  # noqa: A002
        self.format, self.node = format, node
        group = conditions.as_group(node)
        self.as_text = not group.is_flat
        rows = [item for item in group.items if isinstance(item, Condition)] if not self.as_text else []
        initial: dict[str, Any] = {"mode": group.mode, "texte": conditions.write(node)}
        for rank, one in enumerate(rows, start=1):
            initial |= {f"chemin_{rank}": one.path, f"test_{rank}": one.test, f"valeur_{rank}": " ; ".join(one.values)}
        super().__init__(data, prefix=prefix, initial=initial)
        if self.as_text:
            self.fields["texte"] = forms.CharField(label="Conditions", required=False, widget=forms.Textarea(attrs=AREA),
                help_text='toutes(MSH-9.1 égal "ADT"; une(PV1-2 égal "I"; PV1-2 égal "E"))')  # fmt: skip
            return
        self.ranks = range(1, min(len(rows) + SPARE_ROWS, MOST_ROWS) + 1)
        self.fields["mode"] = forms.ChoiceField(label="Il faut", choices=list(conditions.MODES.items()))
        for rank in self.ranks:
            self.fields[f"chemin_{rank}"] = forms.CharField(
                label="Endroit", required=False, max_length=400, widget=forms.TextInput(attrs={"list": PATHS_LIST, "autocomplete": "off", "spellcheck": "false"})
            )  # fmt: skip
            self.fields[f"test_{rank}"] = forms.ChoiceField(
                label="Test", choices=list(conditions.TESTS.items()), required=False
            )
            self.fields[f"valeur_{rank}"] = forms.CharField(label="Valeur", required=False, max_length=400)

    def rows(self) -> Iterator[tuple[BoundField, BoundField, BoundField]]:
        for rank in () if self.as_text else self.ranks:
            yield self[f"chemin_{rank}"], self[f"test_{rank}"], self[f"valeur_{rank}"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if self.as_text:
            try:
                self.node = conditions.read(found.get("texte", ""), self.format)
            except ConditionFault as error:
                self.add_error("texte", str(error))
            return found
        items: list[Node] = []
        for rank in self.ranks:
            path, test, said = (found.get(f"{name}_{rank}", "") for name in ("chemin", "test", "valeur"))
            if not path:
                if said:
                    self.add_error(f"chemin_{rank}", "Dites à quel endroit du message cette valeur est attendue.")
                continue
            values = (
                ()
                if test in conditions.WITHOUT_VALUE
                else tuple(part.strip() for part in said.split(";"))
                if test == "parmi"
                else (said,)
            )
            try:
                items.append(conditions.check(path, test, values, self.format))
            except ConditionFault as error:
                self.add_error(f"chemin_{rank}", str(error))
        self.node = conditions.simplest(Group(found.get("mode", "toutes"), tuple(items)))
        return found


class ItemForm(forms.Form):
    """The fields of a shape."""

    def __init__(self, data: Any = None, *, shape: Shape, fields: Iterable[Field], item: Item | None, tables: Iterable[str] = (),
                 named: bool = False, names: Callable[[Sequence[str]], list[str] | None] | None = None) -> None:  # fmt: skip
        self.shape, self.shape_fields = shape, tuple(fields)
        initial: dict[str, Any] = {"nom": item.name if item else ""}
        for field in self.shape_fields:
            value = item.values.get(field.name, field.empty) if item else field.empty
            initial[field.name] = "\n".join(value) if isinstance(value, tuple) else value
        super().__init__(data, prefix="item", initial=initial)
        if named:
            self.fields["nom"] = forms.CharField(
                label="Nom", max_length=24, help_text="minuscules, chiffres et tirets, par exemple dpi-chu"
            )
        for field in self.shape_fields:
            known = [
                *tables,
                *(
                    [initial[field.name]]
                    if field.kind == "table" and initial[field.name] and initial[field.name] not in tables
                    else []
                ),
            ]
            allowed = names(field.natures) if names is not None and field.kind == "access" else None
            if allowed is not None and initial[field.name] and initial[field.name] not in allowed:
                allowed = [*allowed, str(initial[field.name])]  # said by the text; the checks tell why it is not usable
            self.fields[field.name] = form_field(field, known, allowed)

    def values(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for field in self.shape_fields:
            said = self.cleaned_data[field.name]
            found[field.name] = _lines(said) if field.kind in ("lines", "paths", "pieces") else said
        return found


class HeadForm(forms.Form):
    titre = forms.CharField(label="Titre", max_length=200)
    objet = forms.CharField(label="À quoi il sert", required=False, max_length=1000, widget=COMMENT)
    format = forms.ChoiceField(label="Format des messages", choices=list(FORMATS.items()))
    mode = forms.ChoiceField(label="Réponse à la source", choices=list(MODES.items()))
    ordre = forms.CharField(label="Clé d'ordre", required=False, max_length=400, help_text="Endroit qui nomme le patient ou le séjour ; « tout » : une seule file ; vide : aucun ordre.",
                            widget=forms.TextInput(attrs={"list": PATHS_LIST}))  # fmt: skip
    barriere = forms.CharField(label="Seconde clé (fusion)", required=False, max_length=400, help_text="Endroit du second identifiant d'une fusion, par exemple MRG-1.1.",
                               widget=forms.TextInput(attrs={"list": PATHS_LIST}))  # fmt: skip
    ins = forms.ChoiceField(label="INS non qualifiée", choices=list(identity_guard.POLICIES.items()))
    routage = forms.ChoiceField(label="Routes suivies", choices=list(ROUTINGS.items()))
    sans_route = forms.ChoiceField(label="Si aucune route ne convient", choices=list(NO_ROUTE.items()))
    rythme_minutes = forms.IntegerField(
        label="Un message est attendu toutes les",
        min_value=0,
        max_value=100_000,
        help_text="minutes ; 0 : aucun rythme attendu, le silence n'alerte pas",
    )
    erreurs_pourcent = forms.IntegerField(
        label="Taux d'erreur qui alerte", min_value=1, max_value=100, help_text="% des messages d'une heure"
    )

    NAMES = {
        "titre": "title", "objet": "purpose", "format": "format", "mode": "mode", "ordre": "order", "barriere": "barrier", "ins": "ins",
        "routage": "routing", "sans_route": "no_route", "rythme_minutes": "rhythm_minutes", "erreurs_pourcent": "error_percent",
    }  # fmt: skip

    def __init__(self, data: Any = None, *, config: Configuration) -> None:
        super().__init__(data, initial={name: getattr(config, attribute) for name, attribute in self.NAMES.items()})

    def changes(self) -> dict[str, Any]:
        return {attribute: self.cleaned_data[name] for name, attribute in self.NAMES.items()}


class RequirementForm(forms.Form):
    motif = forms.ChoiceField(label="Sinon, le message s'arrête pour ce motif", choices=list(REASONS.items()))
    consigne = forms.CharField(label="Consigne pour qui répare", required=False, max_length=200)


class RouteForm(forms.Form):
    nom = forms.CharField(label="Nom de la route", max_length=60)
    cibles = forms.MultipleChoiceField(
        label="Cibles",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez une cible au moins."},
    )

    def __init__(self, data: Any = None, *, targets: Iterable[str], initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.fields["cibles"].choices = [(name, name) for name in targets]  # type: ignore[attr-defined]


def _rows_of(structures: Iterable[Structure]) -> QuerySet[Structure]:
    return Structure.objects.filter(id__in=[one.id for one in structures]).order_by("name")


class NewChannelForm(forms.Form):
    code = forms.RegexField(
        r"[a-z0-9][a-z0-9-]{1,23}",
        label="Code",
        max_length=24,
        help_text="de 2 à 24 minuscules sans accent, chiffres et tirets ; il ne change plus",
    )
    titre = forms.CharField(label="Titre", max_length=200)
    structure = forms.ModelChoiceField(Structure.objects.none(), label="Structure responsable")
    format = forms.ChoiceField(label="Format des messages", choices=list(FORMATS.items()))
    source = forms.ChoiceField(label="D'où viennent les messages")

    def __init__(self, data: Any = None, *, structures: Iterable[Structure], sources: Mapping[str, Shape]) -> None:
        super().__init__(data)
        self.fields["structure"].queryset = _rows_of(structures)  # type: ignore[attr-defined]
        self.fields["source"].choices = [(code, shape.label) for code, shape in sources.items()]  # type: ignore[attr-defined]


class TextForm(forms.Form):
    texte = forms.CharField(
        label="Texte du canal",
        strip=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "wrap": "off"}),
    )

    def clean_texte(self) -> str:
        return str(self.cleaned_data["texte"]).replace("\r\n", "\n")


class TrialForm(forms.Form):
    """The last hours or days, or one day of the last week."""

    jours = forms.ChoiceField(label="Messages reçus", initial="7")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        today = timezone.localdate()
        days = [today - timedelta(days=ago) for ago in range(7)]
        field = self.fields["jours"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("1", "depuis 24 heures"),
            ("7", "depuis 7 jours"),
            ("31", "depuis 31 jours"),
            *((day.isoformat(), f"le {date_format(day, 'l j F')}") for day in days),
        ]

    @property
    def period(self) -> Period:
        said = self.cleaned_data["jours"]
        if said.isdigit():
            return Period.last(int(said))
        since = timezone.make_aware(datetime.combine(date.fromisoformat(said), time.min))
        return Period(since, timezone.make_aware(datetime.combine(since.date() + timedelta(days=1), time.min)))


class ReasonForm(forms.Form):
    motif = forms.CharField(label="Pourquoi", max_length=250, widget=COMMENT)

    def __init__(self, data: Any = None, *, label: str = "Pourquoi", prefix: str | None = None) -> None:
        super().__init__(data, prefix=prefix)
        self.fields["motif"].label = label


class TableForm(forms.Form):
    code = forms.RegexField(
        r"[a-z0-9][a-z0-9-]{1,23}",
        label="Code",
        max_length=24,
        help_text="de 2 à 24 minuscules sans accent, chiffres et tirets",
    )
    titre = forms.CharField(label="Titre", max_length=200)
    structure = forms.ModelChoiceField(Structure.objects.none(), label="Tenue par")

    def __init__(self, data: Any = None, *, structures: Iterable[Structure]) -> None:
        super().__init__(data)
        self.fields["structure"].queryset = _rows_of(structures)  # type: ignore[attr-defined]


class EntriesForm(forms.Form):
    """The table as a file or as lines; both say the same."""

    fichier = forms.FileField(label="Fichier CSV", required=False, help_text="code reçu ; code traduit ; libellé")
    lignes = forms.CharField(label="Correspondances", required=False, max_length=2_000_000, widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
                             help_text="une par ligne : code reçu ; code traduit ; libellé. Un fichier remplace ces lignes.")  # fmt: skip
    essais = forms.CharField(label="Essais", required=False, max_length=100_000, widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
                             help_text="un par ligne : code reçu = code attendu ; rien après = : le code n'est pas dans la table")  # fmt: skip
    origine = forms.CharField(
        label="Source", required=False, max_length=300, help_text="d'où vient cette table : nomenclature, version, date"
    )

    def clean_fichier(self) -> str:
        file = self.cleaned_data["fichier"]
        if file is None:
            return ""
        if file.size > 2_000_000:
            raise forms.ValidationError("Ce fichier dépasse 2 Mo.")
        raw = file.read()
        for encoding in ("utf-8-sig", "cp1252"):
            try:
                return str(raw.decode(encoding))
            except UnicodeDecodeError:
                continue
        raise forms.ValidationError("Ce fichier n'est pas un texte : enregistrez-le en CSV, UTF-8.")


class CertificateForm(forms.Form):
    logiciel = forms.ChoiceField(label="Logiciel")
    pem = forms.CharField(label="Certificat (PEM)", max_length=20_000, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
                          help_text="Le certificat public seulement, jamais la clé privée.")  # fmt: skip

    def __init__(self, data: Any = None, *, clients: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["logiciel"].choices = list(clients)  # type: ignore[attr-defined]
