"""Find a message by what one knows of it, try it without doing it, then do it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.interop.exchanges import attempts, blind_index, journal
from maison.interop.exchanges.models import Exchange, Payload
from maison.services.emergency.models import Case
from tests.interop import wires

pytestmark = pytest.mark.django_db
DOMAIN = "1.2.250.1.213.1.4.99"


@pytest.fixture
def integrator(signed_in_client):
    browser = signed_in_client("integrateur", wires.agency())
    wires.declare()
    return browser


def write(**fields):
    values = {"direction": "in", "channel": "hub-sante", "door": "http", "state": "integrated", "payload": b"x"}
    entry = journal.Entry(**values | {"message_type": "ADT^A01"} | fields)
    journal.write([entry])
    return entry.id


def of_patient(exchange_id, *, patient="", visit=""):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchanges_exchange SET patient_key = %s, visit_key = %s WHERE id = %s",
            [patient, visit, exchange_id],
        )


def listed(page):
    return set(re.findall(r"/echanges/([0-9a-f-]{36})/", page.text))


# -- search


def test_a_patient_is_found_by_a_key_that_names_nobody(integrator):
    mine, other = write(), write()
    key = blind_index.patient_key(DOMAIN, "000003")
    of_patient(mine, patient=key)
    of_patient(other, patient=blind_index.patient_key(DOMAIN, "000004"))
    answer = integrator.post(reverse("exchanges:find_patient"), {"domaine": DOMAIN, "ipp": "000003"})
    assert answer.status_code == 303
    assert "000003" not in answer["Location"]
    assert listed(integrator.get(answer["Location"])) == {str(mine)}
    assert Entry.objects.get(code="exchanges.patient_searched").target_id == key


def test_the_same_number_in_two_domains_is_two_patients_and_the_key_depends_on_the_house(settings):
    key = blind_index.patient_key(DOMAIN, "000003")
    assert key == blind_index.patient_key(f" {DOMAIN} ", "000003 ")
    assert len({key, blind_index.patient_key("1.2", "000003"), blind_index.visit_key(DOMAIN, "000003")}) == 3
    assert blind_index.patient_key(DOMAIN, " ") == ""
    settings.INDEX_KEY = "une autre maison"
    assert blind_index.patient_key(DOMAIN, "000003") != key


def test_a_visit_is_found_too_and_nothing_typed_is_said_kindly(integrator):
    mine = write()
    of_patient(mine, visit=blind_index.visit_key(DOMAIN, "V-12"))
    answer = integrator.post(reverse("exchanges:find_patient"), {"domaine": DOMAIN, "venue": "V-12"}, follow=True)
    assert listed(answer) == {str(mine)}
    empty = integrator.post(reverse("exchanges:find_patient"), {"domaine": DOMAIN})
    assert empty.status_code == 422
    assert "Indiquez un IPP ou un numéro de venue." in empty.text


def test_support_cannot_tell_whether_a_patient_is_in_the_journal(signed_in_client):
    browser = signed_in_client("support", wires.agency())
    mine = write()
    key = blind_index.patient_key(DOMAIN, "000003")
    of_patient(mine, patient=key)
    assert browser.get(reverse("exchanges:patient")).status_code == 403
    assert listed(browser.get(f"/echanges/?patient={key}")) == set()


def test_the_journal_is_searched_by_channel_time_and_part_of_a_header(integrator):
    old = write(at=timezone.now() - timedelta(days=2), distribution_id="MSG-000123")
    new = write(channel="autre", distribution_id="MSG-000456")
    day = f"{timezone.now() - timedelta(days=3):%Y-%m-%dT%H:%M}", f"{timezone.now() - timedelta(days=1):%Y-%m-%dT%H:%M}"
    assert listed(integrator.get("/echanges/", {"du": day[0], "au": day[1]})) == {str(old)}
    assert listed(integrator.get("/echanges/", {"canal": "hub-sante", "periode": "168"})) == {str(old)}
    assert listed(integrator.get("/echanges/", {"texte": "000456", "periode": "24"})) == {str(new)}
    assert listed(integrator.get("/echanges/", {"texte": "MSG-000123", "periode": "24"})) == {str(old)}
    assert listed(integrator.get("/echanges/", {"texte": "000123", "periode": "24"})) == set()
    assert listed(integrator.get("/echanges/", {"texte": "MSG-", "periode": "0"})) == {str(old), str(new)}


# -- attempts


def test_the_tries_of_a_message_are_a_table_of_their_own(integrator):
    exchange = write()
    attempts.write(
        [
            attempts.Tried(exchange, 1, attempts.Outcome.LOST, "TimeoutError", "dpi-fictif", 5000),
            attempts.Tried(exchange, 2, attempts.Outcome.DONE, "AA", "dpi-fictif", 12),
        ]
    )
    page = integrator.get(reverse("exchanges:detail", args=[exchange])).text
    assert page.index("Sans réponse") < page.index("Abouti")
    assert [one.number for one in attempts.of(exchange)] == [1, 2]


def test_a_forgotten_content_is_said_and_not_replayed(integrator):
    wires.post(integrator, wires.envelope(wires.headed(wires.case(owner=None))))
    held = Exchange.objects.get(direction="in")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maison.purge = 'on'")
        cursor.execute("DELETE FROM exchanges_payload WHERE id = %s", [held.id])
    page = integrator.get(reverse("exchanges:detail", args=[held.id])).text
    assert "oublié après sa durée de conservation" in page
    assert integrator.post(reverse("exchanges:replay", args=[held.id])).status_code == 410
    assert not Payload.objects.filter(id=held.id).exists()


# -- dry run


def unknown_sender(number):
    """Refused because nobody had declared its sender: mended by declaring it, with the same bytes."""
    body = wires.dumps(
        wires.envelope(wires.headed(wires.case(number), sender="fr.health.samu81"), sender="fr.health.samu81")
    )
    return write(
        payload=body,
        state="refused",
        fault_code="HUB-013",
        message_type="RS-EDA",
        sender="fr.health.samu81",
        door="amqp",
    )


def test_a_dry_run_tells_what_would_change_and_changes_nothing(integrator):
    fixed = unknown_sender("00001")
    wires.declare("fr.health.samu81", key=None, doors=("amqp",))
    wires.post(integrator, wires.envelope(wires.headed(wires.case(owner=None))))
    broken = Exchange.objects.get(state="refused", fault_code="HUB-002").id
    events = StoredEvent.objects.count()
    page = integrator.post(reverse("exchanges:rehearse"), {"echange": [str(fixed), str(broken), "faux"]})
    assert page.status_code == 200
    assert "Intégré" in page.text
    assert "emergency.case_changed" in page.text
    assert "Rejouer ne changerait rien" in page.text
    assert not Case.objects.exists()
    assert StoredEvent.objects.count() == events
    assert set(Exchange.objects.filter(direction="in").values_list("state", flat=True)) == {"refused"}
    assert Entry.objects.filter(code="exchanges.rehearsed").count() == 2


def test_a_selection_is_replayed_in_its_order_and_what_cannot_be_is_said(integrator):
    first, second = unknown_sender("00001"), unknown_sender("00002")
    settled = write()
    wires.declare("fr.health.samu81", key=None, doors=("amqp",))
    answer = integrator.post(
        reverse("exchanges:replay_selection"), {"echange": [str(second), str(first), str(settled)]}, follow=True
    )
    assert (
        "2\u202fmessages dans la file" in answer.text.replace("\xa0", "\u202f")
        or "messages dans la file" in answer.text
    )
    assert "ne se rejoue pas" in answer.text
    assert set(Exchange.objects.filter(id__in=[first, second]).values_list("state", flat=True)) == {"received"}
    wires.integrate_all()
    assert Case.objects.count() == 2


def test_only_who_may_mend_tries_or_replays_a_selection(signed_in_client):
    browser = signed_in_client("support", wires.agency())
    held = unknown_sender("00001")
    assert browser.post(reverse("exchanges:rehearse"), {"echange": [str(held)]}).status_code == 403
    assert browser.post(reverse("exchanges:replay_selection"), {"echange": [str(held)]}).status_code == 403
    assert 'name="echange"' not in browser.get("/echanges/?etat=refused").text


def test_a_message_out_that_nobody_took_is_sent_again(integrator):
    lost = write(direction="out", state="failed", door="amqp")
    assert integrator.post(reverse("exchanges:replay", args=[lost])).status_code == 303
    assert Exchange.objects.get(id=lost).state == "to_send"
