"""What the journal promises: the bytes stay, sealed; nothing that identifies an exchange changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.foundations.errors import Forbidden
from maison.interop.exchanges import actions, journal, readings, sealing, selectors
from maison.interop.exchanges.errors import PayloadGone, PayloadUnsealable, WeakKey
from maison.interop.exchanges.models import Exchange, Payload
from maison.interop.exchanges.permissions import P
from tests.factories import actor_with
from tests.interop import wires

pytestmark = pytest.mark.django_db
BODY = b"Claude Exemple, 82 ans" * 50


def write(**fields):
    entry = journal.Entry(direction="in", channel="hub-sante", door="http", state="received", payload=BODY, **fields)
    journal.write([entry])
    return Exchange.objects.get(id=entry.id)


def test_bytes_are_sealed_at_rest_and_come_back_exactly():
    exchange = write()
    sealed = bytes(Payload.objects.get(id=exchange.id).body)
    assert b"Claude" not in sealed
    assert journal.payload_of(exchange) == BODY


def test_the_bytes_of_one_exchange_are_not_those_of_another():
    first, second = write(), write()
    with pytest.raises(PayloadUnsealable):
        sealing.unseal(second.id, bytes(Payload.objects.get(id=first.id).body))


def test_a_retired_key_still_opens_what_it_sealed(settings):
    exchange = write()
    settings.PAYLOAD_RETIRED_KEYS = [settings.PAYLOAD_KEY]
    settings.PAYLOAD_KEY = "une-autre-cle"
    assert journal.payload_of(exchange) == BODY
    settings.PAYLOAD_RETIRED_KEYS = []
    with pytest.raises(PayloadUnsealable):
        journal.payload_of(exchange)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE exchanges_payload SET body = '\\x00'",
        "DELETE FROM exchanges_payload",
        "TRUNCATE exchanges_payload",
        "DELETE FROM exchanges_exchange",
        "TRUNCATE exchanges_exchange",
        "UPDATE exchanges_exchange SET sha256 = 'autre'",
        "UPDATE exchanges_exchange SET sender = 'autre'",
        "UPDATE exchanges_exchange SET distribution_id = 'autre'",
        "UPDATE exchanges_exchange SET at = now() - interval '1 hour'",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_received(statement):
    write(sender=wires.SAMU, distribution_id="un")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert journal.payload_of(Exchange.objects.get()) == BODY


def test_a_state_changes_and_its_history_stays():
    exchange = write()
    journal.update(exchange, state="kept", note="vu", by="889970000001")
    exchange.refresh_from_db()
    assert exchange.state == "kept"
    assert [(line["state"], line.get("note"), line.get("by")) for line in exchange.history] == [
        ("received", None, None), ("kept", "vu", "889970000001"),
    ]  # fmt: skip


def test_an_identity_is_claimed_once_even_inside_one_batch():
    entries = [
        journal.Entry(
            direction="in", channel="c", door="http", state="received", payload=b"1", sender="s", distribution_id="d"
        )
        for _ in range(2)
    ]
    taken = journal.claim(entries)
    assert list(taken) == [entries[1].id]
    assert taken[entries[1].id].id == entries[0].id


def test_rows_of_another_month_go_to_their_own_partition():
    with connection.cursor() as cursor:
        exchange = write()
        cursor.execute("SELECT tableoid::regclass::text FROM exchanges_exchange WHERE id = %s", [exchange.id])
        assert cursor.fetchone()[0] == f"exchanges_exchange_{exchange.at:%Y_%m}"


def test_a_text_the_database_cannot_keep_is_cleaned_and_the_bytes_are_not():
    exchange = write(note="a\0b", faults=[{"place": "a\0b", "message": "", "rule": "", "scope": "", "official": ""}])
    assert exchange.note == "ab"
    assert exchange.faults[0]["place"] == "ab"


# -- software


def test_a_key_is_told_once_and_kept_as_its_hash():
    structure = wires.agency()
    actor = actor_with(P.MANAGE_CLIENTS, structure=structure)
    client, key = actions.register_client(
        actor=actor, client_id="fr.health.samu09", name="Essai", structure_id=structure.id
    )
    assert len(key) >= 32
    assert client.key_hash == actions.key_hash(key)
    assert key not in str(Entry.objects.filter(code="exchanges.client_registered").values())
    again, nothing = actions.register_client(
        actor=actor, client_id="fr.health.samu09", name="Autre nom", structure_id=structure.id
    )
    assert (again.id, again.name, again.key_hash, nothing) == (client.id, "Autre nom", client.key_hash, "")
    _, other = actions.change_key(actor=actor, client_pk=client.id)
    assert other != key


def test_a_weak_key_is_refused():
    with pytest.raises(WeakKey):
        wires.declare(key="court")


def test_only_who_may_declares_software():
    structure = wires.agency()
    with pytest.raises(Forbidden):
        actions.register_client(
            actor=actor_with(P.VIEW, structure=structure), client_id="x", name="x", structure_id=structure.id
        )


def test_a_payload_that_is_not_kept_says_so(client):
    wires.declare()
    wires.post(client, b"{}", key="faux")
    exchange = Exchange.objects.get()
    with pytest.raises(PayloadGone):
        actions.read_payload(
            actor=actor_with(P.VIEW, P.READ_PAYLOAD, structure=wires.agency()), exchange_id=exchange.id
        )


# -- supervision


def test_supervision_reads_the_age_of_each_door_and_of_each_queue(client, django_assert_num_queries):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical()))
    with django_assert_num_queries(2):
        doors = {facts.door: facts for facts in selectors.door_facts()}
        queues = selectors.queue_facts()
    held = Exchange.objects.get(direction="in")
    assert doors["http"].last_in == held.at
    assert doors["amqp"].last_in is None
    assert (queues.to_integrate, queues.oldest_to_integrate) == (1, held.at)
    assert selectors.counts_by_state() == {"received": 1, "sent": 1}


def test_supervision_alerts_when_nobody_integrates(client, monkeypatch):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical()))
    assert {reading.state for reading in (*readings.doors(), *readings.queues())} == {"ok"}
    later = timezone.now() + timedelta(minutes=10)
    monkeypatch.setattr(readings.timezone, "now", lambda: later)
    assert {reading.label: reading.state for reading in readings.queues()}["Messages à intégrer"] == "failed"


def test_actors_of_the_house_pass_no_screen():
    assert not Exchange.objects.visible_to(Actor.system("essai")).exists()
