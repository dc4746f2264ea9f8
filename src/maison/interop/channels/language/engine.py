"""A version of a channel applied to one message. Pure: same bytes, same tables, same moment, same outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from . import dates, formats, identity_guard
from .conditions import holds
from .configuration import WHOLE, Configuration, Item, is_literal
from .errors import NotWritable, Unreadable
from .message import Message, Said, differences

UNREADABLE, NO_ROUTE, NO_PLACE, BAD_DATE, UNKNOWN_CODE = (
    "message-illisible", "sans-route", "place-absente", "date-illisible", "code-inconnu",
)  # fmt: skip
ENGINE_REASONS = {
    UNREADABLE: "Message illisible",
    NO_ROUTE: "Aucune route pour ce message",
    NO_PLACE: "Le message n'a pas la place où écrire",
    BAD_DATE: "Date illisible",
    identity_guard.NOT_QUALIFIED: "INS non qualifiée",
    identity_guard.WRONG_WORLD: "Identité de test et identité réelle mélangées",
}
LATE, LATE_WORDS = (
    "mise-a-jour-ancienne",
    "Mise à jour plus ancienne que ce qui a déjà été transmis : gardée, non transmise",
)

type Verdict = Literal["routed", "filtered", "refused"]


@dataclass(frozen=True, slots=True)
class Entry:
    code: str
    label: str = ""


type Tables = Mapping[str, Mapping[str, Entry]]
"""`code@version` → code from → entry."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message cannot go on: a reason that leads to a desk, words without any content, and the place concerned."""

    reason: str
    words: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`payload` is what each target receives; `flags` are the places let through with a code that no table knows."""

    verdict: Verdict
    refusal: Refusal | None = None
    payload: bytes = b""
    targets: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    changes: tuple[tuple[str, str | None, str | None], ...] = ()
    steps: tuple[tuple[int, str], ...] = field(default=())
    """(rank from 1, `fait`, `sans objet` or `condition fausse`)"""
    said: Said | None = None
    late: bool = False
    """Filtered because it is older than what was already sent (HUB-03)."""


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


def run(config: Configuration, payload: bytes, tables: Tables, now: datetime, *, test_world: bool = False,
        compare: bool = False) -> Outcome:  # fmt: skip
    """Filter, requirements, identity, steps, routes, in this order. With `compare`, what changed is listed leaf by leaf."""
    try:
        message = formats.read(config.format, payload)
        kept = compare or any(step.kind == "conserver" for step in config.steps)
        original = formats.read(config.format, payload) if kept else message
    except Unreadable as error:
        return Outcome("refused", Refusal(UNREADABLE, str(error)))
    if config.format == "hl7v2" and not (message.values("MSH-9") and message.values("MSH-10")):
        return Outcome(
            "refused",
            Refusal(UNREADABLE, "Le message ne dit pas son type (MSH-9) ou son identifiant (MSH-10).", "MSH-10"),
        )
    if not holds(config.filter, message, now):
        return Outcome("filtered")
    said = message.said()
    flags: list[str] = []
    done: list[tuple[int, str]] = []
    try:
        for requirement in config.requirements:
            if not holds(requirement.must, message, now):
                raise _Refused(
                    Refusal(requirement.reason, requirement.words or "Une exigence du canal n'est pas satisfaite.")
                )
        _guard(config, message, test_world=test_world)
        for rank, step in enumerate(config.steps, start=1):
            done.append((rank, _apply(step, message, original, tables, now, flags)))
        _guard(config, message, test_world=test_world)
        routes = _routes(config, message, now)
        if not routes and config.no_route == "refuser":
            raise _Refused(Refusal(NO_ROUTE, "Aucune route du canal ne convient à ce message."))
        written = message.write()
    except _Refused as refused:
        return Outcome("refused", refused.refusal, steps=tuple(done))
    except NotWritable as error:
        return Outcome("refused", Refusal(NO_PLACE, str(error)), steps=tuple(done))
    changes = tuple(differences(original, message)) if compare else ()
    if not routes:
        return Outcome("filtered", flags=tuple(flags), changes=changes, steps=tuple(done))
    targets = tuple(dict.fromkeys(target for _, reached in routes for target in reached))
    return Outcome(
        "routed", None, written, targets, tuple(name for name, _ in routes), tuple(flags), changes, tuple(done), said
    )


def lanes_of(config: Configuration, payload: bytes) -> tuple[str, ...]:
    """The files a message belongs to, as fingerprints: no identifier of a patient is kept in clear for ordering.

    Empty: the message keeps no order. A message tied to two keys (a merge) waits for both and both wait for it (HUB-03).
    """
    if not config.order:
        return ()
    if config.order == WHOLE:
        return (_fingerprint(config.code, WHOLE),)
    try:
        message = formats.read(config.format, payload)
    except Unreadable:
        return ()
    keys = message.values(config.order)[:1] + (message.values(config.barrier)[:1] if config.barrier else [])
    return tuple(dict.fromkeys(_fingerprint(config.code, key) for key in keys))


def _fingerprint(code: str, key: str) -> str:
    return hashlib.sha256(f"{code} {key}".encode()).hexdigest()[:32]


def _guard(config: Configuration, message: Message, *, test_world: bool) -> None:
    found = identity_guard.check(message, policy=config.ins, test_world=test_world)
    if found is not None:
        raise _Refused(Refusal(*found))


def _routes(config: Configuration, message: Message, now: datetime) -> list[tuple[str, tuple[str, ...]]]:
    found = []
    for route in config.routes:
        if holds(route.when, message, now):
            found.append((route.name, route.targets))
            if config.routing == "premiere":
                break
    return found


# -- steps

DONE, NOTHING, NOT_NOW = "fait", "sans objet", "condition fausse"


def _apply(step: Item, message: Message, original: Message, tables: Tables, now: datetime, flags: list[str]) -> str:
    if not holds(step.when, message, now):
        return NOT_NOW
    path = step.text("chemin")
    match step.kind:
        case "poser":
            message.assign(path, step.text("valeur"))
        case "defaut":
            if message.values(path):
                return NOTHING
            message.assign(path, step.text("valeur"))
        case "effacer":
            if not message.values(path):
                return NOTHING
            message.delete(path)
        case "copier":
            return DONE if message.copy(step.text("source"), path) else NOTHING
        case "conserver":
            kept = original.values(step.text("source"))
            if not kept:
                return NOTHING
            message.assign(path, kept[0])
        case "traduire":
            return _translate(step, message, tables, flags)
        case "dater":
            return DONE if message.change(path, lambda text: _dated(text, step.text("forme"), path)) else NOTHING
        case "assembler":
            pieces = [
                piece[1:-1] if is_literal(piece) else (message.values(piece) or [""])[0]
                for piece in step.lines("morceaux")
            ]
            joined = step.text("separateur").join(piece for piece in pieces if piece)
            if not joined:
                return NOTHING
            message.assign(path, joined)
        case "decouper":
            values = message.values(step.text("source"))
            if not values:
                return NOTHING
            paths = step.lines("chemins")
            parts = values[0].split(step.text("separateur"), len(paths) - 1)
            for where, part in zip(paths, parts, strict=False):
                if part:
                    message.assign(where, part)
        case other:
            raise ValueError(f"The engine does not know the step {other}.")
    return DONE


def _dated(text: str, form: str, path: str) -> str:
    moment = dates.read(text)
    if moment is None:
        raise _Refused(Refusal(BAD_DATE, f"La date en {path} ne se lit pas.", path))
    return dates.write(moment, form, day_only=dates.is_a_day(text))


def _translate(step: Item, message: Message, tables: Tables, flags: list[str]) -> str:
    path, table = step.text("chemin"), tables[step.text("table")]
    values = message.values(path)
    if not values:
        return NOTHING
    if any(value not in table for value in values):
        if step.text("inconnu") == "refuser":
            raise _Refused(
                Refusal(UNKNOWN_CODE, f"Un code en {path} n'est pas dans la table {step.text('table')}.", path)
            )
        flags.append(path)
    known = next((value for value in values if value in table), None)
    if step.text("origine"):
        message.assign(step.text("origine"), values[0])
    message.change(path, lambda text: table[text].code if text in table else text)
    if step.text("libelle") and known is not None:
        message.assign(step.text("libelle"), table[known].label)
    return DONE if known is not None else NOTHING
