from __future__ import annotations

import datetime as dt
import json

import pytest

from maison.formats.folding import plain
from maison.formats.terminology import files
from maison.formats.terminology.model import UnreadableTerminology

SVS = """<RetrieveValueSetResponse xmlns="urn:ihe:iti:svs:2008"><ValueSet id="1.2.250.1.999.5" displayName="JDV_Pains"
 version="2" revisionDate="2026-02-01T00:00:00+01:00"><ConceptList><Concept code="B1" codeSystem="1.2.250.1.999.1"
 displayName="Baguette" dateValid="20100101000000" dateFin=""/></ConceptList></ValueSet></RetrieveValueSetResponse>"""


def test_each_official_example_of_nomenclature_is_read(shared):
    fhir = files.read(shared / "specs" / "fhir")
    svs = files.read(shared / "specs" / "cda")
    assert len(fhir) > 150
    assert len(svs) > 500
    assert all(one.address and one.title and one.terms for one in [*fhir, *svs])
    sectors = next(one for one in fhir if one.oid == "1.2.250.1.71.4.2.4")
    assert sectors.kind == "system"
    assert sectors.terms[0].code == "SA01"
    assert sectors.terms[0].starts_on == dt.date(2007, 7, 25)


def test_the_tables_of_the_atih_cnam_and_sfmu_are_recognised_by_their_columns(shared):
    (cim10,) = files.read(shared / "data" / "terminologies" / "cim10" / "cim10-fr-atih.csv.gz")
    (ccam,) = files.read(shared / "data" / "terminologies" / "ccam" / "ccam-actes.csv.gz")
    (sfmu,) = files.read(shared / "data" / "urgences" / "motifs-recours-sfmu.csv")
    assert (len(cim10.terms), len(ccam.terms), len(sfmu.terms)) == (42_886, 8_593, 140)
    assert cim10.terms[1].code == "A00.0"
    assert cim10.terms[1].parent == "A00"
    assert any(one.ends_on for one in ccam.terms)


def test_svs_xml_and_the_headless_file_of_the_atih():
    (one,) = files.read_bytes(SVS.encode())
    assert (one.oid, one.terms[0].system, one.terms[0].ends_on) == ("1.2.250.1.999.5", "urn:oid:1.2.250.1.999.1", None)
    (atih,) = files.read_bytes("A000  |0|NOOO|0|CHOLERA|Choléra classique\n".encode("iso-8859-15"))
    assert (atih.terms[0].code, atih.terms[0].display) == ("A00.0", "Choléra classique")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html>", "XML illisible"),
        (b"<a xmlns='urn:x'/>", "Aucun jeu de valeurs"),
        (b"{", "JSON illisible"),
        (b'{"resourceType": "Patient"}', "CodeSystem"),
        (json.dumps({"resourceType": "CodeSystem", "url": "u", "name": "vide"}).encode(), "ne liste aucun code"),
        (json.dumps({"resourceType": "ValueSet", "name": "anonyme", "compose": {"include": [{"concept": [{"code": "a"}]}]}}).encode(), "ni adresse"),
        (b"rien;a;voir\n1;2;3\n", "Colonnes inconnues"),
        (b"", "vide"),
    ],
    ids=["html", "other xml", "cut json", "patient", "no code", "no name", "other table", "empty"],
)  # fmt: skip
def test_a_file_that_is_no_nomenclature_says_what_was_expected(data, words):
    with pytest.raises(UnreadableTerminology, match=words):
        files.read_bytes(data)


def test_french_words_are_compared_without_accents_ligatures_or_punctuation():
    assert plain("L’Œuvre d'Élodie-Anne") == plain("l oeuvre D ELODIE ANNE") == "l oeuvre d elodie anne"
