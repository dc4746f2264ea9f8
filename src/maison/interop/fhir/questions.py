"""From the parameters of a search to SQL: modifiers, chains, `_has`, sort. Every question carries the caller's own view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from maison.formats.fhir import search_values as asked
from maison.formats.fhir.moments import within_reach

from . import definitions
from .callers import Caller
from .errors import BadSearch, UnknownParameter
from .parameters import MODIFIERS, Parameter, Stored
from .registry import Declared, find
from .sql import Sql, every, some

DEEPEST_CHAIN = 4
MOST_CODES = 3000
MOST_SORTS = 4
SAID_BY_THE_HOUSE = ("_id", "_lastUpdated")


def rows_of(declared: Declared, caller: Caller) -> Sql:
    return every([declared.backing.where, declared.backing.visible(caller)])


def condition(declared: Declared, caller: Caller, name: str, raw: str, depth: int = 0) -> Sql:
    """One parameter of a search. Raises BadSearch or UnknownParameter, with the name of the parameter only."""
    if depth > DEEPEST_CHAIN:
        raise BadSearch(f"Le paramètre {name[:60]} s'enchaîne trop.")
    try:
        return _condition(declared, caller, name, raw, depth)
    except asked.UnreadableValue as error:
        raise BadSearch(f"Paramètre {name[:60]} : {error}") from error


def _condition(declared: Declared, caller: Caller, name: str, raw: str, depth: int) -> Sql:
    if name.startswith("_has:"):
        return _has(declared, caller, name, raw, depth)
    read = asked.read_name(name)
    if read.chain:
        return _chain(declared, caller, read, raw, depth)
    if read.parameter == "_id" and not read.modifier:
        return Sql(
            f"{declared.backing.id}::text = ANY(%s)", ([asked.unescape(one) for one in asked.alternatives(raw)],)
        )
    if read.parameter == "_lastUpdated" and not read.modifier and declared.backing.updated:
        return some(_updated(declared.backing.updated, asked.date(one)) for one in asked.alternatives(raw))
    parameter = parameter_of(declared, read.parameter)
    allowed = MODIFIERS[parameter.kind]
    is_type = parameter.kind == "reference" and find(read.modifier) is not None
    if read.modifier and read.modifier not in allowed and not is_type:
        raise BadSearch(f"Le modificateur « :{read.modifier[:30]} » n'est pas servi pour {parameter.name}.")
    if read.modifier == "missing":
        return parameter.present().negated() if asked.boolean(raw) else parameter.present()
    if read.modifier in {"in", "not-in"}:
        found = _codes(parameter, asked.unescape(raw))
        return found.negated() if read.modifier == "not-in" else found
    parts = [parameter.where("" if read.modifier == "not" else read.modifier, one) for one in asked.alternatives(raw)]
    return some(parts).negated() if read.modifier == "not" else some(parts)


def parameter_of(declared: Declared, name: str) -> Parameter:
    parameter = declared.parameters.get(name)
    if parameter is None:
        raise UnknownParameter(f"Paramètre {name[:60]} du type {declared.type}.", parameter=name[:60])
    return parameter


def _codes(parameter: Parameter, value_set: str) -> Sql:
    codes = definitions.library().codes(value_set)
    if codes is None or len(codes) > MOST_CODES:
        raise BadSearch("Ce jeu de valeurs n'est pas chargé dans la maison, ou il est trop grand pour une recherche.")
    words = [f"{asked.escape(system)}|{asked.escape(code)}" if system else asked.escape(code) for system, code in codes]
    if isinstance(parameter, Stored):
        tokens = [
            f"{parameter.key}={system}|{code}" if system else f"{parameter.key}=~{code}" for system, code in codes
        ]
        return Sql("r.tokens && %s::text[]", (tokens,))
    return some(parameter.where("", word) for word in words)


def _updated(column: str, interval: asked.Interval) -> Sql:
    """An instant is a point: `gt` begins where the interval asked ends."""
    low, high = within_reach(interval.low, interval.high)
    match interval.prefix:
        case "gt" | "sa":
            return Sql(f"{column} >= to_timestamp(%s)", (high,))
        case "lt" | "eb":
            return Sql(f"{column} < to_timestamp(%s)", (low,))
        case "ge":
            return Sql(f"{column} >= to_timestamp(%s)", (low,))
        case "le":
            return Sql(f"{column} < to_timestamp(%s)", (high,))
        case "ne":
            return Sql(f"({column} < to_timestamp(%s) OR {column} >= to_timestamp(%s))", (low, high))
    return Sql(f"({column} >= to_timestamp(%s) AND {column} < to_timestamp(%s))", (low, high))


def _chain(declared: Declared, caller: Caller, read: asked.Name, raw: str, depth: int) -> Sql:
    parameter = parameter_of(declared, read.parameter)
    if parameter.kind != "reference":
        raise BadSearch(f"{parameter.name} n'est pas une référence : il ne s'enchaîne pas.")
    kinds = [read.modifier] if read.modifier else list(parameter.targets)
    first = read.chain.partition(".")[0].partition(":")[0]
    targets = [one for kind in kinds if (one := find(kind)) is not None and _answers(one, first)]
    if not targets:
        raise BadSearch(f"La chaîne {parameter.name}.{first[:40]} ne mène à aucun type servi ; précisez le type (« {parameter.name}:Type.… »).")  # fmt: skip
    parts = []
    for target in targets:
        caller.need(target.type, "s")
        inner = every([rows_of(target, caller), condition(target, caller, read.chain, raw, depth + 1)])
        ids = Sql(f"SELECT {target.backing.id}::text FROM {target.backing.ids_source} WHERE {inner.text}", inner.args)
        parts.append(parameter.pointing_to(target.type, ids))
    return some(parts)


def _answers(declared: Declared, name: str) -> bool:
    return name in declared.parameters or name in SAID_BY_THE_HOUSE or name == "_has"


def _has(declared: Declared, caller: Caller, name: str, raw: str, depth: int) -> Sql:
    parts = name.split(":", 3)
    if len(parts) != 4 or not all(parts):
        raise BadSearch("« _has » s'écrit « _has:Type:référence:paramètre ».")
    other = find(parts[1])
    if other is None:
        raise BadSearch(f"Le type {parts[1][:40]} n'est pas servi.")
    caller.need(other.type, "s")
    pointed = parameter_of(other, parts[2]).pointed(declared.type)
    inner = every([rows_of(other, caller), condition(other, caller, parts[3], raw, depth + 1)])
    return Sql(
        f"{declared.backing.id}::text IN (SELECT pointed.id FROM {other.backing.ids_source} CROSS JOIN LATERAL {pointed} AS pointed "
        f"WHERE {inner.text})",
        inner.args,
    )


# -- order


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key: SQL that is never null, its SQL type, and its direction."""

    sql: str
    cast: str
    descending: bool


def order_of(declared: Declared, text: str) -> list[Key]:
    """The keys of `_sort`, then the primary key, so that the order is total. Without `_sort`: the newest first."""
    backing = declared.backing
    names = [name for name in text.split(",") if name]
    if len(names) > MOST_SORTS:
        raise BadSearch(f"{MOST_SORTS} critères de tri au plus.")
    keys = []
    for name in names:
        descending, bare = name.startswith("-"), name.lstrip("-")
        if bare == "_id":
            keys.append(Key(f"{backing.id}::text", "text", descending))
        elif bare == "_lastUpdated" and backing.updated:
            keys.append(Key(backing.updated, "timestamptz", descending))
        else:
            sql, sentinel = parameter_of(declared, bare).order()
            keys.append(Key(f"coalesce({sql}, {sentinel})", "float8" if "float8" in sentinel else "text", descending))
    return [*keys, Key(backing.pk, "uuid", not keys)]


def order_sql(keys: list[Key]) -> str:
    return ", ".join(f"{key.sql} {'DESC' if key.descending else 'ASC'}" for key in keys)


def after(keys: list[Key], values: list[Any]) -> Sql:
    """Rows that come strictly after these values in the order: stable whatever is written meanwhile."""
    parts, args, equal = [], [], ""
    for place, key in enumerate(keys):
        sign = "<" if key.descending else ">"
        parts.append(f"({equal}{key.sql} {sign} %s::{key.cast})")
        args += [*values[:place], values[place]]
        equal += f"{key.sql} = %s::{key.cast} AND "
    return Sql("(" + " OR ".join(parts) + ")", tuple(args))
