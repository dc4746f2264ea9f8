"""Online search over many identities in PostgreSQL: the tables of the room, beside a primary-key SELECT and pg_trgm."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg

from benches._measures import quantile
from benches._people import COLUMNS, Crowd
from maison.cli.postgres import Cluster, throwaway_folder
from maison.formats.matching.blocking import RULES
from maison.formats.matching.candidates import Rows, components, keys_of_rule
from maison.formats.matching.columns import Numbers
from maison.formats.matching.identity import Identity, Traits, identity_of, packed
from maison.formats.matching.model import Model
from maison.formats.matching.reading import Source, load
from maison.registries.identity.matching import table
from maison.registries.identity.matching.search import candidates

COPY_START, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


@dataclass(frozen=True)
class Timed:
    """Milliseconds of each query, and for each the rows answered, best first."""

    milliseconds: list[float]
    answers: list[list[int]]

    @property
    def rate(self) -> float:
        return 1000 * len(self.milliseconds) / sum(self.milliseconds)

    def at(self, q: float) -> float:
        return quantile(self.milliseconds, q)


@contextmanager
def database() -> Iterator[psycopg.Connection]:
    """A throwaway server of its own."""
    cluster = Cluster(throwaway_folder() / "pg", throwaway=True)
    cluster.acquire()
    try:
        with psycopg.connect(cluster.url("postgres"), autocommit=True) as base:
            yield base
    finally:
        cluster.destroy()


def row_uuid(row: int) -> uuid.UUID:
    return uuid.UUID(int=row)


def traits_of(crowd: Crowd, row: int) -> Traits:
    birth_name, used_name, given_names, born_on, sex, birth_place = (crowd.rows[name][row] for name in COLUMNS)
    return Traits(birth_name, given_names, born_on, sex, birth_place, used_name)


def fill(base: psycopg.Connection, crowd: Crowd, path: Path) -> tuple[float, list[Identity]]:
    """The identities with their keys, indexed and analysed; seconds taken by the two tables of matching.

    Keys are those of the columns of the file at `path`, which a test holds equal to those of each identity.
    """
    identities = [identity_of(traits_of(crowd, row)) for row in range(len(crowd))]
    started = time.perf_counter()
    base.execute(table.CREATE_KEYS)
    base.execute(table.CREATE_TRAITS)
    columns = load(Source(f"read_parquet('{path}')", **{name: name for name in COLUMNS}))
    parts = components(columns)
    with base.cursor() as cursor:
        with cursor.copy(f"COPY {table.KEYS} FROM STDIN (FORMAT binary)") as copy:
            copy.write(COPY_START)
            for rule in enumerate(RULES):
                copy.write(key_rows(list(keys_of_rule(parts, *rule))))
            copy.write(COPY_END)
        with cursor.copy(f"COPY {table.TRAITS} FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["uuid", "text"])
            for row, identity in enumerate(identities):
                copy.write_row((row_uuid(row), packed(identity)))
    base.execute(table.INDEX_KEYS)
    base.execute(table.INDEX_TRAITS)
    base.execute(f"VACUUM (ANALYZE) {table.KEYS}")
    base.execute(f"VACUUM (ANALYZE) {table.TRAITS}")
    return time.perf_counter() - started, identities


def key_rows(by_name: list[tuple[Numbers, Rows]]) -> bytes:
    """Rows of the key table in PostgreSQL's binary form; a key that a row has twice is written once."""
    keys, rows = (np.concatenate(columns) for columns in zip(*by_name, strict=True))
    if len(by_name) > 1:
        keys, rows = np.unique(np.stack([keys, rows.astype(np.uint64)]), axis=1)
    written = np.zeros(
        len(keys),
        [("fields", ">i2"), ("size", ">i4"), ("key", ">u8"), ("width", ">i4"), ("high", ">u8"), ("low", ">u8")],
    )
    written["fields"], written["size"], written["width"] = 2, 8, 16
    written["key"], written["low"] = keys, rows
    return written.tobytes()


def fill_trigrams(base: psycopg.Connection, identities: list[Identity]) -> None:
    """The peer: one text for each identity (name, given names, day), with the two trigram indexes."""
    base.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    base.execute("CREATE TABLE peer (id integer NOT NULL, whole text NOT NULL)")
    with base.cursor() as cursor, cursor.copy("COPY peer FROM STDIN") as copy:
        for row, identity in enumerate(identities):
            copy.write_row((row, whole(identity)))
    base.execute("ALTER TABLE peer ADD PRIMARY KEY (id)")
    base.execute("CREATE INDEX peer_gin ON peer USING gin (whole gin_trgm_ops)")
    base.execute("CREATE INDEX peer_gist ON peer USING gist (whole gist_trgm_ops (siglen = 64))")
    base.execute("VACUUM (ANALYZE) peer")


def whole(identity: Identity) -> str:
    return f"{identity.family} {' '.join(identity.given)} {identity.day_number}"


def asked(questions: list[int], ask: Callable[[int], list[int]]) -> Timed:
    milliseconds, answers = [], []
    for question in questions:
        started = time.perf_counter()
        answer = ask(question)
        milliseconds.append((time.perf_counter() - started) * 1000)
        answers.append(answer)
    return Timed(milliseconds, answers)


def by_keys(base: psycopg.Connection, crowd: Crowd, model: Model) -> Callable[[int], list[int]]:
    """From raw traits to compared candidates, as the house does."""
    cursor = base.cursor(binary=True)
    cursor.execute("SET enable_seqscan = off")
    traits = {row: traits_of(crowd, row) for row in range(len(crowd))}

    def ask(row: int) -> list[int]:
        found = candidates(cursor, identity_of(traits[row]), model, population=len(crowd), but=row_uuid(row))
        return [candidate.identity.int for candidate in found]

    return ask


def by_primary_key(base: psycopg.Connection) -> Callable[[int], list[int]]:
    cursor = base.cursor(binary=True)

    def ask(row: int) -> list[int]:
        cursor.execute(f"SELECT identity, folded FROM {table.TRAITS} WHERE identity = %s", (row_uuid(row),))
        return [found.int for found, _ in cursor.fetchall()]

    return ask


def by_likeness(base: psycopg.Connection, identities: list[Identity]) -> Callable[[int], list[int]]:
    """pg_trgm `%` above 0.5, best first."""
    cursor = base.cursor(binary=True)
    cursor.execute("SET pg_trgm.similarity_threshold = 0.5")

    def ask(row: int) -> list[int]:
        text = whole(identities[row])
        cursor.execute(
            "SELECT id FROM peer WHERE whole %% %s ORDER BY similarity(whole, %s) DESC LIMIT 11", (text, text)
        )
        return [found for (found,) in cursor.fetchall() if found != row][:10]

    return ask


def by_distance(base: psycopg.Connection, identities: list[Identity]) -> Callable[[int], list[int]]:
    """pg_trgm nearest neighbours."""
    cursor = base.cursor(binary=True)

    def ask(row: int) -> list[int]:
        cursor.execute("SELECT id FROM peer ORDER BY whole <-> %s LIMIT 11", (whole(identities[row]),))
        return [found for (found,) in cursor.fetchall() if found != row][:10]

    return ask


def recall(timed: Timed, questions: list[int], crowd: Crowd) -> float:
    """Share of the other records of the person found among the ten answered."""
    same: dict[int, list[int]] = {}
    for row, person in enumerate(crowd.person.tolist()):
        same.setdefault(person, []).append(row)
    found = expected = 0
    for question, answer in zip(questions, timed.answers, strict=True):
        others = set(same[int(crowd.person[question])]) - {question}
        expected += len(others)
        found += len(others & set(answer))
    return found / expected if expected else 1.0
