"""One version of a channel: typed, complete, checked. Its text form is in `text`, its meaning in `engine`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import formats, identity_guard, sensitivity
from .conditions import Node
from .conditions import read as read_condition
from .conditions import write as write_condition
from .errors import BadConfiguration, ConditionFault, Fault, PathFault
from .message import FORMATS
from .shapes import STEPS, Field, Shape, Value

MODES = {"asynchrone": "asynchrone : la source est quittée dès que le message est gardé",
         "synchrone": "synchrone : la source attend la réponse de la cible"}  # fmt: skip
ROUTINGS = {
    "premiere": "la première route dont les conditions tiennent",
    "toutes": "toutes les routes dont les conditions tiennent",
}
NO_ROUTE = {"refuser": "refuser : un intégrateur décide", "ignorer": "ne rien envoyer"}
WHOLE = "tout"
"""As ordering key: the whole channel is one file."""

REASONS = {
    "ins-absent": "Identifiant national de santé (INS) absent",
    "ins-non-qualifie": "INS non qualifiée",
    "identite-incomplete": "Identité incomplète",
    "code-inconnu": "Code absent de la table de correspondance",
    "champ-manquant": "Information obligatoire absente",
    "regle-metier": "Règle du canal non respectée",
}
"""Reasons an integrator may give to a requirement; each is led to the desk that can mend it."""

CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,23}")
"""Short enough for the journal to name the channel whole."""
REFERENCE = re.compile(r"([a-z0-9][a-z0-9-]{1,23})@([1-9]\d{0,5})")
MOST = {"etapes": 100, "exigences": 30, "routes": 30, "cibles": 20}


@dataclass(frozen=True, slots=True)
class Item:
    """A source, a step or a target: its kind and the values of its shape, defaults included."""

    kind: str
    values: Mapping[str, Value]
    when: Node | None = None
    name: str = ""

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def lines(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) else ()

    def number(self, name: str) -> int:
        value = self.values.get(name, 0)
        return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a message must satisfy, and the reason given when it does not."""

    must: Node
    reason: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    name: str
    targets: tuple[str, ...]
    when: Node | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """`order`: path of the ordering key, WHOLE, or empty (no order); `barrier`: path that ties a message to a second key."""

    code: str
    title: str
    purpose: str = ""
    format: str = "hl7v2"
    mode: str = "asynchrone"
    order: str = ""
    barrier: str = ""
    ins: str = "refuser"
    routing: str = "premiere"
    no_route: str = "refuser"
    rhythm_minutes: int = 0
    error_percent: int = 5
    source: Item = field(default_factory=lambda: Item("journal", {}))
    requirements: tuple[Requirement, ...] = ()
    filter: Node | None = None
    steps: tuple[Item, ...] = ()
    routes: tuple[Route, ...] = ()
    targets: tuple[Item, ...] = ()

    def target(self, name: str) -> Item | None:
        return next((target for target in self.targets if target.name == name), None)

    @property
    def tables(self) -> tuple[str, ...]:
        """References `code@version` of the mapping tables it uses, once each."""
        return tuple(dict.fromkeys(step.text("table") for step in self.steps if step.kind == "traduire"))

    def with_(self, **changes: Any) -> Configuration:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The kinds of sources and targets this house can plug."""

    sources: Mapping[str, Shape]
    targets: Mapping[str, Shape]


COMMON_TARGET_FIELDS = (
    Field("abandon_heures", "Abandonner après", "number", default=24, low=1, high=24, help="heures sans réponse de la cible ; 24 au plus"),
    Field("simultanes", "Envois en même temps", "number", default=4, low=1, high=16, help="des files différentes seulement"),
)  # fmt: skip


def target_fields(shape: Shape) -> tuple[Field, ...]:
    return (*shape.fields, *COMMON_TARGET_FIELDS)


# -- checks


def checked(config: Configuration, vocabulary: Vocabulary) -> list[Fault]:
    """Every fault of a configuration, in the order of its text; places name its entries."""
    faults = [*_head(config), *_source(config, vocabulary)]
    for rank, requirement in enumerate(config.requirements, start=1):
        faults += _node(config, f"exigences[{rank}].si", requirement.must)
        if requirement.reason not in REASONS:
            faults.append(Fault(f"exigences[{rank}].motif", f"Motif inconnu ; choisissez parmi {', '.join(REASONS)}."))
    faults += _node(config, "filtre", config.filter)
    for rank, step in enumerate(config.steps, start=1):
        faults += _step(config, f"etapes[{rank}]", step)
    faults += [*_routes(config), *_targets(config, vocabulary)]
    for name, limit in MOST.items():
        rows = {
            "etapes": config.steps,
            "exigences": config.requirements,
            "routes": config.routes,
            "cibles": config.targets,
        }[name]
        if len(rows) > limit:
            faults.append(Fault(name, f"Un canal compte au plus {limit} {name}."))
    return faults


def _head(config: Configuration) -> Iterable[Fault]:
    if not CODE.fullmatch(config.code):
        yield Fault("canal", "Le code compte de 2 à 24 minuscules sans accent, chiffres et tirets.")
    if not config.title.strip():
        yield Fault("titre", "Donnez un titre au canal.")
    choices = (("format", config.format, FORMATS), ("mode", config.mode, MODES), ("ins", config.ins, identity_guard.POLICIES),
               ("routage", config.routing, ROUTINGS), ("sans_route", config.no_route, NO_ROUTE))  # fmt: skip
    for name, value, allowed in choices:
        if value not in allowed:
            yield Fault(name, f"« {value} » n'est pas admis ; choisissez parmi {', '.join(allowed)}.")
    for name, path in (("ordre", config.order), ("barriere", config.barrier)):
        if path and not (name == "ordre" and path == WHOLE):
            yield from _path(config, name, path)
    if config.barrier and (not config.order or config.order == WHOLE):
        yield Fault("barriere", "Une barrière relie deux clés d'ordre : donnez d'abord le chemin de la clé (ordre).")
    if not 0 <= config.rhythm_minutes <= 100_000:
        yield Fault("rythme_minutes", "Le rythme attendu est un nombre de minutes, 0 pour n'en attendre aucun.")
    if not 1 <= config.error_percent <= 100:
        yield Fault("erreurs_pourcent", "Le taux d'erreur toléré va de 1 à 100 %.")


def _path(config: Configuration, place: str, path: str) -> Iterable[Fault]:
    if config.format in formats.PATHS:
        try:
            formats.check_path(config.format, path)
        except PathFault as error:
            yield Fault(place, str(error))


def _node(config: Configuration, place: str, node: Node | None) -> Iterable[Fault]:
    if config.format not in formats.PATHS:
        return
    try:
        if read_condition(write_condition(node), config.format) != node:
            yield Fault(place, "Cette condition ne se relit pas telle qu'elle est écrite.")
    except ConditionFault as error:
        yield Fault(place, str(error))


def _values(config: Configuration, place: str, item: Item, fields: Iterable[Field]) -> Iterable[Fault]:
    for one in fields:
        value, where = item.values.get(one.name, one.empty), f"{place}.{one.name}"
        if one.required and value in ("", ()):
            yield Fault(where, f"« {one.label} » est à remplir.")
        elif one.kind == "choice" and value not in one.choices:
            yield Fault(where, f"« {value} » n'est pas admis ; choisissez parmi {', '.join(one.choices)}.")
        elif one.kind == "number" and not (isinstance(value, int) and one.low <= value <= one.high):
            yield Fault(where, f"« {one.label} » va de {one.low} à {one.high}.")
        elif one.kind == "path" and value:
            yield from _path(config, where, str(value))
        elif one.kind in ("paths", "pieces") and isinstance(value, tuple):
            for line in value:
                if not (one.kind == "pieces" and is_literal(line)):
                    yield from _path(config, where, line)
        elif one.kind == "table" and value and not REFERENCE.fullmatch(str(value)):
            yield Fault(where, "Une table se nomme avec sa version, par exemple sexe@3.")


def is_literal(piece: str) -> bool:
    return len(piece) >= 2 and piece[0] == piece[-1] == '"'


def _source(config: Configuration, vocabulary: Vocabulary) -> Iterable[Fault]:
    shape = vocabulary.sources.get(config.source.kind)
    if shape is None:
        yield Fault("source.type", f"Source inconnue ; choisissez parmi {', '.join(vocabulary.sources)}.")
        return
    yield from _values(config, "source", config.source, shape.fields)
    if config.mode == "synchrone" and config.source.kind != "appel":
        yield Fault("mode", "Seule la source « appel » sait attendre la réponse d'une cible.")
    if config.mode == "synchrone" and len(config.targets) > 1:
        yield Fault("mode", "Un canal synchrone n'a qu'une cible : c'est elle qui répond.")


def _step(config: Configuration, place: str, step: Item) -> Iterable[Fault]:
    shape = STEPS.get(step.kind)
    if shape is None:
        yield Fault(f"{place}.type", f"Étape inconnue ; choisissez parmi {', '.join(STEPS)}.")
        return
    faults = list(_values(config, place, step, shape.fields))
    yield from faults
    yield from _node(config, f"{place}.si", step.when)
    if faults or config.format not in formats.PATHS or step.kind == "traduire":
        return
    for name in shape.writes:
        value = step.values.get(name, "")
        for path in value if isinstance(value, tuple) else (str(value),):
            if path and sensitivity.kind_of(config.format, path) == sensitivity.CLINICAL:
                yield Fault(
                    f"{place}.{name}",
                    f"{path} est un contenu clinique : il ne change que par une table de correspondance approuvée (étape « traduire »).",
                )


def _routes(config: Configuration) -> Iterable[Fault]:
    names = {target.name for target in config.targets}
    if not config.routes:
        yield Fault("routes", "Ajoutez au moins une route vers une cible.")
    seen: set[str] = set()
    for rank, route in enumerate(config.routes, start=1):
        if not route.name or route.name in seen:
            yield Fault(f"routes[{rank}].nom", "Donnez à chaque route un nom à elle.")
        seen.add(route.name)
        if not route.targets:
            yield Fault(f"routes[{rank}].cibles", "Une route mène à une cible au moins.")
        for target in route.targets:
            if target not in names:
                yield Fault(f"routes[{rank}].cibles", f"La cible « {target} » n'existe pas dans ce canal.")
        yield from _node(config, f"routes[{rank}].si", route.when)


def _targets(config: Configuration, vocabulary: Vocabulary) -> Iterable[Fault]:
    seen: set[str] = set()
    reached = {name for route in config.routes for name in route.targets}
    for rank, target in enumerate(config.targets, start=1):
        place = f"cibles[{rank}]"
        if not CODE.fullmatch(target.name) or target.name in seen:
            yield Fault(f"{place}.nom", "Donnez à chaque cible un nom à elle : minuscules, chiffres et tirets.")
        seen.add(target.name)
        shape = vocabulary.targets.get(target.kind)
        if shape is None:
            yield Fault(f"{place}.type", f"Cible inconnue ; choisissez parmi {', '.join(vocabulary.targets)}.")
            continue
        yield from _values(config, place, target, target_fields(shape))
        if target.name not in reached:
            yield Fault(f"{place}.nom", f"Aucune route ne mène à la cible « {target.name} ».")


def require(config: Configuration, vocabulary: Vocabulary) -> None:
    """Raises BadConfiguration with every fault."""
    if faults := checked(config, vocabulary):
        raise BadConfiguration(faults)


def sensitive_places(config: Configuration) -> list[tuple[int, str, str]]:
    """(rank of the step, path, kind) for what it writes that is not administrative: what an approver must look at."""
    found = []
    for rank, step in enumerate(config.steps, start=1):
        for name in STEPS[step.kind].writes if step.kind in STEPS else ():
            value = step.values.get(name, "")
            for path in value if isinstance(value, tuple) else (str(value),):
                if path and (kind := sensitivity.kind_of(config.format, path)) != sensitivity.ADMINISTRATIVE:
                    found.append((rank, path, kind))
    return found
