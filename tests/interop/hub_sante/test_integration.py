"""From held messages to the rooms, and back to the senders."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.utils import timezone

from maison.formats.hub_sante import wire
from maison.foundations.errors import BusinessError
from maison.foundations.relay.models import Relay
from maison.interop.exchanges import actions, journal
from maison.interop.exchanges.models import Exchange
from maison.interop.exchanges.permissions import P
from maison.interop.hub_sante import intake, integration, rooms
from maison.services.emergency.models import Case
from tests.factories import actor_with
from tests.interop import wires

pytestmark = pytest.mark.django_db


@dataclass
class Outcome:
    status: str
    case_ref: str = ""
    note: str = ""


class Refused(BusinessError):
    code, status, message = "TST-001", 422, "Le service fictif n'en veut pas."


@pytest.fixture
def room():
    """A room of the test for technical messages: `room.does` is what it answers or raises; it notes who asked."""

    class Room:
        does = Outcome("integrated")
        seen: list = []

        def __call__(self, actor, envelope):
            self.seen.append((actor, envelope.distribution_id))
            if isinstance(self.does, Exception):
                raise self.does
            return self.does

    room = Room()
    room.seen = []
    rooms.register("TECHNICAL_NOREQ", room)
    yield room
    rooms.withdraw("TECHNICAL_NOREQ")


def states():
    return list(Exchange.objects.filter(direction="in").order_by("seq").values_list("state", flat=True))


def said(step):
    return Exchange.objects.filter(direction="out", step=step).order_by("seq")


def test_a_case_goes_from_the_door_to_its_room_and_its_sender_is_told(client):
    wires.declare()
    wires.post(client, wires.envelope(wires.headed(wires.case())))
    assert wires.integrate_all() == 1
    assert Case.objects.get().case_ref == "fr.health.samu31.DRFR15DDXAAJJJ00001"
    held = Exchange.objects.get(direction="in")
    assert (held.state, held.attempts) == ("integrated", 1)
    told = said("INTEGRE").get()
    assert (told.door, told.state, told.answers, told.recipients) == ("mailbox", "to_send", held.id, [wires.SAMU])
    message = wire.read_envelope(journal.payload_of(told))
    assert (message.message.step, message.message.distribution_id) == ("INTEGRE", held.distribution_id)


def test_the_actor_of_a_room_is_the_software_and_knows_its_exchange(client, room):
    declared = wires.declare()
    wires.post(client, wires.envelope(wires.technical()))
    wires.integrate_all()
    ((actor, _),) = room.seen
    assert (actor.subject, actor.structure_id) == (f"software:{wires.SAMU}", declared.structure_id)
    assert actor.exchange_id == Exchange.objects.get(direction="in").id


def test_an_update_before_its_case_waits_and_is_integrated_with_it(client):
    wires.declare()
    wires.post(client, wires.envelope(wires.headed(wires.update(freetext="plus tard"))))
    wires.integrate_all()
    assert states() == ["waiting"]
    assert not said("INTEGRE").exists()
    wires.post(client, wires.envelope(wires.headed(wires.case())))
    wires.integrate_all()
    assert states() == ["integrated", "integrated"]
    assert said("INTEGRE").count() == 2
    assert Case.objects.get().messages.count() == 2


def test_a_type_without_a_room_is_kept_with_nothing_said(client):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical()))
    wires.integrate_all()
    assert states() == ["kept"]
    assert not said("INTEGRE").exists()


def test_a_room_that_refuses_is_heard_by_the_sender_and_by_a_person(client, room):
    wires.agency()
    wires.declare()
    room.does = Refused("Parce que.")
    wires.post(client, wires.envelope(wires.technical()))
    wires.integrate_all()
    held = Exchange.objects.get(direction="in")
    assert (held.state, held.fault_code, held.needs_mending) == ("refused", "HUB-030", True)
    report = wire.read_envelope(journal.payload_of(said("ERREUR").get()))
    assert "TST-001 : Le service fictif n'en veut pas. Parce que." in report.message.error_cause
    assert Relay.objects.get(id=held.relay_id).kind_code == "interop.mend"


def test_a_room_that_breaks_holds_back_only_its_own_case(client, room):
    wires.agency()
    wires.declare()
    room.does = ZeroDivisionError()
    wires.post(client, wires.envelope(wires.technical()))
    wires.post(client, wires.envelope(wires.headed(wires.case())))
    wires.integrate_all()
    assert states() == ["received", "integrated"]
    broken = Exchange.objects.get(direction="in", state="received")
    assert (broken.attempts, broken.fault_code) == (1, "HUB-500")
    assert broken.next_attempt_at > timezone.now()


def test_after_its_last_attempt_a_broken_message_is_handed_to_a_person_and_can_be_replayed(client, room):
    agency = wires.agency()
    wires.declare()
    room.does = ZeroDivisionError()
    wires.post(client, wires.envelope(wires.technical()))
    for _ in range(integration.ATTEMPTS):
        Exchange.objects.filter(state="received").update(next_attempt_at=timezone.now())
        wires.integrate_all()
    held = Exchange.objects.get(direction="in")
    assert (held.state, held.needs_mending) == ("waiting", True)
    task = Relay.objects.get(id=held.relay_id)
    assert task.waiting
    room.does = Outcome("integrated")
    actor = actor_with(P.VIEW, P.MEND, structure=agency)
    actions.replay(actor=actor, exchange_id=held.id)
    wires.integrate_all()
    assert states() == ["integrated"]
    task.refresh_from_db()
    assert (task.waiting, task.ending) == (False, "closed")


def test_messages_of_one_case_are_dealt_with_in_the_order_they_came(client, room):
    wires.declare()
    sent = []
    for n in range(30):
        message = wires.envelope(wires.headed(wires.case(senderCaseId=str(n))) if n % 3 else wires.technical())
        sent.append(message["distributionID"])
        wires.post(client, message)
    order = []
    original = rooms.room_of("RS-EDA")
    rooms.withdraw("RS-EDA")
    rooms.register("RS-EDA", lambda actor, envelope: order.append(envelope.distribution_id) or Outcome("integrated"))
    try:
        wires.integrate_all()
    finally:
        rooms.withdraw("RS-EDA")
        rooms.register("RS-EDA", original.handler, original.foresee)
    assert order == [name for n, name in enumerate(sent) if n % 3]


def test_a_lane_whose_first_message_waits_for_its_next_attempt_waits_whole(client):
    wires.declare()
    for _ in range(2):
        wires.post(client, wires.envelope(wires.headed(wires.case())))
    first = Exchange.objects.filter(direction="in").order_by("seq").first()
    Exchange.objects.filter(id=first.id).update(next_attempt_at=timezone.now() + integration.LONGEST_RETRY)
    assert wires.integrate_all() == 0
    assert states() == ["received", "received"]


def test_two_use_cases_in_one_envelope_are_both_dealt_with(client, room):
    wires.declare()
    message = wires.envelope(wires.technical())
    message["content"] *= 2
    wires.post(client, message)
    wires.integrate_all()
    assert [name for _, name in room.seen] == [message["distributionID"], f"{message['distributionID']}#1"]
    assert states() == ["integrated"]


def test_an_acknowledgement_brings_our_message_to_the_step_it_tells(client):
    wires.declare()
    identity = wires.identity(wires.HOUSE)
    _sent(identity)
    for step, expected in (("INTEGRE", "INTEGRE"), ("RECU", "INTEGRE"), ("CONSULTE", "CONSULTE")):
        wires.post(client, wires.envelope(wires.headed({"reference": {"distributionID": identity, "step": step}})))
        wires.integrate_all()
        assert Exchange.objects.get(distribution_id=identity).confirmed_step == expected
    assert Exchange.objects.get(distribution_id=identity).state == "acknowledged"
    assert states() == ["integrated"] * 3
    assert not said("INTEGRE").exists(), "an acknowledgement is not acknowledged"


def test_an_error_in_answer_makes_our_message_fail_and_asks_a_person(client):
    wires.agency()
    wires.declare()
    identity = wires.identity(wires.HOUSE)
    _sent(identity)
    error = {
        "errorCode": {"statusCode": 301, "statusString": "INVALID_MESSAGE"}, "errorCause": "Claude Exemple",
        "referencedDistributionID": identity,
    }  # fmt: skip
    wires.post(client, wires.envelope({"error": error}, distributionKind="Error"))
    wires.integrate_all()
    sent = Exchange.objects.get(distribution_id=identity)
    assert (sent.state, sent.fault_code, sent.needs_mending) == ("failed", "HUB-040", True)
    assert "Claude" not in str(sent.history)


def test_an_answer_to_nothing_of_ours_is_kept(client):
    wires.declare()
    wires.post(client, wires.envelope(wires.headed({"reference": {"distributionID": "inconnu"}})))
    wires.integrate_all()
    assert states() == ["kept"]


def _sent(identity):
    message = wires.envelope(wires.headed(wires.case()), sender=wires.HOUSE, distribution_id=identity)
    entry = journal.Entry(
        direction="out", channel="hub-sante", door="mailbox", state="sent", payload=wires.dumps(message),
        sender=wires.HOUSE, recipients=[wires.SAMU], distribution_id=identity, message_type="RS-EDA",
    )  # fmt: skip
    journal.claim([entry])
    journal.write([entry])


def test_a_message_refused_for_good_says_so_again_when_it_is_replayed(client):
    agency = wires.agency()
    wires.declare()
    wires.post(client, wires.envelope({"technicalNoreq": {"inconnu": 1}}))
    held = Exchange.objects.get(direction="in")
    actions.replay(actor=actor_with(P.VIEW, P.MEND, structure=agency), exchange_id=held.id)
    wires.integrate_all()
    held.refresh_from_db()
    assert (held.state, held.fault_code, held.needs_mending) == ("refused", "HUB-002", True)
    assert [line["state"] for line in held.history] == ["refused", "received", "refused"]


def test_a_message_by_the_broker_from_someone_unknown_is_refused_then_taken_once_declared():
    agency = wires.agency()
    payload = wires.dumps(wires.envelope(wires.technical()))
    (receipt,) = intake.receive([intake.Arrival(door="amqp", payload=payload, client=None)])
    assert receipt.refusal.reason.code == "HUB-013"
    wires.declare(doors=("amqp",))
    actions.replay(actor=actor_with(P.VIEW, P.MEND, structure=agency), exchange_id=receipt.exchange_id)
    wires.integrate_all()
    assert states() == ["kept"]


@pytest.mark.django_db(transaction=True)
def test_the_sender_of_a_case_is_told_when_the_receiving_service_saw_it(client):
    from maison.foundations.events import publish
    from maison.services.emergency.events import CaseConsulted

    wires.declare()
    wires.post(client, wires.envelope(wires.headed(wires.case())))
    wires.integrate_all()
    case = Case.objects.get()
    for _ in range(2):
        publish(CaseConsulted(case.id, wires.agency().id))
    wires.answer_all()
    assert said("CONSULTE").count() == 1
    assert wire.read_envelope(journal.payload_of(said("CONSULTE").get())).message.step == "CONSULTE"


def test_a_storm_of_wrong_messages_is_one_task(client):
    wires.agency()
    wires.declare()
    for _ in range(5):
        wires.post(client, wires.envelope({"technicalNoreq": {"inconnu": 1}}))
    assert Exchange.objects.filter(needs_mending=True).count() == 5
    assert Relay.objects.filter(kind_code="interop.mend").count() == 1
