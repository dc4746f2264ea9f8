"""Acknowledgements built and read."""

from datetime import UTC, datetime

import pytest

from maison.formats.hl7v2.ack import (
    acknowledge,
    awaits_application_ack,
    awaits_reception_ack,
    code_for,
    read_ack,
    refuse_unreadable,
)
from maison.formats.hl7v2.faults import CONDITIONS, Fault, InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.wire import typed, validate, write

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


def received(**changes):
    fields = ["MSH", "^~\\&", "GAM", "CHU-X", "DPI", "Maison", "20260304110000", "", "ADT^A01^ADT_A01", "42", "P"]
    fields += [
        changes.get("version", "2.5^FRA^2.11"),
        "",
        "",
        changes.get("accept", ""),
        changes.get("application", ""),
    ]
    fields += ["FRA", changes.get("charset", "UNICODE UTF-8")]
    return read_message(("|".join(fields) + "\rPID|1\r").encode())


def test_an_accepted_message_is_answered_to_its_sender():
    answer = acknowledge(received(), now=NOW, control_id="A1")
    assert write(answer) == (
        b"MSH|^~\\&|DPI|Maison|GAM|CHU-X|20260304110000||ACK^A01^ACK|A1|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8\rMSA|AA|42\r"
    )
    found = typed(answer)
    assert found.is_accepted
    assert not found.is_of_reception
    assert found.control_id == "42"


def test_each_fault_is_an_err_with_its_place_and_the_code_of_the_table():
    faults = [
        Fault("PV1-2", "table", "Pas un code.", "warning"),
        Fault("PID-3[2].4.2", "required", "L’autorité | manque."),
        Fault("", "segment-missing", "Il manque ZBE."),
    ]
    assert code_for(faults) == "AE"
    assert code_for(faults[:1]) == "AA"
    errors = read_ack(acknowledge(received(), "AE", faults)).errors
    assert [(error.place, error.condition, error.label, error.severity) for error in errors] == [
        ("PID-3[2].4.2", 101, CONDITIONS[101], "E"),
        ("", 100, CONDITIONS[100], "E"),
        ("PV1-2", 103, CONDITIONS[103], "W"),
    ]
    assert errors[0].user_message == "L'autorité | manque."
    assert errors[0].application_code == "required"


def test_an_old_partner_gets_the_old_error_segment():
    answer = acknowledge(
        received(version="2.3"), "AE", [Fault("PID-3[2].4", "required", "Manque."), Fault("", "type", "Faux.")]
    )
    assert answer.value("ERR-1.1") == "PID"
    errors = read_ack(answer).errors
    assert [(error.place, error.condition) for error in errors] == [("PID-3", 101), ("", 102)]


@pytest.mark.parametrize("charset", ["8859/1", "8859/15", "", "ASCII"])
def test_french_sentences_reach_a_partner_of_any_character_set(charset):
    answer = acknowledge(received(charset=charset), "AE", [Fault("PID-5", "table", "L’œuvre n’est pas là : « é ».")])
    assert "L'" in (read_ack(read_message(write(answer))).errors[0].user_message or "")


def test_bytes_that_are_no_message_are_refused_and_their_identifier_quoted():
    error = UnreadableMessage("Illisible.")
    answer = refuse_unreadable(b"MSH|^^^^|GAM|X|DPI|X|2026||ADT^A01|MSG-77|P|2.5\rPID", error, now=NOW)
    found = read_ack(answer)
    assert (found.code, found.control_id) == ("AE", "MSG-77")
    assert found.errors[0].user_message == "Illisible."
    assert refuse_unreadable(b"\x00\xff" * 40, error).value("MSA-1") == "AE"
    assert refuse_unreadable(b"MSH|^^^^|GAM|X|DPI|X|2026||ADT^A01|<script>|P|2.5\r", error).value("MSA-2") is None


def test_enhanced_mode_is_two_answers():
    assert (awaits_reception_ack(received()), awaits_application_ack(received())) == (False, True)
    both = received(accept="AL", application="NE")
    assert (awaits_reception_ack(both), awaits_application_ack(both)) == (True, False)
    on_error = received(accept="ER", application="SU")
    assert awaits_reception_ack(on_error, is_error=True)
    assert not awaits_reception_ack(on_error)
    assert awaits_application_ack(on_error)
    assert read_ack(acknowledge(both, "CA")).is_of_reception


@pytest.mark.parametrize(("body", "place"), [("", "MSA"), ("MSA|XX|1\r", "MSA-1"), ("MSA|AA\r", "MSA-2")])
def test_an_acknowledgement_that_says_nothing_is_refused(body, place):
    message = read_message(b"MSH|^~\\&|A|B|C|D|20260304||ACK|1|P|2.5\r" + body.encode())
    with pytest.raises(InvalidMessage) as refusal:
        read_ack(message)
    assert refusal.value.faults[0].place == place
    assert place in {fault.place for fault in validate(message)}


def test_a_wounded_header_is_still_answered():
    message = read_message(b"MSH|^~\\&|G\nAM|\x01|DPI^&||x||ADT^A\\01|4\n2|\x02|2.5\nx\rPID|1\r")
    assert read_ack(acknowledge(message, "AE", validate(message))).code == "AE"
