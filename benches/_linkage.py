"""Our engine on a whole file, in a process of its own: `python -m benches._linkage CASE IN.parquet OUT.parquet`.

From the raw file to a model learnt from it and its candidate pairs scored; pairs where one person is the most probable class
are written. Prints one JSON object: seconds (imports left out), peak memory, the model's size.
"""

from __future__ import annotations

import json
import sys
import time

import duckdb
import numpy as np

from benches._measures import peak_mb
from maison.formats.matching.blocking import CAP, RULES
from maison.formats.matching.candidates import candidate_pairs
from maison.formats.matching.columns import Ints
from maison.formats.matching.levels import Kind
from maison.formats.matching.linking import one_to_one
from maison.formats.matching.reading import Source, load
from maison.formats.matching.scoring import Asked
from maison.formats.matching.training import train

FEBRL_TRAITS = (
    Asked("family", Kind.FAMILY, "Nom"),
    Asked("given", Kind.GIVEN, "Prénom"),
    Asked("born_on", Kind.DATE, "Date"),
    Asked("suburb", Kind.TEXT, "Commune"),
)
FEBRL_ADDRESS = (
    Asked("street_number", Kind.CODE, "Numéro de rue"),
    Asked("address_1", Kind.TEXT, "Rue"),
    Asked("address_2", Kind.TEXT, "Lieu-dit"),
    Asked("postcode", Kind.CODE, "Code postal"),
    Asked("state", Kind.CODE, "État"),
)
FEBRL_NUMBER = (Asked("soc_sec_id", Kind.CODE, "Numéro"),)
LOOSE_RULES = (
    ("family",), ("day",), ("given",), ("suburb",), ("start", "given_start"), ("names",), ("start", "suburb"), ("given_start", "suburb"),
    ("given_start", "year"), ("start", "year"),
)  # fmt: skip
"""Wide rules for a file of a few thousand rows."""
LOOSE_CAP = 400


def main(case: str, path: str, out: str) -> None:
    kind, _, variant = case.partition(":")
    started, cpu = time.perf_counter(), time.process_time()
    relation = f"read_parquet('{path}')"
    if kind == "french":
        source = Source(
            relation, birth_name="birth_name", used_name="used_name", given_names="given_names", born_on="born_on", sex="sex", birth_place="birth_place"
        )  # fmt: skip
        columns = load(source)
        model, scored = train(columns, candidate_pairs(columns, rules=RULES, cap=CAP))
    else:
        dataset, _, variant = variant.partition(":")
        asked, rules = FEBRL_TRAITS, LOOSE_RULES
        if variant != "traits":
            asked, rules = (
                asked + FEBRL_ADDRESS,
                (*rules, ("address_1", "street_number"), ("postcode", "street_number")),
            )
        if variant == "all":
            asked, rules = asked + FEBRL_NUMBER, (*rules, ("soc_sec_id",))
        texts = {trait.key: trait.key for trait in asked if trait.kind == Kind.TEXT}
        codes = {trait.key: trait.key for trait in asked if trait.kind == Kind.CODE}
        columns = load(
            Source(
                relation,
                birth_name="surname",
                given_names="given_name",
                born_on="date_of_birth",
                texts=texts,
                codes=codes,
            )
        )
        sides = _sides(path) if dataset == "4" else None
        model, scored = train(
            columns, candidate_pairs(columns, rules=rules, cap=LOOSE_CAP), asked=asked, twins=False, sides=sides
        )
        if sides is not None:
            scored = one_to_one(scored, sides)
    kept = scored.matches
    left = (scored.pairs[kept] >> np.uint64(32)).astype(np.int64)
    right = (scored.pairs[kept] & np.uint64(0xFFFFFFFF)).astype(np.int64)
    found = {"id_l": left, "id_r": right, "match": scored.match[kept]}
    with duckdb.connect() as base:
        base.register("found", {name: np.ascontiguousarray(values) for name, values in found.items()})
        base.execute(f"COPY (SELECT * FROM found) TO '{out}' (FORMAT parquet)")
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "cpu_seconds": time.process_time() - cpu,
                "memory_mb": peak_mb(),
                "candidates": len(scored.pairs),
                "traits": [trait.key for trait in model.traits],
            }
        )
    )


def _sides(path: str) -> Ints:
    with duckdb.connect() as base:
        column = base.execute(f"SELECT CAST(side = 'b' AS INTEGER) AS side FROM read_parquet('{path}')").fetchnumpy()[
            "side"
        ]
    return column.astype(np.int32)


if __name__ == "__main__":
    main(*sys.argv[1:4])
