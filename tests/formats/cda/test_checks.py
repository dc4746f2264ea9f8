"""What stops a document, what only warns, and where: one test for each bad input of DOMAIN §11."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from maison.formats.cda.checks import Checker, Known, Report
from maison.formats.cda.model import Identifier, Patient
from maison.formats.cda.schema import SchemaUnavailable
from maison.formats.cda.writer import write
from maison.formats.cda.xml import UnreadableDocument
from tests.formats.cda.documents import (
    EXAMPLES,
    LATER,
    NOW,
    PATIENT,
    XSD,
    discharge_letter,
    every_document,
)

LETTER = write(discharge_letter(), identity_status="QUAL", production=False)
PRESCRIPTION = write(every_document()["prescription"], identity_status="QUAL", production=False)

VERDICTS = {
    "BIO-CR-BIO_2024.01_Microbiologie_V1": {"CDA-113", "CDA-403"},
    "BIO-CR-BIO_2024.01_TSH_1": {"CDA-113", "CDA-403"},
    "BIO-TROD_2024.01_Angine": {"CDA-403"},
    "BIO-TROD_2024.01_Cystite": {"CDA-403"},
    "CANCER-FRCP_2022.01_Appareil": {"CDA-403", "CDA-408"},
    "CARD-F-PRC-AVK_2022.01": {"CDA-504"},
    "CARD-F-PRC-PSC_2022.01": {"CDA-504"},
    "CNAM-HR_2021.01_sans-info": {"CDA-113"},
    "CSE-MDE_2023.01": {"CDA-208", "CDA-211", "CDA-403", "CDA-504"},
    "DOC_NON_STRUCTURE_CDA-R2-N1": {"CDA-113", "CDA-411"},
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1": {"CDA-403", "CDA-411"},
    "OBP-SAP_2024.01": {"CDA-211"},
    "OBP-SCM_2024.01": {"CDA-211"},
    "SDM-MR_2024.01_nouveau-ne": {"CDA-208", "CDA-403", "CDA-504"},
    "TLM-DA_2022.01_TCG": {"CDA-504"},
    "eP-MED-DM_2024.01_PosoStruct": {"CDA-113"},
}
"""What the checks find in the official examples (16 of 26): keys of fictional RPPS and INS, real domains outside production, parts
not read, PDF without PDF/A mark, a second version without its first."""


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(XSD)


def check(checker: Checker, data: bytes, **changes) -> Report:
    given = {"now": LATER, "identity_status": "QUAL", "production": False, **changes}
    return checker.check(data, **given)


def codes(report: Report) -> set[str]:
    return {fault.code for fault in report.faults}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_verdict_on_the_official_examples_is_stable(checker: Checker, path):
    report = check(checker, path.read_bytes())
    assert codes(report) == VERDICTS.get(path.stem, set())
    assert all(fault.place.startswith("/ClinicalDocument") for fault in report.faults)


def test_what_the_house_writes_may_leave(checker: Checker):
    for name, document in every_document().items():
        report = check(checker, write(document, identity_status="QUAL", production=False))
        assert report.may_leave, (name, report.faults)
        assert codes(report) <= {"CDA-411"}


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (b"<title>[^<]*</title>", b"", "CDA-103", "/ClinicalDocument/title"),
        (rb'<effectiveTime value="20260306110000\+0100"/>', b"", "CDA-104", "/ClinicalDocument/effectiveTime"),
        (b"<county>51215</county>", b"", "CDA-206", "/birthplace/place/addr/county"),
        (b"<county>51215</county>", b"<county>Dompremy</county>", "CDA-206", "/birthplace/place/addr/county"),
        (b"<county>51215</county>", b"<county>99999</county>", "CDA-213", "/birthplace/place/addr/county"),
        (b'code="11490-0"', b'code="99999-9"', "CDA-301", "/ClinicalDocument/code"),
        (
            b'<confidentialityCode code="N"',
            b'<confidentialityCode code="Z"',
            "CDA-302",
            "/ClinicalDocument/confidentialityCode",
        ),
        (
            b'<administrativeGenderCode code="F"',
            b'<administrativeGenderCode code="X"',
            "CDA-303",
            "/administrativeGenderCode",
        ),
        (b'code="SA01"', b'code="SA99"', "CDA-304", "/healthCareFacility/code"),
        (b'code="ETABLISSEMENT"', b'code="AILLEURS"', "CDA-305", "/serviceEvent/performer"),
        (b'code="SIS"', b'code="ZZZ"', "CDA-306", "/informant[1]/relatedEntity/code"),
        (b"<title>", b"<title>PAT TROIS Dominique, ", "CDA-118", "/ClinicalDocument/title"),
        (b"<title>", b"<title>2 79 03 51 215 189, ", "CDA-118", "/ClinicalDocument/title"),
        (b"<title>", b"<title>IPP 1234567890121, ", "CDA-118", "/ClinicalDocument/title"),
        (b"<title>", "<title>Pât-Trois ".encode(), "CDA-119", "/ClinicalDocument/title"),
        (b'ID="t2"', b'ID="t1"', "CDA-406", ""),
        (b'value="19790328"', b'value="20790328"', "CDA-212", "/patient/birthTime"),
        (b'value="19790328"', b'value="18790328"', "CDA-212", "/patient/birthTime"),
        (
            b'extension="801234567897"',
            b'extension="801234567890"',
            "CDA-113",
            "/ClinicalDocument/author[1]/assignedAuthor/id",
        ),
        (b'<versionNumber value="1"/>', b'<versionNumber value="2"/>', "CDA-504", "/ClinicalDocument/relatedDocument"),
        (b'root="1.2.250.1.213.1.4.10"', b'root="1.2.250.1.213.1.4.2"', "CDA-207", "/recordTarget/patientRole/id"),
        (b"<author>", b'<author xml:lang="fr">', "CDA-601", "/ClinicalDocument/author"),
        (b'<realmCode code="FR"/>', b"", "CDA-120", "/ClinicalDocument/realmCode"),
        (b'extension="POCD_HD000040"', b'extension="AUTRE"', "CDA-121", "/ClinicalDocument/typeId"),
    ],
)
def test_each_fault_has_its_place_its_code_and_a_french_sentence(checker: Checker, old, new, code, place):
    data, count = re.subn(old, lambda _found: new, LETTER)
    assert count
    report = check(checker, data)
    found = [fault for fault in report.faults if fault.code == code]
    assert found, report.faults
    assert found[0].place.endswith(place)
    for fault in report.faults:
        assert fault.message[0].isupper() or fault.message[0] == "«"
        assert fault.message.endswith(".")
        assert "PAT-TROIS" not in fault.message + fault.official
        assert PATIENT.ins not in fault.message + fault.official


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<birthTime value="19790328"/>', b"<birthTime value=\"D'ARTAGNAN is not 'X\"/>"),
        (b"<addr><houseNumber>2<", b'<addr use="D\'ARTAGNAN"><houseNumber>2<'),
        (b'<versionNumber value="1"', b'<versionNumber value="D\'ARTAGNAN"'),
        (b'<value value="true"', b'<value value="D\'ARTAGNAN"'),
    ],
)
def test_the_official_wording_never_quotes_the_document(checker: Checker, old, new):
    assert old in LETTER
    report = check(checker, LETTER.replace(old, new))
    assert all("ARTAGNAN" not in fault.official + fault.message for fault in report.faults)
    assert any(fault.code == "CDA-601" and fault.official for fault in report.faults)


def test_a_document_from_the_future_is_stopped_but_clocks_may_differ(checker: Checker):
    assert "CDA-117" in codes(check(checker, LETTER, now=NOW - timedelta(minutes=10)))
    assert check(checker, LETTER, now=NOW - timedelta(minutes=2)).may_leave


def test_the_ins_of_an_identity_not_qualified_is_stopped(checker: Checker):
    for status in ("VALI", "RECUP", "PROV"):
        report = check(checker, LETTER, identity_status=status)
        assert "CDA-209" in codes(report)
        assert not report.may_leave


def test_a_test_domain_is_stopped_in_production(checker: Checker):
    assert "CDA-210" in codes(check(checker, LETTER, production=True))


def test_two_documents_never_share_an_id_nor_a_set_and_a_version(checker: Checker):
    document = discharge_letter()
    other = Identifier("1.2.250.1.999.1.1", "AUTRE")
    assert "CDA-502" in codes(check(checker, LETTER, known=[Known(document.id, None, None)]))
    assert "CDA-503" in codes(check(checker, LETTER, known=[Known(other, document.set_id, 1)]))
    assert check(checker, LETTER, known=[Known(other, document.set_id, 2), Known(other, other, 1)]).may_leave


def test_the_document_of_another_person_is_stopped(checker: Checker):
    assert check(checker, LETTER, expected=PATIENT).may_leave
    twin = Patient("PAT-QUATRE", first_given="DOMINIQUE", gender="F", born=PATIENT.born)
    assert "CDA-214" in codes(check(checker, LETTER, expected=twin))
    homonym = Patient(
        "PAT-TROIS",
        first_given="DOMINIQUE",
        gender="F",
        born=PATIENT.born,
        ins="279035121518990",
        ins_oid=PATIENT.ins_oid,
    )
    assert "CDA-214" in codes(check(checker, LETTER, expected=homonym))


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'B64">JVBERi0', b'B64">TVqQAAM', "CDA-410"),
        (b'B64">JVBERi0', b'B64">*pas*', "CDA-404"),
        (b'mediaType="application/pdf"', b'mediaType="application/x-msdownload"', "CDA-412"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_stopped(checker: Checker, old, new, code):
    assert old in PRESCRIPTION
    report = check(checker, PRESCRIPTION.replace(old, new))
    assert code in codes(report)
    assert not report.may_leave


def test_a_large_document_warns():
    report = check(Checker(large=1000), LETTER)
    assert codes(report) == {"CDA-407"}
    assert report.may_leave
    assert "0,0 Mo" in report.faults[-1].message


def test_text_that_points_to_a_missing_image_warns(checker: Checker):
    data = LETTER.replace(b"<paragraph>", b'<paragraph><renderMultiMedia referencedObject="nulle-part"/>', 1)
    assert "CDA-409" in codes(check(checker, data))


def test_the_schema_is_optional_and_its_absence_is_said(tmp_path):
    broken = LETTER.replace(b"<author>", b'<author foo="bar">', 1)
    assert check(Checker(), broken).may_leave
    with pytest.raises(SchemaUnavailable, match="CDA_extended"):
        Checker(tmp_path)
    (tmp_path / "CDA_extended.xsd").write_text("<xs:schema")
    with pytest.raises(SchemaUnavailable, match="lisible"):
        Checker(tmp_path)


def test_what_is_not_a_document_is_refused(checker: Checker):
    with pytest.raises(UnreadableDocument):
        check(checker, b"MSH|^~\\&|")
