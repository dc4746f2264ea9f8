"""Search parameters: what may be asked of a type, and the SQL each question becomes.

`Stored` parameters read the index of the generic store, filled when a resource is written (`indexing`). `Column` parameters read
a room's own columns. Both answer `where(...)` for one alternative of a question.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from maison.formats.fhir import search_values as asked

from .errors import BadSearch
from .sql import FALSE, TRUE, Sql, some

KINDS = ("token", "string", "reference", "date", "number", "quantity", "uri")
MODIFIERS: dict[str, frozenset[str]] = {
    "token": frozenset({"missing", "not", "in", "not-in", "of-type"}),
    "string": frozenset({"missing", "exact", "contains"}),
    "reference": frozenset({"missing", "identifier"}),
    "date": frozenset({"missing"}),
    "number": frozenset({"missing"}),
    "quantity": frozenset({"missing"}),
    "uri": frozenset({"missing", "below"}),
}
type Codes = Callable[[str], Iterable[tuple[str, str]]]


def plain(text: str) -> str:
    """Lower case, without accents, single spaces: how strings are compared unless `:exact` is asked."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    name: str
    kind: str
    targets: tuple[str, ...] = ()
    documentation: str = ""

    def where(self, modifier: str, value: str) -> Sql:
        """The condition for one alternative. Raises UnreadableValue for a value of another kind."""
        raise NotImplementedError

    def present(self) -> Sql:
        raise NotImplementedError

    def pointing_to(self, kind: str, ids: Sql) -> Sql:
        """Rows whose reference is one of `ids`, a SELECT of the ids of that type."""
        raise BadSearch("Ce paramètre n'est pas une référence : il ne s'enchaîne pas.")

    def pointed(self, kind: str) -> str:
        """SQL of the set of ids of that type the row refers to: one expression that returns rows."""
        raise BadSearch("Ce paramètre n'est pas une référence.")

    def order(self) -> tuple[str, str]:
        """(SQL of the sort key, sentinel SQL when there is none), both of one type."""
        raise BadSearch("Ce paramètre ne se trie pas.")


def compare(interval: asked.Interval, low: str, high: str, now: float) -> Sql:
    """Prefixes of R4 on intervals: `low` and `high` are SQL of the row's bounds."""
    start, end = interval.low, interval.high
    match interval.prefix:
        case "eq":
            return Sql(f"({low} >= %s AND {high} <= %s)", (start, end))
        case "ne":
            return Sql(f"NOT ({low} >= %s AND {high} <= %s)", (start, end))
        case "gt":
            return Sql(f"{high} > %s", (end,))
        case "lt":
            return Sql(f"{low} < %s", (start,))
        case "ge":
            return Sql(f"({high} > %s OR {low} >= %s)", (end, start))
        case "le":
            return Sql(f"({low} < %s OR {high} <= %s)", (start, end))
        case "sa":
            return Sql(f"{low} >= %s", (end,))
        case "eb":
            return Sql(f"{high} <= %s", (start,))
    middle = (start + end) / 2
    margin = max(abs(middle - now) * 0.1, end - start)
    return Sql(f"({low} < %s AND {high} > %s)", (middle + margin, middle - margin))


def compare_number(interval: asked.Interval, column: str) -> Sql:
    """Precision widens equality only; other prefixes take the number as exact (R4, search 3.1.1.4.6)."""
    exact = interval.exact
    match interval.prefix:
        case "eq":
            return Sql(f"({column} >= %s AND {column} < %s)", (interval.low, interval.high))
        case "ne":
            return Sql(f"NOT ({column} >= %s AND {column} < %s)", (interval.low, interval.high))
        case "ap":
            return Sql(f"({column} BETWEEN %s AND %s)", (exact - abs(exact) * 0.1, exact + abs(exact) * 0.1))
    sign = {"gt": ">", "sa": ">", "lt": "<", "eb": "<", "ge": ">=", "le": "<="}[interval.prefix]
    return Sql(f"{column} {sign} %s", (exact,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored(Parameter):
    """`paths` say where the values are in the resource; `key` is `Type.name`, the word of the index."""

    type: str = ""
    paths: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.type}.{self.name}"

    def _tokens(self, *values: str) -> Sql:
        return Sql("r.tokens && %s::text[]", ([f"{self.key}={value}" for value in values],))

    def where(self, modifier: str, value: str) -> Sql:
        match self.kind:
            case "token":
                return self._token(modifier, value)
            case "reference":
                return self._reference(modifier, value)
            case "uri":
                text = asked.unescape(value)
                if modifier == "below":
                    prefix = like(f"{self.key}={text}") + "%"
                    return Sql("EXISTS (SELECT 1 FROM unnest(r.tokens) t WHERE t LIKE %s)", (prefix,))
                return self._tokens(text)
            case "string":
                return self._string(modifier, asked.unescape(value))
            case "quantity":
                quantity = asked.quantity(value)
                units = TRUE
                if quantity.code is not None:
                    unit = f"{quantity.system or ''}|{quantity.code}"
                    units = Sql("unit = %s", (unit,)) if quantity.system else Sql("unit LIKE %s", ("%|" + like(quantity.code),))  # fmt: skip
                return self._range(quantity.number, units)
            case "number":
                return self._range(asked.number(value))
        return self._range(asked.date(value))

    def _token(self, modifier: str, value: str) -> Sql:
        if modifier == "of-type":
            parts = [asked.unescape(part) for part in asked.split(value, "|")]
            if len(parts) != 3 or not all(parts):
                raise asked.UnreadableValue("« :of-type » s'écrit « système|code|valeur ».")
            return Sql("r.tokens && %s::text[]", ([f"{self.key}:of-type={'|'.join(parts)}"],))
        found = asked.token(value)
        if found.system is None:
            return self._tokens(f"~{found.code}")
        return self._tokens(f"{found.system}|{found.code or ''}")

    def _reference(self, modifier: str, value: str) -> Sql:
        if modifier == "identifier":
            found = asked.token(value)
            text = f"~{found.code}" if found.system is None else f"{found.system}|{found.code or ''}"
            return Sql("r.tokens && %s::text[]", ([f"{self.key}:identifier={text}"],))
        reference = asked.reference(value)
        if reference.url:
            return self._tokens(reference.url, *([f"{reference.type}/{reference.id}"] if reference.type else []))
        kind = reference.type or modifier
        if kind:
            return self._tokens(f"{kind}/{reference.id}")
        return self._tokens(*[f"{target}/{reference.id}" for target in self.targets]) if self.targets else self._tokens(f"~{reference.id}")  # fmt: skip

    def _string(self, modifier: str, value: str) -> Sql:
        if modifier == "exact":
            test = Sql("value = %s AND exact = %s", (plain(value), value))
        elif modifier == "contains":
            test = Sql("value LIKE %s", ("%" + like(plain(value)) + "%",))
        else:
            test = Sql("value LIKE %s", (like(plain(value)) + "%",))
        return Sql(f"r.pk IN (SELECT pk FROM fhir_text WHERE key = %s AND {test.text})", (self.key, *test.args))

    def _range(self, interval: asked.Interval, units: Sql = TRUE) -> Sql:
        test = compare(interval, "low", "high", time.time()) if self.kind == "date" else compare_number(interval, "low")
        return Sql(f"r.pk IN (SELECT pk FROM fhir_range WHERE key = %s AND {test.text} AND {units.text})",
                   (self.key, *test.args, *units.args))  # fmt: skip

    def present(self) -> Sql:
        return Sql("r.tokens @> %s::text[]", ([f"{self.key}!"],))

    def pointing_to(self, kind: str, ids: Sql) -> Sql:
        if self.kind != "reference":
            raise BadSearch("Ce paramètre n'est pas une référence : il ne s'enchaîne pas.")
        return Sql(f"r.tokens && ARRAY(SELECT %s || found.id FROM ({ids.text}) AS found (id))",
                   (f"{self.key}={kind}/", *ids.args))  # fmt: skip

    def pointed(self, kind: str) -> str:
        if self.kind != "reference":
            raise BadSearch("Ce paramètre n'est pas une référence.")
        prefix = f"{self.key}={kind}/"
        return f"(SELECT substr(t, {len(prefix) + 1}) AS id FROM unnest(r.tokens) t WHERE t LIKE '{like(prefix)}%%')"

    def order(self) -> tuple[str, str]:
        if self.kind == "string":
            return f"(SELECT min(value) FROM fhir_text x WHERE x.pk = r.pk AND x.key = '{self.key}')", "''"
        if self.kind in {"date", "number", "quantity"}:
            return (
                f"(SELECT min(low) FROM fhir_range x WHERE x.pk = r.pk AND x.key = '{self.key}')",
                "'-Infinity'::float8",
            )
        return f"(SELECT min(t) FROM unnest(r.tokens) t WHERE t LIKE '{like(self.key)}=~%%' OR t LIKE '{like(self.key)}=%%')", "''"  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Parameter):
    """A parameter over a room's columns. `columns`: token (system, SQL); reference (type, SQL of the id); else ("", SQL)."""

    columns: tuple[tuple[str, str], ...] = ()
    high: str = ""
    exact_words: dict[str, str] = field(default_factory=dict)

    def where(self, modifier: str, value: str) -> Sql:
        match self.kind:
            case "token":
                found = asked.token(value)
                code = self.exact_words.get(found.code or "", found.code) if self.exact_words else found.code
                parts = []
                for system, column in self.columns:
                    if found.system not in {None, system}:
                        continue
                    parts.append(Sql(f"({column})::text = %s", (code,)) if code else Sql(f"coalesce(({column})::text, '') <> ''"))  # fmt: skip
                return some(parts) if parts else FALSE
            case "reference":
                reference = asked.reference(value)
                parts = [Sql(f"({column})::text = %s", (reference.id,)) for kind, column in self.columns
                         if reference.id and kind == (reference.type or modifier or kind)]  # fmt: skip
                return some(parts) if parts else FALSE
            case "date" | "number":
                low = self.columns[0][1]
                if self.kind == "number":
                    return compare_number(asked.number(value), low)
                return compare(asked.date(value), low, self.high or low, time.time())
        text = asked.unescape(value)
        if self.kind == "uri" or modifier == "exact":
            return some(Sql(f"({column}) = %s", (text,)) for _, column in self.columns)
        pattern = ("%" if modifier == "contains" else "") + like(plain(text)) + "%"
        return some(Sql(f"{normal(column)} LIKE %s", (pattern,)) for _, column in self.columns)

    def present(self) -> Sql:
        return some(Sql(f"coalesce(({column})::text, '') <> ''") for _, column in self.columns)

    def pointing_to(self, kind: str, ids: Sql) -> Sql:
        parts = [
            Sql(f"({column})::text IN ({ids.text})", ids.args) for target, column in self.columns if target == kind
        ]
        if self.kind != "reference" or not parts:
            raise BadSearch("Ce paramètre ne s'enchaîne pas vers ce type.")
        return some(parts)

    def pointed(self, kind: str) -> str:
        columns = [column for target, column in self.columns if target == kind]
        if self.kind != "reference" or not columns:
            raise BadSearch("Ce paramètre n'est pas une référence vers ce type.")
        return f"(SELECT ({columns[0]})::text AS id)"

    def order(self) -> tuple[str, str]:
        column = self.columns[0][1]
        if self.kind in {"date", "number"}:
            return column, "'-Infinity'::float8"
        return (normal(column), "''") if self.kind == "string" else (f"({column})::text", "''")


def normal(column: str) -> str:
    """SQL of `plain` for French letters."""
    return f"translate(lower({column}), 'àâäçéèêëîïôöùûüÿñ''’-', 'aaaceeeeiioouuuyn   ')"


def parameters(type_name: str, table: str) -> dict[str, Stored]:
    """Declarations, one a line: `name kind path|path [Target,Target]`; `*` as path: the resource itself says (`_id`…)."""
    found: dict[str, Stored] = {}
    for line in table.strip().splitlines():
        name, kind, paths, *targets = line.split()
        if kind not in KINDS:
            raise ValueError(line)
        found[name] = Stored(
            name=name, kind=kind, type=type_name, paths=tuple(paths.split("|")),
            targets=tuple(targets[0].split(",")) if targets else (),
        )  # fmt: skip
    return found
