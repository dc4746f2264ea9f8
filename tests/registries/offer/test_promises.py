"""A bed promised: an owner, a countdown, a reason; never more promises than beds; the crisis adds a step and takes it away."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from maison.foundations import clock
from maison.foundations.access import Actor
from maison.foundations.clock.models import Timer
from maison.foundations.crisis.actions import change_level
from maison.foundations.crisis.models import Level
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.events.models import StoredEvent
from maison.foundations.notifications.models import Notification
from maison.foundations.relay import waiting_count
from maison.registries.offer import errors
from maison.registries.offer.actions import counting, promising
from maison.registries.offer.actions.white_plans import set_white_plan
from maison.registries.offer.coherence import Figure
from maison.registries.offer.models import Capacity, Promise, WhitePlan
from maison.registries.offer.models.beds import Source
from maison.registries.offer.selectors import beds, promises
from tests.factories import StructureFactory, actor_as
from tests.registries.offer.conftest import ask, doctor, make_offer, unit_person

pytestmark = pytest.mark.django_db
ARS = Actor.system("tests")


def crisis(level, territory="46"):
    change_level(actor=ARS, territory=territory, level=level, reason="Exercice")


def free(offer):
    return beds.free_beds(offer)


def late(promise):
    """The countdown of this promise has ended."""
    past = timezone.now() - timedelta(seconds=1)
    Promise.objects.filter(id=promise.id).update(held_until=past)
    Timer.objects.filter(target_id=promise.id, fired_at=None, stopped_at=None).update(due_at=past)


def test_a_bed_asked_for_is_held_with_an_owner_and_a_countdown_and_the_unit_hears():
    offer = make_offer(available=1, installed=8)
    promise = ask(offer, doctor("Dr Cahors"))
    assert (promise.state, promise.asked_by_name, free(offer)) == ("demandee", "Dr Cahors", 0)
    assert timedelta(minutes=29) < promise.held_until - timezone.now() <= timedelta(minutes=30)
    assert waiting_count(unit_person(offer)) == 1
    event = StoredEvent.objects.filter(name="offer.promise_moved").get()
    assert "Cahors" not in str(event.payload)


def test_promises_never_exceed_the_free_beds():
    offer = make_offer(available=2, installed=8)
    for rank in range(2):
        ask(offer, doctor(subject=f"89970000000{rank}"))
    with pytest.raises(errors.NoFreeBed):
        ask(offer, doctor(subject="899700000008"))


@pytest.mark.django_db(transaction=True)
def test_two_people_at_the_same_second_never_hold_the_same_bed():
    offer = make_offer(available=1, installed=8)
    actors = [doctor(subject=f"89970000000{rank}") for rank in range(4)]
    start, outcomes = threading.Barrier(len(actors)), []

    def run(actor):
        try:
            start.wait(10)
            outcomes.append(ask(offer, actor).state)
        except errors.NoFreeBed:
            outcomes.append("none")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(actor,)) for actor in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["demandee", "none", "none", "none"]


def test_nothing_is_promised_on_a_figure_too_old_or_missing():
    for offer in (make_offer(available=4, installed=8, age=timedelta(hours=3)), make_offer(installed=8)):
        with pytest.raises(errors.FigureTooOld):
            ask(offer)


def test_asking_twice_is_one_request():
    offer, actor = make_offer(available=3, installed=8), doctor()
    ask(offer, actor)
    with pytest.raises(errors.AlreadyAsked):
        ask(offer, actor)
    assert Promise.objects.count() == 1


def test_the_unit_promises_then_takes_the_patient_and_each_step_has_a_name():
    offer, actor = make_offer(available=1, installed=8), doctor("Dr Cahors")
    promise, icu = ask(offer, actor), unit_person(offer, name="Dr Réa")
    assert promising.receive_requests(actor=icu, promise_ids=[promise.id]) == 1
    assert promising.receive_requests(actor=icu, promise_ids=[promise.id]) == 0
    accepted = promising.accept_request(actor=icu, promise_id=promise.id)
    assert accepted.held_until - timezone.now() > timedelta(minutes=100)
    promising.receive_patient(actor=icu, promise_id=promise.id)
    (row,) = promises.rows(list(promises.asked(actor)))
    assert [step.by for step in row.trail] == ["Dr Cahors", "Dr Réa", "Dr Réa", "Dr Réa"]
    assert (row.promise.state, waiting_count(icu)) == ("honoree", 0)
    with pytest.raises(errors.PromiseEnded):
        promising.refuse_request(actor=icu, promise_id=promise.id, reason=Promise.Refusal.FULL)


def test_a_refusal_says_why_and_frees_the_bed():
    offer, actor = make_offer(available=1, installed=8), doctor()
    promise = ask(offer, actor)
    promising.refuse_request(actor=unit_person(offer), promise_id=promise.id, reason=Promise.Refusal.STAFF)
    promise.refresh_from_db()
    assert (promise.state, promise.reason, free(offer)) == ("refusee", "Personnel insuffisant", 1)
    assert Notification.objects.filter(subject=actor.subject, kind="offer.promise").count() == 1


def test_a_bed_given_back_has_a_reason_and_the_unit_acknowledges():
    offer, actor = make_offer(available=1, installed=8), doctor()
    promise, icu = ask(offer, actor), unit_person(offer)
    promising.accept_request(actor=icu, promise_id=promise.id)
    with pytest.raises(NotFound):
        promising.release_bed(
            actor=doctor(subject="899700000005"), promise_id=promise.id, reason=Promise.Release.BETTER
        )
    promising.release_bed(actor=actor, promise_id=promise.id, reason=Promise.Release.ELSEWHERE)
    (row,) = promises.rows(list(promises.received(icu)))
    assert row.to_acknowledge
    assert row.promise.reason == "Le patient va ailleurs"
    assert free(offer) == 1
    promising.acknowledge_end(actor=icu, promise_id=promise.id)
    (row,) = promises.rows(list(promises.received(icu)))
    assert not row.unconfirmed


def test_a_promise_expires_visibly_on_both_sides_and_is_made_again():
    offer, actor = make_offer(available=1, installed=8), doctor()
    promise = ask(offer, actor)
    clock.fire_due()
    promise.refresh_from_db()
    assert promise.state == "demandee"
    late(promise)
    clock.fire_due()
    promise.refresh_from_db()
    assert (promise.state, free(offer)) == ("expiree", 1)
    (row,) = promises.rows(list(promises.received(unit_person(offer))))
    assert row.unconfirmed
    assert row.to_acknowledge
    assert Notification.objects.filter(subject=actor.subject).count() == 1
    assert ask(offer, actor).state == "demandee"


def test_an_expiry_that_comes_late_or_twice_undoes_nothing():
    offer = make_offer(available=1, installed=8)
    promise, icu = ask(offer), unit_person(offer)
    promising.accept_request(actor=icu, promise_id=promise.id)
    promising.expire(promise.id)
    promise.refresh_from_db()
    assert promise.state == "acceptee"
    promising.receive_patient(actor=icu, promise_id=promise.id)
    late(promise)
    promising.expire(promise.id)
    promise.refresh_from_db()
    assert promise.state == "honoree"


def test_fewer_beds_than_promised_shows_none_free_and_never_less():
    offer = make_offer(available=2, installed=8)
    ask(offer)
    ask(offer, doctor(subject="899700000004"))
    counting.report_beds(actor=unit_person(offer), offer_id=offer.id, figures=[Figure("02", 1)], source=Source.PHONE)
    assert free(offer) == 0


def test_only_the_unit_answers():
    offer, other = make_offer(available=1, installed=8), make_offer(available=1, installed=8)
    promise = ask(offer)
    with pytest.raises(NotFound):
        promising.accept_request(actor=unit_person(other), promise_id=promise.id)
    with pytest.raises(Forbidden):
        promising.accept_request(actor=actor_as("medecin_receveur", promise.from_structure), promise_id=promise.id)


def test_a_local_account_neither_asks_nor_answers():
    offer = make_offer(available=1, installed=8)
    with pytest.raises(Forbidden):
        ask(offer, actor_as("medecin_receveur", StructureFactory(), auth="local"))


def test_crisis_adds_the_approval_to_new_requests_and_those_in_flight_keep_theirs(agency):
    offer = make_offer(available=3, installed=8)
    before = ask(offer, doctor(subject="899700000001"))
    crisis(Level.EXCEPTIONAL)
    during = ask(offer, doctor(subject="899700000002"))
    assert (during.state, during.held_until, free(offer)) == ("a_approuver", None, 2)
    assert list(promises.received(unit_person(offer))) == [before]
    promising.accept_request(actor=unit_person(offer), promise_id=before.id)
    ars = actor_as("ars", agency, subject="899700000099", name="Astreinte ARS")
    assert waiting_count(ars) == 1
    crisis(Level.ORDINARY)
    after = ask(offer, doctor(subject="899700000003"))
    assert after.state == "demandee"
    approved = promising.approve_request(actor=ars, promise_id=during.id)
    assert (approved.state, approved.approved_by_name, waiting_count(ars), free(offer)) == (
        "demandee",
        "Astreinte ARS",
        0,
        0,
    )


def test_a_vigilance_or_a_crisis_elsewhere_adds_nothing(agency):
    offer = make_offer(available=3, installed=8)
    crisis(Level.EXCEPTIONAL, "48")
    crisis(Level.TENSION)
    assert ask(offer).state == "demandee"


def test_nobody_approves_his_own_request_nor_beyond_the_free_beds(agency):
    offer = make_offer(available=1, installed=8)
    crisis(Level.EXCEPTIONAL, "region")
    regulation = actor_as("regulateur", StructureFactory(), subject="899700000007")
    mine, other = ask(offer, regulation), ask(offer, doctor())
    with pytest.raises(errors.NotYourOwn):
        promising.approve_request(actor=regulation, promise_id=mine.id)
    promising.approve_request(actor=regulation, promise_id=other.id)
    ars = actor_as("ars", agency, subject="899700000099")
    with pytest.raises(errors.NoFreeBed):
        promising.approve_request(actor=ars, promise_id=mine.id)
    with pytest.raises(errors.ReasonMissing):
        promising.reject_request(actor=ars, promise_id=mine.id, reason=" ")
    promising.reject_request(actor=ars, promise_id=mine.id, reason="Plus aucun lit")
    assert promises.rows(list(promises.asked(regulation)))[0].promise.reason == "Plus aucun lit"


def test_a_request_withdrawn_before_its_approval_waits_for_nobody(agency):
    offer, actor = make_offer(available=1, installed=8), doctor()
    crisis(Level.EXCEPTIONAL)
    promise = ask(offer, actor)
    promising.release_bed(actor=actor, promise_id=promise.id, reason=Promise.Release.BETTER)
    assert waiting_count(actor_as("ars", agency)) == 0
    assert not promises.received(unit_person(offer)).exists()


def test_crisis_shows_its_fields_and_peace_hides_them(signed_in_client):
    offer = make_offer(available=1, installed=8)
    browser = signed_in_client("medecin_receveur", offer.structure)
    sheet = reverse("offer:unit", args=[offer.id])
    assert 'name="crisis_type"' not in browser.get(sheet).content.decode()
    crisis(Level.EXCEPTIONAL)
    page = browser.get(sheet).content.decode()
    assert 'name="crisis_type"' in page
    assert "approuvée par l'ARS" in page.replace("&#x27;", "'")
    answer = browser.post(reverse("offer:note", args=[offer.id]), {"extra": 2, "crisis_type": "02", "assignment": "02"})
    assert answer.status_code == 303
    assert (
        Capacity.objects.get(offer=offer, status="06").crisis_type,
        Capacity.objects.get(offer=offer, status="06").number,
    ) == ("02", 2)
    assert "Covid+" in browser.get(sheet).content.decode()


def test_the_plan_blanc_is_set_off_by_the_direction_and_seen_by_regulation(signed_in_client):
    offer = make_offer(available=1, installed=8)
    direction = actor_as("admin_structure", offer.site, name="Direction Exemple")
    set_white_plan(actor=direction, structure_id=offer.site_id, level=2)
    with pytest.raises(errors.WhitePlanUnchanged):
        set_white_plan(actor=direction, structure_id=offer.site_id, level=2)
    with pytest.raises(Forbidden):
        set_white_plan(actor=unit_person(offer), structure_id=offer.site_id, level=0)
    assert "Plan blanc" in signed_in_client("regulateur").get(reverse("offer:board")).content.decode()
    assert "plan blanc" not in signed_in_client("ioa").get(reverse("offer:board")).content.decode().lower()
    set_white_plan(actor=direction, structure_id=offer.site_id, level=0)
    assert not WhitePlan.objects.current().exists()
    assert WhitePlan.objects.count() == 1
    browser = signed_in_client("admin_structure", offer.site)
    browser.post(reverse("offer:set_white_plan"), {"structure": str(offer.site_id), "level": "1"})
    assert "Plan de mobilisation interne" in browser.get(reverse("offer:white_plans")).content.decode()


def test_the_whole_promise_stands_in_pages_without_javascript(signed_in_client):
    offer = make_offer(available=1, installed=8)
    asker, icu = signed_in_client("medecin_receveur"), signed_in_client("medecin_receveur", offer.structure)
    assert asker.post(reverse("offer:ask", args=[offer.id]), {}).status_code == 422
    asker.post(reverse("offer:ask", args=[offer.id]), {"need": "ventilation", "callback": "05 36 49 00 13"})
    promise = Promise.objects.get()
    page = icu.get(reverse("offer:requests")).content.decode()
    assert "data-maison-unconfirmed" in page
    assert "Promettre le lit" in page
    assert "05 36 49 00 13" in page
    icu.post(reverse("offer:receive"), {"demandes": f"{promise.id} faux"})
    assert "Reçue par l" in asker.get(reverse("offer:asked")).content.decode()
    icu.post(reverse("offer:accept", args=[promise.id]))
    assert "Lit promis" in asker.get(reverse("offer:asked")).content.decode()
    assert icu.post(reverse("offer:refuse", args=[promise.id]), {"reason": "faux"}).status_code == 422
    asker.post(reverse("offer:release", args=[promise.id]), {"reason": "ailleurs"})
    icu.post(reverse("offer:acknowledge", args=[promise.id]))
    assert "Lit rendu" in icu.get(reverse("offer:requests")).content.decode()
    crisis(Level.EXCEPTIONAL)
    asker.post(reverse("offer:ask", args=[offer.id]), {"need": "ventilation"})
    ars = signed_in_client("ars")
    second = Promise.objects.exclude(id=promise.id).get()
    assert "Ne pas approuver" in ars.get(reverse("offer:approvals")).content.decode()
    ars.post(reverse("offer:approve", args=[second.id]))
    icu.post(reverse("offer:accept", args=[second.id]))
    icu.post(reverse("offer:arrived", args=[second.id]))
    second.refresh_from_db()
    assert second.state == "honoree"
