import json
from datetime import date

import pytest

from maison.formats.matching.explanation import Weight, explain, one_in
from maison.formats.matching.model import Model, ModelRefused, Verdict
from maison.formats.matching.starting import starting_model
from tests.formats.matching.people import person

MODEL = starting_model()


def verdict(**changes):
    return MODEL.compare(person(), person(**changes)).verdict


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"birth_name": "TILLUEL"},
        {"given_names": "Ambriose"},
        {"born_on": "1962-07-04"},
        {"birth_place": ""},
        {"birth_name": "Ambroise", "given_names": "Tilleul"},
        {"birth_name": "ROMARIN", "used_name": "TILLEUL"},
        {"given_names": "Ambroise", "birth_place": "99999", "sex": ""},
    ],
)
def test_a_slip_leaves_one_person(changes):
    assert verdict(**changes) == Verdict.MATCH


@pytest.mark.parametrize(
    "changes", [{"given_names": "Octave"}, {"given_names": "Ophélie", "sex": "F"}, {"given_names": "Octave Jean"}]
)
def test_another_child_of_one_birth_is_a_twin(changes):
    assert verdict(**changes) == Verdict.TWIN


@pytest.mark.parametrize(
    "changes",
    [
        {"born_on": "1988-11-23", "birth_place": "34172"},
        {"birth_name": "COQUELICOT", "given_names": "Octave"},
        {"birth_name": "", "given_names": ""},
        {"birth_name": "INCONNU", "given_names": "X", "born_on": "1962-01-01", "birth_place": "99999"},
    ],
)
def test_too_little_in_common_is_two_people(changes):
    assert verdict(**changes) == Verdict.DISTINCT


def test_a_default_date_weighs_less_than_a_real_one_among_people_who_share_it(population):
    born_on = next(trait for trait in population.model.traits if trait.key == "born_on")
    one, other = person(born_on="1960-01-01"), person(born_on="1960-01-01")
    real = person(born_on="1960-03-09")

    assert born_on.weights(born_on.compare(one, other))[0] <= born_on.weights(born_on.compare(real, real))[0]


def test_a_rare_value_weighs_more_than_a_common_one():
    family = MODEL.traits[0]
    martin, tilleul = person(birth_name="MARTIN"), person()

    assert family.weights(family.compare(tilleul, tilleul))[0] > family.weights(family.compare(martin, martin))[0] + 5


def test_a_missing_trait_weighs_nothing_and_comparing_has_no_direction():
    one, other = person(), person(born_on="", given_names="Ambriose")
    there, back = MODEL.compare(one, other), MODEL.compare(other, one)

    assert there.weights[2] == 0
    assert there.match == pytest.approx(back.match)


def test_more_people_make_the_same_likeness_less_sure():
    one, other = person(birth_place="", born_on="1962-01-01"), person(birth_place="", given_names="Ambriose")

    assert MODEL.compare(one, other, 10_000).match > MODEL.compare(one, other, 60_000_000).match


def test_a_model_is_a_document_that_comes_back_the_same(population):
    text = population.model.to_json()
    again = Model.from_json(text)
    document = json.loads(text)

    assert again == population.model
    assert document["hash"] == population.model.hash
    assert document["trained_on"] == date.fromisoformat(document["trained_on"]).isoformat()
    assert document["population"] == len(population.crowd)


def test_a_model_lists_no_value_borne_by_fewer_than_four_people(population):
    assert all(min(trait.frequencies.counts.values(), default=4) >= 4 for trait in population.model.traits)


@pytest.mark.parametrize("change", [{"version": "other"}, {"format": "other"}, {"traits": []}, {"matches": "many"}])
def test_a_model_changed_by_hand_is_refused(change):
    document = json.loads(MODEL.to_json()) | change

    with pytest.raises(ModelRefused):
        Model.from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"hash": ""}', "null"])
def test_what_is_no_model_is_refused(text):
    with pytest.raises(ModelRefused):
        Model.from_json(text)


def test_an_explanation_tells_each_trait_and_how_rare_its_value_is(population):
    told = explain(
        population.model,
        population.model.compare(person(birth_name="MARTIN"), person(birth_name="MARTIN", given_names="Ambriose")),
    )
    lines = [str(line) for line in told.lines]

    assert told.verdict == Verdict.MATCH
    assert told.summary.startswith("Probablement la même personne")
    assert told.summary.endswith("Une personne décide.")
    assert [line.trait for line in told.lines] == [
        "Nom de naissance",
        "Prénoms",
        "Date de naissance",
        "Sexe",
        "Lieu de naissance",
    ]
    assert "nom porté par 1 personne sur" in lines[0]
    assert "orthographe proche" in lines[1]
    assert all(line.sentence for line in told.lines)


def test_an_explanation_says_what_goes_against_and_what_is_missing():
    told = explain(MODEL, MODEL.compare(person(), person(given_names="Octave", birth_place="")))

    assert told.summary.startswith("Probablement des jumeaux")
    assert told.lines[1].weight in (Weight.AGAINST, Weight.STRONG_AGAINST)
    assert "entre deux inconnus qu’entre deux fiches d’une personne" in told.lines[1].reason
    assert told.lines[4].weight == Weight.NEUTRAL
    assert told.lines[4].sentence == "non renseigné d’un côté"


@pytest.mark.parametrize(
    ("share", "words"),
    [(1 / 2134, "1 personne sur 2\u202f100"), (0.515, "5 personnes sur 10"), (1 / 13, "1 personne sur 13")],
)
def test_rarity_is_said_as_one_would_say_it(share, words):
    assert one_in(share) == words
