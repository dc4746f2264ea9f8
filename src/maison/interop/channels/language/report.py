"""The implementation report of a channel: what it does, in sentences a person reads, made from its configuration alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import conditions, identity_guard
from .configuration import (
    MODES,
    REASONS,
    ROUTINGS,
    WHOLE,
    Configuration,
    Item,
    Vocabulary,
    sensitive_places,
)
from .message import FORMATS
from .shapes import STEPS, Field, Shape


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    lines: tuple[str, ...]
    ordered: bool = False


AFTER = {
    "refuser": "le message s'arrête et un intégrateur décide",
    "ignorer": "rien n'est envoyé, et le journal le garde",
}


def step_sentence(step: Item) -> str:
    shape = STEPS[step.kind]
    said = shape.sentence.format(**{field.name: _shown(step, field) for field in shape.fields})
    said = said[0].upper() + said[1:]
    if step.text("libelle"):
        said += f", libellé en {step.text('libelle')}"
    if step.text("origine"):
        said += f", code d'origine gardé en {step.text('origine')}"
    return said + (f", si {conditions.sentence(step.when)}" if step.when else "")


def item_sentence(item: Item, shape: Shape | None) -> str:
    if shape is None:
        return f"Type « {item.kind} », inconnu de cette maison"
    said = shape.sentence.format(**{field.name: _shown(item, field) for field in shape.fields})
    return said[0].upper() + said[1:]


def _shown(item: Item, field: Field) -> str:
    value = item.values.get(field.name, field.empty)
    if value in ("", ()):
        return field.blank
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "oui" if value else "non"
    if field.kind == "choice":
        label = field.choices.get(str(value), str(value))
        label = label.split(" :")[0].split(" (")[0]
        return label[:1].lower() + label[1:]
    return str(value)


def chapters(config: Configuration, vocabulary: Vocabulary, reasons: Mapping[str, str]) -> list[Chapter]:
    """`reasons`: reason → the desk that mends it, in words."""
    return [
        _flow(config, vocabulary),
        Chapter("Quels messages passent", (f"Le canal retient un message si {conditions.sentence(config.filter)}.",)
                if config.filter else ("Le canal retient tous les messages de sa source.",)),
        Chapter("Ce que chaque message doit vérifier", _requirements(config)),
        Chapter("Ce qui est transformé, dans l'ordre", _steps(config), ordered=bool(config.steps)),
        Chapter("Où les messages partent", _routes(config)),
        Chapter("Les cibles", _targets(config, vocabulary)),
        Chapter("Quand un message ne passe pas", _faults(config, reasons)),
        Chapter("Surveillance", _watch(config)),
    ]  # fmt: skip


def _flow(config: Configuration, vocabulary: Vocabulary) -> Chapter:
    lines = [config.purpose] if config.purpose else []
    lines.append(f"Source : {item_sentence(config.source, vocabulary.sources.get(config.source.kind))}.")
    lines.append(f"Messages au format {FORMATS[config.format]}, en mode {MODES[config.mode]}.")
    if config.order == WHOLE:
        lines.append("Tous les messages du canal gardent leur ordre d'arrivée : une seule file.")
    elif config.order:
        lines.append(
            f"Les messages de même {config.order} gardent leur ordre d'arrivée ; une erreur n'arrête que leur file."
        )
    else:
        lines.append("Les messages sont indépendants : aucun ordre n'est gardé.")
    if config.barrier:
        lines.append(
            f"Un message où {config.barrier} est présent relie deux files : il attend les deux, et les deux l'attendent."
        )
    return Chapter("Le flux", tuple(lines))


def _requirements(config: Configuration) -> tuple[str, ...]:
    found = [
        f"{conditions.sentence(one.must)} ; sinon : {REASONS.get(one.reason, one.reason)}"
        + (f" ({one.words.rstrip('.')})" if one.words else "")
        + "."
        for one in config.requirements
    ]
    policy = identity_guard.POLICIES[config.ins]
    found.append(f"Une INS ne part que si elle est qualifiée ; sinon la règle est de {policy}.")
    return tuple(found)


def _steps(config: Configuration) -> tuple[str, ...]:
    if not config.steps:
        return ("Rien : chaque message part tel qu'il est arrivé, à l'octet près.",)
    notes: dict[int, list[str]] = {}
    for rank, path, kind in sensitive_places(config):
        notes.setdefault(rank, []).append(f"{path} : {kind}")
    return tuple(
        step_sentence(step) + "." + (f" Attention, {' ; '.join(notes[rank])}." if rank in notes else "")
        for rank, step in enumerate(config.steps, start=1)
    )


def _routes(config: Configuration) -> tuple[str, ...]:
    lines = [f"Est suivie : {ROUTINGS[config.routing]}."]
    lines += [f"Route « {route.name} » vers {', '.join(route.targets)}, si {conditions.sentence(route.when)}." if route.when
              else f"Route « {route.name} » vers {', '.join(route.targets)}, toujours." for route in config.routes]  # fmt: skip
    lines.append(f"Si aucune route ne convient : {AFTER[config.no_route]}.")
    return tuple(lines)


def _targets(config: Configuration, vocabulary: Vocabulary) -> tuple[str, ...]:
    found = []
    for target in config.targets:
        shape = vocabulary.targets.get(target.kind)
        hours, lanes = target.number("abandon_heures") or 24, target.number("simultanes") or 4
        extra = f"abandon après {hours} h sans réponse, {lanes} files à la fois"
        found.append(f"{target.name} : {item_sentence(target, shape)}" + f" ({extra}).")
    return tuple(found)


def _faults(config: Configuration, reasons: Mapping[str, str]) -> tuple[str, ...]:
    used = dict.fromkeys(one.reason for one in config.requirements)
    if any(step.kind == "traduire" for step in config.steps):
        used["code-inconnu"] = None
    used |= dict.fromkeys(("message-illisible", "ins-non-qualifie", "transport", "refus-de-la-cible"))
    lines = [f"{reasons[reason]}." for reason in used if reason in reasons]
    lines.append("Une cible qui ne répond pas est rappelée après 5 secondes, puis de plus en plus tard, jusqu'à une heure ; "
                 "les messages sont gardés dans leur ordre et partent à son retour.")  # fmt: skip
    return tuple(lines)


def _watch(config: Configuration) -> tuple[str, ...]:
    silence = (
        f"Une alerte part si aucun message n'arrive pendant {config.rhythm_minutes} minutes."
        if config.rhythm_minutes
        else "Aucun rythme n'est attendu : le silence de ce canal n'alerte personne."
    )
    return (
        silence,
        f"Une alerte part si plus de {config.error_percent} % des messages de l'heure sont refusés ou échouent.",
    )
