"""The same values as the parser of reference (`hl7`, python-hl7), on a corpus of our own; and wounds that never escape."""

import random
import re

import hl7
import pytest

from maison.formats.hl7v2 import ack, pam
from maison.formats.hl7v2.pam import Adt
from maison.formats.hl7v2.segment_model import MEMORIES
from maison.formats.hl7v2.wire import (
    InvalidMessage,
    UnreadableMessage,
    read_checked,
    read_message,
    typed,
    validate,
    write,
)
from tests.formats.hl7v2.corpus import EXTRACTED_WHEN_WHOLE, SAMPLES, corpus, extractor, leaves, movements, mutated

MESSAGES = 500
MODELS = {**pam._ONE, **pam._MANY}


@pytest.fixture(scope="module")
def messages():
    return corpus(20260304, MESSAGES)


def test_every_leaf_of_every_message_is_the_one_of_the_reference(messages):
    compared = 0
    for data in messages:
        parsed, ours = hl7.parse(data), read_message(data)
        segments = {}
        for segment in ours.segments():
            segments[segment.name, segment.number] = segment
        for path, text in leaves(parsed):
            name, rank, field, repetition, component, subcomponent = path
            expected = parsed.unescape(text) if "\\" in text else text
            found = segments[name, rank].value(field, component, subcomponent, repetition)
            assert (found or "") == expected, path
            compared += 1
    assert compared > 100 * MESSAGES


def test_the_typed_values_are_those_of_the_reference():
    extract = extractor(EXTRACTED_WHEN_WHOLE)
    for data in movements(1789, MESSAGES):
        adt, parsed = typed(read_message(data)), hl7.parse(data)
        assert isinstance(adt, Adt)
        found = dict(zip(EXTRACTED_WHEN_WHOLE, extract(adt), strict=True))
        for expression, path in EXTRACTED_WHEN_WHOLE.items():
            assert (found[expression] or "") == parsed.unescape(parsed.extract_field(*path)), expression


def test_the_quick_reading_and_the_careful_one_agree(messages):
    """Whatever a row without escape nor erasure holds: same value, same faults."""
    chance = random.Random(11)
    compared = 0
    for data in (*messages[:150], *(mutated(data, chance) for data in messages)):
        try:
            rows = read_message(data).rows
        except UnreadableMessage:
            continue
        for row in rows:
            model = MODELS.get(row[0])
            if model is None or any("\\" in field or '"' in field for field in row):
                continue
            quick, careful = [], []
            assert model.read_plain(row, 2, "utf-8", quick) == model.read_careful(row, 2, "utf-8", careful)
            assert quick == careful
            compared += 1
    assert compared > 2_000


def test_nothing_that_names_a_patient_is_remembered_between_messages(messages):
    for memory in MEMORIES.values():
        memory.clear()
    for data in (*messages[:200], *(path.read_bytes() for path in SAMPLES)):
        validate(read_message(data))
    remembered = " ".join(raw for memory in MEMORIES.values() for raw in memory)
    named = re.compile(r"FICTIF\^|PAT-TROIS|DE VINCI|NESSI|PatA|(?<![0-9])[12][0-9]{14}(?![0-9])|DDM\+")
    assert len(remembered) > 1_000
    assert named.findall(remembered) == []


def test_a_wounded_message_is_read_judged_answered_and_written_or_refused_with_our_errors(messages):
    chance = random.Random(1984)
    small = [path.read_bytes() for path in SAMPLES if path.stat().st_size < 10_000]
    outcomes = {"unreadable": 0, "invalid": 0, "valid": 0}
    for _ in range(3_000):
        data = mutated(chance.choice(small if chance.random() < 0.5 else messages), chance)
        try:
            message = read_message(data)
        except UnreadableMessage as refusal:
            ack.refuse_unreadable(data, refusal)
            outcomes["unreadable"] += 1
            continue
        assert message.raw == data
        assert read_message(write(message)).rows == message.rows
        faults = validate(message)
        ack.acknowledge(message, ack.code_for(faults), faults)
        if any(fault.severity == "error" for fault in faults):
            with pytest.raises(InvalidMessage) as invalid:
                typed(message)
            assert invalid.value.faults == faults
            outcomes["invalid"] += 1
        else:
            typed(message)
            outcomes["valid"] += 1
    assert all(count > 50 for count in outcomes.values()), outcomes


@pytest.mark.parametrize("piece", [b"A\r", b"|", b"^", b"MSH|^~\\&|\r", b"NK1|1\r"])
def test_a_flood_of_small_pieces_is_refused_or_read_quickly(piece):
    head = b"MSH|^~\\&|A|B|C|D|20260304||ADT^A01|1|P|2.5\rPID|1||"
    with pytest.raises(UnreadableMessage, match="trop de champs"):
        read_message(head + piece * 600_000)
    validate(read_message(head + b"\r" + piece * 4_000))


def test_reading_never_fails_on_random_fields():
    """Whatever a field holds, the reading says it: nothing raises, and every fault has its sentence."""
    chance = random.Random(7)
    pieces = [
        "",
        '""',
        "A",
        "é",
        "|",
        "^",
        "~",
        "&",
        "\\",
        "\\F\\",
        "\\X41\\",
        "20260304",
        "Y",
        "\x00",
        "9" * 60,
        "'",
        "Base64",
    ]
    heads = [
        "ADT^A01",
        "ADT^A40",
        "MDM^T02",
        "ORU^R01",
        "OUL^R22",
        "ORM^O01",
        "OMI^O23",
        "QBP^Q22",
        "QBP^Q23",
        "RSP^K22",
        "ACK",
        "SIU^S12",
        "",
    ]
    names = [
        "EVN",
        "PID",
        "PD1",
        "PV1",
        "PV2",
        "ZBE",
        "ZFA",
        "ZFD",
        "ZFM",
        "ZFV",
        "ZFS",
        "MRG",
        "ROL",
        "NK1",
        "OBX",
        "TXA",
        "PRT",
        "ORC",
        "OBR",
        "NTE",
        "IPC",
        "QPD",
        "RCP",
        "QAK",
        "MSA",
        "ERR",
        "DSC",
        "AL1",
        "DG1",
        "IN1",
        "QRI",
    ]
    for _ in range(1_500):
        lines = [f"MSH|^~\\&|A|B|C|D|20260304||{chance.choice(heads)}|1|P|2.5"]
        for name in chance.sample(names, 12):
            fields = ["".join(chance.choices(pieces, k=chance.randrange(4))) for _ in range(chance.randrange(50))]
            lines.append("|".join([name, *fields]))
        found, faults = read_checked(read_message("\r".join(lines).encode()))
        assert all(fault.message.endswith(".") for fault in faults)
        if isinstance(found, Adt):
            assert found.move is None or found.move.id is not None
