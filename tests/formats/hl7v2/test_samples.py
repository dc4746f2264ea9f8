"""Every published sample is read, kept, written again and judged right."""

import pytest

from maison.formats.hl7v2 import wire
from maison.formats.hl7v2.documents import DocumentMessage
from maison.formats.hl7v2.pam import Adt
from maison.formats.hl7v2.teleradiology import ImagingMessage
from maison.formats.hl7v2.wire import Ack, read_message, typed, validate, write
from tests.formats.hl7v2.corpus import SAMPLES, SPECS

EXPECTED_WARNINGS = {
    "MSH-2": "delimiters",  # one sample has U+02DC for the tilde
    "OBX[11]-5.5": "type",  # a mail body cut in the middle, in three samples
    "OBX[12]-5.5": "type",
    "OBX[13]-5.5": "type",
    "OBX-5.5": "type",  # Base64 without its padding, or cut
    "PID-3[1].1": "identifier",  # INS whose key is wrong in the oldest samples
    "PID-3": "identifier",
    "PRT": "required",
}


def test_there_are_samples():
    assert len(SAMPLES) == 22


@pytest.fixture(params=SAMPLES, ids=lambda path: "/".join(path.parts[-3:]))
def sample(request):
    return request.param.read_bytes()


def test_a_sample_is_recognised_kept_and_written_the_same(sample):
    assert wire.recognise(sample)
    message = read_message(sample)
    assert message.raw == sample
    segments = sample.replace(b"\n", b"\r").rstrip(b"\r") + b"\r"
    assert write(message) == segments
    again = read_message(segments)
    assert write(again) == segments
    assert again.rows == message.rows


def test_the_rows_of_a_sample_hold_all_of_it(sample):
    message = read_message(sample)
    lines = ["|".join(row[:1] + row[2:] if row[0] == "MSH" else row) for row in message.rows]
    assert "\r".join(lines) + "\r" == message.text.replace("˜", "~")


def test_a_sample_is_valid_and_its_oddities_are_said(sample):
    message = read_message(sample)
    faults = validate(message)
    assert [fault for fault in faults if fault.severity == "error"] == []
    assert all(EXPECTED_WARNINGS.get(fault.place) == fault.code for fault in faults), faults
    assert isinstance(typed(message), Adt | DocumentMessage | ImagingMessage | Ack)


def test_the_sample_with_an_odd_tilde_gives_the_usual_values():
    (path,) = [path for path in SAMPLES if path.name == "message_ORU_CR_Bio_INIT_N1_N3.hl7"]
    message = read_message(path.read_bytes())
    assert message.delimiters.repetition == "˜"
    assert message.value("PID-11[2].7") == "BDL"
    assert message.value("PID-11[2].9") == "63220"


def test_the_document_of_the_large_sample_is_whole():
    folder = (
        SPECS / "hl7v2/Vague_2/Trans_Doc-CDA-HL7V2/TRANSMISSION_DOCS_CDA_EN_HL7V2_V2.1/ORU/Transmission_initiale_ORU"
    )
    message = typed(read_message((folder / "message_ORU_CR_Bio_INIT_N3_SEGUR.hl7").read_bytes()))
    (document,) = message.documents
    content = document.content()
    assert len(content) > 200_000
    assert content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert content.rstrip().endswith(b"</ClinicalDocument>")
    assert message.flags.to_dmp is True
    assert message.flags.hidden_from_patient is False
    assert [found.mail for found in message.recipients] == [
        "adam.hoda@test-ci-sis.mssante.fr",
        "27707279035121518989@patient.mssante.fr",
    ]
    assert [found.is_patient for found in message.recipients] == [False, True]


def test_the_consents_of_the_three_admissions_are_read():
    choices = {}
    for path in SAMPLES:
        if path.parent.name == "Consentement_DMP_PAMFR":
            dmp = typed(read_message(path.read_bytes())).dmp
            choices[path.stem.partition("Consentement")[0]] = (dmp.may_feed, dmp.may_consult)
    assert choices == {"": (True, True), "Non": (False, False), "NonRecueillie": (None, None)}
