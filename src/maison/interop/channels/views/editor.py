"""The visual editor: the draft as sections, each item a form of its own. Every gesture is a POST; nothing needs JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maison.foundations.access import requires
from maison.interop.channels import access, selectors, trial
from maison.interop.channels.actions import versions
from maison.interop.channels.forms import ConditionForm, HeadForm, ItemForm, RequirementForm, RouteForm, TextForm
from maison.interop.channels.language import conditions
from maison.interop.channels.language import report as reports
from maison.interop.channels.language.configuration import (
    REASONS,
    Configuration,
    Item,
    Requirement,
    Route,
    target_fields,
)
from maison.interop.channels.language.shapes import STEPS, Shape
from maison.interop.channels.models import Channel, Version
from maison.interop.channels.permissions import P
from maison.interop.channels.ports.base import vocabulary
from maison.interop.channels.ports.names import known_to
from maison.ui.pages import done, page

from .channels import tabs

LISTS = {"exigences": "requirements", "etapes": "steps", "routes": "routes", "cibles": "targets"}
SINGLE = ("reglages", "source", "filtre")
TITLES = {
    "reglages": "Réglages",
    "source": "Source",
    "filtre": "Filtre",
    "exigences": "Exigence",
    "etapes": "Étape",
    "routes": "Route",
    "cibles": "Cible",
}
NEW = "nouveau"
PICKED = 100


def _draft(request: Any, code: str) -> tuple[Channel, Version | None, selectors.Understood]:
    channel = access.access_channel(request.actor, code, P.EDIT)
    version = selectors.shown_version(channel)
    said = selectors.understood(version.text) if version is not None else selectors.Understood(None, [])
    return channel, version, said


@require_safe
@requires(P.EDIT)
def editor(request: Any, code: str) -> HttpResponse:
    channel, version, said = _draft(request, code)
    config = said.configuration
    words = vocabulary()
    context = tabs(request, channel, "editor") | {
        "version": version, "config": config, "faults": said.faults, "frozen": bool(version and version.state == Version.State.SUBMITTED),
        "kinds": {"etapes": list(STEPS.values()), "cibles": list(words.targets.values())},
    }  # fmt: skip
    if config is not None:
        context |= {
            "source": reports.item_sentence(config.source, words.sources.get(config.source.kind)),
            "filter": f"Retient un message si {conditions.sentence(config.filter)}."
            if config.filter
            else "Retient tous les messages.",
            "sections": [
                (
                    "exigences",
                    "Ce que chaque message doit vérifier",
                    [_requirement(one) for one in config.requirements],
                ),
                ("etapes", "Transformations, dans l'ordre", [reports.step_sentence(step) for step in config.steps]),
                (
                    "cibles",
                    "Cibles",
                    [
                        f"{one.name} : {reports.item_sentence(one, words.targets.get(one.kind))}"
                        for one in config.targets
                    ],
                ),
                ("routes", "Routes", [_route(one) for one in config.routes]),
            ],
        }
    return page(request, "channels/editor.html", context)


def _requirement(one: Requirement) -> str:
    said = conditions.sentence(one.must)
    return f"{said[0].upper()}{said[1:]} ; sinon : {REASONS.get(one.reason, one.reason)}"


def _route(one: Route) -> str:
    return f"{one.name} vers {', '.join(one.targets) or 'aucune cible'}, {'si ' + conditions.sentence(one.when) if one.when else 'toujours'}"


@require_POST
@requires(P.EDIT)
def gesture(request: Any, code: str) -> HttpResponse:
    """Move up, move down or take out one item of a list."""
    channel, _, said = _draft(request, code)
    section, wanted, rank = request.POST.get("section", ""), request.POST.get("geste", ""), request.POST.get("rang", "")
    if said.configuration is None or section not in LISTS or not rank.isdigit():
        return done(
            request, to=("channels:editor", channel.code), say="Rien n'a changé : ce geste n'existe pas.", level=30
        )
    rows = list(getattr(said.configuration, LISTS[section]))
    at = int(rank) - 1
    if 0 <= at < len(rows):
        if wanted == "monter" and at > 0:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
        elif wanted == "descendre" and at < len(rows) - 1:
            rows[at + 1], rows[at] = rows[at], rows[at + 1]
        elif wanted == "supprimer":
            rows.pop(at)
        versions.write_configuration(
            actor=request.actor, code=code, configuration=said.configuration.with_(**{LISTS[section]: tuple(rows)})
        )
    return done(request, to=("channels:editor", channel.code), say="Brouillon enregistré.")


type Save = Callable[[Configuration], Configuration]


class _Form:
    """The forms of one item, and what they make of the configuration."""

    def __init__(
        self, channel: Channel, section: str, config: Configuration, rank: int | None, kind: str, data: Any
    ) -> None:
        self.section, self.config, self.rank, self.data = section, config, rank, data
        self.names = known_to(channel)
        self.rows = list(getattr(config, LISTS[section])) if section in LISTS else []
        self.current: Any = self.rows[rank - 1] if rank is not None else None
        self.main: Any = None
        self.condition: ConditionForm | None = None
        self.shape: Shape | None = None
        getattr(self, f"_{section}")(kind)

    @property
    def valid(self) -> bool:
        answers = [form.is_valid() for form in (self.main, self.condition) if form is not None]
        return all(answers)

    @property
    def has_places(self) -> bool:
        """Whether a place of the message is asked."""
        asked = self.shape.fields if self.shape is not None else ()
        return (
            self.condition is not None
            or self.section == "reglages"
            or any(field.kind in ("path", "paths", "pieces") for field in asked)
        )

    @property
    def node(self) -> Any:
        return self.condition.node if self.condition is not None else None

    def _when(self, node: Any) -> None:
        self.condition = ConditionForm(self.data, node=node, format=self.config.format)

    def _reglages(self, kind: str) -> None:
        self.main = HeadForm(self.data, config=self.config)

    def _source(self, kind: str) -> None:
        self.shape = vocabulary().sources.get(kind or self.config.source.kind)
        if self.shape is None:
            raise Http404
        item = self.config.source if self.shape.code == self.config.source.kind else None
        self.main = ItemForm(self.data, shape=self.shape, fields=self.shape.fields, item=item, names=self.names)

    def _filtre(self, kind: str) -> None:
        self._when(self.config.filter)

    def _exigences(self, kind: str) -> None:
        initial = {"motif": self.current.reason, "consigne": self.current.words} if self.current else {}
        self.main = RequirementForm(self.data, initial=initial)
        self._when(self.current.must if self.current else None)

    def _etapes(self, kind: str) -> None:
        self.shape = STEPS.get(self.current.kind if self.current else kind)
        if self.shape is None:
            raise Http404
        self.main = ItemForm(
            self.data,
            shape=self.shape,
            fields=self.shape.fields,
            item=self.current,
            tables=selectors.approved_references(),
        )
        self._when(self.current.when if self.current else None)

    def _routes(self, kind: str) -> None:
        initial = {"nom": self.current.name, "cibles": list(self.current.targets)} if self.current else {}
        self.main = RouteForm(self.data, targets=[target.name for target in self.config.targets], initial=initial)
        self._when(self.current.when if self.current else None)

    def _cibles(self, kind: str) -> None:
        self.shape = vocabulary().targets.get(self.current.kind if self.current else kind)
        if self.shape is None:
            raise Http404
        self.main = ItemForm(
            self.data,
            shape=self.shape,
            fields=target_fields(self.shape),
            item=self.current,
            named=True,
            names=self.names,
        )

    def made(self) -> Any:
        """The item the valid forms say."""
        said = self.main.cleaned_data if self.main is not None else {}
        match self.section:
            case "exigences":
                return Requirement(self.node, said["motif"], said["consigne"])
            case "routes":
                return Route(said["nom"], tuple(said["cibles"]), self.node)
            case "etapes":
                return Item(self.shape.code, self.main.values(), self.node)  # type: ignore[union-attr]
        return Item(self.shape.code, self.main.values(), None, said["nom"])  # type: ignore[union-attr]

    def configuration(self) -> Configuration:
        if self.section == "reglages":
            return self.config.with_(**self.main.changes())
        if self.section == "source":
            return self.config.with_(source=Item(self.shape.code, self.main.values()))  # type: ignore[union-attr]
        if self.section == "filtre":
            return self.config.with_(filter=self.node)
        if self.rank is None:
            self.rows.append(self.made())
        else:
            self.rows[self.rank - 1] = self.made()
        changes: dict[str, Any] = {LISTS[self.section]: tuple(self.rows)}
        if self.section == "cibles" and self.current is not None and self.current.name != self.rows[self.rank - 1].name:  # type: ignore[operator]
            new = self.rows[self.rank - 1].name  # type: ignore[operator]
            changes["routes"] = tuple(
                Route(one.name, tuple(new if name == self.current.name else name for name in one.targets), one.when)
                for one in self.config.routes
            )
        return self.config.with_(**changes)


def _place(section: str, rank: str) -> str:
    return section if section in SINGLE else f"{section}[{rank}]"


@require_http_methods(["GET", "POST"])
@requires(P.EDIT)
def item(request: Any, code: str, section: str, rank: str) -> HttpResponse:
    """One item: a source, the filter, a step… `rank` counts from 1; `nouveau` adds one of the kind asked by `?type=`."""
    channel, version, said = _draft(request, code)
    config = said.configuration
    if section not in (*SINGLE, *LISTS):
        raise Http404
    if config is None:
        return done(
            request,
            to=("channels:text", code),
            say="Ce brouillon ne se lit pas encore : corrigez d'abord son texte.",
            level=30,
        )
    count = len(getattr(config, LISTS[section])) if section in LISTS else 0
    number = int(rank) if section in LISTS and rank.isdigit() else None
    if section in LISTS and rank != NEW and (number is None or not 1 <= number <= count):
        raise Http404
    data = request.POST if request.method == "POST" else None
    forms = _Form(
        channel, section, config, number, (request.POST.get("type") or request.GET.get("type", ""))[:24], data
    )
    status = 200
    if data is not None:
        if forms.valid and (section != "exigences" or forms.node is not None):
            made = forms.configuration()
            faults = _faults(made, section, str(number or count + 1))
            if not faults:
                versions.write_configuration(actor=request.actor, code=code, configuration=made)
                return done(request, to=("channels:editor", code), say="Brouillon enregistré.")
            for place, words in faults:
                form = forms.main if forms.main is not None else forms.condition
                form.add_error(place if place in form.fields else None, words)  # type: ignore[union-attr]
        elif forms.valid and forms.condition is not None:
            forms.condition.add_error(
                "chemin_1" if not forms.condition.as_text else "texte", "Dites ce que le message doit vérifier."
            )
        status = 422
    shape = forms.shape
    context = tabs(request, channel, "editor") | {
        "version": version, "section": section, "rank": rank, "forms": forms, "kind": shape.code if shape else "", "step_title": TITLES[section],
        "shape": shape, "paths": trial.sample_paths(channel, config)[:PICKED] if forms.has_places else [], "sources": list(vocabulary().sources.values()) if section == "source" else [],
        "condition_title": {"filtre": "Le canal retient un message si", "exigences": "Chaque message doit vérifier"}.get(section, "Seulement si"),
    }  # fmt: skip
    return page(request, "channels/item.html", context, status=status)


def _faults(made: Configuration, section: str, rank: str) -> list[tuple[str, str]]:
    """What the new configuration holds against this item: (field, words)."""
    from maison.interop.channels.language.configuration import checked

    place = _place(section, rank)
    found = []
    for fault in checked(made, vocabulary()):
        if (
            section == "reglages"
            and "." not in fault.place
            and "[" not in fault.place
            and fault.place not in ("routes", "cibles", "filtre")
        ):
            found.append((fault.place, fault.message))
        elif fault.place.startswith(f"{place}.") and "Aucune route ne mène" not in fault.message:
            found.append((fault.place.removeprefix(f"{place}."), fault.message))
    return found


@require_http_methods(["GET", "POST"])
@requires(P.VIEW)
def text(request: Any, code: str) -> HttpResponse:
    """The plain-text form, read by all who see the channel, written by those who may."""
    channel = access.access_channel(request.actor, code, P.VIEW)
    version = selectors.shown_version(channel)
    said = version.text if version is not None else ""
    form = TextForm(request.POST if request.method == "POST" else None, initial={"texte": said})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            versions.write_draft(actor=request.actor, code=code, said=form.cleaned_data["texte"])
            found = selectors.understood(form.cleaned_data["texte"]).faults
            words = (
                f"Brouillon enregistré, avec {len(found)} point(s) à corriger." if found else "Brouillon enregistré."
            )
            return done(request, to=("channels:text", code), say=words)
    context = tabs(request, channel, "text")
    editable = context["may_edit"] and not (version is not None and version.state == Version.State.SUBMITTED)
    return page(
        request, "channels/text.html",
        context | {"version": version, "form": form, "said": said, "editable": editable, "faults": selectors.understood(said).faults}, status=status,
    )  # fmt: skip
