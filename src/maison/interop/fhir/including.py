"""`_include` and `_revinclude`: resources that the matches refer to, or that refer to them, under the caller's own view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from maison.formats.fhir.search_values import REFERENCE

from .callers import Caller
from .errors import BadSearch
from .parameters import Parameter, Stored
from .questions import rows_of
from .registry import Declared, find
from .sql import Sql, every

MOST = 500
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Inclusion:
    """`source` holds the reference `parameter`; `backwards` for `_revinclude`."""

    source: Declared
    parameter: Parameter
    target: str
    backwards: bool
    iterate: bool


@dataclass(frozen=True, slots=True)
class Item:
    pk: UUID
    id: str
    patient: str
    body: bytes


@dataclass(slots=True)
class Brought:
    found: list[tuple[Declared, Item]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(declared: Declared, controls: Mapping[str, Sequence[str]]) -> list[Inclusion]:
    """`Type:parameter[:Target]`; R4 also writes `_include:iterate=`, and older texts `_include:recurse`."""
    found = []
    for name, values in controls.items():
        word, _, modifier = name.partition(":")
        if word not in {"_include", "_revinclude"}:
            continue
        for value in values:
            parts = value.replace("=", ":").split(":")
            source = find(parts[0])
            if len(parts) not in {2, 3} or source is None:
                raise BadSearch(f"« {word} » s'écrit « Type:paramètre[:Cible] », avec un type servi.")
            for parameter in _parameters(source, parts[1]):
                found.append(Inclusion(source, parameter, parts[2] if len(parts) == 3 else "", word == "_revinclude", modifier == "iterate"))  # fmt: skip
    return found


def _parameters(source: Declared, name: str) -> list[Parameter]:
    references = [one for one in source.parameters.values() if one.kind == "reference"]
    if name == "*":
        return references
    chosen = [one for one in references if one.name == name]
    if not chosen:
        raise BadSearch(f"{source.type}:{name[:40]} n'est pas une référence servie.")
    return chosen


def bring(
    inclusions: Sequence[Inclusion], declared: Declared, pks: Sequence[UUID], ids: Sequence[str], caller: Caller
) -> Brought:
    """What the rows of a page bring with them; each resource once, matches never."""
    brought = Brought()
    seen = {(declared.type, one) for one in ids}
    news: dict[str, tuple[Declared, list[UUID], list[str]]] = {declared.type: (declared, list(pks), list(ids))}
    for turn in range(ROUNDS):
        following: dict[str, tuple[Declared, list[UUID], list[str]]] = {}
        for inclusion in inclusions:
            if turn and not inclusion.iterate:
                continue
            for other, item in _step(inclusion, news, caller, brought):
                if (other.type, item.id) in seen:
                    continue
                if len(brought.found) >= MOST:
                    brought.notes.append(f"Inclusions limitées à {MOST} ressources.")
                    return brought
                seen.add((other.type, item.id))
                brought.found.append((other, item))
                _, new_pks, new_ids = following.setdefault(other.type, (other, [], []))
                new_pks.append(item.pk)
                new_ids.append(item.id)
        if not following:
            break
        news = following
    return brought


def _step(inclusion: Inclusion, news: Mapping[str, tuple[Declared, list[UUID], list[str]]], caller: Caller, brought: Brought) -> list[tuple[Declared, Item]]:  # fmt: skip
    found: list[tuple[Declared, Item]] = []
    if inclusion.backwards:
        for kind, (_, _, ids) in news.items():
            if inclusion.target in {"", kind} and (
                not inclusion.parameter.targets or kind in inclusion.parameter.targets
            ):
                wanted = inclusion.parameter.pointing_to(kind, Sql("SELECT unnest(%s::text[])", (ids,)))
                found += _fetch(inclusion.source, wanted, caller, brought)
        return found
    if inclusion.source.type not in news:
        return []
    source, pks, _ = news[inclusion.source.type]
    for kind, ids in _referred(source, inclusion.parameter, pks).items():
        target = find(kind)
        if target is not None and inclusion.target in {"", kind}:
            found += _fetch(target, Sql(f"{target.backing.id}::text = ANY(%s)", (ids,)), caller, brought)
    return found


def _referred(source: Declared, parameter: Parameter, pks: Sequence[UUID]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        if isinstance(parameter, Stored):
            cursor.execute(
                "SELECT DISTINCT substr(t, %s) FROM fhir_resource r, unnest(r.tokens) t WHERE r.pk = ANY(%s) AND t LIKE %s",
                [len(parameter.key) + 2, list(pks), parameter.key.replace("_", "\\_") + "=%"],
            )
            for (text,) in cursor.fetchall():
                if (read := REFERENCE.fullmatch(text)) and not read["base"]:
                    found.setdefault(read["type"], []).append(read["id"])
            return found
        for kind in parameter.targets:
            cursor.execute(
                f"SELECT DISTINCT pointed.id FROM {source.backing.source} CROSS JOIN LATERAL {parameter.pointed(kind)} AS pointed "
                f"WHERE {source.backing.pk} = ANY(%s) AND pointed.id IS NOT NULL",
                [list(pks)],
            )
            found[kind] = [row[0] for row in cursor.fetchall()]
    return found


def _fetch(target: Declared, wanted: Sql, caller: Caller, brought: Brought) -> list[tuple[Declared, Item]]:
    if not caller.may(target.type, "r"):
        note = f"Le jeton ne permet pas de lire le type {target.type} : il n'est pas inclus."
        if note not in brought.notes:
            brought.notes.append(note)
        return []
    backing = target.backing
    where = every([rows_of(target, caller), wanted])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {backing.pk}, {backing.id}::text, {backing.patient}, {backing.columns} FROM {backing.source} "
            f"WHERE {where.text} ORDER BY {backing.pk} LIMIT %s",
            [*where.args, MOST + 1],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [(target, Item(row[0], row[1], row[2], backing.body(row[3:]))) for row in rows]
