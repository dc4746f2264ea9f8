"""Subscriptions on the screens of those who look after the exchanges, and on the map of flows."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from maison.foundations.audit.models import Entry
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure
from maison.interop.fhir.subscriptions import lifecycle
from maison.interop.fhir.subscriptions.models import Notice, Subscription
from tests.browsers import faults_at_every_width
from tests.factories import StructureFactory
from tests.fixtures import signed_in
from tests.interop.fhir.software import Partner
from tests.interop.fhir.subscriptions.story import asked

pytestmark = pytest.mark.django_db
LIST = "/echanges/abonnements/"


@pytest.fixture
def agency() -> Structure:
    return StructureFactory(agency=True)


@pytest.fixture
def mute(partner: Partner, receiver, agency) -> Subscription:
    """A subscription that a hospital's software asked for, mute for three hours, two events waiting."""
    made = partner.post("Subscription", asked(receiver)).json()
    row = Subscription.objects.select_related("client").get(id=made["id"])
    for number in (1, 2):
        Notice.objects.create(subscription=row, number=number, at=timezone.now(), resource_pk=row.id, resource_id="x", version=1, method="POST", patient="p-1")  # fmt: skip
    row.numbered, row.down_since, row.greeted = 2, timezone.now() - timedelta(hours=3), True
    row.save()
    with transaction.atomic():
        lifecycle.fail(row, lifecycle.MUTE, "L'abonné ne répond pas (ConnectTimeout).")
    return row


def test_the_mute_one_comes_first_with_what_waits_and_its_task(mute, agency, partner, receiver):
    partner.post("Subscription", asked(receiver, "Patient?active=true"))
    integrator = signed_in("integrateur", structure=agency)
    page = integrator.get(LIST).content.decode()
    assert page.index("Muet") < page.index("Demandé")
    detail = integrator.get(f"{LIST}{mute.id}/").content.decode()
    assert "2 événements en attente" in detail.replace("\u00a0", " ")
    assert "Relancer maintenant" in detail
    assert "p-1" not in detail, "events are counted here, never whom they are about"
    flow = integrator.get("/echanges/flux/").content.decode()
    assert f"{LIST}{mute.id}/" in flow
    assert "Sans réponse depuis 3 h" in flow.replace("\u00a0", " ")
    lines = b"".join(integrator.get(f"{LIST}export.csv").streaming_content).decode()
    assert lines.count("Logiciel fictif") == 2


def test_an_integrator_takes_the_task_tries_again_and_stops(mute, agency):
    integrator = signed_in("integrateur", structure=agency)
    act = f"{LIST}{mute.id}/agir/"
    Subscription.objects.update(paused_until=timezone.now() + timedelta(hours=1))
    for word in ("prendre", "relancer", "relancer", "n'importe quoi"):
        assert integrator.post(act, {"acte": word}).status_code == 303
    mute.refresh_from_db()
    assert mute.paused_until <= timezone.now()
    task = Relay.objects.get(id=mute.relay_id)
    assert task.status == "taken"
    assert Entry.objects.filter(code="fhir.subscription_tried").count() == 2
    integrator.post(act, {"acte": "arreter"})
    mute.refresh_from_db()
    task.refresh_from_db()
    assert (mute.status, mute.reason, task.ending) == ("off", "person", "closed")
    assert Notice.objects.count() == 2
    assert "Relancer" not in integrator.get(f"{LIST}{mute.id}/").content.decode()


def test_support_reads_and_does_nothing(mute, agency):
    support = signed_in("support", structure=agency)
    assert "Relancer" not in support.get(f"{LIST}{mute.id}/").content.decode()
    assert support.post(f"{LIST}{mute.id}/agir/", {"acte": "arreter"}).status_code == 403
    mute.refresh_from_db()
    assert mute.status == "error"


def test_the_people_of_another_structure_see_none_of_it(mute):
    elsewhere = signed_in("integrateur", structure=StructureFactory())
    assert "Aucun logiciel n'est abonné" in elsewhere.get(LIST).content.decode().replace("&#x27;", "'")
    assert elsewhere.get(f"{LIST}{mute.id}/").status_code == 404
    assert elsewhere.post(f"{LIST}{mute.id}/agir/", {"acte": "arreter"}).status_code == 404
    own = signed_in("integrateur", structure=mute.client.structure)
    assert own.get(f"{LIST}{mute.id}/").status_code == 200


def test_a_list_asks_a_bounded_number_of_questions(mute, agency, partner, receiver, django_assert_max_num_queries):
    integrator = signed_in("integrateur", structure=agency)
    for _ in range(12):
        partner.post("Subscription", asked(receiver))
    with django_assert_max_num_queries(18):
        assert integrator.get(LIST).status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_axe_finds_nothing_on_the_page_of_a_mute_subscription(mute, agency, live_server, chromium):
    cookie = signed_in("integrateur", structure=agency).cookies["maison_session"]
    found = {}
    for theme in ("light", "dark"):
        context = chromium.new_context(locale="fr-FR", reduced_motion="reduce", color_scheme=theme)
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}{LIST}{mute.id}/")
        found[theme] = faults_at_every_width(page)
        context.close()
    assert {name: faults for name, faults in found.items() if faults} == {}, json.dumps(found)
