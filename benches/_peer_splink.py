"""Splink as its own documentation sets it up, in a process of its own: `python -m benches._peer_splink CASE IN.parquet OUT.parquet`.

Comparisons of its library with term frequencies, u by random sampling, m by expectation–maximisation on two blockings,
pairs kept at its own even odds. Prints one JSON object: seconds (imports left out), peak memory.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from benches._measures import peak_mb

FEBRL = "febrl"
MEMORY = "5GB"
"""In memory, then on disk: a file that heaps on one date would otherwise take the machine."""
FRENCH = "french"


def febrl(variant: str, link: bool) -> tuple[SettingsCreator, list[Any], list[Any]]:
    """`variant`: all, no_ssn or traits (given name, surname, birth date, suburb)."""
    comparisons: list[Any] = [
        cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
        cl.NameComparison("surname").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("date_of_birth", [1, 2]),
        cl.JaroWinklerAtThresholds("suburb", [0.92, 0.8]).configure(term_frequency_adjustments=True),
    ]
    rules = [
        block_on("surname"),
        block_on("date_of_birth"),
        block_on("given_name", "suburb"),
        block_on("given_name", "substr(date_of_birth, 1, 4)"),
        block_on("suburb", "substr(date_of_birth, 1, 4)"),
        block_on("substr(surname, 1, 3)", "substr(given_name, 1, 3)"),
    ]
    if variant != "traits":
        comparisons += [
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("address_1", [0.92, 0.8]),
            cl.JaroWinklerAtThresholds("address_2", [0.92, 0.8]),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("state"),
        ]
        rules += [block_on("address_1", "street_number"), block_on("postcode", "street_number")]
    if variant == "all":
        comparisons.append(cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]))
        rules.append(block_on("soc_sec_id"))
    settings = SettingsCreator(
        link_type="link_only" if link else "dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=rules,
        unique_id_column_name="id",
        retain_matching_columns=False,
    )
    sure = [block_on("given_name", "surname", "date_of_birth"), block_on("surname", "date_of_birth", "suburb")]
    return settings, sure, [block_on("date_of_birth"), block_on("surname", "given_name")]


def french() -> tuple[SettingsCreator, list[Any], list[Any]]:
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("birth_name").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("born_on", input_is_string=True, datetime_format="%Y-%m-%d"),
            cl.ExactMatch("sex"),
            cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("birth_name", "born_on"),
            block_on("given_name", "born_on"),
            block_on("birth_name", "given_name"),
            block_on("born_on", "birth_place"),
        ],
        unique_id_column_name="id",
        retain_matching_columns=False,
    )
    sure = [block_on("birth_name", "given_name", "born_on"), block_on("birth_name", "born_on", "birth_place")]
    return settings, sure, [block_on("born_on"), block_on("birth_name", "given_name")]


FRENCH_TABLE = """
    SELECT id, nullif(regexp_replace(upper(strip_accents(birth_name)), '[^A-Z]+', ' ', 'g'), '') AS birth_name,
        nullif(string_split(regexp_replace(upper(strip_accents(given_names)), '[^A-Z]+', ' ', 'g'), ' ')[1], '') AS given_name,
        born_on, sex, nullif(nullif(birth_place, '99999'), '') AS birth_place
    FROM read_parquet('{path}')"""


def main(case: str, path: str, out: str) -> None:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    kind, _, variant = case.partition(":")
    started, cpu = time.perf_counter(), time.process_time()
    base = duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": MEMORY,
            "max_temp_directory_size": MEMORY,
            "temp_directory": str(Path(out).parent),
        }
    )
    base.execute("SET enable_progress_bar = false")
    api = DuckDBAPI(connection=base)
    if kind == FRENCH:
        settings, sure, blockings = french()
        base.execute(f"CREATE TABLE people AS {FRENCH_TABLE.format(path=path)}")
        tables: Any = api.register("people")
    else:
        dataset, _, variant = variant.partition(":")
        settings, sure, blockings = febrl(variant, link=dataset == "4")
        if dataset == "4":
            for side in "ab":
                base.execute(f"CREATE TABLE side_{side} AS SELECT * FROM read_parquet('{path}') WHERE side = '{side}'")
            tables = [api.register("side_a"), api.register("side_b")]
        else:
            base.execute(f"CREATE TABLE people AS SELECT * FROM read_parquet('{path}')")
            tables = api.register("people")
    linker = Linker(tables, settings)
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for blocking in blockings:
        linker.training.estimate_parameters_using_expectation_maximisation(blocking)
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    base.execute(f"COPY (SELECT id_l, id_r, match_probability FROM {pairs.physical_name}) TO '{out}' (FORMAT parquet)")
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "cpu_seconds": time.process_time() - cpu,
                "memory_mb": peak_mb(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
