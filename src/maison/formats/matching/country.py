"""The same model at the scale of a country: on DuckDB here, or on an existing Spark cluster, through Splink.

Three steps, the same pairs and probabilities as `scoring`: a prepared table (folded names, their sounds, rarities, blocking keys)
written by this engine; Splink's blocking and comparing, with our levels written as SQL; then the formula of the three classes
over the levels it found, in SQL as well. `settings` is plain JSON that any Splink 5 reads. Only functions that DuckDB and
Spark share are used (levenshtein, equality, substr), so that no jar is needed.
"""

from __future__ import annotations

import tempfile
from logging import WARNING
from math import log2
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from maison.formats.matching.blocking import CAP, RULES
from maison.formats.matching.candidates import components, keys_of_rule
from maison.formats.matching.columns import Columns, Ints
from maison.formats.matching.levels import LEVELS, Kind
from maison.formats.matching.model import Model, Trait
from maison.formats.matching.scoring import Asked, Rarity, day_codes

PAIRS_KEY = "id"
DUCKDB = "duckdb"
_FAMILY = (
    ("missing", "family_l IS NULL OR family_r IS NULL"),
    ("same", "family_l = family_r"),
    ("exchanged", "coalesce(family_l = used_r, false) OR coalesce(used_l = family_r, false)"),
    (
        "swapped",
        "(coalesce(family_l = given_1_r, false) AND coalesce(given_1_l = family_r, false))"
        " OR (coalesce(family_l = given_1_r, false) AND {across_l})"
        " OR (coalesce(given_1_l = family_r, false) AND {across_r})",
    ),
    ("half_swapped", "coalesce(family_l = given_1_r, false) OR coalesce(given_1_l = family_r, false)"),
    (
        "sound_usual",
        "family_sound_l = family_sound_r AND length(family_sound_l) > 1 AND family_usual_l AND family_usual_r",
    ),
    ("sound", "family_sound_l = family_sound_r AND length(family_sound_l) > 1"),
    ("close_usual", "{close_family} AND family_usual_l AND family_usual_r"),
    ("close", "{close_family}"),
    (
        "part",
        "family_first_l = family_first_r OR family_last_l = family_last_r OR family_first_l = family_last_r OR family_last_l = family_first_r",
    ),
    ("different_women", "coalesce(sex_l = 'F' AND sex_r = 'F', false)"),
    ("different", "ELSE"),
)
_CROSSED = (
    "(family_l IS NOT NULL AND family_r IS NOT NULL AND family_l <> family_r"
    " AND NOT coalesce(family_l = used_r, false) AND NOT coalesce(used_l = family_r, false)"
    " AND (given_1_l = family_r OR given_1_r = family_l))"
)
_GIVEN = (
    ("missing", f"given_1_l IS NULL OR given_1_r IS NULL OR {_CROSSED}"),
    (
        "same_first",
        "given_1_l = given_1_r AND given_2_l IS NOT NULL AND given_2_r IS NOT NULL AND NOT {second_l} AND NOT {second_r}",
    ),
    ("same", "given_1_l = given_1_r"),
    ("listed", "{first_l} OR {first_r}"),
    ("sound_usual", "given_sound_l = given_sound_r AND length(given_sound_l) > 1 AND given_usual_l AND given_usual_r"),
    ("sound", "given_sound_l = given_sound_r AND length(given_sound_l) > 1"),
    ("diminutive", "given_root_l = given_root_r"),
    ("close_usual", "{close_given} AND given_usual_l AND given_usual_r"),
    ("close", "{close_given}"),
    (
        "initial",
        "substr(given_1_l, 1, 1) = substr(given_1_r, 1, 1) AND (length(given_1_l) = 1 OR length(given_1_r) = 1)",
    ),
    ("different", "ELSE"),
)
_DATE = (
    ("missing", "born_l IS NULL OR born_r IS NULL"),
    ("same_default", "born_l = born_r AND default_l"),
    ("same", "born_l = born_r"),
    ("year", "substr(born_l, 1, 4) = substr(born_r, 1, 4) AND (default_l OR default_r)"),
    (
        "swapped",
        "substr(born_l, 1, 4) = substr(born_r, 1, 4) AND substr(born_l, 5, 2) = substr(born_r, 7, 2) AND substr(born_l, 7, 2) = substr(born_r, 5, 2)",
    ),
    ("digit", "{two_of_three} AND ({digits_apart} = 1 OR born_digits_l = born_digits_r)"),
    ("two_of_three", "{two_of_three}"),
    ("different", "ELSE"),
)
_SEX = (("missing", "sex_l IS NULL OR sex_r IS NULL"), ("same", "sex_l = sex_r"), ("different", "ELSE"))
_PLACE = (
    ("missing", "place_l IS NULL OR place_r IS NULL"),
    ("same", "place_l = place_r"),
    ("same_area", "area_l = area_r AND area_l <> '99'"),
    ("different", "ELSE"),
)
_CONDITIONS = {Kind.FAMILY: _FAMILY, Kind.GIVEN: _GIVEN, Kind.DATE: _DATE, Kind.SEX: _SEX, Kind.PLACE: _PLACE}
_SHARES = {
    Kind.FAMILY: "CASE WHEN family_l = family_r OR family_l = used_r THEN family_share_l ELSE family_share_r END",
    Kind.GIVEN: "given_share_l",
    Kind.DATE: "born_share_l",
    Kind.PLACE: "place_share_l",
}
_RETAINED = ["family", "used", "family_share", "given_share", "born_share", "place_share"]


def settings(model: Model) -> dict[str, Any]:
    """Splink settings of this model, for a table made by `write_prepared`. Raises ValueError for traits it does not hold."""
    if unknown := [trait.key for trait in model.traits if trait.kind not in _CONDITIONS]:
        raise ValueError(f"no SQL for {', '.join(unknown)}")
    match, _ = model.odds()
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": PAIRS_KEY,
        "probability_two_random_records_match": match / (1 + match),
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.keys = r.keys", "arrays_to_explode": ["keys"]}],
        "comparisons": [_comparison(trait) for trait in model.traits],
        "retain_intermediate_calculation_columns": False,
        "retain_matching_columns": True,
        "additional_columns_to_retain": _RETAINED,
    }


def link(prepared: Path | str, model: Model, out: Path | str, *, population: int, engine: str = DUCKDB) -> None:
    """Candidate pairs of a prepared table with their probabilities, as Parquet: id_l, id_r, match, twin.

    `engine` is « duckdb », or the address of a Spark master such as « spark://head:7077 »; paths are then what the cluster sees.
    """
    from splink import Linker

    if engine == DUCKDB:
        with (
            tempfile.TemporaryDirectory(prefix="maison-matching-") as spill,
            duckdb.connect(config={"temp_directory": spill}) as base,
        ):
            base.read_parquet(str(prepared)).create("prepared")
            pairs = Linker(
                _duckdb_api(base).register("prepared"), settings(model), log_level=WARNING
            ).inference.predict()
            found = probabilities_sql(model, pairs.physical_name, population)
            base.sql(found).write_parquet(str(out))
        return
    spark, api = _spark(engine)
    table = api.register(spark.read.parquet(str(prepared)))
    pairs = Linker(table, settings(model), log_level=WARNING).inference.predict()
    spark.sql(probabilities_sql(model, pairs.physical_name, population)).write.mode("overwrite").parquet(str(out))


def _duckdb_api(base: duckdb.DuckDBPyConnection) -> Any:
    from splink import DuckDBAPI

    return DuckDBAPI(connection=base)


def _spark(master: str) -> tuple[Any, Any]:
    """A session of the cluster and Splink's way to it; pyspark is the cluster's own, not one of our dependencies."""
    from pyspark.sql import SparkSession
    from splink.backends.spark import SparkAPI

    spark = SparkSession.builder.master(master).appName("maison-matching").getOrCreate()
    return spark, SparkAPI(spark_session=spark, break_lineage_method="persist", register_udfs_automatically=False)


def probabilities_sql(model: Model, pairs: str, population: int) -> str:
    """The three classes over Splink's levels (`gamma_…`) in the table `pairs`: id_l, id_r, match, twin."""
    match, twin = model.odds(population)
    rarity = " + ".join(f"({_rarity(trait)})" for trait in model.traits if trait.kind in _SHARES)
    bits = {name: " + ".join(f"({_bits(trait, name)})" for trait in model.traits) for name in ("m", "twin")}
    return f"""
        SELECT id_l, id_r, match_odds / (1 + match_odds + twin_odds) AS match, twin_odds / (1 + match_odds + twin_odds) AS twin FROM (
            SELECT id_l, id_r, power(2.0, {log2(match)} + {bits["m"]} + {rarity}) AS match_odds,
                {f"power(2.0, {log2(twin)} + {bits['twin']} + {rarity})" if twin else "0.0"} AS twin_odds
            FROM {pairs}) AS weighed"""  # noqa: S608 - numbers of the model, names of Splink's columns


def write_prepared(columns: Columns, model: Model, path: Path, *, cap: int = CAP) -> None:
    """The table Splink reads, as Parquet: one row an identity, missing values NULL, keys of overfull blocks left out."""
    asked = {
        trait.kind: Rarity.of(columns, Asked(trait.key, trait.kind, trait.name), trait.frequencies)
        for trait in model.traits
    }
    words = columns.words
    sounds = _texts_of_classes(columns)
    letters = ["".join(sorted(text)) for text in words.texts]
    first, family = columns.given[0], columns.family
    day = [str(number) for number in columns.day_number.tolist()]
    born = [text if text != "0" else None for text in day]
    values: dict[str, Any] = {
        PAIRS_KEY: list(range(columns.size)),
        "family": _named(words.texts, family),
        "used": _named(words.texts, columns.used),
        "family_first": _named(words.texts, columns.part[0]),
        "family_last": _named(words.texts, columns.part[1]),
        "family_sound": _named(sounds, family),
        "family_letters": _named(letters, family),
        "family_usual": _flags(asked[Kind.FAMILY].listed, family),
        "family_share": _shares(asked[Kind.FAMILY].share, family),
        **{f"given_{rank}": _named(words.texts, names) for rank, names in enumerate(columns.given, 1)},
        "given_sound": _named(sounds, first),
        "given_root": [None if code < 0 else str(words.root[code]) for code in first.tolist()],
        "given_letters": _named(letters, first),
        "given_usual": _flags(asked[Kind.GIVEN].listed, first),
        "given_share": _shares(asked[Kind.GIVEN].share, first),
        "born": born,
        "born_digits": [None if text is None else "".join(sorted(text)) for text in born],
        "born_share": _shares(asked[Kind.DATE].share, day_codes(columns.day_number)),
        "default": columns.is_default_day.tolist(),
        "sex": [None if code == 0 else "MF"[code - 1] for code in columns.sex.tolist()],
        "place": _named(columns.places, columns.place),
        "area": [None if code < 0 else _area(columns.places[code]) for code in columns.place.tolist()],
        "place_share": _shares(asked[Kind.PLACE].share, columns.place),
        "keys": _keys(columns, cap),
    }
    import pyarrow as pa

    with duckdb.connect() as base:
        base.register("prepared", pa.table(values))
        base.sql("SELECT * FROM prepared").write_parquet(str(path))


def _comparison(trait: Trait) -> dict[str, Any]:
    shares = {level.key: (trait.shares.m[rank], trait.shares.u[rank]) for rank, level in enumerate(LEVELS[trait.kind])}
    levels: list[dict[str, Any]] = []
    for key, condition in _CONDITIONS[trait.kind]:
        level: dict[str, Any] = {"sql_condition": _filled(condition), "label_for_charts": key}
        if key == "missing":
            level["is_null_level"] = True
        else:
            level["m_probability"], level["u_probability"] = shares[key]
        levels.append(level)
    return {"output_column_name": trait.key, "comparison_levels": levels}


def _filled(condition: str) -> str:
    if condition == "ELSE":
        return condition
    return condition.format(
        close_family=_close("family_l", "family_r", "family_letters_l", "family_letters_r"),
        close_given=_close("given_1_l", "given_1_r", "given_letters_l", "given_letters_r"),
        across_l=_across(
            "given_1_l", "family_r", "given_letters_l", "family_letters_r", "given_sound_l", "family_sound_r"
        ),
        across_r=_across(
            "family_l", "given_1_r", "family_letters_l", "given_letters_r", "family_sound_l", "given_sound_r"
        ),
        second_l=_among("given_2_l", "r", 1),
        second_r=_among("given_2_r", "l", 1),
        first_l=_among("given_1_l", "r", 2),
        first_r=_among("given_1_r", "l", 2),
        two_of_three="(CASE WHEN substr(born_l, 1, 4) = substr(born_r, 1, 4) THEN 1 ELSE 0 END"
        " + CASE WHEN substr(born_l, 5, 2) = substr(born_r, 5, 2) THEN 1 ELSE 0 END"
        " + CASE WHEN substr(born_l, 7, 2) = substr(born_r, 7, 2) THEN 1 ELSE 0 END) >= 2",
        digits_apart="("
        + " + ".join(
            f"CASE WHEN substr(born_l, {at}, 1) = substr(born_r, {at}, 1) THEN 0 ELSE 1 END" for at in range(1, 9)
        )
        + ")",
    )


def _close(one: str, other: str, letters: str, other_letters: str) -> str:
    """As `comparison.close`."""
    shorter = f"least(length({one}), length({other}))"
    allowed = f"CASE WHEN {shorter} < 3 THEN 0 WHEN {shorter} < 6 THEN 1 WHEN {shorter} < 10 THEN 2 ELSE 3 END"
    return f"({shorter} >= 3 AND ({letters} = {other_letters} OR levenshtein({one}, {other}) <= {allowed}))"


def _across(one: str, other: str, letters: str, other_letters: str, sound: str, other_sound: str) -> str:
    near = _close(one, other, letters, other_letters)
    return f"coalesce({near} OR ({sound} = {other_sound} AND length({sound}) > 1) OR {one} = {other}, false)"


def _among(name: str, side: str, first: int) -> str:
    return "(" + " OR ".join(f"coalesce({name} = given_{rank}_{side}, false)" for rank in range(first, 5)) + ")"


def _gammas(trait: Trait) -> dict[str, int]:
    """Splink numbers levels from the last (0) up, and writes -1 for the null one."""
    keys = [key for key, _ in _CONDITIONS[trait.kind] if key != "missing"]
    return {key: len(keys) - 1 - rank for rank, key in enumerate(keys)}


def _bits(trait: Trait, name: str) -> str:
    shares = getattr(trait.shares, name)
    ranks = {level.key: rank for rank, level in enumerate(LEVELS[trait.kind])}
    whens = " ".join(
        f"WHEN {gamma} THEN {log2(shares[ranks[key]] / trait.shares.u[ranks[key]])!r}"
        for key, gamma in _gammas(trait).items()
    )
    return f"CASE gamma_{trait.key} {whens} ELSE 0.0 END"


def _rarity(trait: Trait) -> str:
    """Bits of rarity where the level holds one value."""
    ranks = {level.key: rank for rank, level in enumerate(LEVELS[trait.kind])}
    by_value = {level.key for level in LEVELS[trait.kind] if level.by_value}
    whens = " ".join(
        f"WHEN {gamma} THEN {log2(trait.shares.u[ranks[key]])!r} - log2({_SHARES[trait.kind]})"
        for key, gamma in _gammas(trait).items()
        if key in by_value
    )
    return f"CASE gamma_{trait.key} {whens} ELSE 0.0 END"


def _texts_of_classes(columns: Columns) -> list[str]:
    """A text for each sound, empty where a sound says nothing alone."""
    return [str(number) + "s" if number >= 0 else "" for number in columns.words.sound.tolist()]


def _named(texts: list[str], codes: Ints) -> list[str | None]:
    return [None if code < 0 else texts[code] for code in codes.tolist()]


def _flags(flags: Any, codes: Ints) -> list[bool]:
    return (np.where(codes >= 0, flags[codes], False) if len(flags) else np.zeros(len(codes), np.bool_)).tolist()


def _shares(share: Any, codes: Ints) -> list[float | None]:
    return [None if code < 0 else float(share[code]) for code in codes.tolist()]


def _area(place: str) -> str:
    return place[:3] if place.startswith("97") else place[:2]


def _keys(columns: Columns, cap: int) -> list[list[int]]:
    parts = components(columns)
    found: list[list[int]] = [[] for _ in range(columns.size)]
    for rule in enumerate(RULES):
        by_name = list(keys_of_rule(parts, *rule))
        keys, rows = (np.concatenate(columns) for columns in zip(*by_name, strict=True))
        _, back, counts = np.unique(keys, return_inverse=True, return_counts=True)
        keep = (counts <= cap)[back]
        for row, key in zip(rows[keep].tolist(), keys[keep].astype(np.int64).tolist(), strict=True):
            if key not in found[row]:
                found[row].append(key)
    return found
