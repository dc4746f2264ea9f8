import sys

import pytest
from django.db import transaction

from maison.foundations import relay
from maison.foundations.access.registry import Permission
from maison.foundations.audit.models import Entry
from maison.foundations.errors import NotFound
from maison.foundations.events.models import StoredEvent
from maison.foundations.ids import uuid7
from maison.foundations.relay import RelayKind, StepKind, kinds
from maison.foundations.relay.errors import RelayEnded, StepNotPossible
from maison.foundations.relay.models import Relay, Step
from tests.factories import StructureFactory, actor_with

pytestmark = pytest.mark.django_db
TAKE = Permission("test.take", "Prendre un relais de test", health=True)


@pytest.fixture
def kind():
    made = relay.register_kind(
        RelayKind(
            "test.announce",
            "Annonce de test",
            TAKE,
            (
                StepKind("sent", "Envoyé", waits=True),
                StepKind("received", "Reçu", waits=True),
                StepKind("confirmed", "Confirmé"),
                StepKind("arrived", "Arrivé"),
            ),
            url=lambda relay: f"/test/{relay.subject_id}/",
        )
    )
    yield made
    sys.modules["maison.foundations.relay.kinds"]._kinds.pop(made.code)


@pytest.fixture
def samu():
    return StructureFactory(name="SAMU fictif")


@pytest.fixture
def rangueil():
    return StructureFactory(name="Urgences fictives A")


@pytest.fixture
def purpan():
    return StructureFactory(name="Urgences fictives B")


@pytest.fixture
def regulator(samu):
    return actor_with(structure=samu, name="Dr Alix Exemple")


@pytest.fixture
def nurse(rangueil):
    return actor_with(TAKE, structure=rangueil, name="Sacha Exemple")


@pytest.fixture
def sent(kind, regulator, samu, rangueil):
    return relay.send(
        regulator,
        kind=kind,
        subject=("test.case", uuid7()),
        to_structure=rangueil.id,
        from_structure=samu.id,
        urgency=1,
    )


def codes(relay_id) -> list[str]:
    return [step.code for step in relay.trail_of([relay_id])[relay_id]]


def test_a_relay_waits_for_those_who_may_take_it_in_its_structure(sent, nurse, purpan):
    other = actor_with(TAKE, structure=purpan)
    assert relay.waiting_for(nurse) == [sent]
    assert (relay.waiting_count(nurse), relay.waiting_count(other), relay.waiting_count(actor_with())) == (1, 0, 0)
    local = actor_with(TAKE, structure=sent.to_structure, auth="local")
    assert relay.waiting_count(local) == 0  # a relay about health data asks for a strong sign-in


def test_each_step_has_a_name_and_a_time_and_wakes_both_sides(sent, nurse, samu, rangueil):
    relay.mark(nurse, sent.id, "received")
    relay.mark(nurse, sent.id, "confirmed", note="Déchocage 2")

    trail = relay.trail_of([sent.id])[sent.id]
    assert [(step.label, step.name) for step in trail] == [
        ("Envoyé", "Dr Alix Exemple"),
        ("Reçu", "Sacha Exemple"),
        ("Confirmé", "Sacha Exemple"),
    ]
    assert trail[-1].note == "Déchocage 2"
    assert set(StoredEvent.objects.filter(name="relay.moved").last().hints) == {
        f"relay.waiting:{samu.id}",
        f"relay.waiting:{rangueil.id}",
    }
    assert Entry.objects.filter(code="relay.step").count() == 3


def test_a_confirmed_relay_waits_no_more_and_the_last_step_closes_it(sent, nurse):
    relay.mark(nurse, sent.id, "confirmed")
    assert relay.waiting_count(nurse) == 0
    closed = relay.mark(nurse, sent.id, "arrived")
    assert closed.ending == Relay.Ending.CLOSED
    with pytest.raises(RelayEnded):
        relay.mark(nurse, sent.id, "arrived")


def test_saying_a_step_again_changes_nothing_and_going_back_is_refused(sent, nurse):
    relay.mark(nurse, sent.id, "confirmed")
    relay.mark(nurse, sent.id, "confirmed")
    assert codes(sent.id) == ["sent", "confirmed"]
    with pytest.raises(StepNotPossible):
        relay.mark(nurse, sent.id, "received")


def test_steps_may_be_passed_over_but_not_invented(sent, nurse):
    relay.mark(nurse, sent.id, "confirmed")
    with pytest.raises(ValueError, match="not in list"):
        relay.mark(nurse, sent.id, "inconnu")
    with pytest.raises(NotFound):
        relay.mark(nurse, uuid7(), "received")


def test_a_cancelled_relay_waits_until_the_receiver_knows(sent, nurse, regulator):
    relay.mark(nurse, sent.id, "confirmed")
    cancelled = relay.cancel(regulator, sent.id, note="Décédé sur place")
    assert cancelled.status_label == "Annulé"
    assert relay.waiting_count(nurse) == 1

    relay.acknowledge(nurse, sent.id)
    relay.acknowledge(nurse, sent.id)
    assert relay.waiting_count(nurse) == 0
    assert codes(sent.id) == ["sent", "confirmed", "cancelled", "acknowledged"]
    with pytest.raises(RelayEnded):
        relay.mark(nurse, sent.id, "arrived")


def test_cancelling_twice_says_it_once(sent, regulator):
    relay.cancel(regulator, sent.id)
    relay.cancel(regulator, sent.id)
    assert codes(sent.id) == ["sent", "cancelled"]


def test_a_redirected_relay_is_acknowledged_by_both_sides(sent, nurse, regulator, purpan):
    old, new = relay.redirect(regulator, sent.id, to_structure=purpan.id)
    receiver = actor_with(TAKE, structure=purpan)

    assert (old.redirected_to, new.subject_id, new.urgency, new.from_structure_id) == (
        new,
        sent.subject_id,
        1,
        sent.from_structure_id,
    )
    assert old.status_label == "Redirigé"
    assert relay.waiting_for(nurse) == [old]
    assert relay.waiting_for(receiver) == [new]

    relay.acknowledge(nurse, old.id)
    relay.mark(receiver, new.id, "confirmed")
    assert (relay.waiting_count(nurse), relay.waiting_count(receiver)) == (0, 0)
    with pytest.raises(RelayEnded):
        relay.redirect(regulator, old.id, to_structure=purpan.id)


def test_only_an_ended_relay_is_acknowledged(sent, nurse):
    with pytest.raises(StepNotPossible):
        relay.acknowledge(nurse, sent.id)


def test_the_most_urgent_then_the_oldest_comes_first(kind, regulator, nurse, rangueil):
    first, second, urgent = (
        relay.send(regulator, kind=kind, subject=("test.case", uuid7()), to_structure=rangueil.id, urgency=urgency)
        for urgency in (2, 2, 0)
    )
    assert relay.waiting_for(nurse) == [urgent, first, second]


def test_what_waits_and_its_trail_are_read_in_a_fixed_number_of_queries(
    kind, regulator, nurse, rangueil, django_assert_num_queries
):
    for _ in range(5):
        relay.send(regulator, kind=kind, subject=("test.case", uuid7()), to_structure=rangueil.id)
    with django_assert_num_queries(2):
        waiting = relay.waiting_for(nurse)
        trails = relay.trail_of([one.id for one in waiting])
        assert {one.to_structure.name for one in waiting} == {rangueil.name}
        assert [step.label for trail in trails.values() for step in trail] == ["Envoyé"] * 5


def test_a_step_is_gone_with_the_act_that_failed(sent, nurse):
    with transaction.atomic():
        relay.mark(nurse, sent.id, "received")
        transaction.set_rollback(True)
    assert codes(sent.id) == ["sent"]
    assert Step.objects.count() == 1


def test_a_kind_of_relay_has_one_owner(kind):
    with pytest.raises(ValueError, match=r"test\.announce"):
        relay.register_kind(kind)
    assert "test.announce" in kinds()
