"""The code lists of the house are the official ones, code by code, word by word."""

import csv
import re

import pytest

from maison.formats.hub_sante import codes, vocabulary
from maison.formats.hub_sante.codes import lists
from maison.formats.hub_sante.wire import read_message, unknown_codes
from tests.formats.hub_sante import official

NOMENCLATURES = official.SPECS / "nomenclatures"


def published(name):
    """Code → deepest label, as the official file has them."""
    with (NOMENCLATURES / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    levels = [column for column in rows[0] if re.match(r"label_n|Libellé niveau", column)]
    return {row["code"]: [row[level].strip() for level in levels if row[level].strip()][-1] for row in rows}


@pytest.mark.parametrize("name", codes.names())
def test_a_list_has_the_official_codes_labels_and_order(name):
    expected = published(f"HubSante.{name}")
    assert list(codes.table(name).items()) == list(expected.items())
    assert codes.codes(name) == tuple(expected)


def test_every_official_list_is_there():
    expected = {path.stem.removeprefix("HubSante.") for path in NOMENCLATURES.glob("HubSante.*.csv")}
    assert set(codes.names()) == expected


@pytest.mark.parametrize("name", lists.LISTS)
def test_a_list_without_labels_has_the_official_codes(name):
    file = "ISO_3166-ISO3166-2" if name == "pays" else name.replace("emsi.", "EMSI-")
    assert set(codes.codes(name)) == set(published(file))


def test_a_code_reads_in_words():
    assert codes.label("priorite", "P0") == "Urgence vitale"
    assert codes.label("motif", "M01.02") == "Altération de la conscience"
    assert codes.label("typeVecteur", "AASC.VLSC") == "Vehicule Leger de Sécurité Civile"


def test_an_unknown_code_is_shown_and_flagged():
    assert codes.label("motif", "M99.99") == "M99.99 (code inconnu)"
    assert not codes.is_known("motif", "M99.99")


def test_every_closed_list_of_the_models_is_an_official_one():
    names = [name for name in vars(vocabulary) if name[0].isupper() and name != "Coded"]
    assert len(names) == len({getattr(vocabulary, name) for name in names}) > 40


def test_a_code_of_the_right_form_that_no_list_knows_is_pointed_out():
    path = next(path for code, path in official.examples() if "DidierMorel.01a" in path.stem)
    data = path.read_bytes()
    assert unknown_codes(read_message(data)) == []
    wrong = re.sub(rb"M\d\d\.\d\d", b"M99.99", data, count=1)
    assert wrong != data
    (fault,) = unknown_codes(read_message(wrong))
    assert fault.place == "createCaseHealth.qualification.healthMotive.code"
    assert fault.rule == "unknown_code"
