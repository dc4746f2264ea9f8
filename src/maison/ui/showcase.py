"""What the style page shows: realistic and plainly fictional. Nobody here exists; places keep their public names."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest

from maison.ui import french
from maison.ui.components import Card, Column, Document, FormStep, LifeItem, Message, PersonBanner, TrailStep
from maison.ui.frame import Notice
from maison.ui.freshness import Freshness
from maison.ui.lists import Sorting, page_of

COMPONENTS = {
    "etats": "États et marques",
    "cadre": "Cadre et bandeaux",
    "listes": "Listes et filtres",
    "formulaires": "Formulaires",
    "personne": "La personne ouverte",
    "relais": "Relais et ligne de vie",
    "services": "Services et vides",
    "mur": "Mur des arrivées",
}


def context_of(name: str, request: HttpRequest) -> dict[str, Any]:
    return _CONTEXTS[name](request)


def _ago(**delta: float) -> dt.datetime:
    return french.now() - dt.timedelta(**delta)


def _in(**delta: float) -> dt.datetime:
    return french.now() + dt.timedelta(**delta)


def _figure(source: str, at: dt.datetime | None) -> Freshness:
    return Freshness(at, source, dt.timedelta(minutes=15), dt.timedelta(hours=2))


def _states(request: HttpRequest) -> dict[str, Any]:
    return {
        "statuses": [
            ("Confirmé", "ok"),
            ("Envoyé", "info"),
            ("À relancer", "warn"),
            ("Refusé", "danger"),
            ("En attente", "waiting"),
            ("Périmé", "stale"),
            ("Brouillon", "neutral"),
        ],
        "priorities": ["P0", "P1", "P2", "P3", "NR"],
        "figures": [
            ("Lits disponibles, médecine", "12", _figure("CHU de Nîmes, flux ADT", _ago(minutes=4))),
            ("Lits disponibles, gériatrie", "3", _figure("CH d'Auch, saisie", _ago(minutes=47))),
            ("Passages en cours", "41", _figure("CH de Mende, flux RPU", _ago(hours=9))),
            ("Places de jour", "inconnu", _figure("CH de Foix", None)),
        ],
        "clocks": {
            "soon": _in(minutes=12, seconds=20),
            "near": _in(minutes=3, seconds=20),
            "late": _ago(minutes=6, seconds=20),
            "since": _ago(minutes=4, seconds=20),
            "long": _ago(minutes=22, seconds=20),
        },
        "now": french.now(),
    }


def _frame(request: HttpRequest) -> dict[str, Any]:
    return {
        "crisis": Notice(
            "Hôpital en tension, territoire Est-Hérault.",
            "Les demandes de lits passent par la cellule territoriale.",
            kind="danger",
            since=_ago(hours=5),
            url="#contenu",
            link="Lire les consignes",
        ),
        "notices": [
            Notice(
                "Pro Santé Connect ne répond pas.",
                "Les sessions ouvertes continuent ; aucune nouvelle connexion n'est possible.",
                "warn",
            ),
            Notice("Maintenance mercredi de 2:00 à 2:30.", "Les murs restent affichés.", "info"),
        ],
    }


_COLUMNS = [
    Column("Établissement", "nom"),
    Column("Département", "departement"),
    Column("Discipline"),
    Column("Lits libres", "lits", numeric=True),
    Column("Fraîcheur"),
    Column("Action", hidden_label=True),
]

_PLACES = [
    ("CHU de Toulouse – Rangueil", "31", "Médecine interne", 12, 4),
    ("CHU de Toulouse – Purpan", "31", "Gériatrie aiguë", 0, 6),
    ("CHU de Montpellier – Lapeyronie", "34", "Cardiologie", 5, 3),
    ("CHU de Nîmes – Carémeau", "30", "Médecine polyvalente", 8, 4),
    ("CH de Perpignan", "66", "Pneumologie", 2, 11),
    ("CH d'Albi", "81", "Médecine polyvalente", 4, 52),
    ("CH de Castres-Mazamet", "81", "Soins de suite", 1, 18),
    ("CH de Rodez", "12", "Neurologie", 3, 9),
    ("CH de Cahors", "46", "Médecine polyvalente", 6, 240),
    ("CH d'Auch", "32", "Gériatrie", 3, 47),
    ("CH de Tarbes-Lourdes", "65", "Chirurgie", 7, 5),
    ("CH de Mende", "48", "Médecine", 2, 560),
    ("CH du Val d'Ariège", "09", "Médecine", 5, 8),
    ("CH de Carcassonne", "11", "Cardiologie", 1, 2),
    ("CH de Montauban", "82", "Pédiatrie", 4, 14),
    ("CH de Béziers", "34", "Maternité", 9, 7),
    ("CH de Narbonne", "11", "Soins de suite", 0, 21),
]


class BedFilter(forms.Form):
    q = forms.CharField(label="Établissement", required=False)
    departement = forms.ChoiceField(
        label="Département",
        required=False,
        choices=[("", "Tous"), ("31", "31 Haute-Garonne"), ("34", "34 Hérault"), ("81", "81 Tarn")],
    )
    libres = forms.BooleanField(label="Lits libres seulement", required=False)


def _lists(request: HttpRequest) -> dict[str, Any]:
    form = BedFilter(request.GET or None)
    sorting = Sorting(request, {"nom": "0", "departement": "1", "lits": "3"}, "nom")
    rows = sorted(_PLACES, key=lambda row: row[int(sorting.fields[sorting.key])], reverse=sorting.descending)
    if form.is_valid():
        asked = form.cleaned_data
        rows = [
            row
            for row in rows
            if asked["q"].lower() in row[0].lower()
            and asked["departement"] in ("", row[1])
            and (not asked["libres"] or row[3])
        ]
    page = page_of(request, [(*row[:4], _figure("flux ADT", _ago(minutes=row[4]))) for row in rows], per_page=8)
    return {"form": form, "columns": _COLUMNS, "sorting": sorting, "page": page}


class ArrivalForm(forms.Form):
    """A form with one field of each kind."""

    motive = forms.CharField(label="Motif de recours", help_text="En quelques mots, sans identité.", max_length=80)
    born_on = forms.DateField(
        label="Date de naissance",
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
        error_messages={"invalid": "Écrivez la date comme 21/11/1944."},
    )
    delay = forms.IntegerField(
        label="Délai d'arrivée",
        min_value=0,
        max_value=240,
        widget=forms.NumberInput(attrs={"data-unit": "min"}),
        error_messages={"max_value": "Le délai va de 0 à 240 minutes ; au-delà, programmez l'arrivée."},
    )
    service = forms.ChoiceField(
        label="Service receveur", choices=[("", "Choisir"), ("sau", "Urgences adultes"), ("usic", "USIC")]
    )
    level = forms.ChoiceField(
        label="Niveau de soins",
        choices=[("R1", "R1, équipe de SMUR"), ("R2", "R2, sans médecin"), ("R3", "R3, consultation")],
        widget=forms.RadioSelect,
        help_text="Décidé par le médecin régulateur.",
    )
    observations = forms.CharField(label="Observations", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    told = forms.BooleanField(
        label="La personne, ou son proche, est informée de l'orientation.",
        error_messages={"required": "Dites si la personne est informée."},
    )


def _forms(request: HttpRequest) -> dict[str, Any]:
    return {
        "form": ArrivalForm(prefix="vide"),
        "wrong": ArrivalForm(
            {"faux-motive": "Chute de sa hauteur", "faux-born_on": "45", "faux-delay": "600", "faux-level": "R2"},
            prefix="faux",
        ),
        "steps": [
            FormStep("Personne", "#contenu", "done"),
            FormStep("Autonomie", "#contenu", "error"),
            FormStep("Projet", "", "current"),
            FormStep("Pièces", "", "todo"),
        ],
    }


CLAUDE = PersonBanner("VALADE-EXEMPLE", "Claude", dt.date(1944, 3, 2), "masculin", "Revel (81)", "identité qualifiée")


def _person(request: HttpRequest) -> dict[str, Any]:
    return {
        "person": CLAUDE,
        "doubtful": PersonBanner(
            "MARTIN-FICTIF",
            "Éloïse",
            dt.date(1988, 7, 14),
            "féminin",
            "lieu inconnu",
            "identité provisoire",
            used_name="Durand",
            alerts=("Homonyme connu", "Identité douteuse"),
        ),
        "documents": [
            Document("Compte rendu de passage aux urgences", "CR-URG", _ago(hours=3), "Dr Inès Modèle", "#", "84 ko"),
            Document(
                "Radiographie du bassin", "CR-IMG", _ago(hours=4), "Dr Paul Essai", "#", "1,2 Mo", "remplacé une fois"
            ),
        ],
        "messages_shown": [
            Message("Dr Inès Modèle", _ago(hours=2), "Le bilan est rassurant. Retour possible demain matin ?"),
            Message("Vous", _ago(minutes=50), "Oui, l'infirmière passe à 8:30.", mine=True, read_at=_ago(minutes=44)),
        ],
    }


def _relays(request: HttpRequest) -> dict[str, Any]:
    return {
        "going": [
            TrailStep("Envoyé", _ago(minutes=18), "SAMU 31, Dr Hugo Démo"),
            TrailStep("Reçu", _ago(minutes=18), "CHU de Toulouse – Rangueil"),
            TrailStep("Confirmé", _ago(minutes=16), "Nora Témoin, infirmière organisatrice de l'accueil"),
            TrailStep("Arrivé"),
            TrailStep("Déchargé"),
        ],
        "refused": [
            TrailStep("Envoyé", _ago(hours=2), "Dr Léa Martin"),
            TrailStep("Lu", _ago(minutes=95), "SSR de Lamalou"),
            TrailStep("Refusé", _ago(minutes=90), "Karim Essai : pas de chambre seule", refused=True),
        ],
        "items": [
            LifeItem(_ago(minutes=16), "Arrivée confirmée", "CHU de Toulouse – Rangueil", "Nora Témoin", "#", "ok"),
            LifeItem(_ago(minutes=18), "Orientation vers les urgences", "SAMU 31", "Dr Hugo Démo", "#", "info"),
            LifeItem(_ago(minutes=41), "Appel pour chute à domicile", "SAMU 31", "ARM Zoé Modèle", "", "warn"),
            LifeItem(_ago(days=21), "Identité mise en doute", "CH de Castres", "Cellule d'identité", "", "danger"),
            LifeItem(_ago(days=120), "Consultation", "Cabinet du Dr Ravel-Fictif", "Dr Ravel-Fictif"),
        ],
    }


def _services(request: HttpRequest) -> dict[str, Any]:
    return {
        "cards": [
            Card("Tableau des urgences", "Voir arriver les patients régulés.", "#", "outils", note="3 en attente"),
            Card(
                "Orientation",
                "Chercher une place en aval, suivre les réponses.",
                "#",
                "outils",
                entitled=False,
                condition="Demandez l'habilitation à votre structure.",
            ),
            Card("Répertoire de l'offre", "Qui fait quoi, où, à quelles heures.", "#", "referentiels"),
            Card("Centre de cyberdéfense", "Déclarer un incident, suivre les alertes.", "#", "fondations"),
        ]
    }


def _wall(request: HttpRequest) -> dict[str, Any]:
    unset: dict[str, Any] = {"eta": None, "arrived_at": None}
    rows: list[dict[str, Any]] = [
        {
            "id": "row-1",
            "priority": "P0",
            "title": "Arrêt cardiaque récupéré",
            "text": "58 ans. Choc délivré, intubé, adrénaline en cours.",
            "means": "SMUR Toulouse 2, médecin",
            "eta": _in(minutes=4, seconds=20),
            "state": "Confirmé",
            "kind": "ok",
        },
        {
            "id": "row-2",
            "priority": "P1",
            "title": "Douleur thoracique",
            "text": "67 ans. ECG transmis, sus-décalage inférieur.",
            "means": "SMUR Castres 1, médecin",
            "eta": _in(minutes=21, seconds=20),
            "state": "Confirmé",
            "kind": "ok",
        },
        {
            "id": "row-3",
            "priority": "P2",
            "title": "Dyspnée, asthme connu",
            "text": "34 ans. Aérosol en cours, parle par mots.",
            "means": "VSAV Revel, 3 équipiers",
            "eta": _ago(minutes=3, seconds=20),
            "state": "Confirmé",
            "kind": "ok",
        },
        {
            "id": "row-4",
            "priority": "P3",
            "title": "Plaie de la main",
            "text": "22 ans. Saignement contrôlé.",
            "means": "Moyens personnels",
            "arrived_at": _ago(minutes=8),
            "state": "Arrivé",
            "kind": "neutral",
        },
        {
            "id": "row-5",
            "priority": "NR",
            "title": "Malaise sur la voie publique",
            "text": "Réorientation à reconnaître.",
            "means": "VSAV Toulouse-Vion",
            "state": "Réorienté vers Purpan",
            "kind": "warn",
        },
    ]
    return {
        "unconfirmed": {
            "eta": _in(minutes=12, seconds=30),
            "text": "82 ans. Douleur de hanche, pas de perte de connaissance, vit seul.",
            "means": "Ambulance privée, 2 équipiers",
        },
        "rows": [unset | row for row in rows],
    }


_CONTEXTS = {
    "etats": _states,
    "cadre": _frame,
    "listes": _lists,
    "formulaires": _forms,
    "personne": _person,
    "relais": _relays,
    "services": _services,
    "mur": _wall,
}
