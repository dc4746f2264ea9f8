"""Notifications: in order, none missed, with the rights of the moment, to a real receiver that behaves well, badly or not at all."""

from __future__ import annotations

import signal
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from maison.formats.fhir.profiles import check_base
from maison.foundations.audit.models import Entry
from maison.foundations.notifications.models import Notification
from maison.foundations.relay.models import Relay
from maison.foundations.supervision.probes import read_probes
from maison.interop.exchanges.models import Client
from maison.interop.fhir.models import Software
from maison.interop.fhir.sql import Sql
from maison.interop.fhir.subscriptions import delivery, matching
from maison.interop.fhir.subscriptions.models import Notice, Subscription
from tests.factories import StructureFactory
from tests.interop import processes
from tests.interop.conftest import until
from tests.interop.fhir.software import Partner, document, patient
from tests.interop.fhir.subscriptions.receiver import focus_of, numbers_of, value_of
from tests.interop.fhir.subscriptions.story import asked, deliver, later, number_all

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = """
import time
import django
django.setup()
from maison.interop.fhir.sql import Sql
from maison.interop.fhir.subscriptions import delivery, matching
while True:
    if not matching.turn() + delivery.turn():
        time.sleep(0.05)
"""
INS = "urn:oid:1.2.250.1.213.1.4.10"


def state(row):
    row.refresh_from_db()
    return row.status, row.sent, row.numbered


def test_a_subscription_is_greeted_then_told_of_what_concerns_it_in_order(partner, receiver, subscribe):
    before = partner.create(**document(status="current"))
    row = subscribe(headers=("Authorization: Bearer jeton-du-receveur", "X-Service: avis"))
    assert receiver.kinds == ["handshake"]
    assert receiver.headers[0]["Authorization"] == "Bearer jeton-du-receveur"
    assert receiver.headers[0]["X-Service"] == "avis"
    made = [partner.create(**document(status="current", description=f"n{rank}")) for rank in range(3)]
    partner.create(**document(status="superseded"))
    partner.create(**patient())
    number_all()
    deliver()
    bundle = receiver.taken[-1]
    assert receiver.numbers == [1, 2, 3]
    assert focus_of(bundle) == [f"DocumentReference/{one['id']}" for one in made]
    assert before["id"] not in str(receiver.taken)
    assert state(row) == ("active", 3, 3)
    assert value_of(receiver.statuses[-1], "eventsSinceSubscriptionStart") == "3"
    for told in receiver.taken:
        assert [fault for fault in check_base(told) if fault.is_error] == []
    partner.create(**document())
    number_all()
    deliver()
    assert receiver.numbers == [1, 2, 3, 4]


def test_each_change_is_judged_as_it_was_even_when_it_has_changed_again(partner, receiver, subscribe):
    row = subscribe("DocumentReference?status=current", content="full-resource")
    made = partner.create(**document(description="première"))
    address = f"DocumentReference/{made['id']}"
    partner.put(address, {**made, "status": "superseded"})
    partner.put(address, {**made, "description": "rétablie"})
    partner.send("DELETE", address)
    number_all()
    assert [(one.number, one.version, one.method) for one in row.notices.order_by("number")] == [(1, 1, "POST"), (2, 3, "PUT")]  # fmt: skip
    deliver()
    assert [entry.get("resource") for entry in receiver.taken[-1]["entry"][1:]] == [None, None], (
        "it is gone: named, not held"
    )


def test_a_topic_also_tells_the_end_of_a_resource(partner, receiver, subscribe):
    subscribe("DocumentReference", filters=("status=current",))
    made = partner.create(**document())
    partner.send("DELETE", f"DocumentReference/{made['id']}")
    number_all()
    deliver()
    entries = receiver.taken[-1]["entry"][1:]
    assert [entry["request"]["method"] for entry in entries] == ["POST", "DELETE"]


def test_the_content_is_what_was_asked_and_each_naming_is_traced(partner, receiver, subscribe):
    person = partner.create(**patient())
    subject = {"reference": f"Patient/{person['id']}"}
    for content in ("empty", "id-only", "full-resource"):
        subscribe(content=content)
    partner.create(**document(subject=subject))
    number_all()
    deliver()
    told = {len(bundle["entry"]): bundle for bundle in receiver.taken if bundle["entry"][0]["resource"]["parameter"][3]["valueCode"] == "event-notification"}  # fmt: skip
    whole = [entry["resource"] for bundle in receiver.taken for entry in bundle["entry"][1:] if "resource" in entry]
    assert len(told) == 2
    assert numbers_of(told[1]["entry"][0]["resource"]) == [1]
    assert focus_of(told[1]) == []
    assert [one["subject"] for one in whole] == [subject]
    traces = Entry.objects.filter(code="fhir.notified", patient_id=person["id"])
    assert sorted(trace.details["content"] for trace in traces) == ["full-resource", "id-only"]
    assert {trace.subject for trace in traces} == {"software:fr.health.logiciel-a"}


def test_an_ins_leaves_only_with_a_qualified_identity(partner, receiver, subscribe):
    subscribe("DocumentReference?status=current", content="full-resource")
    reference = {"identifier": {"system": INS, "value": "2800175124890"}}
    partner.create(**document(subject=reference))
    partner.create(**document(description="sans INS"))
    number_all()
    deliver()
    entries = receiver.taken[-1]["entry"][1:]
    assert ["resource" in entry for entry in entries] == [False, True]
    assert "2800175124890" not in str(receiver.taken)


def test_another_structure_s_changes_are_never_told(partner, receiver, subscribe):
    row = subscribe()
    Partner("fr.health.ailleurs").create(**document())
    inside = Partner("fr.health.service", structure=StructureFactory(parent=partner.structure)).create(**document())
    number_all()
    assert [one.resource_id for one in row.notices.all()] == [inside["id"]]


def test_a_mute_subscriber_is_tried_later_and_later_then_a_person_is_asked_and_nothing_is_lost(partner, receiver, subscribe, settings):  # fmt: skip
    settings.FHIR_MUTE_MINUTES = 60
    agency = StructureFactory(agency=True)
    row = subscribe(extensions={"max-count": 2})
    receiver.script = [503, 0, 503, 404, 301]
    waits = []
    for rank in range(5):
        partner.create(**document(description=f"n{rank}"))
        number_all()
        later(minutes=5)
        deliver()
        row.refresh_from_db()
        waits.append(round((row.paused_until - timezone.now()).total_seconds() / 5))
    assert waits == [1, 2, 4, 8, 16]
    assert state(row) == ("active", 0, 5)
    assert receiver.numbers == []
    later(minutes=61)
    receiver.script = [500]
    deliver()
    assert state(row) == ("error", 0, 5)
    task = Relay.objects.get(kind_code="fhir.mend_subscription")
    assert (task.to_structure_id, task.waiting) == (agency.id, True)
    assert Entry.objects.filter(code="fhir.subscription_error").count() == 1
    readings = {reading.state for code, reading in read_probes() if code == "fhir.subscriptions"}
    assert "failed" in readings
    status = partner.get(f"Subscription/{row.id}/$status").json()["entry"][0]["resource"]
    assert (value_of(status, "status"), "500" in value_of(status, "error")["text"]) == ("error", True)
    partner.create(**document(description="pendant la panne"))
    number_all()
    later(hours=2)
    deliver()
    assert receiver.numbers == [1, 2, 3, 4, 5, 6]
    sizes = [len(numbers_of(one)) for one in receiver.statuses[1:]]
    assert sizes[0] == 1, "a mute subscriber is tried with one event"
    assert max(sizes) == 2
    assert state(row) == ("active", 6, 6)
    task.refresh_from_db()
    assert task.ending == "closed"


def test_a_subscriber_mute_while_nothing_is_due_is_said_all_the_same(subscribe, receiver, partner):
    row = subscribe()
    receiver.script = [500]
    partner.create(**document())
    number_all()
    deliver()
    Subscription.objects.update(down_since=timezone.now() - timedelta(hours=3))
    assert delivery.watch() == 1
    assert delivery.watch() == 0
    assert state(row) == ("error", 0, 1)


def test_an_unanswered_greeting_never_opens_the_subscription(partner, receiver):
    receiver.script = [500]
    made = partner.post("Subscription", asked(receiver)).json()
    partner.create(**document())
    number_all()
    deliver()
    row = Subscription.objects.get(id=made["id"])
    assert state(row) == ("requested", 0, 1)
    assert receiver.taken == []
    later(minutes=1)
    deliver()
    assert receiver.kinds == ["handshake", "event-notification"]


def test_events_missed_are_read_again_by_their_numbers_without_a_gap(partner, receiver, subscribe):
    row = subscribe()
    receiver.script = [500]
    made = [partner.create(**document(description=f"n{rank}"))["id"] for rank in range(4)]
    number_all()
    deliver()
    answer = partner.get(f"Subscription/{row.id}/$events?eventsSinceNumber=2&eventsUntilNumber=3&content=full-resource")
    bundle = answer.json()
    assert numbers_of(bundle["entry"][0]["resource"]) == [2, 3]
    assert [entry["resource"]["id"] for entry in bundle["entry"][1:]] == made[1:3]
    assert [fault for fault in check_base(bundle) if fault.is_error] == []
    body = {"resourceType": "Parameters", "parameter": [{"name": "eventsSinceNumber", "valueString": "4"}]}
    assert numbers_of(partner.post(f"Subscription/{row.id}/$events", body).json()["entry"][0]["resource"]) == [4]
    assert partner.get(f"Subscription/{row.id}/$events?eventsSinceNumber=x").status_code == 400
    assert state(row) == ("active", 0, 4)


@pytest.mark.parametrize("how", ["closed", "narrowed"])
def test_a_right_withdrawn_stops_the_subscription_with_a_trace(partner, receiver, subscribe, how):
    row = subscribe(content="full-resource")
    partner.create(**document())
    number_all()
    if how == "closed":
        Client.objects.filter(id=row.client_id).update(active=False)
    else:
        Software.objects.filter(client_id=row.client_id).update(scopes=["system/Patient.rs"])
    deliver()
    assert state(row) == ("off", 0, 1)
    assert receiver.kinds == ["handshake"]
    assert Entry.objects.get(code="fhir.subscription_off").details["reason"] == "rights"
    assert "droit" in row.words


def test_a_right_withdrawn_is_seen_while_numbering_too(partner, receiver, subscribe):
    row = subscribe()
    other = Partner("fr.health.service", structure=partner.structure)
    Software.objects.filter(client_id=row.client_id).update(scopes=["system/Patient.rs"])
    other.create(**document())
    number_all()
    assert state(row) == ("off", 0, 0)


def test_a_receiver_that_answers_twice_is_taken_at_its_first_word(partner, receiver, subscribe):
    row = subscribe()
    for rank in range(3):
        receiver.script = [-1]
        partner.create(**document(description=f"n{rank}"))
        number_all()
        deliver()
    assert receiver.numbers == [1, 2, 3]
    assert state(row) == ("active", 3, 3)


def test_a_silent_line_is_a_sign_of_life_when_it_was_asked(partner, receiver, subscribe):
    row = subscribe(extensions={"heartbeat-period": 60})
    assert deliver() == 0
    later(seconds=61)
    deliver()
    assert receiver.kinds == ["handshake", "heartbeat"]
    assert state(row) == ("active", 0, 0)


def test_a_machine_the_operator_withdraws_is_no_longer_called(partner, receiver, subscribe, settings):
    row = subscribe()
    settings.CHANNEL_HOSTS = []
    partner.create(**document())
    number_all()
    deliver()
    assert receiver.kinds == ["handshake"]
    assert state(row) == ("active", 0, 1)
    row.refresh_from_db()
    assert "exploitant" in row.words
    assert not Entry.objects.filter(code="fhir.notified").exists()


def test_a_subscription_ends_at_its_date_once_everything_has_left(partner, receiver, subscribe):
    row = subscribe(end="2090-01-01T00:00:00Z")
    partner.create(**document())
    number_all()
    Subscription.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    deliver()
    assert state(row) == ("off", 1, 1)
    assert row.reason == "ended"


def test_a_subscription_asked_again_goes_on_with_its_numbers(partner, receiver, subscribe):
    row = subscribe()
    partner.create(**document())
    number_all()
    deliver()
    body = partner.get(f"Subscription/{row.id}").json()
    partner.put(f"Subscription/{row.id}", {**body, "status": "off"})
    partner.create(**document(description="pendant l'arrêt"))
    number_all()
    assert state(row) == ("off", 1, 1)
    partner.put(f"Subscription/{row.id}", {**body, "status": "requested"})
    partner.create(**document(description="ensuite"))
    number_all()
    deliver()
    assert receiver.numbers == [1, 2]
    assert state(row) == ("active", 2, 2)


def test_a_change_while_a_notification_is_on_its_way_is_greeted_anew(partner, receiver, subscribe):
    row = subscribe()
    partner.create(**document())
    number_all()
    body = partner.get(f"Subscription/{row.id}").json()

    def change() -> None:
        receiver.hold = None
        answers.append(partner.put(f"Subscription/{row.id}", {**body, "reason": "autre"}).status_code)
        connections.close_all()

    answers: list[int] = []
    receiver.hold = change
    deliver()
    assert answers == [200]
    deliver()
    assert receiver.kinds == ["handshake", "event-notification", "handshake"]
    assert state(row) == ("active", 1, 1)


def test_an_nde_subscriber_hears_of_its_patient_and_of_nobody_else(partner, receiver, example):
    wanted = example("notification-evenements/examples/Subscription-sub1.json")
    wanted |= {"channel": asked(receiver)["channel"], "end": "2090-01-01T00:00:00Z"}
    event = example("notification-evenements/examples/CommunicationRequest-com2.json")
    for resource in (wanted, event):
        for inner in resource["contained"]:
            inner["identifier"] = [{"system": "urn:oid:1.2.3", "value": inner["id"]}]
    made = partner.post("Subscription", wanted)
    assert made.status_code == 201, made.content
    deliver()
    elsewhere = {**event, "contained": [{**event["contained"][0], "identifier": [{"system": "urn:oid:1.2.3", "value": "autre"}]}, event["contained"][1]]}  # fmt: skip
    entry = {**event, "extension": [{**event["extension"][0], "valueCodeableConcept": {"coding": [{"system": "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement", "code": "ENT"}]}}, event["extension"][1]]}  # fmt: skip
    for resource in (elsewhere, entry, event):
        assert partner.post("CommunicationRequest", resource).status_code == 201
    number_all()
    deliver()
    assert receiver.numbers == [1]


def test_a_sender_killed_in_the_middle_tells_the_same_numbers_again_and_misses_none(partner, receiver, subscribe, settings):  # fmt: skip
    row = subscribe(extensions={"max-count": 3})
    for rank in range(12):
        partner.create(**document(description=f"n{rank}"))
    entered, gone = threading.Event(), threading.Event()

    def hold() -> None:
        if len(receiver.taken) >= 3:
            entered.set()
            gone.wait(30)

    receiver.hold = hold
    where = {"MAISON_CHANNEL_HOSTS": receiver.host}
    with processes.running(WORKER, **where) as process:
        until(entered.is_set)
        process.send_signal(signal.SIGKILL)
        process.wait()
    receiver.hold = None
    gone.set()
    row.refresh_from_db()
    assert row.lent_until > timezone.now(), "it died with the subscription in its hands"
    assert row.sent < 12
    later(minutes=2)
    with processes.running(WORKER, **where):
        until(lambda: Subscription.objects.get().sent == 12)
    first_time = list(dict.fromkeys(receiver.numbers))
    assert first_time == list(range(1, 13))
    assert Notice.objects.count() == 12


def test_a_task_tells_the_people_of_the_software_without_saying_whom_it_is_about(partner, receiver, subscribe):
    person = partner.create(**patient(family="Inventée"))
    row = subscribe()
    partner.create(**document(subject={"reference": f"Patient/{person['id']}"}))
    number_all()
    receiver.script = [500]
    deliver()
    Subscription.objects.update(down_since=timezone.now() - timedelta(hours=3))
    delivery.watch()
    said = " ".join(f"{one.title} {one.text}" for one in Notification.objects.all())
    assert "Inventée" not in said
    assert person["id"] not in said
    assert matching.turn() >= 0
    assert state(row)[0] == "error"


def test_a_criterion_the_base_refuses_stops_nobody_else(partner, receiver, subscribe, monkeypatch):
    broken, row = subscribe(), subscribe()
    Subscription.objects.filter(id=broken.id).update(query=[["casse", "x"]])
    asked_of = matching.condition
    monkeypatch.setattr(matching, "condition", lambda declared, caller, name, value: Sql("1 / 0 = r.version") if name == "casse" else asked_of(declared, caller, name, value))  # fmt: skip
    partner.create(**document())
    number_all()
    deliver()
    assert state(row) == ("active", 1, 1)
    assert state(broken)[0] == "error"
    assert "plus comptés" in broken.words


def test_a_subscription_without_a_hook_ends_at_its_date_too(partner, receiver):
    wanted = {**asked(receiver), "channel": {"type": "email", "endpoint": "mailto:equipe@exemple.test"}, "end": "2090-01-01T00:00:00Z"}  # fmt: skip
    made = partner.post("Subscription", wanted).json()
    Subscription.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    delivery.watch()
    row = Subscription.objects.get(id=made["id"])
    assert (row.status, row.reason) == ("off", "ended")
