"""CDA documents in MDM and ORU: orders to the DMP and MSSanté, recipients, replacement, suppression, huge attachments."""

import base64
from datetime import UTC, datetime

import pytest
from msgspec import structs

from maison.formats.hl7v2.clinical_segments import Order, Request
from maison.formats.hl7v2.datatypes import (
    Address,
    Authority,
    Coded,
    Identifier,
    PersonName,
    Professional,
    Reference,
    Unit,
)
from maison.formats.hl7v2.document_flags import (
    Flags,
    document_item,
    flag_items,
    mail_body_item,
    participant,
    received_mail_item,
)
from maison.formats.hl7v2.documents import PROFILE, PROFILE_LPS, DocumentMessage, DocumentRecord, write_document
from maison.formats.hl7v2.faults import InvalidMessage
from maison.formats.hl7v2.header import Event, MessageHeader
from maison.formats.hl7v2.orders import OrderGroup
from maison.formats.hl7v2.patient import Patient
from maison.formats.hl7v2.times import partial_date, timestamp
from maison.formats.hl7v2.visit import Visit
from maison.formats.hl7v2.wire import Header, Party, read_message, typed, validate, write

CDA = '<?xml version="1.0"?><ClinicalDocument>éà</ClinicalDocument>'.encode()
ENCODED = base64.b64encode(CDA)
REPORT = Coded("18748-4", "CR d'imagerie médicale", "LN")
PATIENT = Patient(
    identifiers=(
        Identifier(
            "279035121518989", Authority("ASIP-SANTE-INS-NIR", "1.2.250.1.213.1.4.10", "ISO"), "INS", None, "20101207"
        ),
    ),
    names=(PersonName("PAT-TROIS", "DOMINIQUE", "DOMINIQUE", kind="L"),),
    born=partial_date("19790328"),
    sex="F",
    addresses=(Address(kind="BDL", commune="51215"),),
    account=Identifier("405660", Authority("CHU-X", "1", "M"), "AN"),
    reliability=("VALI",),
)
AUTHOR = Professional(
    "801234564895",
    "Eric",
    "Thomas",
    authority=Authority("ASIP-SANTE-PS", "1.2.250.1.71.4.2.1", "ISO"),
    name_kind="D",
    id_kind="IDNPS",
)
PEOPLE = (
    participant(
        "SB",
        person=AUTHOR,
        organisation=Unit(
            "Organisation-Y", Authority("ASIP-SANTE-ST", "1.2.250.1.71.4.2.2", "ISO"), "FINEG", "300017985"
        ),
    ),
    participant("RCT", person=AUTHOR, mail="dest@test-ci-sis.mssante.fr"),
    participant("REPLY", mail="secretariat@test-ci-sis.mssante.fr"),
)
FLAGS = Flags(
    hidden_from_professionals=False,
    hidden_from_patient=True,
    hidden_from_guardians=True,
    secret_connection=False,
    changes_confidentiality=False,
    to_dmp=True,
    to_professionals=True,
    to_patient=False,
    wants_reception=True,
    wants_reading=False,
)


def header(version="2.6", profile=PROFILE):
    return Header(
        sender=Party("MAISON"),
        receiver=Party("DPI"),
        kind=("X",),
        sent_at=datetime(2026, 3, 4, 10, tzinfo=UTC),
        control_id="C1",
        version=version,
        profile=profile,
    )


def message(kind="MDM", event="T02", version="2.6", *, flags=FLAGS, status="F", items=None, **record):
    document = document_item(1, REPORT, CDA, status=status, participants=PEOPLE)
    items = items or (document, *flag_items(flags, 2, version), mail_body_item(20, "Chère consœur, voici le CR."))
    return DocumentMessage(
        header=MessageHeader(),
        kind=kind,
        event=event,
        patient=PATIENT,
        recorded=Event(recorded_at=timestamp("20260304110000")) if kind == "MDM" else None,
        visit=Visit(patient_class="I", number=Identifier("897406", Authority("CHU-X", "1", "M"), "VN")),
        record=DocumentRecord(
            rank="1", kind="18748-4", presentation="TEXT", id=Reference("1.2.3.4"), status="AU", **record
        )
        if kind == "MDM"
        else None,
        groups=(OrderGroup(order=Order(control="NW"), request=Request(rank="1", service=REPORT), items=items),),
    )


@pytest.mark.parametrize(
    ("kind", "event", "version"), [("MDM", "T02", "2.6"), ("ORU", "R01", "2.5"), ("OUL", "R22", "2.5")]
)
def test_a_document_message_is_read_as_it_was_written(kind, event, version):
    sent = message(kind, event, version)
    wired = read_message(write(write_document(sent, header(version))))
    assert validate(wired) == []
    found = typed(wired)
    assert structs.replace(found, header=sent.header) == sent
    (document,) = found.documents
    assert (document.action, document.code, document.content()) == ("new", REPORT, CDA)
    assert found.flags == FLAGS
    assert found.mail_body == "Chère consœur, voici le CR."
    assert [person.mail for person in found.recipients] == ["dest@test-ci-sis.mssante.fr"]
    assert found.participants_as("SB")[0].person.rpps == "01234564895"
    assert found.participants_as("SB")[0].organisation.id == "300017985"
    assert found.participants_as("REPLY")[0].mail == "secretariat@test-ci-sis.mssante.fr"
    assert (found.visit.number.value, found.patient.account.value) == ("897406", "405660")


def test_flags_are_cwe_in_2_6_and_ce_before():
    assert wire_values("2.6") == {"ED", "CWE"}
    assert wire_values("2.5") == {"ED", "CE"}


def wire_values(version):
    wired = write_document(message("ORU", "R01", version), header(version))
    return {segment.raw(2) for segment in wired.segments("OBX")}


@pytest.mark.parametrize(("status", "action"), [("C", "replace"), ("D", "delete")])
def test_a_document_is_replaced_or_deleted(status, action):
    sent = message(event="T10", status=status, replaces=Reference("1.2.3.3"))
    found = typed(write_document(sent, header()))
    assert [document.action for document in found.documents] == [action]
    assert found.record.replaces.id == "1.2.3.3"


def test_a_replacement_that_does_not_say_what_it_replaces_is_said():
    wired = write_document(message(event="T10", status="C"), header())
    assert [(fault.place, fault.severity) for fault in validate(wired)] == [("TXA-13", "warning")]


def test_a_mail_received_by_mssante_reaches_the_local_software_with_its_subject():
    mail = received_mail_item(2, "XDM/1.0/DDM+CR d’examens FICTIF 07/08/2026", "Corps du courriel")
    sent = message(
        items=(
            document_item(1, REPORT, CDA, participants=PEOPLE),
            mail,
            *flag_items(Flags(wants_reading=True), 3, "2.6"),
        )
    )
    found = typed(write_document(sent, header(profile=PROFILE_LPS)))
    assert found.mail_subject == "XDM/1.0/DDM+CR d’examens FICTIF 07/08/2026"
    assert found.mail_body == "Corps du courriel"
    assert len(found.documents) == 1
    assert (found.flags.wants_reading, found.flags.to_dmp) == (True, None)


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (Flags(hidden_from_professionals=True, hidden_from_patient=True), "masqué"),
        (Flags(hidden_from_patient=True, to_patient=True), "invisible"),
    ],
)
def test_orders_that_contradict_each_other_are_said(flags, word):
    (fault,) = validate(write_document(message(flags=flags), header()))
    assert (fault.severity, word in fault.message) == ("warning", True)


def changed(old, new, count=1):
    data = write(write_document(message(), header()))
    assert old in data
    return read_message(data.replace(old, new, count))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (ENCODED, b"pas du base64 !", "OBX-5.5"),
        (ENCODED, ENCODED[:-3], "OBX-5.5"),
        (ENCODED, b"", "OBX-5.5"),
        (b"^Base64^", b"^Hex^", "OBX-5.4"),
        (b"Y^^expandedYes", b"Oui^^expandedYes", "OBX[3]-5.1"),
        (b"1.2.3.4", b"", "TXA-12"),
        (b"|AU", b"|", "TXA-17"),
        (b"|AU", b"|??", "TXA-17"),
        (b"||||||F", b"||||||Z", "OBX-11"),
        (b"MDM^T02", b"MDM^T99", "MSH-9.2"),
        (b"TXA|", b"ZZZ|", "TXA"),
    ],
)
def test_what_makes_a_document_unusable_is_refused(old, new, place):
    wrong = changed(old, new)
    assert place in {fault.place for fault in validate(wrong) if fault.severity == "error"}
    with pytest.raises(InvalidMessage):
        typed(wrong)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"2.1^CISIS_CDA_HL7_V2", b"", "MSH-21"),
        (b"|VALI", b"|PROV", "PID-3"),
        (b"DESTDMP", b"DESTLUNE", "OBX[7]-3.1"),
        (b"X.400^dest@test-ci-sis.mssante.fr", b"X.400", "PRT[2]-15"),
        (ENCODED, ENCODED.rstrip(b"="), "OBX-5.5"),
    ],
)
def test_what_only_stops_a_delivery_is_a_warning(old, new, place):
    odd = changed(old, new)
    assert place in {fault.place for fault in validate(odd) if fault.severity == "warning"}
    assert isinstance(typed(odd), DocumentMessage)


def test_the_names_of_earlier_versions_are_understood():
    old = changed(b"INVISIBLE_REP_LEGAUX", b"INVISIBLE_REPRESENTANTS_LEGAUX")
    assert typed(old).flags.hidden_from_guardians is True


def test_a_message_without_document_is_refused():
    wrong = changed(b"|ED|18748-4", b"|ST|18748-4")
    assert ("OBX", "required") in {(fault.place, fault.code) for fault in validate(wrong)}
    with pytest.raises(InvalidMessage):
        write_document(message(items=tuple(flag_items(FLAGS, 1, "2.6"))), header())


def test_a_large_document_is_read_and_given_back_to_the_byte():
    content = CDA * 200_000
    wired = write_document(message(items=(document_item(1, REPORT, content),)), header())
    assert len(wired.raw) > 15_000_000
    assert typed(wired).documents[0].content() == content


def test_base64_written_on_several_lines_is_read():
    folded = ENCODED[:40] + b"\\.br\\" + ENCODED[40:] + b" "
    assert typed(changed(ENCODED, folded)).documents[0].content() == CDA


def test_laboratory_results_without_document_are_read_too():
    data = (
        "MSH|^~\\&|SIL|LABO|MAISON|X|20260304110000||ORU^R01^ORU_R01|9|P|2.5|||||FRA|UNICODE UTF-8\r"
        "PID|||7^^^LABO&1&N^PI||FICTIF^ANGE^^^^^L||19790328|F\rPV1|1|O\rORC|SC|1\rOBR|1|||K^Kaliémie^L\rNTE|1||À jeun\r"
        "OBX|1|NM|2823-3^K^LN||4.1|mmol/L|||||F\rOBX|2|NM|2823-3^K^LN||4.2|mmol/L||N|||F|||20260304\rNTE|1||Contrôlé\r"
        "OBR|2|||NA^Natrémie^L\rOBX|1|NM|2951-2^Na^LN||140|mmol/L|||||F\r"
    )
    found = typed(read_message(data.encode()))
    first, second = found.groups
    assert [note.texts for note in first.notes] == [("À jeun",)]
    assert [len(item.notes) for item in first.items] == [0, 1]
    assert first.items[1].observation.text == "4.2"
    assert second.request.service.label == "Natrémie"
    assert found.documents == []
