"""A search: its conditions, one page of rows by a stable cursor, what is included with them, and the bundle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.db import connection

from maison.formats.fhir.faults import INFORMATION, WARNING, issue, outcome
from maison.formats.fhir.moments import instant
from maison.formats.fhir.wire import write

from . import cursors, including
from .callers import Caller
from .errors import BadSearch, Refusal
from .horizon import before, horizon
from .questions import Key, after, condition, order_of, order_sql, rows_of
from .registry import Declared
from .shaping import Shape
from .sql import WHOLE, Sql, every
from .steps import Rows, Steps, alone
from .store import STORE_BODY
from .tracing import Trace, of_rows

DEFAULT_COUNT = 50
MOST = 250
COUNTED = 10_000
"""Without `_total=accurate`, matches are counted up to this many; beyond, the total is left out."""
DESIGNATING = frozenset({"patient", "subject", "identifier"})
IGNORED = frozenset({"_format", "_pretty", "_page"})
CONTROLS = frozenset({"_count", "_sort", "_include", "_revinclude", "_include:iterate", "_revinclude:iterate", "_total",
                      "_summary", "_elements", "_contained", "_containedType"})  # fmt: skip


@dataclass(slots=True)
class Search:
    """A search as read from its parameters; `state` says it again for the next pages."""

    declared: Declared
    asked: list[tuple[str, str]]
    where: Sql
    keys: list[Key]
    count: int = DEFAULT_COUNT
    shape: Shape = field(default_factory=Shape)
    total: str = ""
    includes: list[including.Inclusion] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    from_values: list[Any] | None = None
    known_total: int | None = None
    horizon: datetime | None = None
    rare: bool = False

    @property
    def polls(self) -> bool:
        """Asked by date of change, usually again and again: nothing that is still being written may be passed over."""
        return any(name == "_lastUpdated" for name, _ in self.asked) and bool(self.declared.backing.updated)


@dataclass(frozen=True, slots=True)
class Found:
    """One row: `values` are its sort keys."""

    pk: UUID
    id: str
    patient: str
    values: tuple[Any, ...]
    body: bytes


def read_search(
    declared: Declared, caller: Caller, parameters: Iterable[tuple[str, str]], *, lenient: bool = False
) -> Search:
    """Raises BadSearch and UnknownParameter; `lenient` (Prefer: handling=lenient) drops what is not served, and says so."""
    caller.need(declared.type, "s")
    asked = [(name, value) for name, value in parameters if name not in IGNORED]
    must_be_text(asked)
    controls: dict[str, list[str]] = {}
    conditions: list[Sql] = []
    ignored: list[str] = []
    rare = False
    for name, value in asked:
        if name in CONTROLS:
            controls.setdefault(name, []).append(value)
        elif value:
            try:
                conditions.append(condition(declared, caller, name, value))
                rare = rare or _is_rare(declared, name, value)
            except Refusal as error:
                if not lenient or error.status != 400:
                    raise
                ignored.append(name[:60])
    last = {name: values[-1] for name, values in controls.items()}
    search = Search(
        declared, asked, every([rows_of(declared, caller), *conditions]), order_of(declared, last.get("_sort", "")),
        count=_count(last.get("_count")), shape=Shape(last.get("_summary", ""), last.get("_elements", "")),
        total=last.get("_total", ""), ignored=ignored, rare=rare,
    )  # fmt: skip
    if search.total not in {"", "none", "estimate", "accurate"}:
        raise BadSearch("« _total » vaut none, estimate ou accurate.")
    search.includes = including.read(declared, controls)
    if search.shape.summary == "text" and search.includes:
        raise BadSearch("« _include » et « _revinclude » ne vont pas avec _summary=text.")
    return search


def _is_rare(declared: Declared, name: str, value: str) -> bool:
    """What designates one person or one thing: its few rows are found by the index of words first, then sorted."""
    return (
        declared.is_stored and name in DESIGNATING and not any(one.endswith("|") or not one for one in value.split(","))
    )


def must_be_text(asked: Iterable[tuple[str, str]]) -> None:
    """PostgreSQL keeps no NUL, neither in a question nor in the trace of its refusal."""
    if any("\0" in name or "\0" in value for name, value in asked):
        raise BadSearch("Le caractère nul n'est pas admis dans une recherche.")


def _count(text: str | None) -> int:
    if text is None:
        return DEFAULT_COUNT
    if not WHOLE.fullmatch(text):
        raise BadSearch("« _count » est un nombre entier.")
    return min(int(text), MOST)


def find_rows(search: Search, limit: int) -> Steps[list[Found]]:
    declared = search.declared
    backing = declared.backing
    where = (
        search.where if search.from_values is None else every([search.where, after(search.keys, search.from_values)])
    )
    keys = ", ".join(key.sql for key in search.keys)
    what = f"SELECT {backing.pk}, {backing.id}::text, {backing.patient}, {keys}"
    end = f"ORDER BY {order_sql(search.keys)} LIMIT %s"
    if search.rare:
        found = f"WITH r AS MATERIALIZED (SELECT r.* FROM {backing.bare_source} WHERE {where.text})"
        rows = yield Rows(f"{found} {what}, {STORE_BODY} FROM r {end}", [*where.args, limit], steady=True)
    else:
        statement = f"{what}, {backing.columns} FROM {backing.source} WHERE {where.text} {end}"
        rows = yield Rows(statement, [*where.args, limit])
    width = 3 + len(search.keys)
    return [Found(row[0], row[1], row[2], row[3:width], backing.body(row[width:])) for row in rows]


def count_rows(search: Search, most: int | None) -> int:
    backing = search.declared.backing
    inner = f"SELECT 1 FROM {backing.ids_source} WHERE {search.where.text}"
    with connection.cursor() as cursor:
        if most is None:
            cursor.execute(f"SELECT count(*) FROM ({inner}) AS found", search.where.args)
        else:
            cursor.execute(f"SELECT count(*) FROM ({inner} LIMIT %s) AS found", [*search.where.args, most + 1])
        return int(cursor.fetchone()[0])


def answer(
    search: Search, caller: Caller, base: str, *, path: str, show_values: bool = True
) -> Steps[tuple[bytes, list[Trace]]]:
    """The searchset Bundle, and the traces of what it shows. `show_values` off (POST _search): links hide the values."""
    declared = search.declared
    if search.polls:
        search.horizon = search.horizon or (yield from horizon())
        search.where = every([search.where, before(declared.backing.updated, search.horizon)])
    only_count = search.shape.only_count or search.count == 0
    rows = [] if only_count else (yield from find_rows(search, search.count + 1))
    more = len(rows) > search.count
    rows = rows[: search.count]
    total = _total(search, rows, more=more, only_count=only_count)
    entries: list[Any] = [_entry(base, declared, row.id, search.shape.cut(declared, row.body), "match") for row in rows]
    traces = of_rows("fhir.search", declared.type, [(row.id, row.patient) for row in rows], _told(search))
    notes = [issue(WARNING, "not-supported", f"Paramètre non servi, ignoré : {name}.") for name in search.ignored]
    if rows and search.includes:
        brought = including.bring(search.includes, declared, [row.pk for row in rows], [row.id for row in rows], caller)
        for other, item in brought.found:
            entries.append(_entry(base, other, item.id, search.shape.cut(other, item.body), "include"))
        for other in {one.type: one for one, _ in brought.found}.values():
            mine = [(item.id, item.patient) for one, item in brought.found if one is other]
            traces += of_rows("fhir.include", other.type, mine, {})
        notes += [issue(INFORMATION, "informational", text) for text in brought.notes]
    if notes:
        entries.append({"resource": outcome(notes), "search": {"mode": "outcome"}})
    links = [{"relation": "self", "url": _self(search, base, path, show_values=show_values)}]
    if more:
        state: dict[str, Any] = {"asked": search.asked, "after": _plain(rows[-1].values), "total": total}
        if search.horizon is not None:
            state["horizon"] = search.horizon.isoformat()
        links.append({"relation": "next", "url": cursors.link(base, path, caller.actor.subject, state)})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if search.horizon is not None:
        bundle["meta"] = {"lastUpdated": instant(search.horizon)}
    if total is not None:
        bundle["total"] = total
    bundle["link"] = links
    if entries:
        bundle["entry"] = entries
    return write(bundle), traces


def _entry(base: str, declared: Declared, identifier: str, body: bytes, mode: str) -> dict[str, Any]:
    return {"fullUrl": f"{base}/{declared.type}/{identifier}", "resource": msgspec.Raw(body), "search": {"mode": mode}}


def _total(search: Search, rows: Sequence[Found], *, more: bool, only_count: bool) -> int | None:
    if search.total == "none" and not only_count:
        return None
    if search.from_values is not None:
        return search.known_total
    if not more and not only_count:
        return len(rows)
    if search.total == "accurate" or only_count:
        return count_rows(search, None)
    counted = count_rows(search, COUNTED)
    return counted if counted <= COUNTED else None


def _told(search: Search) -> dict[str, Any]:
    """Names of the parameters, never their values."""
    return {"parameters": sorted({name[:80] for name, _ in search.asked})}


def _self(search: Search, base: str, path: str, *, show_values: bool) -> str:
    """What was understood: parameters that were dropped are not in it (R4, search, 3.1.1.2)."""
    shown = [(name, value) for name, value in search.asked if name not in search.ignored]
    return f"{base}/{path}" + (f"?{urlencode(shown)}" if shown and show_values else "")


def _plain(values: Iterable[Any]) -> list[Any]:
    """As text that PostgreSQL reads back to the same value: JSON would lose the infinity of a missing date."""
    return [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]


def resume(declared: Declared, caller: Caller, text: str) -> Search:
    """The next page, from its link."""
    state = cursors.unseal(caller.actor.subject, text)
    search = read_search(declared, caller, [(name, value) for name, value in state["asked"]], lenient=True)
    search.from_values, search.known_total = state["after"], state["total"]
    if moment := state.get("horizon"):
        search.horizon = datetime.fromisoformat(moment)
    if len(search.from_values or ()) != len(search.keys):
        raise BadSearch("Ce lien de page n'est plus valable.")
    return search


def matching_ids(declared: Declared, caller: Caller, query: Iterable[tuple[str, str]]) -> list[str]:
    """The ids, two at most, that a conditional interaction designates. A criterion without any condition designates nothing."""
    asked = [(name, value) for name, value in query if name not in IGNORED and name not in CONTROLS and value]
    if not asked:
        raise BadSearch("Le critère d'une interaction conditionnelle ne peut pas être vide.")
    search = read_search(declared, caller, asked)
    return [row.id for row in alone(find_rows(search, 2))]
