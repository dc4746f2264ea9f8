"""The integrator's screens."""

from __future__ import annotations

import pytest
from django.urls import reverse

from maison.foundations.audit.models import Entry
from maison.foundations.relay.models import Relay
from maison.interop.exchanges.models import Exchange
from tests.interop import wires

pytestmark = pytest.mark.django_db


@pytest.fixture
def integrator(signed_in_client):
    browser = signed_in_client("integrateur", wires.agency())
    wires.declare()
    return browser


def refuse(browser):
    wires.post(browser, wires.envelope(wires.headed(wires.case(owner=None))))
    return Exchange.objects.filter(direction="in", state="refused").latest("seq")


def test_the_journal_lists_what_came_and_filters_it(integrator):
    wires.post(integrator, wires.envelope(wires.technical()))
    refuse(integrator)
    page = integrator.get("/echanges/")
    assert page.status_code == 200
    assert "RS-EDA" in page.text
    assert "TECHNICAL_NOREQ" in page.text
    refused = integrator.get("/echanges/?etat=a-reparer")
    assert "RS-EDA" in refused.text
    assert "TECHNICAL_NOREQ" not in refused.text
    assert "Aucun échange" in integrator.get("/echanges/?texte=inconnu").text
    assert integrator.get("/echanges/?etat=%27&logiciel=faux&periode=x&page=z").status_code == 200


def test_the_journal_asks_the_same_number_of_questions_whatever_it_holds(integrator, django_assert_num_queries):
    def count():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            integrator.get("/echanges/")
        return len(queries)

    integrator.get("/echanges/")
    wires.post(integrator, wires.envelope(wires.technical()))
    few = count()
    for _ in range(8):
        wires.post(integrator, wires.envelope(wires.technical()))
    assert count() == few


def test_the_detail_says_the_faults_with_their_place_and_shows_no_content(integrator):
    held = refuse(integrator)
    page = integrator.get(reverse("exchanges:detail", args=[held.id])).text
    assert "createCaseHealth.owner" in page
    assert "Rejouer" in page
    assert "Lieu-dit fictif" not in page


def test_reading_a_body_leaves_a_trace(integrator):
    held = refuse(integrator)
    page = integrator.get(reverse("exchanges:payload", args=[held.id]))
    assert "Lieu-dit fictif" in page.text
    trace = Entry.objects.get(code="exchanges.payload_read")
    assert (trace.target_id, trace.subject) == (str(held.id), integrator.user.subject)


def test_a_local_account_sees_headers_and_never_a_body(signed_in_client, client):
    agency = wires.agency()
    wires.declare()
    held = refuse(client)
    browser = signed_in_client("integrateur", agency, auth="local")
    assert browser.get(reverse("exchanges:detail", args=[held.id])).status_code == 200
    assert browser.get(reverse("exchanges:payload", args=[held.id])).status_code == 403
    assert not Entry.objects.filter(code="exchanges.payload_read").exists()


def test_support_sees_the_journal_and_acts_on_nothing(signed_in_client, client):
    agency = wires.agency()
    wires.declare()
    held = refuse(client)
    browser = signed_in_client("support", agency)
    page = browser.get(reverse("exchanges:detail", args=[held.id]))
    assert page.status_code == 200
    assert "Rejouer" not in page.text
    assert browser.post(reverse("exchanges:replay", args=[held.id])).status_code == 403


def test_the_integrator_of_a_structure_sees_only_its_own_software(signed_in_client, client):
    wires.agency()
    declared = wires.declare()
    wires.declare("fr.health.samu81", key="autre-cle-de-demonstration-trente-deux")
    mine = refuse(client)
    wires.post(
        client,
        wires.envelope(wires.technical(), sender="fr.health.samu81"),
        key="autre-cle-de-demonstration-trente-deux",
    )
    other = Exchange.objects.get(direction="in", sender="fr.health.samu81")
    browser = signed_in_client("integrateur", declared.structure)
    assert browser.get(reverse("exchanges:detail", args=[mine.id])).status_code == 200
    assert browser.get(reverse("exchanges:detail", args=[other.id])).status_code == 404
    assert "samu81" not in browser.get("/echanges/").text
    assert "samu81" not in browser.get("/echanges/logiciels/").text


def test_replaying_puts_the_message_back_and_closes_its_task(integrator):
    held = refuse(integrator)
    answer = integrator.post(reverse("exchanges:replay", args=[held.id]))
    assert answer.status_code == 303
    held.refresh_from_db()
    assert (held.state, held.needs_mending) == ("received", False)
    assert Relay.objects.get().ending == "closed"
    assert Entry.objects.filter(code="exchanges.replayed").count() == 1
    assert integrator.post(reverse("exchanges:replay", args=[held.id])).status_code == 409


def test_setting_a_message_aside_needs_a_reason(integrator):
    held = refuse(integrator)
    url = reverse("exchanges:set_aside", args=[held.id])
    assert integrator.post(url, {"reason": ""}).status_code == 422
    assert integrator.post(url, {"reason": "Message d'essai de l'éditeur"}).status_code == 303
    held.refresh_from_db()
    assert (held.state, held.needs_mending) == ("refused", False)
    assert Entry.objects.get(code="exchanges.set_aside").reason == "Message d'essai de l'éditeur"
    assert Relay.objects.get().ending == "closed"


def test_the_export_holds_the_headers_and_no_content(integrator):
    refuse(integrator)
    table = b"".join(integrator.get("/echanges/export.csv").streaming_content).decode()
    assert "RS-EDA" in table
    assert "Lieu-dit" not in table


def test_the_list_of_software_says_when_each_last_spoke(integrator):
    wires.post(integrator, wires.envelope(wires.technical()))
    page = integrator.get("/echanges/logiciels/").text
    assert wires.SAMU in page
    assert "HTTPS, clé" in page


def test_without_the_right_the_journal_stays_shut(signed_in_client):
    assert signed_in_client("ioa").get("/echanges/").status_code == 403
