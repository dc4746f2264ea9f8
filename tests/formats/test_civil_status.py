"""Strict traits: one spelling, clear refusals, remarks that block nothing."""

from __future__ import annotations

import csv
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.civil_status import (
    InvalidTrait,
    StrictTraits,
    birth_date,
    check_birth_date,
    check_birth_place,
    civil_name,
    coherent,
    compare,
    equal,
    first_of,
    is_placeholder,
    nir_remarks,
    place_words,
    remarks,
    search_key,
    tolerant_name,
)
from maison.formats.countries import COUNTRIES
from maison.formats.identifiers import InvalidNir

TODAY = date(2026, 11, 25)
DOMINIQUE = StrictTraits("PAT-TROIS", "DOMINIQUE", "DOMINIQUE MARIE", date(1979, 3, 28), "F", "51215")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("d’Hôtes–Ÿ", "D'HOTES-Y"),
        ("  le  gall ", "LE GALL"),
        ("Œuvrard", "OEUVRARD"),
        ("L ' Éclair", "L'ECLAIR"),
        ("Jean - Pierre", "JEAN-PIERRE"),
        ("Nuñez Łódź", "NUNEZ LODZ"),
    ],
)
def test_a_name_has_one_spelling(typed, written):
    assert civil_name(typed) == written
    assert civil_name(written) == written


@pytest.mark.parametrize("typed", ["", "  ", "DUP0NT", "M. DUPONT", "DUPONT/MARTIN", "-", "中村"])
def test_a_name_that_is_none_is_refused_and_not_quoted(typed):
    with pytest.raises(InvalidTrait) as refusal:
        civil_name(typed)
    assert not typed.strip("- ") or typed not in refusal.value.message


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=40))
def test_whatever_was_typed_the_tolerant_spelling_is_a_name_or_nothing(text):
    name = tolerant_name(text)
    assert set(name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-")
    assert tolerant_name(name) == name
    assert search_key(name) == search_key(name.lower())


@pytest.mark.parametrize("name", ["INCONNU", "x", "XX", "Bébé", "Prénom inconnu", "nouveau-né"])
def test_what_names_nobody_is_known_as_such(name):
    assert is_placeholder(name)
    assert not is_placeholder("Garçon")


@pytest.mark.parametrize(
    ("typed", "day", "known"),
    [
        ("28/03/1979", date(1979, 3, 28), "jour"),
        ("1979-03-28", date(1979, 3, 28), "jour"),
        ("28.3.1979", date(1979, 3, 28), "jour"),
        ("03/1979", date(1979, 3, 1), "mois"),
        ("00/03/1979", date(1979, 3, 1), "mois"),
        ("1979", date(1979, 12, 31), "annee"),
        ("00/00/1979", date(1979, 12, 31), "annee"),
        ("~1979", date(1979, 12, 31), "approchee"),
        ("29/02/2000", date(2000, 2, 29), "jour"),
    ],
)
def test_a_birth_date_known_in_part_is_written_as_rniv_asks(typed, day, known):
    assert birth_date(typed) == (day, known)


@pytest.mark.parametrize("typed", ["31/02/1979", "28/13/1979", "28/03/79", "hier", "", "29/02/2001"])
def test_a_date_that_does_not_exist_is_refused(typed):
    with pytest.raises(InvalidTrait):
        birth_date(typed)


def test_a_birth_to_come_is_refused_and_a_great_age_remarked():
    with pytest.raises(InvalidTrait):
        check_birth_date(date(2026, 11, 26), TODAY)
    check_birth_date(date(2026, 12, 31), TODAY)  # born this year, day and month unknown
    with pytest.raises(InvalidTrait):
        check_birth_date(date(1700, 1, 1), TODAY)
    assert [one.code for one in remarks(StrictTraits("A", "B", "B", date(1900, 1, 1), "F", "31555"), TODAY)] == ["age"]


@pytest.mark.parametrize("code", ["31555", "2A004", "2B033", "97411", "98818", "99352", "99999", " 2a004 "])
def test_a_birth_place_is_a_commune_a_country_or_the_unknown(code):
    assert check_birth_place(code) == code.strip().upper()


@pytest.mark.parametrize("code", ["3155", "Toulouse", "2C004", "00123", "315555", ""])
def test_what_is_no_code_is_refused(code):
    with pytest.raises(InvalidTrait):
        check_birth_place(code)


def test_a_place_is_said_in_words():
    assert place_words("99352") == "Algérie"
    assert place_words("99998") == "pays 99998"
    assert place_words("31555", "Toulouse") == "Toulouse"
    assert place_words("99999") == "lieu de naissance inconnu"


def test_a_given_name_typed_as_the_name_is_remarked():
    found = remarks(StrictTraits("MARTIN", "MARTIN", "MARTIN", date(1980, 1, 1), "M", "31555"), TODAY)
    assert [one.code for one in found] == ["prenom-nom"]


@pytest.mark.parametrize(
    ("traits", "codes"),
    [
        (DOMINIQUE, []),
        (StrictTraits("A", "B", "B", date(1979, 3, 28), "M"), ["nir-sexe"]),
        (StrictTraits("A", "B", "B", date(1980, 3, 28), "F"), ["nir-date"]),
        (StrictTraits("A", "B", "B", date(1979, 4, 28), "F"), ["nir-date"]),
        (StrictTraits("A", "B", "B", date(1979, 3, 28), "I"), []),
    ],
)
def test_a_matricule_against_the_traits_is_a_remark_and_a_wrong_key_a_refusal(traits, codes):
    """INS-01"""
    assert [one.code for one in nir_remarks("279035121518989", traits)] == codes
    with pytest.raises(InvalidNir):
        nir_remarks("279035121518988", traits)


def test_a_composed_given_name_with_a_space_is_kept_whole():
    assert first_of("JEAN PIERRE ANDRE", "JEAN PIERRE") == "JEAN PIERRE"
    assert first_of("JEAN PIERRE", "JEA") == "JEAN"
    assert first_of("ANNE-LISE ZOE") == "ANNE-LISE"


def test_traits_are_compared_one_by_one():
    other = StrictTraits("PAT-TROIS", "DOMINIQUE", "DOMINIQUE", date(1979, 3, 29), "F", "")
    states = {line.trait: line.state for line in compare(DOMINIQUE, other)}
    assert states == {
        "birth_name": "same",
        "first_names": "near",
        "birth_date": "differs",
        "sex": "same",
        "birth_place": "missing",
    }
    shorter = StrictTraits("PAT-TROIS", "DOMINIQUE", "DOMINIQUE", date(1979, 3, 28), "F", "51215")
    assert coherent(DOMINIQUE, shorter)
    assert not equal(DOMINIQUE, shorter)
    assert not coherent(DOMINIQUE, StrictTraits("PAT-TROIS", "DOMINIQUE", "DOMINIQUE", date(1979, 3, 28), "F", ""))


def test_the_countries_are_those_of_the_official_list(shared):
    with (shared / "data" / "cog" / "pays-insee.csv").open(encoding="utf-8") as file:
        assert {row["code_insee"] for row in csv.DictReader(file)} == set(COUNTRIES)
