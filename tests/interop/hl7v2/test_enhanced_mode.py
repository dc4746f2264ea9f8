"""Enhanced mode, both ways: reception answered on the line (CA, CE, CR), the application apart once it has decided (AA, AE, AR)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from maison.formats.hl7v2.ack import acknowledge, read_ack
from maison.formats.hl7v2.faults import Fault
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.writer import write
from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError
from maison.foundations.relay.models import Relay
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange
from maison.interop.hl7v2 import intake, integration, outbound, rooms
from maison.interop.hl7v2.models import SenderProfile
from maison.interop.hl7v2.outbound import Reply
from maison.interop.hl7v2.senders import Peer
from maison.interop.hl7v2.targets import register_target
from tests.interop import mllp, wires

pytestmark = pytest.mark.django_db
KIND = "ZZR"


@dataclass
class Done:
    status: str = "integrated"
    note: str = ""


class Room:
    def __init__(self):
        self.refuses = False

    def __call__(self, actor, message):
        if self.refuses:
            raise BusinessError("venue inconnue")
        return Done()


@pytest.fixture
def room():
    playing = Room()
    rooms.register(KIND, playing)
    yield playing
    rooms.withdraw(KIND)


def target(client, **fields):
    return register_target(
        actor=Actor.system("tests"), code="gam-retour", name="Réponses de la GAM", structure_id=client.structure_id, host="127.0.0.1",
        port=2599, **fields,
    )  # fmt: skip


@pytest.fixture
def software(room):
    """Declared, with an address for its application acknowledgements."""
    wires.agency()
    client = mllp.declare()
    SenderProfile.objects.create(client=client, reply_target=target(client))
    return client


def asking(accept, application, control="Q-1", kind=KIND, **fields):
    parts = mllp.adt("A28", control=control, **fields).replace(b"ADT^A28^ADT_A28", f"{kind}^A28".encode()).split(b"|")
    parts[14], parts[15] = accept.encode(), application.encode()
    return b"|".join(parts)


def come(message):
    (answer,) = intake.receive([intake.Arrival(Peer("127.0.0.1", 2575), message)])
    return mllp.code(answer[1:-2].decode()) if answer else ""


def work():
    while integration.lanes.work():
        pass


def owed():
    """What the house sends back: (code, control id quoted, MSH-15, messages of its errors)."""
    found = []
    for row in Exchange.objects.filter(direction="out", message_type__startswith="ACK").order_by("seq"):
        message = read_message(journal.payload_of(row))
        ack = read_ack(message)
        found.append((ack.code, ack.control_id, message.header.raw(15), [one.user_message for one in ack.errors]))
    return found


# -- the house answers


@pytest.mark.parametrize(
    ("accept", "application", "at_once", "later"),
    [
        ("AL", "AL", "CA", ["AA"]),
        ("AL", "NE", "CA", []),
        ("AL", "ER", "CA", []),
        ("AL", "SU", "CA", ["AA"]),
        ("NE", "AL", "", ["AA"]),
        ("ER", "AL", "", ["AA"]),
        ("SU", "SU", "CA", ["AA"]),
        ("", "AL", "", ["AA"]),
        ("", "", "AA", []),
    ],
)
def test_reception_is_answered_on_the_line_and_the_application_apart(software, accept, application, at_once, later):
    assert come(asking(accept, application)) == at_once
    assert owed() == []
    work()
    assert [one[0] for one in owed()] == later
    assert all(one[1:3] == ("Q-1", "AL") for one in owed())


def test_what_the_room_refuses_is_answered_ae_then_aa_once_mended(software, room):
    room.refuses = True
    assert come(asking("AL", "AL")) == "CA"
    work()
    (refused,) = owed()
    assert refused[:2] == ("AE", "Q-1")
    assert "venue inconnue" in refused[3][0]
    room.refuses = False
    question = Exchange.objects.get(direction="in")
    _replay(question)
    work()
    assert [one[0] for one in owed()] == ["AE", "AA"]


def _replay(exchange):
    exchange.attempts, exchange.next_attempt_at, exchange.needs_mending = 0, timezone.now(), False
    journal.update(exchange, state=Exchange.State.RECEIVED)


def test_a_refusal_at_the_door_is_heard_on_the_line_or_apart_but_heard(software):
    assert come(asking("AL", "AL", ipp="", kind="ADT")) == "CE"
    assert owed() == []
    assert come(asking("NE", "AL", control="Q-2", ipp="", kind="ADT")) == ""
    assert [one[:2] for one in owed()] == [("AE", "Q-2")]
    assert come(asking("NE", "SU", control="Q-3", ipp="", kind="ADT")) == ""
    assert len(owed()) == 1


def test_without_an_address_the_application_is_answered_on_the_line_when_nothing_else_is(room):
    mllp.declare()
    assert come(asking("NE", "AL")) == "AA"
    assert come(asking("AL", "AL", control="Q-2")) == "CA"
    work()
    assert owed() == []


def test_a_message_that_comes_twice_or_is_dealt_with_twice_is_answered_once(software):
    message = asking("AL", "AL")
    assert [come(message), come(message)] == ["CA", "CA"]
    work()
    _replay(Exchange.objects.get(direction="in", state="integrated"))
    work()
    assert len(owed()) == 1


def test_a_type_that_is_only_kept_is_answered_too(software):
    come(asking("AL", "AL", kind="SIU"))
    work()
    assert [one[0] for one in owed()] == ["AA"]


# -- the house waits for an answer


def sent(control="OUT-1"):
    """A message of the house that asks for an application acknowledgement, and that its target has received (CA)."""
    outbound.queue(asking("AL", "AL", control, kind="ORU"), target="gam-retour")
    parcels = outbound.claim("gam-retour")
    assert [one.awaits_application for one in parcels] == [True]
    outbound.settle("gam-retour", [Reply(parcel, "CA") for parcel in parcels], [])
    return Exchange.objects.get(distribution_id=control, direction="out")


def reply(control, code, own="R-1", faults=(), accept=""):
    message = acknowledge(read_message(asking("AL", "AL", control, kind="ORU")), code, faults, control_id=own)
    fields = write(message).split(b"|")
    fields[2], fields[3] = (name.encode() for name in mllp.GAM)
    head, *rest = b"|".join(fields).split(b"\r")
    parts = head.split(b"|")
    parts += [b""] * (16 - len(parts))
    parts[14] = accept.encode()
    return b"\r".join([b"|".join(parts), *rest])


def state(exchange):
    found = Exchange.objects.get(id=exchange.id)
    return found.state, found.fault_code


def test_what_was_received_is_not_yet_accepted(software):
    assert state(sent()) == ("sent", "")


def test_the_application_accepts_later_and_its_answer_may_be_answered(software):
    out = sent()
    assert come(reply("OUT-1", "AA")) == ""
    assert state(out) == ("acknowledged", "")
    heard = Exchange.objects.get(direction="in")
    assert (heard.state, heard.answers) == ("integrated", out.id)
    second = sent("OUT-2")
    assert come(reply("OUT-2", "AA", own="R-2", accept="AL")) == "CA"
    assert state(second) == ("acknowledged", "")


def test_the_application_refuses_later_and_a_person_hears_of_it(software):
    out = sent()
    come(reply("OUT-1", "AE", faults=[Fault("OBX-5", "required", "Il manque le compte rendu.")]))
    assert state(out) == ("failed", "MLLP-040")
    found = Exchange.objects.get(id=out.id)
    assert [(one["place"], one["rule"]) for one in found.faults] == [("OBX-5", "101")]
    assert Relay.objects.get().kind_code == "interop.mend"


def test_the_application_asks_to_come_back_and_the_message_goes_again(software):
    out = sent()
    come(reply("OUT-1", "AR"))
    assert state(out) == ("to_send", "")
    assert Exchange.objects.get(id=out.id).next_attempt_at > timezone.now() + timedelta(seconds=3)


def test_an_answer_that_comes_before_the_reception_is_told_counts(software):
    outbound.queue(asking("AL", "AL", "OUT-1", kind="ORU"), target="gam-retour")
    parcels = outbound.claim("gam-retour")
    come(reply("OUT-1", "AA"))
    outbound.settle("gam-retour", [Reply(parcel, "CA") for parcel in parcels], [])
    assert Exchange.objects.get(direction="out").state == "acknowledged"


def test_an_answer_to_nothing_or_from_another_software_changes_nothing(software):
    out = sent()
    come(reply("INCONNU", "AA"))
    mllp.declare("autre.logiciel", application="AUTRE", facility="CLINIQUE")
    foreign = reply("OUT-1", "AE", own="R-9").replace(b"|GAM|CHU-X|", b"|AUTRE|CLINIQUE|")
    come(foreign)
    assert state(out) == ("sent", "")
    assert {row.state for row in Exchange.objects.filter(direction="in")} == {"kept"}
    come(reply("OUT-1", "AA", own="R-4"))
    come(reply("OUT-1", "AE", own="R-3"))
    assert state(out) == ("acknowledged", "")


def test_an_application_that_never_answers_becomes_a_task_after_a_day(software):
    out = sent()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchanges_exchange SET state_at = now() - interval '25 hours' WHERE id = %s", [out.id])
    assert outbound.expire() == 1
    assert state(out) == ("failed", "MLLP-044")


# -- what software is declared to send


@pytest.mark.parametrize(
    ("expected", "code", "fault"),
    [
        ({"kinds": ["MDM"]}, "AR", "MLLP-016"),
        ({"versions": ["2.6"]}, "AR", "MLLP-017"),
        ({"authorities": ["1.2.3"]}, "AE", "MLLP-018"),
        ({"kinds": ["ADT"], "versions": ["2.5"], "authorities": [mllp.DOMAIN]}, "AA", ""),
    ],
)
def test_what_was_not_declared_is_refused_with_its_reason_and_may_come_again_once_it_is(expected, code, fault):
    client = mllp.declare()
    profile = SenderProfile.objects.create(client=client, **expected)
    message = mllp.adt("A28", control="C-1")
    assert come(message) == code
    assert Exchange.objects.get().fault_code == fault
    profile.kinds, profile.versions, profile.authorities = [], [], []
    profile.save()
    assert come(message) == "AA"


def test_another_character_set_than_declared_is_read_and_said():
    client = mllp.declare()
    SenderProfile.objects.create(client=client, charset="iso8859-15")
    come(mllp.adt("A28", name="PAT-TROIS^ANDRÉ"))
    assert Exchange.objects.get().note == "Écrit en UNICODE UTF-8 alors que 8859/15 est déclaré"


def test_a_target_receives_what_it_was_declared_for(software):
    SenderProfile.objects.update(reply_target=None)
    outbound.Target.objects.update(kinds=["MDM"])
    with pytest.raises(BusinessError) as refusal:
        outbound.queue(mllp.adt("A31"), target="gam-retour")
    assert refusal.value.code == "MLL-003"


def test_the_header_of_a_message_of_the_house_is_what_was_declared(software):
    found = outbound.Target.objects.get()
    found.application, found.facility, found.version, found.charset = "GAM", "CHU-X", "2.6", "iso8859-15"
    found.asks_application_ack = True
    header = outbound.header_for(found, ("ADT", "A31", "ADT_A05"))
    assert (header.receiver.application, header.receiver.facility) == ("GAM", "CHU-X")
    assert (header.version, header.charset, header.accept_ack, header.application_ack) == (
        "2.6",
        "iso8859-15",
        "AL",
        "AL",
    )
