"""Documents as they travel: what is written is read back whole, what is altered is refused, hostile bytes cost nothing."""

from __future__ import annotations

import io
import zipfile
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from maison.formats.cda.writer import write as write_cda
from maison.formats.cda.xds import metadata_of
from maison.formats.mail_receipts import read_receipt
from maison.formats.xds import ebrim, mtom, names, soap, vihf, xdm
from maison.formats.xds.ebrim import Entry, Submission
from maison_sandbox.letters import authority
from maison_sandbox.letters.mailboxes import delivery_report, reading_report
from tests.formats.cda.documents import PATIENT, discharge_letter

NOW = datetime.now(UTC).replace(microsecond=0)
"""Inside the life of the certificates, which are made during the test."""
LETTER = discharge_letter()
DATA = write_cda(LETTER, identity_status="QUAL", production=False)
METADATA = metadata_of(LETTER, DATA, visibility=["MASQUE_PS"])
SUBMISSION = Submission(
    unique_id=ebrim.oid_of("essai"), source_id="1.2.250.1.999", at="20261125120000", patient_id=METADATA.patient_id,
    entries=(Entry(metadata=METADATA, uri="DOC0001.XML", replaces=ebrim.entry_id("1.2.3^ancien")),), authors=METADATA.authors,
)  # fmt: skip


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cles")
    authority.prepare(folder)
    key = load_pem_private_key((folder / "maison.key").read_bytes(), None)
    certificate = x509.load_pem_x509_certificate((folder / "maison.pem").read_bytes())
    return key, certificate, authority.authority_of(folder)


CLAIMS = vihf.Claims(
    subject="801234567897", subject_name="Claire EXEMPLE", structure="1310781406", structure_name="CHU fictif & associés",
    sector="SA01^1.2.250.1.71.4.2.4", roles=("G15_10/SM26^Médecin^1.2.250.1.213.1.1.4.5",), patient=METADATA.patient_id,
)  # fmt: skip


def test_a_submission_is_read_as_it_was_written():
    found = ebrim.read(xdm.parse(etree.tostring(ebrim.write(SUBMISSION))))
    (entry,) = found.entries
    assert (found.unique_id, found.source_id, found.patient_id) == (
        SUBMISSION.unique_id,
        "1.2.250.1.999",
        METADATA.patient_id,
    )
    assert (entry.unique_id, entry.hash, entry.size, entry.title) == (
        METADATA.unique_id,
        METADATA.hash,
        len(DATA),
        METADATA.title,
    )
    assert entry.codes["confidentiality"] == ("N", "MASQUE_PS")
    assert found.replaced == {entry.id: ebrim.entry_id("1.2.3.ancien")}


def test_a_submission_names_its_objects_once_and_every_classified_object_is_there():
    root = ebrim.write(SUBMISSION)
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    assert {node.get("classifiedObject") for node in root.iter() if node.get("classifiedObject")} <= set(ids)


def test_the_archive_is_that_of_the_media_profile_and_always_the_same():
    archive = xdm.write(SUBMISSION, [DATA], sender="CHU <fictif>")
    assert archive == xdm.write(SUBMISSION, [DATA], sender="CHU <fictif>")
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        assert held.namelist() == [
            "INDEX.HTM",
            "README.TXT",
            "IHE_XDM/SUBSET01/METADATA.XML",
            "IHE_XDM/SUBSET01/DOC0001.XML",
        ]
        assert "CHU &lt;fictif&gt;" in held.read("INDEX.HTM").decode()
    assert xdm.read(archive).documents == {"DOC0001.XML": DATA}


def test_an_archive_of_two_patients_is_neither_written_nor_read():
    other = replace(METADATA, unique_id="1.2.3.4", patient_id="1^^^&1.2&ISO^NH")
    two = replace(SUBMISSION, entries=(*SUBMISSION.entries, Entry(metadata=other, uri="DOC0002.XML")))
    with pytest.raises(xdm.BadArchive, match="un seul patient"):
        xdm.write(two, [DATA, DATA], sender="CHU")
    someone = replace(LETTER, id=replace(LETTER.id, extension="AUTRE"), patient=replace(PATIENT, birth_family="AUTRE"))
    data = write_cda(someone, identity_status="QUAL", production=False)
    lying = replace(
        metadata_of(someone, data), patient_id=METADATA.patient_id, source_patient_id=METADATA.source_patient_id
    )
    both = replace(SUBMISSION, entries=(*SUBMISSION.entries, Entry(metadata=lying, uri="DOC0002.XML")))
    with pytest.raises(xdm.BadArchive, match="deux patients"):
        xdm.read(xdm.write(both, [DATA, data], sender="CHU"))


def test_an_archive_whose_document_was_altered_is_refused():
    altered = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xdm.write(SUBMISSION, [DATA], sender="CHU"))) as before,
        zipfile.ZipFile(altered, "w") as after,
    ):
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(b"Pneumopathie", b"Appendicite."))
    with pytest.raises(xdm.BadArchive, match="métadonnées"):
        xdm.read(altered.getvalue())


@given(st.binary(max_size=400))
@settings(max_examples=40, deadline=None)
def test_whatever_comes_as_an_archive_a_message_or_a_receipt_is_refused_without_a_fall(data):
    with pytest.raises(xdm.BadArchive):
        xdm.read(data)
    for kind in ("application/soap+xml", 'multipart/related; boundary="x"'):
        with pytest.raises(soap.NotSoap):
            soap.read_answer(kind, b"--x\r\n" + data)
    read_receipt(data)
    read_receipt(b"Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n" + data)


def test_what_is_said_to_the_dmp_is_read_whole_and_its_token_verified(keys):
    key, certificate, root = keys
    token = vihf.write(CLAIMS, key=key, certificate=certificate, now=NOW, token_id="_jeton")
    entry = SUBMISSION.entries[0].id
    kind, body = soap.write_feed(
        SUBMISSION, {entry: DATA}, token=token, to="https://dmp.exemple/", message_id="urn:uuid:1"
    )
    request = soap.read_request(kind, body)
    assert request.documents == {entry: DATA}
    assert request.action == names.PROVIDE_AND_REGISTER
    assert vihf.verify(request.token, root, NOW) == CLAIMS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda token: None, "missing"),
        (lambda token: _changed(token, "resource-id", "199999999999999^^^&1.2.250.1.213.1.4.10&ISO^NH"), "signature"),
        (lambda token: _changed(token, "VIHF_Version", "2.0"), "signature"),
        (lambda token: _without_signature(token), "signature"),
    ],
    ids=["none", "another patient", "another version", "unsigned"],
)
def test_a_token_that_is_not_what_was_signed_is_refused(keys, change, reason):
    key, certificate, root = keys
    token = vihf.write(CLAIMS, key=key, certificate=certificate, now=NOW, token_id="_jeton")
    with pytest.raises(vihf.BadToken) as bad:
        vihf.verify(change(token), root, NOW)
    assert bad.value.reason == reason


def test_a_token_lasts_a_quarter_of_an_hour_and_another_authority_is_not_believed(keys, tmp_path):
    key, certificate, root = keys
    token = vihf.write(CLAIMS, key=key, certificate=certificate, now=NOW, token_id="_jeton")
    for later in (timedelta(minutes=16), -timedelta(minutes=3)):
        with pytest.raises(vihf.BadToken):
            vihf.verify(token, root, NOW + later)
    authority.prepare(tmp_path)
    with pytest.raises(vihf.BadToken) as bad:
        vihf.verify(token, authority.authority_of(tmp_path), NOW)
    assert bad.value.reason == "signature"


def _changed(token, name, value):
    token = deepcopy(token)
    held = next(one for one in token.iter(f"{{{vihf.SAML}}}Attribute") if one.get("Name").endswith(name))
    held[0].text = value
    return token


def _without_signature(token):
    token = deepcopy(token)
    token.remove(token.find(f"{{{vihf.DS}}}Signature"))
    return token


def test_answers_of_a_registry_are_told_apart():
    good = soap.read_answer("application/soap+xml", soap.write_answer("a", "b"))
    assert good == soap.Answer(True)
    refused = soap.read_answer(
        "application/soap+xml", soap.write_answer("a", "b", [soap.Error("XDSUnknownPatientId", "x")])
    )
    assert [error.code for error in refused.errors] == ["XDSUnknownPatientId"]
    fault = soap.read_answer("application/soap+xml", soap.write_fault("wsse:FailedAuthentication", "non"))
    assert (fault.accepted, fault.fault) == (False, "FailedAuthentication")


def test_bytes_that_look_like_a_boundary_travel_unharmed():
    kind, body = mtom.write(b"<e/>", {"a": b"\r\n--autre\r\n\r\n\x00\xff"}, boundary="limite", action="x")
    assert mtom.read(kind, body) == (b"<e/>", {"a": b"\r\n--autre\r\n\r\n\x00\xff"})


MAIL = b"Message-ID: <abc@exemple>\r\nSubject: x\r\n\r\ncorps"


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (delivery_report("m@x", "gp@y", MAIL, "delivered", "2.1.5"), ("delivered", "<abc@exemple>", "gp@y", "2.1.5")),
        (delivery_report("m@x", "gp@y", MAIL, "failed", "5.1.1"), ("failed", "<abc@exemple>", "gp@y", "5.1.1")),
        (reading_report("m@x", "gp@y", "<abc@exemple>"), ("read", "<abc@exemple>", "gp@y", "")),
    ],
    ids=["delivered", "failed", "read"],
)  # fmt: skip
def test_receipts_say_what_became_of_which_mail(report, expected):
    found = read_receipt(report)
    assert (found.outcome, found.message_id, found.recipient, found.status) == expected
    assert read_receipt(MAIL) is None
