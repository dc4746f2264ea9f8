"""A file of identities, read into columns.

Any file DuckDB reads (Parquet, CSV) goes in. Texts are folded once per distinct value, not per row, and all as one text.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat

import duckdb
import numpy as np

from maison.formats.matching.columns import Columns, Ints, Texts, Words, alphabets_of, lengths_of, letters_of
from maison.formats.matching.identity import DEFAULT_DAYS
from maison.formats.matching.places import place_of
from maison.formats.matching.spelling import NO_GIVEN_NAME, compact, folded, is_name, parts_of

GIVEN_NAMES = ("g1", "g2", "g3", "g4")
NAMES = ("f", "u", *GIVEN_NAMES)


@dataclass(frozen=True)
class Source:
    """Where the rows are, and the SQL expression of each trait in them; « NULL » for a trait the file does not have."""

    relation: str
    birth_name: str = "NULL"
    used_name: str = "NULL"
    given_names: str = "NULL"
    born_on: str = "NULL"
    sex: str = "NULL"
    birth_place: str = "NULL"
    texts: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)


def load(
    source: Source, *, successors: Mapping[str, str] | None = None, threads: int = 2, memory: str = "512MB"
) -> Columns:
    """The rows in the order of the file.

    `memory` bounds what DuckDB keeps; beyond, it works in a private folder that is gone at the end: names never stay on disk.
    """
    with (
        tempfile.TemporaryDirectory(prefix="maison-matching-") as spill,
        duckdb.connect(config={"threads": threads, "memory_limit": memory, "temp_directory": spill}) as base,
    ):
        base.execute("SET enable_progress_bar = false")
        others = {**source.texts, **source.codes}
        _read(base, source, others)
        names, places = _distinct(base, "names", NAMES), _distinct(base, "places", ("p",))
        with ThreadPoolExecutor(1) as beside:  # DuckDB joins while Python folds
            joined = beside.submit(_rows, base)
            words, whole, first, last = _words(names)
            codes, areas, communes = _places(places, successors)
            rows = joined.result()
        day_number = _days(rows["b"])
        family = rows["f"]
        return Columns(
            size=len(family),
            words=words,
            family=_at(whole, family),
            used=_at(whole, rows["u"]),
            part=(_at(first, family), _at(last, family)),
            given=_leftmost([_at(_given_only(whole, words), rows[name]) for name in GIVEN_NAMES]),
            day_number=day_number,
            is_default_day=_default_days(day_number),
            sex=rows["s"].astype(np.int8),
            place=_at(codes, rows["p"]),
            places=communes,
            area=_at(areas, rows["p"]).astype(np.int16),
            others={key: _texts(base, f"o{rank}", key in source.codes) for rank, key in enumerate(others)},
        )


def _read(base: duckdb.DuckDBPyConnection, source: Source, others: Mapping[str, str]) -> None:
    """The table `people`: names as they are, given names apart, the day as AAAAMMJJ (NULL when it is no date), 1 for M, 2 for F."""
    given = ", ".join(f"g[{rank}] AS {name}" for rank, name in enumerate(GIVEN_NAMES, 1))
    more = "".join(f", CAST({sql} AS VARCHAR) AS o{rank}" for rank, sql in enumerate(others.values()))
    list_ = f"CAST({source.given_names} AS VARCHAR)"
    odd = " OR ".join(f"contains({list_}, '{mark}')" for mark in ("-", ",", ";", "  ", "\t", "\u00a0"))
    born = f"replace(trim(CAST({source.born_on} AS VARCHAR)), '-', '')"
    sex = f"CAST({source.sex} AS VARCHAR)"
    base.execute(f"""
        CREATE TEMP TABLE people AS
        SELECT f, u, {given}, b, s, p{"".join(f", o{rank}" for rank in range(len(others)))} FROM (
            SELECT CAST({source.birth_name} AS VARCHAR) AS f, CAST({source.used_name} AS VARCHAR) AS u,
                string_split(CASE WHEN {odd} THEN regexp_replace({list_}, '[-,;\t\u00a0 ]+', ' ', 'g') ELSE {list_} END, ' ') AS g,
                CASE length({born}) WHEN 8 THEN TRY_CAST({born} AS INTEGER) WHEN 6 THEN TRY_CAST({born} || '00' AS INTEGER)
                    WHEN 4 THEN TRY_CAST({born} || '0000' AS INTEGER) END AS b,
                CASE WHEN {sex} IN ('M', 'm') THEN 1 WHEN {sex} IN ('F', 'f') THEN 2
                    ELSE CASE upper(left(trim({sex}), 1)) WHEN 'M' THEN 1 WHEN 'F' THEN 2 ELSE 0 END END AS s,
                CAST({source.birth_place} AS VARCHAR) AS p{more}
            FROM {source.relation})""")  # noqa: S608 - expressions of the caller's own file


def _distinct(base: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...]) -> list[str]:
    """The table of distinct values of these columns, with their positions; the values in order."""
    union = " UNION ALL ".join(f"SELECT {name} AS v FROM people" for name in columns)  # noqa: S608 - our own columns
    base.execute(f"""
        CREATE OR REPLACE TEMP TABLE {table} AS
        SELECT v, CAST(row_number() OVER () - 1 AS INTEGER) AS k FROM (SELECT DISTINCT v FROM ({union}) WHERE v IS NOT NULL)
        """)  # noqa: S608
    values: list[str] = base.execute(f"SELECT v FROM {table} ORDER BY k").fetchnumpy()["v"].tolist()  # noqa: S608
    return values


def _rows(base: duckdb.DuckDBPyConnection) -> dict[str, Ints]:
    """Positions of each row's values (-1 when there is none), its day and its sex, in the order of the file."""
    picked = ", ".join(f"coalesce(v{rank}.k, -1) AS {name}" for rank, name in enumerate(NAMES))
    joins = " ".join(f"LEFT JOIN names v{rank} ON v{rank}.v = people.{name}" for rank, name in enumerate(NAMES))
    found = base.execute(f"""
        SELECT people.rowid AS i, {picked}, coalesce(places.k, -1) AS p, coalesce(b, 0) AS b, s
        FROM people {joins} LEFT JOIN places ON places.v = people.p""").fetchnumpy()  # noqa: S608
    return {name: _in_order(found["i"], found[name]) for name in (*NAMES, "p", "b", "s")}


def _in_order(order: Ints, values: Ints) -> Ints:
    column = np.empty(len(order), np.int32)
    column[order] = values
    return column


def _words(raw: list[str]) -> tuple[Words, Ints, Ints, Ints]:
    """Folded names, and for each raw one its position among them: the whole, its first and its last telling part."""
    text = "\n".join(raw)
    if text.count("\n") >= len(raw) > 0:
        text = "\n".join(name.replace("\n", " ") for name in raw)
    text = folded(text)
    lines = text.split("\n") if raw else []
    names = compact(text).split("\n") if raw else []
    parts = {rank: parts_of(line) for rank, line in enumerate(lines) if " " in line}
    position = dict.fromkeys(names)
    position |= dict.fromkeys(part for both in parts.values() for part in both)
    known = [name for name in position if is_name(name)]
    ranks = {name: rank for rank, name in enumerate(known)}
    whole = np.fromiter(map(ranks.get, names, repeat(-1)), np.int32, len(names))
    first, last = whole.copy(), whole.copy()
    for rank, (one, other) in parts.items():
        if whole[rank] >= 0:
            first[rank], last[rank] = ranks.get(one, -1), ranks.get(other, -1)
    return Words.of(known, ranks), whole, first, last


def _given_only(whole: Ints, words: Words) -> Ints:
    """Positions of names, without those that are no given name."""
    given = whole.copy()
    for word in NO_GIVEN_NAME:
        if word in words.position:
            given[whole == words.position[word]] = -1
    return given


def _days(found: Ints) -> Ints:
    """As `identity.day_of`: AAAAMMJJ with zeros for what is unknown, 0 when it cannot be a date."""
    year, month, day = found // 10000, found // 100 % 100, found % 100
    found[(year < 1800) | (year > 2200) | (month > 12) | (day > 31)] = 0
    return np.where(month == 0, found // 100 * 100, found).astype(np.int32)


def _default_days(day_number: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    month_and_day = day_number % 10000
    default = (month_and_day // 100 == 0) | (month_and_day % 100 == 0)
    for month, day in DEFAULT_DAYS:
        default |= month_and_day == month * 100 + day
    return default


def _places(raw: list[str], successors: Mapping[str, str] | None) -> tuple[Ints, Ints, list[str]]:
    """For each raw code its position among the communes and countries found, and a number for its area (-2 abroad)."""
    found = [place_of(text, successors) for text in raw]
    communes = list(dict.fromkeys(place.code for place in found if place.code))
    ranks = {code: rank for rank, code in enumerate(communes)}
    areas: dict[str, int] = {"99": -2, "": -1}
    for place in found:
        areas.setdefault(place.area, len(areas))
    return (
        np.array([ranks.get(place.code, -1) for place in found], np.int32),
        np.array([areas[place.area] for place in found], np.int32),
        communes,
    )


def _at(values: Ints, rows: Ints, missing: int = -1) -> Ints:
    if not len(values):
        return np.full(len(rows), missing, np.int32)
    return np.where(rows >= 0, values[rows], np.int32(missing)).astype(np.int32, copy=False)


def _leftmost(columns: list[Ints]) -> tuple[Ints, ...]:
    """The same values with what is missing moved to the end of each row: « BEBE Louise » is LOUISE."""
    for rank in range(len(columns) - 1, 0, -1):
        for left in range(rank):
            hole = (columns[left] < 0) & (columns[left + 1] >= 0)
            if hole.any():
                columns[left] = np.where(hole, columns[left + 1], columns[left])
                columns[left + 1] = np.where(hole, np.int32(-1), columns[left + 1])
    return tuple(columns)


def _texts(base: duckdb.DuckDBPyConnection, column: str, is_code: bool) -> Texts:
    raw = _distinct(base, column, (column,))
    found = base.execute(f"""
        SELECT people.rowid AS i, coalesce(k, -1) AS k FROM people LEFT JOIN {column} ON {column}.v = people.{column}""").fetchnumpy()  # noqa: S608
    lines = folded("\n".join(text.replace("\n", " ") for text in raw), digits=True).split("\n") if raw else []
    if is_code:
        lines = [compact(line) for line in lines]
    position: dict[str, int] = {}

    def place_word(word: str) -> int:
        return position.setdefault(word, len(position)) if word else -1

    whole = np.fromiter((place_word(line) for line in lines), np.int32, len(lines))
    own = list(position)
    parts = [parts_of(text) for text in own]
    first = np.array([place_word(one) for one, _ in parts] or [0], np.int32)
    last = np.array([place_word(one) for _, one in parts] or [0], np.int32)
    return Texts(
        own,
        _at(whole, _in_order(found["i"], found["k"])),
        letters_of(own),
        alphabets_of(own),
        lengths_of(own),
        first,
        last,
    )
