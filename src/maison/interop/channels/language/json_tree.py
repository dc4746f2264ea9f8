"""JSON as rules see it; numbers keep their digits (1.10 stays 1.10), a key said twice is refused.

Paths read like FHIRPath, numbered from 0: `name.family` (every name), `name[0].given[1]`,
`identifier.where(system='urn:oid:1.2.3').value`, `entry[*].resource.id`, `"clé avec espace".x`.
"""

from __future__ import annotations

import copy as copying
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, override

from .errors import NotWritable, PathFault, Unreadable
from .message import Message

STEP = re.compile(r"""(?:([A-Za-z_$@][\w$@-]*)|"((?:[^"\\]|\\.)+)")(?:\[(\d{1,6}|\*)\])?""")
WHERE = re.compile(
    r"""where\(([A-Za-z_$@][\w$@-]*(?:\.[A-Za-z_$@][\w$@-]*){0,3})='((?:[^'\\]|\\.)*)'\)(?:\[(\d{1,6}|\*)\])?"""
)
HELP = "écrivez par exemple name[0].family ou identifier.where(system='urn:oid:1.2.3').value."


class Number(str):
    """A number as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step down. `where`: (path inside, value) keeps the items that say so; `rank` None means every item."""

    name: str
    rank: int | None = None
    where: tuple[tuple[str, ...], str] | None = None


@lru_cache(maxsize=4096)
def read_path(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    at = 0
    while True:
        where = WHERE.match(text, at) if steps else None
        if where is not None:
            names, value, rank = where.groups()
            steps.append(Step("", _rank(rank), (tuple(names.split(".")), re.sub(r"\\(.)", r"\1", value))))
            at = where.end()
        else:
            found = STEP.match(text, at)
            if found is None:
                raise PathFault(f"« {text} » n'est pas un chemin JSON : {HELP}")
            steps.append(Step(found[1] or re.sub(r"\\(.)", r"\1", found[2]), _rank(found[3])))
            at = found.end()
        if at == len(text):
            return tuple(steps)
        if text[at] != ".":
            raise PathFault(f"« {text} » n'est pas un chemin JSON : {HELP}")
        at += 1


def _rank(text: str | None) -> int | None:
    return None if text in (None, "*") else int(text or 0)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("Une même clé est écrite deux fois dans un objet JSON.")
    return found


def _constant(text: str) -> Any:
    raise Unreadable("NaN et Infinity ne sont pas du JSON.")


class _Hold:
    """A value and where it is held, so that it can be replaced."""

    __slots__ = ("box", "key")

    def __init__(self, box: Any, key: Any) -> None:
        self.box, self.key = box, key

    @property
    def value(self) -> Any:
        return self.box[self.key]


class JsonMessage(Message):
    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        try:
            root = json.loads(
                payload.decode("utf-8-sig"), parse_float=Number, parse_int=Number, parse_constant=_constant,
                object_pairs_hook=_pairs,
            )  # fmt: skip
        except UnicodeDecodeError as error:
            raise Unreadable("Un message JSON s'écrit en UTF-8.") from error
        except json.JSONDecodeError as error:
            raise Unreadable(f"JSON mal formé, ligne {error.lineno}, colonne {error.colno}.") from error
        except RecursionError as error:
            raise Unreadable("Le JSON est imbriqué trop profondément.") from error
        if not isinstance(root, dict):
            raise Unreadable("Un message JSON est un objet.")
        self.holder: dict[str, Any] = {"": root}

    @override
    def values(self, path: str) -> list[str]:
        found = (_text(hold.value) for hold in self._holds(read_path(path)))
        return [text for text in found if text]

    @override
    def assign(self, path: str, value: str) -> None:
        steps = read_path(path)
        holds = list(self._holds(steps)) or [self._make(path, steps)]
        for hold in holds:
            if isinstance(hold.value, (dict, list)) and hold.value:
                raise NotWritable(f"{path} contient d'autres valeurs : nommez celle à écrire.")
            self._replace(hold, value)

    @override
    def delete(self, path: str) -> None:
        for hold in reversed(list(self._holds(read_path(path)))):
            del hold.box[hold.key]
            self.touched = True

    @override
    def change(self, path: str, rewrite: Callable[[str], str]) -> int:
        count = 0
        for hold in list(self._holds(read_path(path))):
            if text := _text(hold.value):
                count += 1
                if (new := rewrite(text)) != text:
                    self._replace(hold, new)
        return count

    @override
    def copy(self, source: str, target: str) -> bool:
        for hold in self._holds(read_path(source)):
            if hold.value not in (None, "", [], {}):
                steps = read_path(target)
                value = copying.deepcopy(hold.value)
                for place in list(self._holds(steps)) or [self._make(target, steps)]:
                    if place.value != value:
                        place.box[place.key] = value
                        self.touched = True
                return True
        return False

    @override
    def leaves(self) -> Iterator[tuple[str, str]]:
        yield from _leaves("", self.holder[""])

    @override
    def _dump(self) -> bytes:
        parts: list[str] = []
        _write(self.holder[""], parts)
        return "".join(parts).encode("utf-8")

    # -- inside

    def _holds(self, steps: tuple[Step, ...]) -> Iterator[_Hold]:
        holds = [_Hold(self.holder, "")]
        for step in steps:
            holds = [down for hold in holds for down in _down(hold, step)]
        return iter(holds)

    def _replace(self, hold: _Hold, text: str) -> None:
        old = hold.value
        new: Any = text
        if isinstance(old, bool) and text in ("true", "false"):
            new = text == "true"
        elif isinstance(old, Number) and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", text):
            new = Number(text)
        if type(new) is not type(old) or new != old:
            hold.box[hold.key] = new
            self.touched = True

    def _make(self, path: str, steps: tuple[Step, ...]) -> _Hold:
        box: Any = self.holder[""]
        for rank, step in enumerate(steps):
            if step.where is not None or not isinstance(box, dict):
                raise NotWritable(f"Le message n'a pas de place {path} où écrire.")
            last = rank == len(steps) - 1
            if step.rank is None:
                known = box.get(step.name)
                if isinstance(known, list) and known and not last:
                    known = known[0]
                if last:
                    box.setdefault(step.name, None)
                    return _Hold(box, step.name)
                box = box.setdefault(step.name, {}) if known is None else known
                continue
            row = box.setdefault(step.name, [])
            if not isinstance(row, list) or step.rank > len(row):
                raise NotWritable(f"Le message n'a pas de place {path} où écrire.")
            if step.rank == len(row):
                row.append(None if last else {})
            if last:
                return _Hold(row, step.rank)
            box = row[step.rank]
        raise NotWritable(f"Le message n'a pas de place {path} où écrire.")


def _down(hold: _Hold, step: Step) -> Iterator[_Hold]:
    value = hold.value
    if step.where is not None:
        names, wanted = step.where
        if isinstance(value, dict) and wanted in _inside(value, names) and step.rank in (None, 0):
            yield hold
        return
    if not isinstance(value, dict) or value.get(step.name) is None:
        return
    found = value[step.name]
    if not isinstance(found, list):
        if step.rank in (None, 0):
            yield _Hold(value, step.name)
        return
    for rank, item in enumerate(found):
        if item is not None and step.rank in (None, rank):
            yield _Hold(found, rank)


def _inside(value: Any, names: tuple[str, ...]) -> list[str]:
    if not names:
        return [_text(value)]
    rows = value if isinstance(value, list) else [value]
    return [
        text for row in rows if isinstance(row, dict) and names[0] in row for text in _inside(row[names[0]], names[1:])
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else ""


def _named(name: str) -> str:
    if re.fullmatch(r"[A-Za-z_$@][\w$@-]*", name):
        return name
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _leaves(where: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(f"{where}.{_named(name)}" if where else _named(name), item)
    elif isinstance(value, list):
        for rank, item in enumerate(value):
            yield from _leaves(f"{where}[{rank}]", item)
    elif text := _text(value):
        yield where, text


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, dict):
        parts.append("{")
        for rank, (name, item) in enumerate(value.items()):
            parts.append(("," if rank else "") + json.dumps(name, ensure_ascii=False) + ":")
            _write(item, parts)
        parts.append("}")
    elif isinstance(value, list):
        parts.append("[")
        for rank, item in enumerate(value):
            if rank:
                parts.append(",")
            _write(item, parts)
        parts.append("]")
    elif isinstance(value, Number):
        parts.append(str(value))
    else:
        parts.append(json.dumps(value, ensure_ascii=False))
