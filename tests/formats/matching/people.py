"""Fictional identities for the tests of matching, and a small population with its model."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from benches._people import COLUMNS, Crowd, crowd
from maison.formats.matching.candidates import candidate_pairs
from maison.formats.matching.columns import Columns
from maison.formats.matching.identity import Identity, Traits, identity_of
from maison.formats.matching.model import Model
from maison.formats.matching.reading import Source, load
from maison.formats.matching.scoring import Scored
from maison.formats.matching.training import train

PERSON = Traits("TILLEUL", "Ambroise Jean", "1962-04-07", "M", "31555")


def person(**changes: str) -> Identity:
    """Ambroise Tilleul, with other traits."""
    kept = {
        name: getattr(PERSON, name)
        for name in ("birth_name", "given_names", "born_on", "sex", "birth_place", "used_name")
    }
    return identity_of(Traits(**(kept | changes)))


def written(people: Crowd, path: Path) -> Source:
    """The crowd as a Parquet file."""
    rows = {"id": np.arange(len(people)), **{name: people.rows[name].astype(str) for name in COLUMNS}}
    with duckdb.connect() as base:
        base.register("rows", rows)
        columns = ", ".join(f"nullif({name}, '') AS {name}" for name in COLUMNS)
        base.execute(f"COPY (SELECT {columns} FROM rows ORDER BY id) TO '{path}' (FORMAT parquet)")
    return Source(f"read_parquet('{path}')", **{name: name for name in COLUMNS})


class Population:
    def __init__(self, people: Crowd, folder: Path) -> None:
        self.crowd = people
        self.source = written(people, folder / "people.parquet")
        self.columns: Columns = load(self.source)
        self.pairs = candidate_pairs(self.columns)
        self.model: Model
        self.scored: Scored
        self.model, self.scored = train(self.columns, self.pairs)

    def identity(self, row: int) -> Identity:
        birth_name, used_name, given, born_on, sex, place = (self.crowd.rows[name][row] for name in COLUMNS)
        return identity_of(Traits(birth_name, given, born_on, sex, place, used_name))

    @property
    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        return (self.pairs >> np.uint64(32)).astype(int), (self.pairs & np.uint64(0xFFFFFFFF)).astype(int)


@cache
def small_crowd(seed: int = 31, size: int = 12_000) -> Crowd:
    return crowd(size, seed)
