"""The MLLP door: real sockets, real commits. Nothing is acknowledged before it is on disk."""

from __future__ import annotations

import ssl

import pytest
from django.db import OperationalError

from maison.formats.hl7v2.ack import read_ack
from maison.formats.hl7v2.reader import read_message
from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.foundations.relay.models import Relay
from maison.interop.exchanges import blind_index, journal
from maison.interop.exchanges.models import Client, Exchange
from maison.interop.hl7v2 import intake, listener, opening
from maison.interop.hl7v2.listener import Address, MllpDoor
from tests.interop import mllp, wires
from tests.interop.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)


def held(**criteria):
    return Exchange.objects.get(channel="hl7v2", **criteria)


# -- accepted


def test_a_message_is_on_disk_to_the_byte_when_it_is_acknowledged(line):
    message = mllp.adt("A01", control="MSG-1", zbe=mllp.movement("1", "20260304115900"))
    answer = line.ask(message)
    row = held()
    assert journal.payload_of(row) == message
    assert (row.state, row.message_type, row.distribution_id, row.door) == ("received", "ADT^A01", "MSG-1", "mllp")
    ack = read_ack(read_message(answer.encode()))
    assert (ack.code, ack.control_id) == ("AA", "MSG-1")
    head = answer.split("|")
    assert (head[2], head[4], head[8]) == ("MAISON", "GAM", "ACK^A01^ACK")


def test_headers_name_nobody_and_are_found_by_patient_and_by_visit(line):
    line.ask(mllp.adt(ipp="IPP-0042", visit="VISITE-77"))
    row = held()
    assert row.patient_key == blind_index.patient_key(mllp.DOMAIN, "IPP-0042")
    assert row.visit_key == blind_index.visit_key(mllp.DOMAIN, "VISITE-77")
    assert row.lane == row.patient_key
    clear = " ".join(str(value) for value in vars(row).values())
    assert not [word for word in ("IPP-0042", "VISITE-77", "PAT-TROIS", "19790328") if word in clear]


def test_odd_names_are_kept_as_they_are(line):
    message = mllp.adt().replace(b"|MAISON|", b'|MAI"S{,}ON|')
    line.ask(message)
    assert held().recipients == ['MAI"S{,}ON']


def test_many_connections_share_their_commits_and_each_gets_its_own_answer(door, call):
    mllp.declare()
    lines = [call(door.addresses[0].port) for _ in range(40)]
    for rank, one in enumerate(lines):
        for turn in range(5):
            one.send(mllp.adt(control=f"C{rank:02d}-{turn}", ipp=f"{rank:06d}"))
    for rank, one in enumerate(lines):
        answers = [read_ack(read_message(one.answer().encode())) for _ in range(5)]
        assert [(ack.code, ack.control_id) for ack in answers] == [("AA", f"C{rank:02d}-{turn}") for turn in range(5)]
        one.close()
    assert Exchange.objects.count() == 200
    assert door.batches < 200
    for rank in range(40):
        mine = Exchange.objects.filter(distribution_id__startswith=f"C{rank:02d}-").order_by("seq")
        assert [row.distribution_id for row in mine] == [f"C{rank:02d}-{turn}" for turn in range(5)]


def test_the_bytes_may_come_one_by_one_or_all_at_once(line):
    first, second = mllp.adt(control="UN"), mllp.adt(control="DEUX")
    for byte in b"\x0b" + first[:40]:
        line.raw(bytes([byte]))
    line.raw(first[40:] + b"\x1c\r\x0b" + second + b"\x1c\r")
    assert [read_ack(read_message(line.answer().encode())).control_id for _ in range(2)] == ["UN", "DEUX"]


def test_the_enhanced_mode_is_answered_at_reception(line):
    fields = mllp.adt(control="CE").decode().split("|")
    fields[14] = "AL"
    assert mllp.code(line.ask("|".join(fields).encode())) == "CA"


# -- once


def test_the_same_message_again_is_answered_the_same_and_counts_once(line):
    message = mllp.adt(control="DOUBLE")
    first = line.ask(message)
    assert line.ask(message) == first
    assert [row.state for row in Exchange.objects.order_by("seq")] == ["received", "duplicate"]
    refused = mllp.adt(control="REFUS", ipp="")
    assert line.ask(refused) == line.ask(refused)


def test_two_copies_in_one_commit_count_once(line):
    message = mllp.adt(control="ENSEMBLE")
    line.raw((b"\x0b" + message + b"\x1c\r") * 3)
    assert len({line.answer() for _ in range(3)}) == 1
    assert sorted(row.state for row in Exchange.objects.all()) == ["duplicate", "duplicate", "received"]


def test_a_known_id_with_another_body_is_an_alert_and_is_not_processed(line):
    """F12.2"""
    wires.agency()
    line.ask(mllp.adt(control="MEME", ipp="000001"))
    answer = line.ask(mllp.adt(control="MEME", ipp="000002"))
    assert mllp.code(answer) == "AE"
    assert "205" in answer
    second = held(state="refused")
    assert (second.fault_code, second.needs_mending, second.answers) == ("MLLP-022", True, held(state="received").id)
    assert StoredEvent.objects.filter(name="exchanges.identity_reused").count() == 1
    assert Entry.objects.filter(code="exchanges.identity_reused").count() == 1
    assert Relay.objects.filter(kind_code="interop.mend").count() == 1


# -- refused


@pytest.mark.parametrize(
    ("message", "place"),
    [
        (mllp.adt().replace(b"|MSG", b"||").replace(b"ADT_A01||", b"ADT_A01|"), "MSH-10"),
        (mllp.adt(ipp=""), "PID-3"),
        (mllp.merge(kept="000001", gone=""), "MRG-1"),
    ],
    ids=["no id", "no patient", "nothing to merge"],
)
def test_a_message_that_lacks_what_it_must_hold_is_kept_whole_and_refused_with_the_place(line, message, place):
    if place == "MSH-10":
        fields = mllp.adt().split(b"|")
        fields[9] = b""
        message = b"|".join(fields)
    answer = line.ask(message)
    assert mllp.code(answer) == "AE"
    row = held()
    assert (row.state, row.faults[0]["place"]) == ("refused", place)
    assert journal.payload_of(row) == message


def test_bytes_that_are_no_message_are_kept_whole_under_the_name_of_the_line(line):
    line.ask(mllp.adt())
    assert mllp.code(line.ask(b"ceci n'est pas un message")) == "AE"
    row = held(state="refused")
    assert (row.fault_code, row.sender) == ("MLLP-001", "gam.chu-x")
    assert journal.payload_of(row) == b"ceci n'est pas un message"
    assert mllp.code(line.ask(mllp.adt())) == "AA"


def test_software_nobody_declared_is_rejected_and_traced_and_its_bytes_are_not_kept(line, door):
    answer = line.ask(mllp.adt(application="INCONNU"))
    assert mllp.code(answer) == "AR"
    row = held()
    assert (row.state, row.fault_code, journal.payload_of(row)) == ("refused", "MLLP-010", None)
    assert Entry.objects.get(code="exchanges.refused").details["code"] == "MLLP-010"
    for _ in range(30):
        assert mllp.code(line.ask(mllp.adt(application="INCONNU"))) == "AR"
    assert Exchange.objects.count() == 20


def test_withdrawn_software_is_nobody_from_the_next_message_on(line):
    assert mllp.code(line.ask(mllp.adt())) == "AA"
    Client.objects.update(active=False)
    assert mllp.code(line.ask(mllp.adt())) == "AR"


def test_software_is_known_on_its_port_only(door, call):
    mllp.declare(port=1)
    line = call(door.addresses[0].port)
    assert mllp.code(line.ask(mllp.adt())) == "AR"
    Client.objects.update(mllp_port=door.addresses[0].port)
    assert mllp.code(line.ask(mllp.adt())) == "AA"
    Client.objects.update(doors=["http"])
    assert mllp.code(line.ask(mllp.adt())) == "AR"
    assert Exchange.objects.latest("seq").fault_code == "MLLP-012"


def test_production_identities_do_not_enter_a_test_house(line):
    message = mllp.adt(ins="279035121518989").replace(b"1.2.250.1.213.1.4.10", b"1.2.250.1.213.1.4.8")
    assert mllp.code(line.ask(message)) == "AR"
    assert journal.payload_of(held()) is None


def test_a_test_identity_does_not_enter_a_house_in_production(line, settings):
    settings.PRODUCTION = True
    assert mllp.code(line.ask(mllp.adt(ins="279035121518989"))) == "AR"


# -- storms and failures


def test_a_message_too_large_is_refused_without_filling_the_memory(line, settings, call):
    settings.MLLP_MAX_BYTES = 1 << 20
    big = call(line.socket.getpeername()[1])
    piece = b"x" * (1 << 20)
    big.raw(b"\x0b" + mllp.adt(control="GROS"))
    for _ in range(8):
        big.raw(piece)
    big.raw(b"\x1c\r")
    answer = big.answer()
    assert mllp.code(answer) == "AE"
    assert "GROS" in answer
    row = held(fault_code="MLLP-020")
    assert (row.size > 8 << 20, journal.payload_of(row)) == (True, None)
    assert mllp.code(big.ask(mllp.adt())) == "AA"


def test_garbage_ends_the_line_and_is_said_once(line, door, call):
    line.ask(mllp.adt())
    bad = call(door.addresses[0].port)
    with pytest.raises(ConnectionError):
        bad.pour(b"GET / HTTP/1.1\r\n" * 4096, 200)
    until(lambda: len(door.links) == 1)
    until(lambda: Exchange.objects.exclude(state="received").count() == 1)
    assert mllp.code(line.ask(mllp.adt())) == "AA"


def test_half_a_message_is_said_and_never_processed(line):
    line.ask(mllp.adt())
    line.raw(b"\x0b" + mllp.adt(control="COUPE")[:60])
    line.close()
    row = until(lambda: Exchange.objects.filter(fault_code="MLLP-003").first())
    assert (row.state, row.needs_mending) == ("refused", False)


def test_a_sender_that_never_reads_its_answers_is_no_longer_read(door, monkeypatch, call):
    mllp.declare()
    line = call(door.addresses[0].port)
    monkeypatch.setattr(listener, "OWN_FRAMES", 4)
    line.raw(b"".join(b"\x0b" + mllp.adt() + b"\x1c\r" for _ in range(300)))
    assert [mllp.code(line.answer()) for _ in range(300)] == ["AA"] * 300


def test_the_journal_away_is_tried_again_then_said_and_nothing_is_lost(background, monkeypatch, call):
    mllp.declare()
    falls = iter([True, True, False])
    monkeypatch.setattr(listener, "BACKOFF_SECONDS", (0.01, 0.01))

    def keeper(arrivals):
        if next(falls, False):
            raise OperationalError("away")
        return intake.receive(arrivals)

    door = MllpDoor([Address("127.0.0.1", 0)], keeper=keeper)
    background.listen(door)
    background.run(door.listening.wait())
    line = call(door.addresses[0].port)
    assert mllp.code(line.ask(mllp.adt())) == "AA"
    falls = iter([True] * 3)
    message = mllp.adt(control="PLUS-TARD")
    assert mllp.code(line.ask(message)) == "AR"
    assert Exchange.objects.count() == 1
    assert mllp.code(line.ask(message)) == "AA"


def test_a_reader_that_breaks_loses_no_message(line, monkeypatch):
    wires.agency()
    monkeypatch.setattr(intake, "subject_of", lambda message: 1 / 0)
    message = mllp.adt(control="DEFAUT")
    assert mllp.code(line.ask(message)) == "AA"
    row = held()
    assert (row.state, row.fault_code, row.needs_mending) == ("waiting", "MLLP-500", True)
    assert journal.payload_of(row) == message


# -- TLS


def test_a_certificate_says_who_sends_and_a_message_cannot_say_otherwise(background, tmp_path, settings, call):
    from tests.interop.gateway.test_certificate_door import Authority

    authority = Authority(tmp_path, "autorite")
    file, _ = authority.issue("maison")
    settings.MLLP_CERTIFICATE = settings.MLLP_KEY = str(file)
    settings.MLLP_AUTHORITY = str(authority.file)
    door = MllpDoor(opening.addresses(["tls:127.0.0.1:0"]))
    background.listen(door)
    background.run(door.listening.wait())
    mine, fingerprint = authority.issue("gam")
    stranger, _ = authority.issue("autre")
    mllp.declare(certificate_fingerprint=fingerprint)

    def opened(certificate):
        context = ssl.create_default_context(cafile=str(authority.file))
        context.load_cert_chain(certificate)
        return call(door.addresses[0].port, context)

    assert mllp.code(opened(mine).ask(mllp.adt())) == "AA"
    assert mllp.code(opened(mine).ask(mllp.adt(application="AUTRE"))) == "AR"
    assert Exchange.objects.latest("seq").fault_code == "MLLP-011"
    assert mllp.code(opened(stranger).ask(mllp.adt())) == "AR"
    assert Exchange.objects.latest("seq").fault_code == "MLLP-014"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        call(door.addresses[0].port, ssl.create_default_context(cafile=str(authority.file))).ask(mllp.adt())
    until(lambda: Entry.objects.filter(code="exchanges.refused", details__code="MLLP-014").count() == 2)


def test_in_production_a_plain_port_stays_on_this_machine(settings):
    settings.PRODUCTION = True
    assert opening.addresses(["127.0.0.1:2575"])[0].port == 2575
    for listen in ("0.0.0.0:2575", "tls:0.0.0.0:2576", "2575x"):
        with pytest.raises(opening.ImproperlyConfigured):
            opening.addresses([listen])
