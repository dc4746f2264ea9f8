"""The four exchanges of téléradiologie."""

import json
from datetime import UTC, datetime

import pytest
from msgspec import structs

from maison.formats.hl7v2.clinical_segments import Order, Request, coded_observation, text_observation
from maison.formats.hl7v2.datatypes import Attachment, Authority, Coded, Reference, Unit
from maison.formats.hl7v2.faults import InvalidMessage
from maison.formats.hl7v2.header import MessageHeader
from maison.formats.hl7v2.orders import Item, OrderGroup, ProcedureControl
from maison.formats.hl7v2.teleradiology import FLOWS, OBSERVATIONS, PROCEDURE_SYSTEM, ImagingMessage, write_imaging
from maison.formats.hl7v2.wire import Header, Party, read_message, typed, validate, write
from tests.formats.hl7v2.corpus import SPECS
from tests.formats.hl7v2.test_documents import PATIENT

FOLDER = SPECS / "hl7v2-teleradiologie"
HEADER = Header(
    sender=Party("TLRapp"),
    receiver=Party("RIS"),
    kind=("X",),
    sent_at=datetime(2026, 3, 4, 10, tzinfo=UTC),
    control_id="T1",
    version="2.5.1",
    profile="1.0^CISIS_TLR_HL7_V2",
)


def message(flow, control, *, items=(), reason=None, controls=()):
    rule = FLOWS[flow]
    order = Order(
        control=control,
        placer=Reference("OPN101", None, "1.2.250.1.748", "ISO"),
        reason=reason,
        facilities=(Unit("Structure", Authority("ASIP-SANTE-ST", "1.2.250.1.71.4.2.2", "ISO"), "FINEG", "300017985"),),
    )
    request = Request(placer=order.placer, service=Coded(rule.procedure, rule.french, PROCEDURE_SYSTEM))
    return ImagingMessage(
        header=MessageHeader(),
        kind=rule.kind,
        event=rule.event,
        flow=flow,
        patient=PATIENT,
        groups=(OrderGroup(order, request, (), controls, tuple(items)),),
    )


def observation(rank, code, value, sub_id=None):
    return Item(structs.replace(coded_observation(rank, Coded(code, None, "TLR_OBSERVATION"), value), sub_id=sub_id))


def protocol():
    raw = Attachment("UHJvdG9jb2xl", "TEXT", None, "Base64").field()
    found = text_observation(1, Coded("PROTOCOLE_IMAGERIE", None, "TLR_OBSERVATION"), "x", kind="ED")
    return Item(structs.replace(found, raw=raw))


MESSAGES = {
    "request": message("request", "NW", items=[observation(1, "MODALITE_IMAGERIE", Coded("MR", "IRM", "DCM"))]),
    "cancellation": message("cancellation", "CA", reason=Coded("ERREUR", "Demande faite par erreur")),
    "accepted": message("answer", "OK", items=[protocol()]),
    "refused": message("answer", "OC", reason=Coded(None, "Pas de créneau")),
    "complement": message(
        "complement",
        "SR",
        items=[
            Item(
                text_observation(
                    1, Coded("URL_PARTIELLE_VIEWER", None, "TLR_OBSERVATION"), "https://exemple.invalid/?a=1&b=2"
                )
            ),
            observation(2, "REGION_ANATOMIQUE", Coded("774007", "tête", "SCT"), "1.1"),
            observation(3, "REGION_ANATOMIQUE", Coded("24028007", "côté droit", "SCT"), "1.2"),
            observation(4, "REGION_ANATOMIQUE", Coded("816094009", "thorax", "SCT"), "2.1"),
        ],
        controls=(
            ProcedureControl(Reference("ACC1"), Reference("RP1"), Reference("1.2.3"), Reference("SPS1"), Coded("MR")),
        ),
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_each_exchange_is_read_as_it_was_written(name):
    sent = MESSAGES[name]
    wired = read_message(write(write_imaging(sent, HEADER)))
    assert validate(wired) == []
    found = typed(wired)
    assert structs.replace(found, header=sent.header) == sent
    assert found.order_number.id == "OPN101"


def test_the_answer_says_yes_with_its_protocol_or_no_with_its_reason():
    yes, no = (typed(write_imaging(MESSAGES[name], HEADER)) for name in ("accepted", "refused"))
    assert (yes.is_accepted, yes.protocol) == (True, b"Protocole")
    assert (no.is_accepted, no.reason.label, no.protocol) == (False, "Pas de créneau", None)


def test_values_of_one_thing_go_together_by_their_sub_identifiers():
    found = typed(write_imaging(MESSAGES["complement"], HEADER))
    codes = [[value.coded.code for value in values] for values in found.grouped("REGION_ANATOMIQUE")]
    assert codes == [["774007", "24028007"], ["816094009"]]
    assert found.observations("URL_PARTIELLE_VIEWER")[0].observation.text == "https://exemple.invalid/?a=1&b=2"
    assert found.groups[0].controls[0].study.id == "1.2.3"


def test_the_published_request_is_read():
    found = typed(read_message((FOLDER / "flux1_ORM_O01_transmission.hl7").read_bytes()))
    assert (found.flow, found.order_number.id) == ("request", "OPN101")
    assert [values[0].sub_id for values in found.grouped("REGION_ANATOMIQUE")] == ["1.1"]
    assert len(found.grouped("REGION_ANATOMIQUE")[0]) == 2
    assert found.observations("MODALITE_IMAGERIE")[0].notes[0].texts == ("Commentaire sur la modalité",)
    assert found.groups[0].notes[0].texts == ("Commentaire sur la finalité de l'examen",)
    assert found.patient.ins.matricule == "279035121518989"


def test_the_codes_are_those_published():
    tables = json.loads((FOLDER / "tables.json").read_text())
    assert set(tables["TLR_OBR_PROCEDURE"]) == {rule.procedure for rule in FLOWS.values()}
    assert set(tables["TLR_OBSERVATION"]) == set(OBSERVATIONS)
    assert set(tables["ORC-1"]) == {control for rule in FLOWS.values() for control in rule.controls}
    assert tables["MSH-21"] == HEADER.profile


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        (message("cancellation", "CA"), "ORC-16"),
        (message("answer", "OC", reason=Coded("X"), items=[protocol()]), "OBX"),
        (message("request", "CA"), "ORC-16"),
        (message("request", "XO"), "ORC-1"),
        (message("complement", "NW"), "ORC-1"),
    ],
)
def test_an_exchange_that_contradicts_itself_is_refused(sent, place):
    with pytest.raises(InvalidMessage) as refusal:
        write_imaging(sent, HEADER)
    assert place in {fault.place for fault in refusal.value.faults}


def test_without_an_order_number_nothing_can_be_followed():
    wired = write(write_imaging(MESSAGES["request"], HEADER)).replace(b"OPN101^^1.2.250.1.748^ISO", b"")
    assert ("ORC-2", "required") in {(fault.place, fault.code) for fault in validate(read_message(wired))}
