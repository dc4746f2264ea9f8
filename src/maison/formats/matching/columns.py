"""A whole file of identities as columns of numbers: each distinct name, place and date once, rows as their positions.

Any file DuckDB reads (Parquet, CSV) goes in; texts are folded once per distinct value, not per row. A missing value is -1
in a column of codes, 0 in a date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
import numpy as np
from numpy.typing import NDArray

from maison.formats.matching.diminutives import ROOTS
from maison.formats.matching.identity import DATE_PATTERN, DEFAULT_DAYS
from maison.formats.matching.places import place_of
from maison.formats.matching.sounds import sound_of
from maison.formats.matching.spelling import NO_NAME, compact, folded, parts_of

Ints = NDArray[np.int32]
Numbers = NDArray[np.uint64]
GIVEN_NAMES = 4


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


@dataclass(frozen=True)
class Words:
    """Distinct texts and what each is like: equal numbers in `sound`, `root` or `letters` are one class.

    `sound_key`, `root_key` and `start_key` are the numbers blocking keys are made of.
    """

    texts: list[str]
    sound: Ints
    root: Ints
    letters: Numbers
    length: Ints
    sound_key: Numbers
    root_key: Numbers
    start_key: Numbers

    @classmethod
    def of(cls, texts: list[str]) -> Words:
        sounds = sound_of("\n".join(texts)).split("\n") if texts else []
        roots = [sound_of(ROOTS[text]) if text in ROOTS else sound for text, sound in zip(texts, sounds, strict=True)]
        return cls(
            texts,
            _classes(sounds),
            _roots(texts),
            letters_of(texts),
            lengths_of(texts),
            numbers_of(sounds),
            numbers_of(roots),
            numbers_of([text[:3] for text in texts]),
        )


def _roots(texts: list[str]) -> Ints:
    """Two forms of one given name have one number."""
    ranks = {text: rank for rank, text in enumerate(texts) if text in ROOTS}
    numbers: Ints = np.arange(len(texts), dtype=np.int32)
    places = {text: rank for rank, text in enumerate(texts)} if ranks else {}
    for text, rank in ranks.items():
        root = ROOTS[text]
        numbers[rank] = places.setdefault(root, len(texts) + len(places))
    return numbers


def _classes(sounds: list[str]) -> Ints:
    """One number for each sound; a sound of one letter is like no other."""
    numbers: dict[str, int] = {}
    return np.fromiter(
        (numbers.setdefault(sound, len(numbers)) if len(sound) > 1 else -1 - rank for rank, sound in enumerate(sounds)),
        np.int32,
        len(sounds),
    )


@dataclass(frozen=True)
class Texts:
    """A complementary trait: codes of the rows in `texts`, with the parts of each."""

    texts: list[str]
    code: Ints
    letters: Numbers
    length: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True)
class Columns:
    """`family`, `used`, `given` hold positions in `words`; `part` the telling words of a compound name."""

    size: int
    words: Words
    family: Ints
    used: Ints
    part: tuple[Ints, Ints]
    given: tuple[Ints, ...]
    day_number: Ints
    is_default_day: NDArray[np.bool_]
    sex: NDArray[np.int8]
    place: Ints
    places: list[str]
    area: NDArray[np.int16]
    others: dict[str, Texts]


def numbers_of(texts: list[str]) -> Numbers:
    """The same numbers as `blocking.number_of`, all at once."""
    if not texts:
        return np.zeros(0, np.uint64)
    return np.array(texts, dtype="S8").view("<u8").astype(np.uint64)


def lengths_of(texts: list[str]) -> Ints:
    return np.fromiter(map(len, texts), np.int32, len(texts))


_LETTER_NUMBERS = np.random.default_rng(20261125).integers(1, 2**62, 256, dtype=np.uint64)


def letters_of(texts: list[str]) -> Numbers:
    """Equal for texts made of the same letters in another order."""
    if not texts:
        return np.zeros(0, np.uint64)
    joined = np.frombuffer("\n".join(texts).encode(), np.uint8)
    ends = np.flatnonzero(joined == 10)
    starts = np.concatenate(([0], ends))
    values = _LETTER_NUMBERS[joined]
    values[ends] = 0
    sums: Numbers = np.add.reduceat(values, starts) if len(joined) else np.zeros(1, np.uint64)
    return sums


def load(
    source: Source, *, successors: Mapping[str, str] | None = None, threads: int = 2, memory: str = "512MB"
) -> Columns:
    """Read the rows in the order of the file."""
    with duckdb.connect(config={"threads": threads, "memory_limit": memory}) as base:
        base.execute("SET enable_progress_bar = false")
        return _columns(base, source, successors)


def _columns(base: duckdb.DuckDBPyConnection, source: Source, successors: Mapping[str, str] | None) -> Columns:
    others = {**source.texts, **source.codes}
    given = ", ".join(f"g[{rank}] AS g{rank}" for rank in range(1, GIVEN_NAMES + 1))
    more = "".join(f", CAST({sql} AS VARCHAR) AS o{rank}" for rank, sql in enumerate(others.values()))
    base.execute(f"""
        CREATE TEMP TABLE people AS
        SELECT f, u, {given}, b, s, p{"".join(f", o{rank}" for rank in range(len(others)))} FROM (
            SELECT CAST({source.birth_name} AS VARCHAR) AS f, CAST({source.used_name} AS VARCHAR) AS u,
                list_filter(string_split(translate(CAST({source.given_names} AS VARCHAR), '-,;', '   '), ' '), lambda x: x <> '') AS g,
                {_day_sql(source.born_on)} AS b, CAST({source.sex} AS VARCHAR) AS s,
                CAST({source.birth_place} AS VARCHAR) AS p{more}
            FROM {source.relation})""")  # noqa: S608 - expressions of the caller's own file
    names = ["f", "u", *(f"g{rank}" for rank in range(1, GIVEN_NAMES + 1))]
    raw, rows = _coded(base, names)
    lines = folded("\n".join(text.replace("\n", " ") for text in raw)).split("\n") if raw else []
    position: dict[str, int] = {}

    def place_word(word: str) -> int:
        return -1 if not word or word in NO_NAME else position.setdefault(word, len(position))

    whole = np.fromiter((place_word(compact(line)) for line in lines), np.int32, len(lines))
    first, last = whole.copy(), whole.copy()
    for rank, line in enumerate(lines):
        if " " in line and whole[rank] >= 0:
            first[rank], last[rank] = (place_word(part) for part in parts_of(line))
    words = Words.of(list(position))
    families = rows["f"]
    given_codes = _leftmost([_at(whole, rows[name]) for name in names[2:]])
    day_number = _days(base)
    month_and_day = day_number % 10000
    default = (month_and_day == 0) | (month_and_day % 100 == 0)
    for month, day in DEFAULT_DAYS:
        default |= month_and_day == month * 100 + day
    code, place_rows = _coded(base, ["p"])
    found = [place_of(text, successors) for text in code]
    places = list(dict.fromkeys(place.code for place in found if place.code))
    rank_of = {place: rank for rank, place in enumerate(places)}
    area_of: dict[str, int] = {}
    place_codes = np.array([rank_of.get(place.code, -1) for place in found] or [-1], np.int32)
    areas = np.array(
        [
            -1 if not place.code else -2 if place.area == "99" else area_of.setdefault(place.area, len(area_of))
            for place in found
        ]
        or [-1],
        np.int16,
    )
    letters, sex_rows = _coded(base, ["s"])
    sexes = np.array([{"M": 1, "F": 2}.get(text.strip().upper()[:1], 0) for text in letters] or [0], np.int8)
    return Columns(
        size=len(families),
        words=words,
        family=_at(whole, families),
        used=_at(whole, rows["u"]),
        part=(_at(first, families), _at(last, families)),
        given=given_codes,
        day_number=day_number,
        is_default_day=default,
        sex=np.where(sex_rows["s"] >= 0, sexes[sex_rows["s"]], 0).astype(np.int8),
        place=_at(place_codes, place_rows["p"]),
        places=places,
        area=np.where(place_rows["p"] >= 0, areas[place_rows["p"]], -1).astype(np.int16),
        others={key: _texts(base, f"o{rank}", key in source.codes) for rank, key in enumerate(others)},
    )


def _day_sql(expression: str) -> str:
    """A date as text becomes AAAAMMJJ, with zeros for what is unknown; NULL when it is no date."""
    text = f"trim(CAST({expression} AS VARCHAR))"
    return f"CASE WHEN regexp_full_match({text}, '{DATE_PATTERN}') THEN CAST(rpad(replace({text}, '-', ''), 8, '0') AS INTEGER) END"


def _days(base: duckdb.DuckDBPyConnection) -> Ints:
    """As `identity.day_of`, for every row; 0 where there is none."""
    found = base.execute("SELECT coalesce(b, 0) AS b FROM people ORDER BY rowid").fetchnumpy()["b"].astype(np.int32)
    year, month, day = found // 10000, found // 100 % 100, found % 100
    found[(year < 1800) | (year > 2200) | (month > 12) | (day > 31)] = 0
    return np.where(month == 0, found // 100 * 100, found).astype(np.int32)


def _coded(base: duckdb.DuckDBPyConnection, names: list[str]) -> tuple[list[str], dict[str, Ints]]:
    """Distinct values of these columns, and the position of each row's value among them (-1 when there is none)."""
    union = " UNION ALL ".join(f"SELECT {name} AS v FROM people" for name in names)  # noqa: S608 - our own columns
    base.execute(f"""
        CREATE OR REPLACE TEMP TABLE distinct_values AS
        SELECT v, CAST(row_number() OVER () - 1 AS INTEGER) AS k FROM (SELECT DISTINCT v FROM ({union}) WHERE v IS NOT NULL)
        """)  # noqa: S608
    values = base.execute("SELECT v FROM distinct_values ORDER BY k").fetchnumpy()["v"].tolist()
    joins = " ".join(f"LEFT JOIN distinct_values v{rank} ON v{rank}.v = {name}" for rank, name in enumerate(names))
    picked = ", ".join(f"coalesce(v{rank}.k, -1) AS k{rank}" for rank in range(len(names)))
    found = base.execute(f"SELECT people.rowid AS i, {picked} FROM people {joins}").fetchnumpy()  # noqa: S608
    order = found["i"]
    rows = {}
    for rank, name in enumerate(names):
        column = np.empty(len(order), np.int32)
        column[order] = found[f"k{rank}"]
        rows[name] = column
    return values, rows


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
    raw, rows = _coded(base, [column])
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
    return Texts(own, _at(whole, rows[column]), letters_of(own), lengths_of(own), first, last)
