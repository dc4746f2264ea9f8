"""Conditions an integrator reads aloud: `toutes(MSH-9.1 égal "ADT"; PV1-2 parmi "I", "O"; aucune(PID-32 égal "DOUB"))`.

A path has zero, one or several values; a condition holds when one of them does. `correspond` takes `*` and `?`, never a
regular expression: no message can make it slow.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from . import dates, formats
from .errors import ConditionFault, PathFault
from .message import Message

TESTS = {
    "égal": "est égal à",
    "différent": "est présent et différent de",
    "parmi": "est l'une des valeurs",
    "présent": "est présent",
    "absent": "est absent",
    "correspond": "ressemble à",
    "avant": "est avant",
    "après": "est après",
}
WITHOUT_VALUE = frozenset({"présent", "absent"})
WITH_ONE = frozenset({"égal", "différent", "correspond", "avant", "après"})
MODES = {
    "toutes": "toutes ces conditions",
    "une": "au moins une de ces conditions",
    "aucune": "aucune de ces conditions",
}
ALIASES = {"egal": "égal", "different": "différent", "present": "présent", "apres": "après"}
DEPTH = 5

TOKEN = re.compile(r'\s*(?:(toutes|une|aucune)\s*\(|("(?:[^"\\]|\\.)*")|([();,]))')
WORD = re.compile(r"\s*([^\s();,\"]+)")


@dataclass(frozen=True, slots=True)
class Condition:
    path: str
    test: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    mode: str
    items: tuple[Condition | Group, ...]

    @property
    def is_flat(self) -> bool:
        return all(isinstance(item, Condition) for item in self.items)


type Node = Condition | Group


def as_group(node: Node | None) -> Group:
    return node if isinstance(node, Group) else Group("toutes", (node,) if node else ())


def simplest(group: Group) -> Node | None:
    """How a group from a form is kept: nothing for none, the condition itself for one that must hold."""
    if not group.items:
        return None
    return group.items[0] if len(group.items) == 1 and group.mode in ("toutes", "une") else group


def conditions_of(node: Node | None) -> Iterator[Condition]:
    if isinstance(node, Condition):
        yield node
    elif node is not None:
        for item in node.items:
            yield from conditions_of(item)


# -- evaluation


def holds(node: Node | None, message: Message, now: datetime) -> bool:
    """No condition at all holds. Raises PathFault for a path of another format."""
    if node is None:
        return True
    if isinstance(node, Group):
        answers = (holds(item, message, now) for item in node.items)
        return all(answers) if node.mode == "toutes" else any(answers) if node.mode == "une" else not any(answers)
    values = message.values(node.path)
    if node.test == "présent":
        return bool(values)
    if node.test == "absent":
        return not values
    return any(_passes(node, value, now) for value in values)


def _passes(condition: Condition, value: str, now: datetime) -> bool:
    wanted = condition.values[0]
    match condition.test:
        case "égal":
            return value == wanted
        case "différent":
            return value != wanted
        case "parmi":
            return value in condition.values
        case "correspond":
            return _pattern(wanted).fullmatch(value) is not None
    limit, moment = dates.read(wanted, now), dates.read(value)
    if limit is None or moment is None:
        return False
    return moment < limit if condition.test == "avant" else moment > limit


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(text.replace("[", "[[]")))


# -- text


def write(node: Node | None) -> str:
    if node is None:
        return ""
    if isinstance(node, Group):
        return f"{node.mode}({'; '.join(write(item) for item in node.items)})"
    values = ", ".join(_quoted(value) for value in node.values)
    return f"{node.path} {node.test}" + (f" {values}" if values else "")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Reader:
    def __init__(self, text: str, format: str) -> None:  # noqa: A002
        self.text, self.format, self.at = text, format, 0

    def fault(self, message: str) -> ConditionFault:
        near = self.text[self.at : self.at + 25].strip()
        return ConditionFault(f"{message}{f' près de « {near} »' if near else ' à la fin'}.")

    def take(self, mark: str) -> bool:
        found = re.compile(r"\s*" + re.escape(mark)).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found is not None

    def node(self, depth: int) -> Node:
        found = TOKEN.match(self.text, self.at)
        if found and found[1]:
            if depth >= DEPTH:
                raise self.fault(f"Pas plus de {DEPTH} groupes l'un dans l'autre")
            self.at = found.end()
            return Group(found[1], self._items(depth))
        return self._condition()

    def _items(self, depth: int) -> tuple[Node, ...]:
        items = [self.node(depth + 1)]
        while self.take(";"):
            items.append(self.node(depth + 1))
        if not self.take(")"):
            raise self.fault("Un groupe se ferme par une parenthèse et ses conditions se séparent par « ; »")
        return tuple(items)

    def _condition(self) -> Condition:
        path = self._path()
        try:
            formats.check_path(self.format, path)
        except PathFault as error:
            raise ConditionFault(str(error)) from error
        word = WORD.match(self.text, self.at)
        test = ALIASES.get(word[1], word[1]) if word else ""
        if word is None or test not in TESTS:
            raise self.fault(f"Après le chemin {path} vient un test : {', '.join(TESTS)}")
        self.at = word.end()
        if test in WITHOUT_VALUE:
            return Condition(path, test)
        values = [self._value()]
        while self.take(","):
            values.append(self._value())
        if test in WITH_ONE and len(values) > 1:
            raise self.fault(f"« {test} » ne compare qu'à une valeur ; « parmi » en prend plusieurs")
        if test in ("avant", "après") and dates.read(values[0], datetime.now(dates.PARIS)) is None:
            raise self.fault('« avant » et « après » comparent à une date : "2026-11-21" ou "maintenant - 7 j"')
        return Condition(path, test, tuple(values))

    def _path(self) -> str:
        """Up to the first blank outside quotes and brackets."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        start, depth, quote = self.at, 0, ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if quote:
                if char == "\\":
                    self.at += 1
                elif char == quote:
                    quote = ""
            elif char in "\"'":
                quote = char
            elif char in "([":
                depth += 1
            elif char in ")]" and depth:
                depth -= 1
            elif depth == 0 and (char.isspace() or char in ";,)"):
                break
            self.at += 1
        if self.at == start:
            raise self.fault("Une condition commence par un chemin")
        return self.text[start : self.at]

    def _value(self) -> str:
        found = TOKEN.match(self.text, self.at)
        if found and found[2]:
            self.at = found.end()
            return re.sub(r"\\(.)", r"\1", found[2][1:-1])
        word = WORD.match(self.text, self.at)
        if word is None:
            raise self.fault("Il manque une valeur")
        self.at = word.end()
        return word[1]


def read(text: str, format: str) -> Node | None:  # noqa: A002
    """The conditions a text says; None for an empty one. Raises ConditionFault."""
    if not text.strip():
        return None
    reader = _Reader(text, format)
    node = reader.node(0)
    if reader.text[reader.at :].strip():
        raise reader.fault("Le texte continue après la condition ; plusieurs conditions se groupent par toutes(…; …)")
    return node


def check(path: str, test: str, values: tuple[str, ...], format: str) -> Condition:  # noqa: A002
    """One condition from the fields of a form. Raises ConditionFault."""
    node = read(write(Condition(path, test, values)), format)
    if not isinstance(node, Condition):
        raise ConditionFault("Une condition est un chemin, un test et une valeur.")
    return node


# -- words


def sentence(node: Node | None) -> str:
    """For the report: « MSH-9.1 est égal à ADT »."""
    if node is None:
        return "toujours"
    if isinstance(node, Group):
        return f"{MODES[node.mode]} : {' ; '.join(sentence(item) for item in node.items)}"
    values = ", ".join(f"«\u00a0{value}\u00a0»" for value in node.values)
    return f"{node.path} {TESTS[node.test]}" + (f" {values}" if values else "")
