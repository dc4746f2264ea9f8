"""The family of a sample, by its content."""

from __future__ import annotations

import pytest

from maison.formats.recognition import Family, recognise

MSH = b"MSH|^~\\&|APP|ETS|DEST|ETS|20260303140500||ADT^A01^ADT_A01|1|T|2.5^FRA^2.11\r"


@pytest.mark.parametrize(
    ("data", "family", "syntax"),
    [
        (MSH, Family.HL7V2, "er7"),
        (b"\x0b" + MSH + b"\x1c\r", Family.HL7V2, "er7"),
        (
            b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->\n<ClinicalDocument xmlns="urn:hl7-org:v3">',
            Family.CDA,
            "xml",
        ),
        (b'<n1:ClinicalDocument xmlns:n1="urn:hl7-org:v3"/>', Family.CDA, "xml"),
        (b"<OSCOUR><ETABLISSEMENT>", Family.RPU, "xml"),
        ("\ufeff<OSCOUR/>".encode("utf-16-le"), Family.RPU, "xml"),
        (b'<Patient xmlns="http://hl7.org/fhir"><id value="1"/></Patient>', Family.FHIR, "xml"),
        (b'{"resourceType": "Bundle", "entry": []}', Family.FHIR, "json"),
        (b'{"id": "1", "resourceType" : "Patient", "cut', Family.FHIR, "json"),
        (b'{"distributionID": "a"}', Family.HUB_SANTE, "json"),
        (b'{"createCaseHealth": {}}', Family.HUB_SANTE, "json"),
        (b'{"error": {"sourceMessage": {"resourceType": "Patient"}}}', Family.HUB_SANTE, "json"),
        (b'<edxlDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:2.0"><cut', Family.HUB_SANTE, "xml"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><edxlDistribution>', Family.HUB_SANTE, "xml"),
        (b"<createCaseHealth/>", Family.HUB_SANTE, "xml"),
    ],
)
def test_a_sample_is_recognised_even_broken(data: bytes, family: Family, syntax: str):
    found = recognise(data)
    assert found is not None
    assert (found.family, found.syntax) == (family, syntax)


def test_framing_and_envelope_are_told():
    framed, envelope, bare = (
        recognise(b"\x0b" + MSH),
        recognise(b'{"distributionID": 1}'),
        recognise(b'{"reference": {"distributionID": 1}}'),
    )
    assert framed is not None
    assert framed.is_framed
    assert envelope is not None
    assert envelope.is_enveloped
    assert bare is not None
    assert not bare.is_enveloped


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"PK\x03\x04", b"{}", b"[1]", b"<html></html>", b"MSHADOW", b"a;b;c", b"\xff\xfe"]
)
def test_what_is_of_no_family_is_not_guessed(data: bytes):
    assert recognise(data) is None


def family_of(data: bytes) -> Family | None:
    found = recognise(data)
    return found.family if found else None


def test_every_official_file_is_of_its_family(shared):
    specs = shared / "specs"
    for folder, family in (("cda/examples", Family.CDA), ("hub-sante/examples", Family.HUB_SANTE), ("rpu", Family.RPU)):
        for path in (specs / folder).rglob("*"):
            if path.is_file() and path.suffix.lower() != ".xsd":
                assert family_of(path.read_bytes()) == family, path
    for path in (specs / "hl7v2").rglob("*.er7"):
        assert family_of(path.read_bytes()) == Family.HL7V2, path
