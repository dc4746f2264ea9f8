"""The code lists of the house are the published ones, and the metadata use them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from maison.formats.cda import codes, oids, sections, xds
from maison.formats.cda.model import Name
from maison.formats.cda.reader import read
from maison.formats.cda.writer import write
from tests.formats.cda.documents import EXAMPLES, SPECS, discharge_letter, every_document

FHIR = SPECS.parent / "fhir" / "core-annuaire-mhd" / "conformance"
PUBLISHED = {
    "type": FHIR / "ValueSet-JDV-J07-XdsTypeCode-CISIS.json",
    "class": FHIR / "ValueSet-JDV-J06-XdsClassCode-CISIS.json",
    "format": FHIR / "ValueSet-JDV-J10-XdsFormatCode-CISIS.json",
    "facility": FHIR / "ValueSet-JDV-J02-XdsHealthcareFacilityTypeCode-CISIS.json",
    "practice": FHIR / "ValueSet-JDV-J04-XdsPracticeSettingCode-CISIS.json",
    "confidentiality": SPECS / "jeuxDeValeurs" / "JDV_J08_XdsConfidentialityCode_CISIS.xml",
    "relation": SPECS / "jeuxDeValeurs" / "JDV_J11_RelationPatient_CISIS.xml",
    "encounter": SPECS / "jeuxDeValeurs" / "JDV_J142_TypeRencontre_CISIS.xml",
    "gender": SPECS / "jeuxDeValeurs" / "JDV_J143_AdministrativeGender_CISIS.xml",
}


def published(path: Path) -> dict[str, str]:
    if path.suffix == ".json":
        included = json.loads(path.read_text())["compose"]["include"]
        return {one["code"]: one["display"] for part in included for one in part["concept"]}
    return {one.get("code"): one.get("displayName") for one in etree.parse(path).iter("{*}Concept")}


@pytest.mark.parametrize("name", codes.names())
def test_each_list_is_the_published_one(name: str):
    assert dict(codes.table(name)) == published(PUBLISHED[name])


def test_no_official_document_type_is_unknown():
    older = published(SPECS / "jeuxDeValeurs" / "JDV_J07_XdsTypeCode_CISIS.xml")
    assert {code: label for code, label in codes.table("type").items() if code in older} == older


def test_formats_and_classes_are_codes_of_their_lists():
    assert set(xds.FORMATS.values()) | set(xds.UNSTRUCTURED_FORMATS.values()) | {xds.NO_MODEL} <= set(
        codes.table("format")
    )
    assert set(xds.CLASSES.values()) <= set(codes.table("class"))
    assert set(xds.CLASSES) <= set(codes.table("type"))


def test_section_codes_and_templates_are_those_of_the_examples():
    seen: dict[str, set[str]] = {}
    for path in EXAMPLES:
        for section in etree.parse(path).iterfind(".//{urn:hl7-org:v3}section"):
            code = section.find("{urn:hl7-org:v3}code").get("code")
            seen.setdefault(code, set()).update(
                one.get("root") for one in section.iterfind("{urn:hl7-org:v3}templateId")
            )
    for name, kind in vars(sections).items():
        if isinstance(kind, sections.Kind):
            assert kind.code in seen, name
            assert set(kind.templates) <= seen[kind.code], name


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_metadata_of_every_example(path: Path):
    data = path.read_bytes()
    found = xds.metadata_of(read(data), data)
    assert found.hash == hashlib.sha1(data).hexdigest()
    assert found.size == len(data)
    assert codes.is_known("type", found.type_code.code)
    assert codes.is_known("format", found.format_code.code)
    assert found.format_code.code != xds.NO_MODEL
    assert len(found.creation_time) == 14
    assert found.patient_id.startswith(read(data).patient.ins)
    assert set(found.missing) <= {"class_code", "source_patient_id", "service_start_time", "practice_setting"}


def test_metadata_say_what_a_sharing_system_asks():
    document = discharge_letter()
    data = write(document, identity_status="QUAL", production=False)
    found = xds.metadata_of(document, data, visibility=["MASQUE_PS"])
    assert found.missing == ()
    assert (found.type_code.code, found.format_code.code) == ("11490-0", "urn:asip:ci-sis:ldl-ses:2017")
    assert found.class_code is not None
    assert (found.class_code.code, found.class_code.display) == ("11", "Synthèse")
    assert (found.creation_time, found.service_start_time, found.service_stop_time) == (
        "20260306100000",
        "20260302100000",
        "20260306100000",
    )
    assert found.patient_id == f"279035121518989^^^&{oids.INS_NIR_TEST}&ISO^NH"
    assert found.source_patient_id == "1234567890121^^^&1.2.3.4.567.8.9.10&ISO^PI"
    assert found.source_patient_info == (
        "PID-5|PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE-LOUISE^^^^L",
        "PID-7|19790328",
        "PID-8|F",
    )
    assert found.authors[0].person == f"801234567897^EXEMPLE^Claire^^^^^^&{oids.PROFESSIONAL}&ISO^D^^^IDNPS"
    assert found.authors[0].institution == f"CHU fictif de Toulouse^^^^^&{oids.STRUCTURE}&ISO^IDNST^^^1310781406"
    assert [code.code for code in found.confidentiality] == ["N", "MASQUE_PS"]
    with pytest.raises(KeyError):
        xds.metadata_of(document, data, visibility=["TOUT_LE_MONDE"])


def test_a_model_that_is_not_claimed_is_said_out_of_the_profiles():
    documents = every_document()
    assert xds.format_of(documents["emergency_report"]).code == xds.NO_MODEL
    assert xds.format_of(documents["prescription"]).code == "urn:ihe:iti:xds-sd:pdf:2008"


def test_a_name_cannot_break_the_metadata():
    document = discharge_letter()
    author = document.authors[0]
    tricky = replace(author, who=replace(author.who, name=Name("O^NEIL & FILS", "A|B")))
    found = xds.metadata_of(replace(document, authors=(tricky,)), b"")
    assert found.authors[0].person.startswith("801234567897^O\\S\\NEIL \\T\\ FILS^A\\F\\B^")
