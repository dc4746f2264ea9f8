"""The HTTPS door: what a regulation software without a broker sees."""

from __future__ import annotations

import io
import json

import pytest

from maison.formats.hub_sante import wire
from maison.foundations.audit.models import Entry
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange, Identity
from maison.interop.hub_sante import rooms
from tests.interop import wires

pytestmark = pytest.mark.django_db


def test_a_message_is_on_disk_when_it_is_acknowledged(client):
    wires.declare()
    message = wires.envelope(wires.technical())
    body = wires.dumps(message)
    answer = wires.post(client, body)
    assert answer.status_code == 202
    acknowledgement = wire.read_envelope(answer.content)
    assert acknowledgement.type.code == "RC-REF"
    assert acknowledgement.message.step == "RECU"
    assert acknowledgement.message.distribution_id == message["distributionID"]
    held = Exchange.objects.get(direction="in")
    assert held.state == "received"
    assert journal.payload_of(held) == body
    said = Exchange.objects.get(direction="out")
    assert said.answers == held.id
    assert journal.payload_of(said) == answer.content


def test_the_same_message_again_gets_the_same_answer_and_nothing_else(client):
    wires.declare()
    body = wires.dumps(wires.envelope(wires.technical()))
    first = wires.post(client, body)
    again = wires.post(client, body)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.content == first.content
    assert sorted(Exchange.objects.values_list("direction", "state")) == [
        ("in", "duplicate"),
        ("in", "received"),
        ("out", "sent"),
    ]
    assert wires.integrate_all() == 1


def test_an_identity_that_comes_back_with_another_body_is_refused_and_told(client):
    wires.agency()
    wires.declare()
    message = wires.envelope(wires.technical())
    wires.post(client, message)
    other = message | {"dateTimeSent": "2026-01-01T00:00:00+01:00"}
    answer = wires.post(client, other)
    assert answer.status_code == 409
    assert wire.read_envelope(answer.content).message.error_code.status_string == "DISTRIBUTION_ID_REUSED"
    refused = Exchange.objects.get(state="refused")
    assert refused.needs_mending
    assert refused.relay_id is not None
    assert journal.payload_of(refused) == wires.dumps(other)
    assert Entry.objects.filter(code="exchanges.identity_reused").count() == 1
    assert Identity.objects.filter(sender=wires.SAMU).count() == 1
    assert wires.integrate_all() == 1


def test_an_invalid_message_is_refused_with_the_place_of_each_fault_and_kept(client):
    wires.agency()
    wires.declare()
    use_case = wires.case()
    del use_case["createCaseHealth"]["owner"]
    use_case["createCaseHealth"]["qualification"] = {"details": {"priority": "P9"}}
    message = wires.envelope(wires.headed(use_case))
    answer = wires.post(client, message)
    assert answer.status_code == 422
    report = wire.read_envelope(answer.content)
    assert report.type.code == "RS-ERROR"
    assert report.kind == "Error"
    assert report.message.referenced_distribution_id == message["distributionID"]
    assert "createCaseHealth.owner : « owner » est obligatoire et manque." in report.message.error_cause
    assert "createCaseHealth.qualification.details.priority : « P9 »" in report.message.error_cause
    assert report.message.source_message == message
    kept = Exchange.objects.get(direction="in")
    assert (kept.state, kept.fault_code, kept.message_type) == ("refused", "HUB-002", "RS-EDA")
    assert kept.case_ref == "fr.health.samu31.DRFR15DDXAAJJJ00001"
    assert {fault["place"] for fault in kept.faults} == {
        "createCaseHealth.owner",
        "createCaseHealth.qualification.details.priority",
    }
    assert "P9" not in json.dumps(kept.faults), "the journal quotes no value of a message"
    assert journal.payload_of(kept) == wires.dumps(message)
    assert kept.relay_id is not None


def test_the_same_wrong_message_again_gets_the_same_refusal_and_one_task(client):
    wires.agency()
    wires.declare()
    message = wires.envelope({"technicalNoreq": {"inconnu": 1}})
    first, again = wires.post(client, message), wires.post(client, message)
    assert (first.status_code, again.status_code) == (422, 422)
    assert first.content == again.content
    assert Exchange.objects.filter(needs_mending=True).count() == 1


HOSTILE = {
    "truncated": (b'{"distributionID": "fr.health', "application/json", 400),
    "empty": (b"", "application/json", 400),
    "not utf-8": ('{"senderID": "été"}'.encode("latin-1"), "application/json", 400),
    "charset said": (b"{}", "application/json; charset=iso-8859-1", 400),
    "text": (b"bonjour", "text/plain", 415),
    "json said xml": (b"{}", "application/xml", 415),
    "deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "application/json", 400),
    "list": (b"[]", "application/json", 400),
    "nul": (b'{"distributionID":"a\\u0000b","senderID":"fr.health.samu31"}', "application/json", 422),
    "billion laughs": (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><edxlDistribution>&b;</edxlDistribution>',
        "application/xml",
        400,
    ),
    "external entity": (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]><edxlDistribution>&x;</edxlDistribution>',
        "application/xml",
        400,
    ),
    "xml cut short": (b"<edxlDistribution><distributionID>", "application/xml", 400),
    "utf-16": ("<edxlDistribution/>".encode("utf-16"), "application/xml", 400),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_cannot_be_a_message_is_refused_kept_and_traced(client, what):
    wires.agency()
    wires.declare()
    payload, content_type, status = HOSTILE[what]
    answer = wires.post(client, payload, content_type=content_type)
    assert answer.status_code == status
    assert wire.read_envelope(answer.content).type.code == "RS-ERROR"
    kept = Exchange.objects.get(direction="in")
    assert kept.state == "refused"
    assert journal.payload_of(kept) == payload
    assert kept.client_id is not None
    assert kept.relay_id is not None
    assert Entry.objects.filter(code="exchanges.refused", exchange_id=kept.id).count() == 1
    assert wires.integrate_all() == 0


def test_a_message_that_is_too_large_is_refused_without_being_read(client, settings):
    settings.EXCHANGE_MAX_BYTES = 2000
    wires.declare()
    answer = wires.post(client, b"{" + b" " * 3000)
    assert answer.status_code == 413
    kept = Exchange.objects.get(direction="in")
    assert (kept.state, kept.size, kept.fault_code) == ("refused", 3001, "HUB-020")
    assert journal.payload_of(kept) is None


def test_a_body_shorter_than_announced_is_refused_and_kept(client):
    wires.declare()
    body = wires.dumps(wires.envelope(wires.technical()))
    answer = wires.post(client, body, **{"CONTENT_LENGTH": "99999", "wsgi.input": io.BytesIO(body)})
    assert answer.status_code == 400
    assert Exchange.objects.get(direction="in").note == "Le message est arrivé incomplet."


def test_a_sender_that_is_not_the_one_of_the_key_is_refused_and_takes_nobodys_identity(client):
    wires.declare()
    wires.declare("fr.health.samu81", key="autre-cle-de-demonstration-trente-deux")
    message = wires.envelope(wires.technical(), sender="fr.health.samu81")
    forged = wires.post(client, message)
    assert forged.status_code == 403
    assert wire.read_envelope(forged.content).recipient_id == wires.SAMU
    true = wires.post(client, message, key="autre-cle-de-demonstration-trente-deux")
    assert true.status_code == 202
    assert wires.integrate_all() == 1


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer faux"}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"}]
)
def test_without_a_known_key_nothing_is_read_and_a_trace_stays(client, headers):
    wires.declare()
    answer = client.post("/hub-sante/messages/", b"{}", content_type="application/json", headers=headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    kept = Exchange.objects.get()
    assert (kept.state, kept.fault_code, kept.client_id) == ("refused", "HUB-010", None)
    assert journal.payload_of(kept) is None
    assert Entry.objects.filter(code="exchanges.refused", outcome="refused").count() == 1


def test_a_storm_of_wrong_keys_is_slowed_and_never_bars_a_good_one(client):
    wires.declare()
    codes = {wires.post(client, b"{}", key=f"faux-{n}").status_code for n in range(25)}
    assert codes == {401, 429}
    assert Exchange.objects.count() == 20
    assert wires.post(client, wires.envelope(wires.technical())).status_code == 202


def test_a_withdrawn_client_is_nobody(client):
    wires.declare(active=False)
    assert wires.post(client, wires.envelope(wires.technical())).status_code == 401


def test_a_client_of_another_door_may_not_use_this_one(client):
    wires.declare(doors=("amqp",))
    assert wires.post(client, wires.envelope(wires.technical())).status_code == 403


def test_xml_is_answered_in_xml(client):
    wires.declare()
    body = wires.as_xml(wires.envelope(wires.technical()))
    answer = wires.post(client, body, content_type="application/xml")
    assert answer.status_code == 202
    assert answer["Content-Type"].startswith("application/xml")
    assert wire.read_envelope(answer.content).message.step == "RECU"
    assert journal.payload_of(Exchange.objects.get(direction="in")) == body


def test_a_defect_of_our_reading_loses_no_message(client, monkeypatch):
    wires.agency()
    wires.declare()

    def broken(data):
        raise ZeroDivisionError

    monkeypatch.setattr(wire, "read_envelope", broken)
    answer = wires.post(client, wires.envelope(wires.technical()))
    monkeypatch.undo()
    assert answer.status_code == 202
    kept = Exchange.objects.get(direction="in")
    assert (kept.state, kept.fault_code) == ("waiting", "HUB-500")
    assert kept.relay_id is not None


def test_when_the_database_is_away_nothing_is_acknowledged(client, monkeypatch):
    from django.db import OperationalError

    wires.declare()

    write_new = journal.write_new

    def away(entries, following):
        write_new(entries, following)
        raise OperationalError("away")

    monkeypatch.setattr(journal, "write_new", away)
    answer = wires.post(client, wires.envelope(wires.technical()))
    monkeypatch.undo()
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert not Exchange.objects.exists()
    assert not Identity.objects.exists()


def test_the_path_without_its_slash_takes_a_message_too(client):
    wires.declare()
    answer = client.post(
        "/hub-sante/messages", wires.dumps(wires.envelope(wires.technical())), content_type="application/json",
        headers=wires.bearer(),
    )  # fmt: skip
    assert answer.status_code == 202


def test_the_door_takes_messages_whatever_the_number_of_earlier_ones(client, django_assert_num_queries):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical()))
    with django_assert_num_queries(4):
        wires.post(client, wires.envelope(wires.technical()))


def test_rooms_are_not_asked_before_the_message_is_acknowledged(client):
    asked = []
    rooms.withdraw("TECHNICAL_NOREQ")
    rooms.register("TECHNICAL_NOREQ", lambda actor, envelope: asked.append(1))
    try:
        wires.declare()
        assert wires.post(client, wires.envelope(wires.technical())).status_code == 202
        assert asked == []
    finally:
        rooms.withdraw("TECHNICAL_NOREQ")
