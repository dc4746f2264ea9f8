from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from maison.formats.matching.blocking import RULES, blocks_of, keys_of
from maison.formats.matching.candidates import candidate_pairs, components, keys_of_rule
from maison.formats.matching.identity import Traits, identity_of, packed, unpacked
from maison.formats.matching.reading import load
from tests.formats.matching.people import person, small_crowd, written


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_name": "TILLUEL"},
        {"birth_name": "COQUELICOT", "used_name": ""},
        {"given_names": "Octave"},
        {"birth_name": "Ambroise", "given_names": "Tilleul", "born_on": "1962-04-09", "birth_place": ""},
        {"born_on": "1962-07-04", "birth_place": ""},
        {"born_on": "1926-04-07", "birth_place": ""},
        {"birth_name": "TILLEUL-ROMARIN", "born_on": "1962-01-01", "birth_place": ""},
        {"birth_name": "ROMARIN", "used_name": "TILLEUL", "born_on": "1962-01-01"},
    ],
)
def test_a_slip_leaves_a_key_in_common(changes):
    assert set(keys_of(person())) & set(keys_of(person(**changes)))


def test_strangers_share_no_key():
    stranger = identity_of(Traits("COQUELICOT", "Cunégonde", "1990-11-23", "F", "34172"))

    assert not set(keys_of(person())) & set(keys_of(stranger))


def test_keys_are_the_same_on_every_machine_and_for_ever():
    """A change here means that the key table of every house is to be written again."""
    assert keys_of(person())[:3] == [-399381825207058103, -354107765625555824, 8354092240401152668]


def test_keys_are_signed_numbers_and_each_rule_gives_one():
    assert all(-(2**63) <= key < 2**63 for key in keys_of(person()))
    assert [rule for _, rule in blocks_of(person())] == [" + ".join(rule) for rule in RULES]


def test_a_missing_trait_gives_no_key():
    assert keys_of(person(birth_name="", given_names="", born_on="", birth_place="")) == []
    assert len(keys_of(person(born_on=""))) == sum(not {"day", "year", "month_and_day"} & set(rule) for rule in RULES)


def test_the_keys_of_columns_are_those_of_each_identity(population):
    parts = components(population.columns)
    found = [set() for _ in range(400)]
    for rule in enumerate(RULES):
        for keys, rows in keys_of_rule(parts, *rule):
            for row, key in zip(rows[rows < 400].tolist(), keys[rows < 400].astype(np.int64).tolist(), strict=True):
                found[row].add(key)

    assert found == [set(keys_of(population.identity(row))) for row in range(400)]


def test_candidates_are_all_the_pairs_that_share_a_key_and_only_once(population):
    few = 1500
    keys = [set(keys_of(population.identity(row))) for row in range(few)]
    expected = {(i << 32) | j for i, j in combinations(range(few), 2) if keys[i] & keys[j]}
    i, j = population.rows
    found = population.pairs[(i < few) & (j < few)].tolist()

    assert len(found) == len(set(found))
    assert set(found) == expected


def test_a_day_shared_by_a_third_of_the_people_costs_a_few_pairs_each_not_millions(tmp_path):
    people = small_crowd()
    heaped = people.rows["born_on"].copy()
    heaped[: len(people) // 3] = "1950-01-01"
    columns = load(written(replace(people, rows=people.rows | {"born_on": heaped}), tmp_path / "heaped.parquet"))

    assert len(candidate_pairs(columns)) < 10 * len(people)


def test_an_identity_packed_in_a_line_comes_back_the_same():
    identity = person(birth_name="D’Arc-Tilleul", given_names="Jean-Pierre", birth_place="2A004")

    assert unpacked(packed(identity)) == identity
