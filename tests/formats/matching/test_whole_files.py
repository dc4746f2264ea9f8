"""A file of identities: the same levels, keys and probabilities as two identities at a time, and a model learnt from nothing."""

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pytest

from maison.formats.matching import country
from maison.formats.matching.candidates import candidate_pairs
from maison.formats.matching.levels import LEVELS, Kind
from maison.formats.matching.linking import one_to_one
from maison.formats.matching.model import Frequencies, Shares, Trait
from maison.formats.matching.reading import Source, load
from maison.formats.matching.scoring import score
from maison.formats.matching.training import train


def test_columns_say_of_each_pair_what_two_identities_say(population):
    model, scored = population.model, population.scored
    i, j = population.rows
    differences = []
    for pair in np.random.default_rng(3).choice(len(i), 1200, replace=False).tolist():
        alone = model.compare(population.identity(i[pair]), population.identity(j[pair]))
        levels = [int(scored.levels[trait.key][pair]) for trait in model.traits]
        same = [seen.level for seen in alone.seen] == levels
        if not same or abs(alone.match - scored.match[pair]) > 1e-3 or abs(alone.twin - scored.twin[pair]) > 1e-3:
            differences.append((population.identity(i[pair]), population.identity(j[pair]), levels))

    assert differences == []


def test_a_model_learnt_without_labels_finds_the_people_and_leaves_the_twins(population):
    people = population.crowd
    truth = people.true_pairs()
    found = set(population.pairs[population.scored.matches].tolist())
    i, j = population.rows
    twins = people.twin_of[i] == people.person[j]
    as_twins = (population.scored.twin > population.scored.match)[twins]

    assert len(found & truth) / len(truth) > 0.95
    assert len(found & truth) / len(found) > 0.97
    assert as_twins.mean() > 0.95
    assert population.model.twins == pytest.approx(0.045, abs=0.02)


def test_the_same_file_gives_the_same_model(population):
    again, _ = train(population.columns, population.pairs)

    assert again.hash == population.model.hash


def test_a_model_scores_a_file_it_was_not_learnt_from(population):
    scored = score(population.columns, population.pairs, population.model)

    assert np.allclose(scored.match, population.scored.match, atol=1e-4)


def test_an_empty_file_and_a_file_of_nobody_known_are_read(tmp_path):
    for rows in (
        "SELECT * FROM (VALUES ('', '', '', '', '', '')) LIMIT 0",
        "VALUES ('X', NULL, 'INCONNU', NULL, 'I', '99999'), (NULL, NULL, NULL, '', '', '')",
    ):
        path = tmp_path / "nobody.csv"
        duckdb.sql(
            f"COPY (SELECT * FROM ({rows}) AS t(birth_name, used_name, given_names, born_on, sex, birth_place)) TO '{path}' (HEADER)"
        )
        names = ("birth_name", "used_name", "given_names", "born_on", "sex", "birth_place")
        columns = load(Source(f"read_csv('{path}', all_varchar = true)", **{name: name for name in names}))

        assert len(candidate_pairs(columns)) == 0


def test_of_two_rivals_in_two_files_without_duplicates_one_at_most_remains(population):
    sides = np.arange(population.columns.size, dtype=np.int32) % 2
    i, j = population.rows
    across = sides[i] != sides[j]
    _, scored = train(population.columns, population.pairs, sides=sides)
    alone = one_to_one(scored, sides)
    kept = alone.pairs[alone.match > 0.5]
    rows = np.concatenate([kept >> np.uint64(32), kept & np.uint64(0xFFFFFFFF)])

    assert len(scored.pairs) == across.sum()
    assert len(kept) > 100
    assert len(np.unique(rows)) == len(rows)


def test_splink_finds_the_same_pairs_with_the_same_probabilities(population, tmp_path: Path):
    pytest.importorskip("splink")
    prepared, out = tmp_path / "prepared.parquet", tmp_path / "pairs.parquet"
    country.write_prepared(population.columns, population.model, prepared)
    country.link(prepared, population.model, out, population=population.columns.size)
    found = duckdb.sql(
        f"SELECT least(id_l, id_r) AS i, greatest(id_l, id_r) AS j, match, twin FROM '{out}' ORDER BY i, j"
    ).fetchnumpy()

    assert (
        (found["i"].astype(np.uint64) << np.uint64(32)) | found["j"].astype(np.uint64)
    ).tolist() == population.pairs.tolist()
    assert np.allclose(found["match"], population.scored.match, atol=1e-3)
    assert np.allclose(found["twin"], population.scored.twin, atol=1e-3)


def test_a_trait_without_sql_is_said_before_anything_runs(population):
    even = tuple([0.0] + [1 / (len(LEVELS[Kind.CODE]) - 1)] * (len(LEVELS[Kind.CODE]) - 1))
    telephone = Trait("telephone", Kind.CODE, "Téléphone", Shares(even, even, even), Frequencies(1, 1.0))
    with pytest.raises(ValueError, match="telephone"):
        country.settings(replace(population.model, traits=(*population.model.traits, telephone)))
