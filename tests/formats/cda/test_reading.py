"""Every official example is read; hostile or broken bytes are refused with one error and no other."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from maison.formats.cda import oids
from maison.formats.cda.checks import Checker
from maison.formats.cda.html import render
from maison.formats.cda.moment import Moment
from maison.formats.cda.reader import UnreadableDocument, read
from maison.formats.cda.text import render as render_text
from maison.formats.cda.writer import every_section, write
from maison.formats.cda.xds import metadata_of
from tests.formats.cda.documents import EXAMPLES, LATER, discharge_letter

LDL = next(path for path in EXAMPLES if path.name.startswith("LDL-SES")).read_bytes()
UNSTRUCTURED = {"DOC_NON_STRUCTURE_CDA-R2-N1.xml", "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml"}


def test_the_official_examples_are_at_hand():
    assert len(EXAMPLES) == 26


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_official_example_is_read(path: Path):
    document = read(path.read_bytes())
    assert document.level == ("N1" if path.name in UNSTRUCTURED else "N3")
    assert document.title
    assert document.created.has_offset
    assert document.authors
    assert document.custodian is not None
    assert document.legal_authenticator is not None
    assert document.patient.birth_family
    assert document.patient.first_given
    assert document.patient.birth_place
    assert len(document.patient.ins) == 15
    assert [remark.place for remark in document.remarks] == [kept.place for kept in document.kept]
    if document.level == "N1":
        assert document.unstructured is not None
        assert document.unstructured.data.startswith(b"%PDF-")
    else:
        assert all(section.code for section in every_section(document.sections))


def test_the_header_says_who_the_patient_is_and_who_wrote():
    document = read(LDL)
    patient = document.patient
    assert (patient.birth_family, patient.birth_givens, patient.first_given) == (
        "PAT-TROIS",
        "DOMINIQUE MARIE-LOUISE",
        "DOMINIQUE",
    )
    assert (patient.used_family, patient.used_given, patient.gender) == ("PAT-TROIS", "DOMINIQUE", "F")
    assert patient.born is not None
    assert patient.born.day == date(1979, 3, 28)
    assert (patient.ins, patient.ins_oid, patient.birth_place) == ("279035121518989", oids.INS_NIR_TEST, "51215")
    assert [one.extension for one in patient.ids] == ["1234567890121"]
    assert [str(one.name) for one in patient.guardians] == ["Jeanne NESSI"]
    author = document.authors[0].who
    assert [one.extension for one in author.ids] == ["801234567897"]
    assert author.specialty is not None
    assert author.specialty.code == "G15_10/SM27"
    assert author.organisation is not None
    assert author.organisation.name == "Hôpital Européen Georges Pompidou"
    assert [informant.kind for informant in document.informants] == ["ECON", "NOK"]
    assert [str(one) for one in document.recipients] == ["Dr Charles BOILEAU", "Elsa DUCOUT"]
    assert document.encounter is not None
    assert document.encounter.facility_type is not None
    assert document.encounter.facility_type.code == "SA01"
    assert document.participants[0].function is not None
    assert document.participants[0].function.code == "PCP"


def test_coded_entries_are_kept_whole_and_said_in_words():
    document = read(LDL)
    stay = document.sections[2]
    said = {entry.code.code: entry.value for entry in stay.entries if entry.code}
    assert said["ORG-070"] == "transfert d'un(e) patient(e)"
    assert said["MED-309"] == "Oui"
    assert said["MED-144"] == "Streptococcus pneumoniae"
    assert all("<observation" in entry.xml for entry in stay.entries)
    medicine = document.sections[4].entries[0]
    assert (medicine.kind, medicine.value, medicine.when) == (
        "substanceAdministration",
        "LEPONEX 100 mg",
        "du 03/12/2019 au 02/02/2020",
    )


def test_measures_are_said_as_people_write_them():
    document = read(next(path for path in EXAMPLES if "FLUDT" in path.name).read_bytes())
    vitals = document.sections[1].entries[0].parts
    assert [part.value for part in vitals] == ["80 /min", "37 °C", "80 kg", "155 mmHg", "85 mmHg"]


def test_what_is_not_understood_is_kept_and_said():
    strange = b'<sdtc:surprise xmlns:sdtc="urn:hl7-org:sdtc" value="1"><inner/></sdtc:surprise>'
    document = read(LDL.replace(b"<birthplace>", strange + b"<birthplace>", 1))
    assert [one.place for one in document.kept] == ["/ClinicalDocument/recordTarget/patientRole/patient/surprise"]
    assert 'value="1"' in document.kept[0].xml
    assert "<inner" in document.kept[0].xml
    assert len(document.remarks) == 1


def test_a_document_almost_empty_is_read_and_says_what_it_lacks():
    document = read(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>')
    assert {remark.place.rpartition("/")[2] for remark in document.remarks} == {
        "id",
        "code",
        "effectiveTime",
        "component",
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"{}",
        b"<html/>",
        b"<ClinicalDocument/>",
        b'<?xml version="1.0"?><!DOCTYPE ClinicalDocument SYSTEM "file:///etc/passwd"><ClinicalDocument/>',
        b'<!DOCTYPE x [<!ENTITY a "b">]><ClinicalDocument xmlns="urn:hl7-org:v3"><title>&a;</title></ClinicalDocument>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
        b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&a;</title></ClinicalDocument>',
        b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&undefined;</title></ClinicalDocument>',
        LDL[: len(LDL) // 2],
        LDL.decode().encode("utf-16"),
        LDL.decode().encode("latin-1", "replace"),
        LDL.replace(b'encoding="UTF-8"', b'encoding="EBCDIC-CP-FR"', 1),
        b'<ClinicalDocument xmlns="urn:hl7-org:v3">'
        + b"<component>" * 150
        + b"</component>" * 150
        + b"</ClinicalDocument>",
        b'<ClinicalDocument xmlns="urn:hl7-org:v3">' + b"<id/>" * 250_000 + b"</ClinicalDocument>",
    ],
)
def test_what_is_not_a_document_is_refused_with_the_documented_error(data: bytes):
    with pytest.raises(UnreadableDocument) as refusal:
        read(data)
    assert refusal.value.message.endswith((".", "…"))
    assert refusal.value.code == "CDA-001"


def test_a_billion_laughs_are_not_laughed():
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    with pytest.raises(UnreadableDocument):
        read(f'<!DOCTYPE x [{bomb}]><ClinicalDocument xmlns="urn:hl7-org:v3">&l9;</ClinicalDocument>'.encode())


def test_fifty_megabytes_are_refused_before_they_are_parsed():
    head = b'<ClinicalDocument xmlns="urn:hl7-org:v3"><title>'
    with pytest.raises(UnreadableDocument, match="volumineux"):
        read(head + b"a" * 50_000_000)


@pytest.mark.parametrize(
    "inside",
    [
        b"<unknown a='1'/>" * 20_000,
        b"<text>" + b"<br/>" * 20_000 + b"</text>",
        b"<text>" + b"<x/>" * 20_000 + b"</text>",
        b"<text><table><tbody>" + b"<tr><td>a</td><td/></tr>" * 8_000 + b"</tbody></table></text>",
        b"<text>" + b"<paragraph ID='a'>" * 80 + b"</paragraph>" * 80 + b"</text>",
        b"<text>" + b"<table><tbody><tr><td>" * 20 + b"</td></tr></tbody></table>" * 20 + b"</text>",
    ],
    ids=["brothers", "line ends", "unknown", "rows", "depth", "nested tables"],
)
def test_a_document_made_to_be_slow_costs_no_more_than_its_size(inside: bytes):
    """Each of these takes minutes when anything is quadratic."""
    data = (
        b'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section>'
        + inside
        + b"</section></component></structuredBody></component></ClinicalDocument>"
    )
    report = Checker().check(data, now=LATER, identity_status="QUAL", production=False)
    assert not report.may_leave
    assert render(report.document).body
    assert render_text(report.document)


def test_latin_1_is_read_when_it_says_so():
    data = LDL.replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"', 1).decode().encode("latin-1", "xmlcharrefreplace")
    assert read(data) == read(LDL)


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["cut", "flip", "swap", "tag"]))
def test_mutated_bytes_raise_the_documented_error_or_give_a_document_that_can_be_shown(chance: random.Random, way: str):
    data = bytearray(LDL)
    at = chance.randrange(len(data))
    match way:
        case "cut":
            del data[at : at + chance.randrange(1, 4000)]
        case "flip":
            for _each in range(5):
                data[chance.randrange(len(data))] = chance.randrange(256)
        case "swap":
            data = bytearray(LDL.replace(b'value="', chance.choice([b'value="-', b'code="', b'value="9999999999']), 40))
        case "tag":
            name = chance.choice(
                [b"entry", b"table", b"tr", b"name", b"given", b"effectiveTime", b"text", b"value", b"addr"]
            )
            data = bytearray(LDL.replace(b"<" + name + b">", b"<q>").replace(b"</" + name + b">", b"</q>"))
    try:
        document = read(bytes(data))
    except UnreadableDocument:
        return
    assert render(document).title is not None
    assert render_text(document)
    assert metadata_of(document, bytes(data)).size == len(data)
    Checker().check(bytes(data), now=LATER, identity_status="QUAL", production=False)


def test_a_moment_says_what_it_means_and_never_more():
    paris = timezone(timedelta(hours=1))
    assert Moment("20191203133000+0100").at == datetime(2019, 12, 3, 13, 30, tzinfo=paris)
    assert str(Moment("20191203133000+0100")) == "3 déc. 2019 à 13:30"
    assert [str(Moment(raw)) for raw in ("1979", "197903", "19790328", "20191350", "jadis", "")] == [
        "1979",
        "mars 1979",
        "28/03/1979",
        "20191350",
        "jadis",
        "",
    ]
    assert Moment("20191203133000").at == datetime(2019, 12, 3, 13, 30)  # noqa: DTZ001 - the offset is what it lacks
    assert not Moment("20191203133000").has_offset
    assert Moment("20191203").at is None
    assert Moment("20191399").day is None
    with pytest.raises(ValueError, match="time zone"):
        Moment.of(datetime(2019, 12, 3))  # noqa: DTZ001


def test_reading_is_the_same_whatever_the_white_space_around_the_text():
    document = discharge_letter()
    data = write(document, identity_status="QUAL", production=False)
    assert read(data.replace(b"<tr>", b"\n   <tr>\n  ").replace(b"</th>", b"\n</th> ")) == replace(document)
