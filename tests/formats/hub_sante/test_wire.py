"""Bytes to typed envelopes and back, in both forms, and what is refused at the door."""

import json
import random
import re
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from lxml import etree

from maison.formats.hub_sante import wire
from maison.formats.hub_sante.parts import ResourceState
from maison.formats.hub_sante.resources import ResourcesStatus
from maison.formats.hub_sante.wire import (
    BY_CODE,
    InvalidMessage,
    UnreadableMessage,
    acknowledgement,
    envelope_for,
    error_report,
    is_envelope,
    read_envelope,
    read_message,
    write,
    write_message,
)
from tests.formats.hub_sante import official

SAMU, EMERGENCY = "fr.health.samu310", "fr.health.chu-fictif"
STATUS = ResourcesStatus(
    case_id="fr.health.samu310.DRFR15310260010001",
    resource_id="fr.health.samu310.resource.VLM1",
    state=ResourceState(datetime="2026-03-04T10:00:00+01:00", status="DEPART", availability=False),
)


def xsd(name):
    return etree.XMLSchema(etree.parse(str(official.SPECS / "xsd" / f"{name}.xsd")))


PAIRS = [
    pytest.param(code, path, path.with_suffix(".xml"), id=path.stem)
    for code, path in official.examples()
    if path.with_suffix(".xml").exists()
]


@pytest.mark.parametrize(("code", "as_json", "as_xml"), PAIRS)
def test_the_json_and_the_xml_of_an_example_are_the_same_object(code, as_json, as_xml):
    expected = BY_CODE[code]
    read = read_message(as_json.read_bytes(), expected)
    assert read.type is expected
    assert read_message(as_xml.read_bytes()) == read


@pytest.mark.parametrize(("code", "as_json", "as_xml"), PAIRS)
def test_what_is_written_says_all_that_was_read(code, as_json, as_xml):
    published = json.loads(as_json.read_bytes())
    key = BY_CODE[code].key
    content = read_message(as_json.read_bytes(), BY_CODE[code])
    assert json.loads(write_message(content)) == {key: published.get(key, published)}
    assert read_message(write_message(content, "xml")) == content


@pytest.fixture(scope="module")
def xsd_of():
    known = {}

    def of(name):
        return known.setdefault(name, known.get(name) or xsd(name))

    return of


@pytest.mark.parametrize(("code", "as_json", "as_xml"), PAIRS)
def test_the_xml_we_write_validates_with_the_official_xsd(code, as_json, as_xml, xsd_of):
    content = read_message(as_json.read_bytes(), BY_CODE[code])
    xsd_of(code).assertValid(etree.fromstring(write_message(content, "xml")))
    envelope = envelope_for(content.message, sender=SAMU, recipient=EMERGENCY)
    full = "EDXL-DE-full" if content.type.has_header else "EDXL-DE-full-no-header"
    xsd_of(full).assertValid(etree.fromstring(write(envelope, "xml")))


@pytest.mark.parametrize(("code", "as_json", "as_xml"), PAIRS)
def test_an_envelope_says_the_same_in_both_forms(code, as_json, as_xml):
    content = read_message(as_json.read_bytes(), BY_CODE[code])
    envelope = envelope_for(content.message, sender=SAMU, recipient=EMERGENCY)
    by_json, by_xml = read_envelope(write(envelope)), read_envelope(write(envelope, "xml"))
    assert by_json.contents == by_xml.contents == envelope.contents
    assert by_json.document == by_xml.document == envelope.document
    assert (by_json.format, by_xml.format) == ("json", "xml")


def failing(suffix):
    return [
        pytest.param(path, id=f"{path.parent.name}/{path.name}")
        for path in sorted((official.SPECS / "failing").glob(f"*/*{suffix}"))
    ]


@pytest.mark.parametrize("path", failing(".errors"))
def test_a_failing_message_is_refused_for_every_expected_reason_at_its_place(path):
    data = path.with_suffix("").read_bytes()
    with pytest.raises(InvalidMessage) as refusal:
        read_envelope(data) if path.parent.name == "EDXL-DE" else read_message(data, BY_CODE[path.parent.name])
    found = {(fault.place, fault.official) for fault in refusal.value.faults}
    expected = {
        (place.removeprefix("$."), text)
        for place, text in re.findall(r"^ - ([^:\s]+): (.*)$", path.read_text(), re.MULTILINE)
        if "is an invalid date-time" not in text  # the formats are not asserted by Draft 7; the pattern says it too
    }
    assert expected <= found
    assert len(found) == max(len(expected), 1)
    assert all(fault.message.endswith(".") for fault in refusal.value.faults)


def test_the_published_envelope_with_two_contents_is_read_whole():
    data = (official.SPECS / "valid" / "EDXL-DE" / "EDXL-DE.json").read_bytes()
    envelope = read_envelope(data)
    assert [content.type.code for content in envelope.contents] == ["TECHNICAL_NOREQ", "TECHNICAL_NOREQ"]
    assert envelope.contents[1].message.integer_field == 1
    assert envelope.raw == data


def test_free_content_is_kept_as_it_came():
    data = (official.SPECS / "valid" / "CustomContent" / "custom-content.json").read_bytes()
    envelope = read_envelope(data)
    assert envelope.message == {"content": "inner content string"}
    assert envelope.document == json.loads(data)
    xsd("EDXL-DE-full-no-header").assertValid(etree.fromstring(write(envelope, "xml")))


def test_an_envelope_is_told_from_a_bare_message():
    envelope = envelope_for(STATUS, sender=SAMU, recipient=EMERGENCY)
    for form in ("json", "xml"):
        assert is_envelope(write(envelope, form))
        assert not is_envelope(write_message(envelope.content, form))


def test_members_unknown_to_the_header_are_kept_in_the_document():
    document = json.loads(write(envelope_for(STATUS, sender=SAMU, recipient=EMERGENCY)))
    document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["localNumber"] = "12"
    assert read_envelope(json.dumps(document).encode()).document == document


def test_an_envelope_carries_the_national_form():
    at = datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    envelope = envelope_for(STATUS, sender=SAMU, recipient=EMERGENCY, sent_at=at, lifetime=timedelta(hours=2))
    assert envelope.distribution_id.startswith(f"{SAMU}_")
    assert envelope.document["dateTimeSent"] == "2026-03-04T10:00:00+01:00"
    assert envelope.document["dateTimeExpires"] == "2026-03-04T12:00:00+01:00"
    assert envelope.document["descriptor"]["explicitAddress"] == {
        "explicitAddressScheme": "hubex",
        "explicitAddressValue": EMERGENCY,
    }
    assert envelope.header.sender.uri == f"hubex:{SAMU}"
    assert envelope.header.message_id == envelope.distribution_id


@pytest.mark.parametrize("step", ["RECU", "INTEGRE", "CONSULTE", "ERREUR", "SUPPRIME"])
@pytest.mark.parametrize("form", ["json", "xml"])
def test_an_acknowledgement_names_the_message_and_goes_back_to_its_sender(step, form):
    received = read_envelope(write(envelope_for(STATUS, sender=SAMU, recipient=EMERGENCY, status="Exercise")))
    answer = read_envelope(write(acknowledgement(received, step), form))
    assert answer.type.code == "RC-REF"
    assert (answer.kind, answer.status) == ("Ack", "Exercise")
    assert (answer.sender_id, answer.recipient_id) == (EMERGENCY, SAMU)
    assert (answer.message.distribution_id, answer.message.step) == (received.distribution_id, step)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_an_error_report_quotes_the_message_at_fault(form):
    source = {"distributionID": "x", "content": [{"jsonContent": {"embeddedJsonContent": {"message": {"odd": "1"}}}}]}
    report = error_report(
        sender=EMERGENCY, recipient=SAMU, referenced="x", code=300, title="INVALID_MESSAGE", cause="odd", source=source
    )
    read = read_envelope(write(report, form))
    assert read.type.code == "RS-ERROR"
    assert read.kind == "Error"
    assert read.header is None
    assert read.message == report.message
    xsd("EDXL-DE-full-no-header").assertValid(etree.fromstring(write(report, "xml")))


def test_a_date_without_its_zone_is_never_written():
    with pytest.raises(ValueError, match="aware"):
        wire.stamp(datetime(2026, 3, 4))  # noqa: DTZ001
    assert wire.stamp(datetime(2026, 3, 4, tzinfo=UTC)) == "2026-03-04T00:00:00+00:00"


def test_a_moment_that_no_calendar_has_is_none():
    assert wire.moment("2026-02-30T10:00:00+01:00") is None
    assert wire.moment("2026-03-04T10:00:00+01:00").utcoffset() == timedelta(hours=1)


GOOD = write(envelope_for(STATUS, sender=SAMU, recipient=EMERGENCY))
GOOD_XML = write(envelope_for(STATUS, sender=SAMU, recipient=EMERGENCY), "xml")
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b"<resourcesStatus><caseId>&b;</caseId></resourcesStatus>"
)
UNREADABLE = {
    "empty": b"",
    "blank": b"  \n",
    "plain text": b"bonjour",
    "a list": b"[]",
    "truncated JSON": GOOD[:-20],
    "truncated XML": GOOD_XML[:-20],
    "JSON twice": GOOD + GOOD,
    "latin-1 JSON": GOOD.replace(b"DEPART", "DÉPART".encode("latin-1")),
    "UTF-16 JSON": GOOD.decode().encode("utf-16"),
    "UTF-16 XML": GOOD_XML.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "wrong charset declared": GOOD_XML.replace(b"'UTF-8'", b"'EBCDIC-CP-FR'"),
    "XML that is not in its charset": GOOD_XML.replace(b"DEPART", b"D\xe9PART"),
    "not a number": b'{"technicalNoreq": {"numberField": NaN}}',
    "too deep JSON": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "too deep content": b'{"customContent": {"a": ' + b"[" * 100 + b"]" * 100 + b"}}",
    "too deep list": b'{"customContent": ' + b"[" * 100_000,
    "too deep XML": b"<customContent>" + b"<a>" * 200 + b"</a>" * 200 + b"</customContent>",
    "entities": BOMB,
    "external entity": (official.SPECS / "failing" / "EDXL-DE" / "external-entity.xml").read_bytes(),
    "unknown root": b"<html/>",
    "too large": b'{"customContent": {"a": "' + b"x" * wire.MAX_BYTES + b'"}}',
    "too large XML": b"<customContent>" + b"x" * wire.MAX_BYTES + b"</customContent>",
    "a zero byte": GOOD_XML.replace(b"DEPART", b"DEP\0ART"),
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE.keys())
@pytest.mark.parametrize("read", [read_envelope, read_message, is_envelope], ids=lambda read: read.__name__)
def test_what_is_no_message_is_refused_in_plain_words(read, data):
    with pytest.raises(UnreadableMessage) as refusal:
        read(data)
    assert refusal.value.message.endswith(".")


def test_every_cut_of_a_message_is_refused_without_a_crash():
    for form in (GOOD, GOOD_XML):
        for length in range(0, len(form) - 1, 7):
            with pytest.raises((UnreadableMessage, InvalidMessage)):
                read_envelope(form[:length])


def test_a_byte_order_mark_is_forgiven():
    assert read_envelope(b"\xef\xbb\xbf" + GOOD).message == STATUS
    assert read_envelope(b"\xef\xbb\xbf" + GOOD_XML).message == STATUS


def test_a_control_character_has_no_xml_form():
    status = msgspec.structs.replace(STATUS)
    envelope = envelope_for(status, sender="fr.health.\x01", recipient=EMERGENCY)
    with pytest.raises(wire.UnwritableMessage):
        write(envelope, "xml")


def test_xml_with_a_member_repeated_or_misplaced_is_refused_at_its_place():
    twice = GOOD_XML.replace(b"<status>DEPART</status>", b"<status>DEPART</status><status>PEC</status>")
    with pytest.raises(InvalidMessage) as refusal:
        read_envelope(twice)
    assert [fault.place for fault in refusal.value.faults] == ["resourcesStatus.state.status"]
    with pytest.raises(InvalidMessage) as refusal:
        read_envelope(GOOD_XML.replace(b"<availability>false", b"<availability>non"))
    assert [fault.place for fault in refusal.value.faults] == ["resourcesStatus.state.availability"]


def test_a_message_of_an_unknown_type_says_so():
    with pytest.raises(InvalidMessage) as refusal:
        read_message(b'{"somethingElse": {}}')
    assert [fault.rule for fault in refusal.value.faults] == ["one_of"]


NOISE = [b"<a>", b"</a>", b"&x;", b"<![CDATA[x]]>", b"<!--c-->", b"<?p x?>", b"<!DOCTYPE a>", b"{", b"}", b"[", b'"']
NOISE += [b"\\u0000", b"\\ud800", b"null,", b"\xff", b"\x00", b"1e999", b"\xc3\xa9"]


@pytest.mark.parametrize("suffix", ["json", "xml"])
def test_any_damage_is_a_refusal_never_a_crash(suffix):
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    sources = [path.read_bytes() for _code, path in official.examples(suffix)]
    sources += [GOOD if suffix == "json" else GOOD_XML] * 10
    for turn in range(800):
        data = bytearray(chance.choice(sources))
        for _ in range(chance.choice((1, 2, 5))):
            at = chance.randrange(len(data))
            data[at : at + chance.choice((0, 1, 20))] = chance.choice([*NOISE, bytes([chance.randrange(256)])])
        for read in (read_envelope, read_message, is_envelope):
            try:
                read(bytes(data))
            except InvalidMessage as refusal:
                assert refusal.faults, (seed, turn)  # noqa: PT017
            except UnreadableMessage as refusal:
                assert refusal.message, (seed, turn)  # noqa: PT017
