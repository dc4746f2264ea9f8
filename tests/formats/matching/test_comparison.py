"""What each trait says of two identities: the bad input of DOMAIN §1, one line each."""

import pytest

from maison.formats.matching import comparison
from maison.formats.matching.levels import LEVELS, Code, Date, Family, Given, Kind, Place, Sex, Text
from tests.formats.matching.people import person

COMMON = {"TILLEUL", "TILLET", "MARTIN", "AMBROISE", "LEA", "LEO", "JEAN", "JEANNE", "ALEX", "ALEXANDRE"}
usual = COMMON.__contains__


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ({}, {"birth_name": "Tilleul"}, Family.SAME),
        ({"birth_name": "D’Arc-Tilleul"}, {"birth_name": "d'arc tilleul"}, Family.SAME),
        ({}, {"birth_name": "TILLUEL"}, Family.CLOSE),
        ({}, {"birth_name": "TILLET"}, Family.CLOSE_USUAL),
        ({}, {"birth_name": "TYLLEUL"}, Family.SOUND),
        ({"birth_name": "ROMARIN", "sex": "F"}, {"birth_name": "TILLEUL", "used_name": "ROMARIN"}, Family.EXCHANGED),
        ({"birth_name": "ROMARIN", "used_name": "TILLEUL"}, {"used_name": ""}, Family.EXCHANGED),
        ({}, {"birth_name": "Ambroise", "given_names": "Tilleul"}, Family.SWAPPED),
        ({}, {"birth_name": "Ambroise", "given_names": "Tileul"}, Family.SWAPPED),
        ({}, {"birth_name": "Ambroise", "given_names": "Cunégonde"}, Family.HALF_SWAPPED),
        ({"birth_name": "TILLEUL-ROMARIN"}, {}, Family.PART),
        ({}, {"birth_name": "COQUELICOT"}, Family.DIFFERENT),
        ({"sex": "F"}, {"sex": "F", "birth_name": "COQUELICOT"}, Family.DIFFERENT_WOMEN),
        ({}, {"birth_name": "INCONNU"}, Family.MISSING),
    ],
)
def test_birth_and_used_names(one, other, level):
    assert comparison.families(person(**one), person(**other), usual).level == level
    assert comparison.families(person(**other), person(**one), usual).level == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Ambroise Jean", "ambroise", Given.SAME),
        ("Ambroise Jean", "Ambroise-Jean Paul", Given.SAME),
        ("Marie Claire", "Marie France", Given.SAME_FIRST),
        ("Ambroise Jean", "Jean", Given.LISTED),
        ("Ambroise Jean", "Jean Ambroise", Given.LISTED),
        ("Alexandre", "Alex", Given.DIMINUTIVE),
        ("Ambroise", "Ambroize", Given.SOUND),
        ("Ambroise", "Ambriose", Given.CLOSE),
        ("Léa", "Léo", Given.CLOSE_USUAL),
        ("Jean", "Jeanne", Given.DIFFERENT),
        ("Ambroise", "A", Given.INITIAL),
        ("Ambroise", "Cunégonde", Given.DIFFERENT),
        ("Ambroise", "BEBE", Given.MISSING),
        ("Ambroise", "X", Given.MISSING),
    ],
)
def test_given_names(one, other, level):
    assert comparison.givens(person(given_names=one), person(given_names=other), usual).level == level
    assert comparison.givens(person(given_names=other), person(given_names=one), usual).level == level


def test_names_exchanged_are_counted_once():
    assert (
        comparison.givens(person(), person(birth_name="Ambroise", given_names="Tilleul"), usual).level == Given.MISSING
    )


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1962-04-07", "1962-04-07", Date.SAME),
        ("1962-01-01", "1962-01-01", Date.SAME_DEFAULT),
        ("1962-12-31", "1962-12-31", Date.SAME_DEFAULT),
        ("1962-04", "1962-04", Date.SAME_DEFAULT),
        ("1962-01-01", "1962-04-07", Date.YEAR),
        ("1962", "1962-04-07", Date.YEAR),
        ("1962-04-07", "1962-07-04", Date.SWAPPED),
        ("1962-04-07", "1962-04-17", Date.DIGIT),
        ("1962-04-07", "1926-04-07", Date.DIGIT),
        ("1962-04-07", "1962-04-28", Date.TWO_OF_THREE),
        ("1962-04-07", "1931-11-07", Date.DIFFERENT),
        ("1962-04-07", "", Date.MISSING),
    ],
)
def test_dates(one, other, level):
    assert comparison.dates(person(born_on=one), person(born_on=other)).level == level
    assert comparison.dates(person(born_on=other), person(born_on=one)).level == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("31555", "31555", Place.SAME),
        ("75112", "75056", Place.SAME),
        ("2A004", "20004", Place.SAME),
        ("31555", "31069", Place.SAME_AREA),
        ("31555", "34172", Place.DIFFERENT),
        ("99352", "99352", Place.SAME),
        ("99352", "99350", Place.DIFFERENT),
        ("99999", "99999", Place.MISSING),
        ("31555", "", Place.MISSING),
    ],
)
def test_places(one, other, level):
    assert comparison.places(person(birth_place=one), person(birth_place=other)).level == level


def test_an_undetermined_sex_is_missing():
    assert comparison.sexes(person(), person(sex="I")).level == Sex.MISSING
    assert comparison.sexes(person(), person(sex="F")).level == Sex.DIFFERENT


def test_complementary_texts_and_codes():
    assert comparison.texts("RUE DES LILAS", "RUE DES LILAS").level == Text.SAME
    assert comparison.texts("RUE DES LILAS", "RUE DES LILSA").level == Text.CLOSE
    assert comparison.texts("RUE DES LILAS", "ALLEE LILAS").level == Text.WORD
    assert comparison.codes("0612345678", "06 12 34 56 78").level == Code.SAME
    assert comparison.codes("0612345678", "0612345687").level == Code.DIGIT
    assert comparison.codes("0612345678", "0699999999").level == Code.DIFFERENT


def test_levels_have_one_name_in_code_in_models_and_in_sentences():
    ranks = {
        Kind.FAMILY: Family,
        Kind.GIVEN: Given,
        Kind.DATE: Date,
        Kind.SEX: Sex,
        Kind.PLACE: Place,
        Kind.TEXT: Text,
        Kind.CODE: Code,
    }
    for kind, levels in LEVELS.items():
        assert [level.key.upper() for level in levels] == [rank.name for rank in ranks[kind]]
        assert len({level.sentence for level in levels}) == len(levels)
