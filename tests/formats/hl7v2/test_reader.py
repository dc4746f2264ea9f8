"""Bytes to segments: what senders really emit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.hl7v2.escapes import escape, text_of, unescape
from maison.formats.hl7v2.reader import read_message, recognise
from maison.formats.hl7v2.times import PARIS, partial_date, stamp, timestamp
from maison.formats.hl7v2.wire import UnreadableMessage, read_checked, validate, write
from tests.formats.hl7v2.corpus import corpus

HEAD = "MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|20260304110000||ADT^A01^ADT_A01|42|P|2.5^FRA^2.11|||||FRA|{charset}\r"
HEAD_UTF8 = HEAD.format(charset="UNICODE UTF-8")


def with_charset(declared, body, codec):
    return (HEAD.format(charset=declared) + body).encode(codec)


def test_a_value_is_found_by_its_path():
    message = read_message((HEAD_UTF8 + "PID|1||1^^^A&1.2&ISO^PI~2^^^B&1.3&ISO^INS\rOBX|1\rOBX|2|ST|x^y\r").encode())
    assert message.value("PID-3[2].4.2") == "1.3"
    assert message.value("PID-3.4") == "A"
    assert message.value("OBX[2]-3.2") == "y"
    assert message.value("OBX[3]-3") is None
    assert message.value("MSH-1") == "|"
    assert message.value("MSH-2") == "^~\\&"
    assert message.value("MSH-9.2") == "A01"
    with pytest.raises(ValueError, match="not a path"):
        message.value("PID.3")


def test_erasing_is_not_silence():
    message = read_message((HEAD_UTF8 + 'PID|1||""||""^DOMINIQUE\r').encode())
    assert message.value("PID-3") == ""
    assert message.value("PID-5.1") == ""
    assert message.value("PID-5.2") == "DOMINIQUE"
    assert message.value("PID-7") is None


@pytest.mark.parametrize("separator", ["\r", "\n", "\r\n"])
def test_segments_end_as_the_sender_likes(separator):
    data = (HEAD_UTF8 + "EVN||20260304\rPID|1\r").replace("\r", separator).encode()
    message = read_message(data)
    assert [row[0] for row in message.rows] == ["MSH", "EVN", "PID"]
    assert message.raw == data
    assert write(message) == (HEAD_UTF8 + "EVN||20260304\rPID|1\r").encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"\xef\xbb\xbf", b""), (b"\x0b", b"\x1c\r"), (b"\x0b", b"\x1c"), (b"\r\n\r\n", b"\r\n\r\n"), (b"", b"\0\x1a")],
)
def test_what_transports_leave_around_is_no_part_of_the_message(before, after):
    body = (HEAD_UTF8 + "PID|1\r").encode()
    message = read_message(before + body + after)
    assert write(message) == body
    assert message.raw == before + body + after


@pytest.mark.parametrize(
    ("declared", "codec", "charset", "is_said"),
    [
        ("UNICODE UTF-8", "utf-8", "utf-8", False),
        ("8859/1", "iso8859-1", "iso8859-1", False),
        ("8859/15", "iso8859-15", "iso8859-15", False),
        ("", "utf-8", "utf-8", True),
        ("", "iso8859-15", "iso8859-15", True),
        ("UNICODE UTF-8", "iso8859-15", "iso8859-15", True),
        ("8859/15", "utf-8", "utf-8", True),
        ("KLINGON", "utf-8", "utf-8", True),
        ("8859/15~UNICODE UTF-8", "iso8859-15", "iso8859-15", False),
    ],
)
def test_accents_are_read_whatever_the_sender_says_of_them(declared, codec, charset, is_said):
    data = with_charset(declared, "PID|1||7||RÉAULT^ANAÏS\r", codec)
    message = read_message(data)
    assert message.value("PID-5.1") == "RÉAULT"
    assert message.charset == charset
    assert [note.code for note in message.notes] == (["charset"] if is_said else [])
    assert write(message) == data


def test_the_quotes_of_windows_are_read_and_said():
    data = with_charset("8859/1", "PID|1||7||D’ESSAI^ANAÏS\r", "cp1252")
    message = read_message(data)
    assert message.value("PID-5.1") == "D’ESSAI"
    assert [note.code for note in message.notes] == ["charset"]
    assert write(message) == data


def test_other_delimiters_give_the_same_values():
    data = (
        "MSH*^!%@*GAM*X*DPI*X*20260304110000**ADT^A01*7*P*2.5\rPID*1**7^^^A@1.2@ISO^PI!8**DE %T% FILS|~&\\^A%F%B%R%C\r"
    )
    message = read_message(data.encode())
    assert message.value("PID-3.4.2") == "1.2"
    assert message.value("PID-3[2]") == "8"
    assert message.value("PID-5.1") == "DE @ FILS|~&\\"
    assert message.value("PID-5.2") == "A*B!C"
    assert [note.code for note in message.notes] == ["delimiters"]
    assert write(message) == data.encode()


def test_a_line_break_inside_a_text_stays_in_it_and_is_said():
    message = read_message((HEAD_UTF8 + "NTE|1||première ligne\nseconde\rOBX|1\r").encode())
    assert message.value("NTE-3") == "première ligne\nseconde"
    assert [note.code for note in message.notes] == ["delimiters"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"PID|1",
        b"BHS|^~\\&|lot",
        b'{"a": 1}',
        b"<xml/>",
        "MSH|^~\\&|A".encode("utf-16"),
        b"MSH|^^^^|A|B",
        b"MSH|abcd|A",
        b"MSHA",
    ],
)
def test_what_is_no_message_is_refused_in_french(data):
    with pytest.raises(UnreadableMessage) as refusal:
        read_message(data)
    assert refusal.value.message[0].isupper()
    assert refusal.value.message.endswith(".")


def test_a_message_over_the_limit_is_not_opened():
    data = (HEAD_UTF8 + "OBX|1|ED|||").encode() + b"A" * 2_000_000
    with pytest.raises(UnreadableMessage, match="1 Mo"):
        read_message(data, limit=1024 * 1024)
    assert len(read_message(data).rows) == 2


def test_only_messages_are_recognised():
    assert recognise(HEAD_UTF8.encode())
    assert recognise(b"\x0b" + HEAD_UTF8.encode())
    for data in (b"", b"MSH", b"MSHe is not a message", b"<MSH>", b'{"MSH|": 1}', b"PK\x03\x04MSH|^~\\&"):
        assert not recognise(data)


def test_missing_mandatory_header_fields_are_said_with_their_places():
    data = b"MSH|^~\\&|GAM|||||||||\rPID|1\r"
    places = {fault.place for fault in validate(read_message(data)) if fault.code == "required"}
    assert {"MSH-7", "MSH-9", "MSH-10", "MSH-11", "MSH-12"} <= places


@settings(max_examples=300)
@given(st.text())
def test_what_is_escaped_comes_back(text):
    raw = escape(text)
    assert not set(raw) & set("|^~&\r\n\x0b\x1c")
    assert (text_of(raw) or "") == text
    assert raw != '""'


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("un\\.br\\deux\\.sp2\\trois", "un\ndeux\n\ntrois"),
        ("\\H\\gras\\N\\", "gras"),
        ("\\XC3A9\\", "é"),
        ("\\XZZ\\ \\Zlocal\\ reste", "\\XZZ\\ \\Zlocal\\ reste"),
        ("C:\\dossier", "C:\\dossier"),
        ("fin\\", "fin\\"),
    ],
)
def test_escape_sequences_are_read_and_the_unknown_ones_stay(raw, text):
    assert unescape(raw) == text


def test_hexadecimal_escapes_follow_the_character_set_of_the_message():
    message = read_message(with_charset("8859/15", "NTE|1||r\\XE9\\el\r", "iso8859-15"))
    assert message.value("NTE-3") == "réel"
    body = "PID|1||7\rOBR|1|||A\rOBX|1|TX|A||r\\XE9\\el \\X7C\\ \\XZ\\||||||F\r"
    data = with_charset("8859/15", body, "iso8859-15").replace(b"ADT^A01", b"ORU^R01")
    assert read_checked(read_message(data))[0].items[0].observation.text == "réel | \\XZ\\"


@pytest.mark.parametrize(
    ("text", "precision", "iso"),
    [
        ("2026", "year", "2026-01-01T00:00:00+01:00"),
        ("202607", "month", "2026-07-01T00:00:00+02:00"),
        ("20260704", "day", "2026-07-04T00:00:00+02:00"),
        ("202607041130", "minute", "2026-07-04T11:30:00+02:00"),
        ("20260104113059", "second", "2026-01-04T11:30:59+01:00"),
        ("20260104113059.25", "fraction", "2026-01-04T11:30:59.250000+01:00"),
        ("20260104113059-0500", "second", "2026-01-04T11:30:59-05:00"),
        ("202601041130+0000", "minute", "2026-01-04T11:30:00+00:00"),
    ],
)
def test_times_are_aware_and_keep_their_precision(text, precision, iso):
    found = timestamp(text)
    assert (found.precision, found.at.isoformat(), found.text) == (precision, iso, text)


@pytest.mark.parametrize(
    "text", ["", "26", "20261301", "20260230", "20260304250000", "20260304 1100", "hier", "２０２６", "20260304+9999"]
)
def test_what_is_no_time_is_no_time(text):
    assert timestamp(text) is None


def test_a_date_of_birth_may_be_partial():
    assert partial_date("1979").day is None
    assert partial_date("197903").precision == "month"
    assert partial_date("19790328").day.isoformat() == "1979-03-28"
    assert partial_date("19790231") is None


def test_an_instant_is_written_in_the_time_of_paris():
    at = timestamp("20260704113000+0000").at
    assert stamp(at) == "20260704133000"
    assert stamp(at, "minute", offset=True) == "202607041330+0200"
    with pytest.raises(ValueError, match="naive"):
        stamp(at.replace(tzinfo=None))
    assert at.astimezone(PARIS).hour == 13


def test_a_generated_message_is_written_the_same():
    for data in corpus(7, 60):
        message = read_message(data)
        assert message.notes == ()
        assert write(message) == data
