"""The mailbox of a software that only posts: where it collects acknowledgements and shared cases."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.interop.exchanges.models import Exchange
from maison.interop.hub_sante import outbound
from tests.interop import wires

pytestmark = pytest.mark.django_db
BOX = "/hub-sante/messages/"


def read(client, after="", key=wires.KEY):
    answer = client.get(BOX, {"apres": after} if after else {}, headers=wires.bearer(key))
    assert answer.status_code == 200
    return json.loads(answer.content)


def write(count=1, recipient=wires.SAMU):
    for rank in range(count):
        outbound.send(
            "TECHNICAL_NOREQ", {"optionalStringField": str(rank)}, recipient=recipient, case_ref="", cause=uuid7()
        )


def words(box):
    return [
        one["message"]["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["technicalNoreq"][
            "optionalStringField"
        ]
        for one in box["messages"]
    ]


def test_messages_wait_in_their_order_until_they_are_taken(client):
    wires.declare()
    write(3)
    box = read(client)
    assert words(box) == ["0", "1", "2"]
    assert words(read(client)) == ["0", "1", "2"], "reading takes nothing away"
    assert words(read(client, after=box["messages"][1]["id"])) == ["2"]
    assert client.delete(f"{BOX}{box['messages'][0]['id']}/", headers=wires.bearer()).status_code == 204
    assert client.delete(f"{BOX}{box['messages'][0]['id']}/", headers=wires.bearer()).status_code == 204
    assert words(read(client)) == ["1", "2"]
    assert Exchange.objects.get(id=box["messages"][0]["id"]).state == "acknowledged"


def test_a_full_page_says_where_to_go_on(client):
    wires.declare()
    write(51)
    box = read(client)
    assert len(box["messages"]) == 50
    assert words(read(client, after=box["suivant"])) == ["50"]


def test_nobody_reads_nor_takes_the_messages_of_another(client):
    wires.declare()
    wires.declare("fr.health.samu81", key="autre-cle-de-demonstration-trente-deux")
    write()
    (message,) = read(client)["messages"]
    other = "autre-cle-de-demonstration-trente-deux"
    assert read(client, key=other)["messages"] == []
    assert client.delete(f"{BOX}{message['id']}/", headers=wires.bearer(other)).status_code == 404
    assert client.get(BOX).status_code == 401
    assert client.delete(f"{BOX}{message['id']}/").status_code == 401


def test_the_same_fact_is_sent_once_to_each_recipient(client):
    wires.declare()
    cause = uuid7()
    said = [outbound.send("TECHNICAL_NOREQ", {}, recipient=wires.SAMU, case_ref="", cause=cause) for _ in range(2)]
    assert said == [True, False]
    assert len(read(client)["messages"]) == 1


def test_what_nobody_collects_in_a_day_fails_and_only_a_message_asks_for_a_person(client, monkeypatch):
    wires.agency()
    wires.declare()
    wires.post(client, wires.envelope(wires.headed(wires.case())))
    wires.integrate_all()
    write()
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(outbound.timezone, "now", lambda: later)
    assert outbound.expire_mailboxes() == 2
    failed = Exchange.objects.filter(state="failed")
    assert {(row.message_type, row.needs_mending) for row in failed} == {("RC-REF", False), ("TECHNICAL_NOREQ", True)}
