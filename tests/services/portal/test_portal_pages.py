"""The pages of the portal through their addresses: who sees what, in how many queries, with and without HTMX."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from maison.foundations import relay
from maison.foundations.access import Actor
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.services.portal import actions, selectors
from maison.services.portal.access import Access
from maison.services.portal.models import AccessRequest, Favourite, UsageEvent, VisibilityRule
from maison.services.portal.relays import STRUCTURE_APPROVAL
from tests.factories import StructureFactory
from tests.services.portal.conftest import Person, Story, person
from tests.services.portal.factories import ServiceFactory

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    """What is read: no tags, single spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def something_waits(structure: Structure, *, urgency: int = 2, minutes: int = 5) -> relay.models.Relay:  # type: ignore[name-defined]
    return relay.send(
        Actor.system("tests"), kind=STRUCTURE_APPROVAL, subject=("tests", uuid7()), to_structure=structure.id,
        from_structure=structure.id, urgency=urgency, at=timezone.now() - timedelta(minutes=minutes),
    )  # fmt: skip


# -- home


def test_a_citizen_finds_emergency_numbers_and_plain_words_without_signing_in(client: Client) -> None:
    actions.load_catalogue()
    response = client.get("/")
    assert response.status_code == 200
    words = text_of(response)
    for number in ("15", "112", "114", "3114", "119", "3919", "116 117"):
        assert f'href="tel:{number.replace(" ", "")}"' in response.content.decode()
    assert "Mon espace santé" in words
    assert "Ce qui vous attend" not in words
    assert 'data-space="usager"' in response.content.decode()
    assert reverse("accounts:sign_in") in response.content.decode()


def test_home_puts_what_waits_first_the_most_urgent_then_the_oldest(story: Story) -> None:
    something_waits(story.site, urgency=3, minutes=90)
    something_waits(story.site, urgency=0, minutes=2)
    something_waits(story.site, urgency=1, minutes=7)
    something_waits(story.site, urgency=0, minutes=8)
    response = story.administrator.browser.get("/")
    words = text_of(response)
    assert "4 éléments vous attendent" in words
    ages = re.findall(r"il y a (\d+ (?:min|h 30|h))", words.split("À portée de main")[0])
    assert ages == ["8 min", "2 min", "7 min", "1 h 30"]
    assert words.index("Immédiat") < words.index("Urgent") < words.index("Sans urgence")


def test_home_says_well_that_nothing_waits(story: Story) -> None:
    assert "Rien ne vous attend." in text_of(story.physician.browser.get("/"))


def test_what_waits_in_another_structure_is_not_shown(story: Story) -> None:
    something_waits(StructureFactory())
    assert "Rien ne vous attend." in text_of(story.administrator.browser.get("/"))


def test_home_shows_twenty_rows_and_says_how_many_more_wait(story: Story) -> None:
    for _ in range(23):
        something_waits(story.site)
    response = story.administrator.browser.get("/")
    assert response.content.decode().count('id="attente-0') == 20
    assert "23 éléments vous attendent" in text_of(response)
    assert "Et 3 de plus" in text_of(response)


def test_home_names_who_asks_for_which_service(story: Story) -> None:
    service = ServiceFactory(journal=True, name="Journal fictif")
    actions.submit_request(
        actor=story.physician.actor, code=service.code, role_code="support", justification="J'en ai besoin."
    )
    assert "Lou Exemple, pour « Journal fictif »" in text_of(story.administrator.browser.get("/"))


def test_the_desk_reads_itself_again_and_says_nothing_when_nothing_moved(story: Story) -> None:
    something_waits(story.site)
    browser = story.administrator.browser
    mark = re.search(r"\?vu=(\w+)", browser.get("/").content.decode())[1]  # type: ignore[index]
    htmx = {"HX-Request": "true", "HX-Target": "attente"}
    assert browser.get(f"/?vu={mark}", headers=htmx).status_code == 204

    something_waits(story.site, urgency=0)
    again = browser.get(f"/?vu={mark}", headers=htmx)
    assert again.status_code == 200
    content = again.content.decode()
    assert "<html" not in content
    assert "2 éléments vous attendent" in text_of(again)
    assert 'id="maison-waiting"' in content
    assert "hx-swap-oob" in content


def test_the_desk_listens_to_the_structures_of_the_person_only(story: Story) -> None:
    content = story.administrator.browser.get("/").content.decode()
    topics = re.search(r'data-maison-topics="([^"]*)"', content)[1].split()  # type: ignore[index]
    assert set(topics) == {f"relay.waiting:{story.entity.id}", f"relay.waiting:{story.site.id}"}
    assert topics[0] == f"relay.waiting:{story.entity.id}"  # that of the current situation first


def test_home_makes_the_same_number_of_queries_however_much_waits(story: Story) -> None:
    actions.load_catalogue()
    browser = story.administrator.browser
    something_waits(story.site)
    browser.get("/")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get("/").status_code == 200
        return len(seen)

    few = queries()
    for _ in range(12):
        something_waits(story.site)
    assert queries() == few
    assert few <= 16


# -- kiosk


def names(response: Any) -> str:
    return text_of(response).split("Les services de la maison")[-1]


def test_a_service_one_may_not_enter_is_shown_as_such_with_a_way_to_ask(story: Story) -> None:
    service = ServiceFactory(journal=True, name="Journal fictif")
    shown = names(story.physician.browser.get("/"))
    assert "Journal fictif" in shown
    assert "Accès non ouvert Demander l'accès" in shown
    entitled = person(story.site, "support", name="Maxime")
    content = entitled.browser.get("/").content.decode()
    assert reverse("portal:open", args=[service.code]) in content
    assert "Demander l'accès" not in content


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        ({}, True),
        ({"professions": ["10"]}, True),
        ({"professions": ["60"]}, False),
        ({"structure_types": ["ES_PUBLIC"]}, True),
        ({"structure_types": ["EG"]}, True),
        ({"structure_types": ["GRADES"]}, False),
        ({"departments": ["31", "81"]}, True),
        ({"departments": ["34"]}, False),
        ({"roles": ["ioa"]}, True),
        ({"roles": ["regulateur"]}, False),
        ({"professions": ["10"], "departments": ["34"]}, False),
        ({"professions": ["10"], "departments": ["31"]}, True),
    ],
)
def test_rules_decide_who_sees_a_service(story: Story, rule: dict[str, list[str]], seen: bool) -> None:
    story.site.category = "ES_PUBLIC"
    story.site.save()
    nurse = person(story.site, "ioa", name="Maxime")
    service = ServiceFactory(name="Service réglé")
    VisibilityRule.objects.create(service=service, **rule)
    assert ("Service réglé" in names(nurse.browser.get("/"))) is seen
    page = nurse.browser.get(reverse("portal:service", args=[service.code]))
    assert page.status_code == (200 if seen else 404)
    assert nurse.browser.get(reverse("portal:open", args=[service.code])).status_code == (302 if seen else 404)


def test_one_rule_met_among_several_is_enough_and_shows_the_service_once(story: Story) -> None:
    service = ServiceFactory(name="Service réglé")
    for profession in ("60", "10", "10"):
        VisibilityRule.objects.create(service=service, professions=[profession])
    VisibilityRule.objects.create(service=service, departments=["31"])
    content = story.physician.browser.get("/").content.decode()
    assert content.count(f'href="{reverse("portal:open", args=[service.code])}"') == 1


def test_a_service_of_a_hospital_takes_the_territory_of_its_site(story: Story) -> None:
    ward = StructureFactory(service=True, parent=story.site, department="", category="")
    service = ServiceFactory(name="Service réglé")
    VisibilityRule.objects.create(service=service, departments=["31"])
    assert "Service réglé" in names(person(ward, name="Maxime").browser.get("/"))


def test_nobody_signed_in_sees_a_service_reserved_by_a_rule(client: Client) -> None:
    service = ServiceFactory(name="Service réglé")
    VisibilityRule.objects.create(service=service, professions=["10"])
    assert client.get(reverse("portal:service", args=[service.code])).status_code == 404
    assert "Service réglé" not in text_of(client.get("/maison/"))


def test_filters_stand_in_the_address_and_answer_with_a_fragment_to_htmx(story: Story) -> None:
    ServiceFactory(name="Outil ouvert")
    ServiceFactory(name="Journal fictif", journal=True)
    ServiceFactory(name="Socle", storey="fondations", scope="national")
    browser = story.physician.browser
    for query, kept in (
        ("etage=fondations", {"Socle"}),
        ("portee=national", {"Socle"}),
        ("ouverts=on", {"Outil ouvert", "Socle"}),
        ("public=patients", set()),
        ("etage=inconnu&page=999", {"Outil ouvert", "Journal fictif", "Socle"}),
    ):
        for headers in ({}, {"HX-Request": "true", "HX-Target": "kiosque"}):
            response = browser.get(f"/?{query}", headers=headers)
            assert response.status_code == 200
            assert ("<html" in response.content.decode()) is not bool(headers)
            shown = names(response)
            assert {name for name in ("Outil ouvert", "Journal fictif", "Socle") if name in shown} == kept, query


# -- a service


def test_opening_a_service_counts_it_without_any_patient_and_leads_there(story: Story) -> None:
    service = ServiceFactory(outside=True)
    response = story.physician.browser.get(reverse("portal:open", args=[service.code]))
    assert response.headers["Location"] == "https://exemple.test/"
    event = UsageEvent.objects.get()
    assert (event.service, event.user, event.profession, event.structure, event.department) == (
        service, story.physician.user, "10", story.site, "31",
    )  # fmt: skip
    assert service.name in text_of(story.physician.browser.get("/")).split("Les services de la maison")[0]


def test_a_service_that_is_not_open_is_refused_and_not_counted(story: Story) -> None:
    closed = ServiceFactory(journal=True)
    preparing = ServiceFactory(preparing=True)
    health = ServiceFactory(board=True)
    local = person(story.site, name="Maxime", local=True)
    assert story.physician.browser.get(reverse("portal:open", args=[closed.code])).status_code == 403
    assert story.physician.browser.get(reverse("portal:open", args=[preparing.code])).status_code == 409
    assert local.browser.get(reverse("portal:open", args=[health.code])).status_code == 403
    assert not UsageEvent.objects.exists()


def test_keeping_a_service_at_hand_changes_the_button_and_the_desk(story: Story) -> None:
    service = ServiceFactory(name="Service gardé")
    browser, url = story.physician.browser, reverse("portal:favourite", args=[service.code])
    assert browser.post(url, {"garder": "1"}).status_code == 303
    assert browser.post(url, {"garder": "1"}).status_code == 303
    assert Favourite.objects.count() == 1
    assert "Service gardé" in text_of(browser.get("/")).split("Les services de la maison")[0]
    fragment = browser.post(url, {"garder": "0"}, headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()
    assert "Garder à portée" in text_of(fragment)
    assert not Favourite.objects.exists()


def test_the_shelf_shows_what_was_kept_then_what_was_opened_last(story: Story) -> None:
    actor = story.physician.actor
    kept, older, newer = (ServiceFactory(name=name) for name in ("Gardé", "Ancien", "Récent"))
    actions.set_favourite(actor=actor, code=kept.code, kept=True)
    actions.open_service(actor=actor, code=older.code)
    actions.open_service(actor=actor, code=newer.code)
    actions.open_service(actor=actor, code=newer.code)
    shelf = selectors.shelf(actor, selectors.viewer_of(actor))
    assert [entry.service.name for entry in shelf] == ["Gardé", "Récent", "Ancien"]


def test_asking_for_access_from_the_page_of_a_service(story: Story) -> None:
    service = ServiceFactory(journal=True, name="Journal fictif")
    browser = story.physician.browser
    page = browser.get(reverse("portal:service", args=[service.code]))
    assert "Support du GRADeS" in text_of(page)
    url = reverse("portal:ask", args=[service.code])

    empty = browser.post(url, {"role": "support", "justification": ""})
    assert empty.status_code == 422
    assert "<html" in empty.content.decode()
    fragment = browser.post(url, {"role": "support", "justification": "court"}, headers={"HX-Request": "true"})
    assert fragment.status_code == 422
    assert "<html" not in fragment.content.decode()
    assert not AccessRequest.objects.exists()

    sent = browser.post(url, {"role": "support", "justification": "Je rejoins l'équipe en mai."})
    asked = AccessRequest.objects.get()
    assert (sent.status_code, sent.headers["Location"]) == (303, reverse("portal:request", args=[asked.id]))
    assert "Accès demandé" in names(browser.get("/"))
    assert browser.post(url, {"role": "support", "justification": "Encore une fois."}).status_code == 409


# -- requests


def test_a_request_goes_through_its_pages_to_the_opening(story: Story) -> None:
    service = ServiceFactory(board=True, name="Tableau fictif")
    author, administrator, owner = (who.browser for who in (story.physician, story.administrator, story.owner))
    author.post(
        reverse("portal:ask", args=[service.code]), {"role": "ioa", "justification": "Je rejoins l'équipe en mai."}
    )
    asked = AccessRequest.objects.get()
    page, url = reverse("portal:request", args=[asked.id]), lambda name: reverse(f"portal:{name}", args=[asked.id])

    assert "Tableau fictif" in text_of(administrator.get(reverse("portal:requests")))
    assert "Approuver pour la structure" in text_of(administrator.get(page))
    assert "Approuver" not in text_of(author.get(page))
    assert administrator.post(url("ask_more"), {"c-reason": ""}).status_code == 422
    assert administrator.post(url("ask_more"), {"c-reason": "Depuis quand ?"}).status_code == 303
    assert "Depuis quand ?" in text_of(author.get(page))
    assert author.post(url("complete"), {"justification": "Depuis le premier mai 2026."}).status_code == 303
    assert administrator.post(url("approve"), {"a-ends_on": "2020-01-01"}).status_code == 422
    assert administrator.post(url("approve"), {}).status_code == 303
    assert administrator.post(url("approve_service")).status_code == 403
    assert "Approuver et ouvrir l'accès" in text_of(owner.get(page))
    assert owner.post(url("approve_service")).status_code == 303
    asked.refresh_from_db()
    assert asked.status == AccessRequest.Status.OPENED
    assert "Retirer cet accès" in text_of(administrator.get(page))
    assert administrator.post(url("revoke"), {"v-reason": "A quitté l'équipe"}).status_code == 303
    assert "A quitté l'équipe" in text_of(author.get(page))


def test_a_request_of_others_is_not_found(story: Story) -> None:
    service = ServiceFactory(journal=True)
    asked = actions.submit_request(
        actor=story.physician.actor, code=service.code, role_code="support", justification="J'en ai besoin."
    )
    colleague = person(story.site, "ioa", name="Maxime").browser
    assert colleague.get(reverse("portal:request", args=[asked.id])).status_code == 404
    assert service.name not in text_of(colleague.get(reverse("portal:requests") + "?liste=a-decider"))
    assert colleague.post(reverse("portal:refuse", args=[asked.id]), {"r-reason": "Non"}).status_code == 404
    assert colleague.post(reverse("portal:approve", args=[asked.id])).status_code == 403
    assert Client().get(reverse("portal:request", args=[asked.id])).status_code == 302


def test_the_lists_of_requests_make_a_fixed_number_of_queries(story: Story, django_assert_num_queries: Any) -> None:
    def asked_by(count: int) -> None:
        for _ in range(count):
            clerk = person(story.site, name="Maxime")
            actions.submit_request(
                actor=clerk.actor, code=service.code, role_code="support", justification="J'en ai besoin."
            )

    service = ServiceFactory(journal=True)
    actor = story.administrator.actor
    asked_by(2)
    for rows in (2, 6):
        asked_by(rows - AccessRequest.objects.count())
        with django_assert_num_queries(1):
            assert len([row.service.name + row.structure.name for row in selectors.requests_to_decide(actor)]) == rows


# -- the house, search, and the rest


def test_the_house_explains_every_service_on_its_storey_to_everyone(client: Client) -> None:
    actions.load_catalogue()
    response = client.get("/maison/")
    words = text_of(response)
    for storey in ("Outils et services métiers", "Référentiels et authentification", "Fondations"):
        assert words.count(storey) == 2  # on the picture and in the list
    content = response.content.decode()
    for code in re.findall(r'href="#([\w-]+)"', content):
        assert f'id="{code}"' in content
    assert "Le service des urgences vous attend" in words
    assert "Voir arriver les patients" in words


def test_search_answers_with_a_page_and_with_a_fragment_as_one_types(story: Story) -> None:
    actions.load_catalogue()
    browser = story.physician.browser
    page = browser.get("/recherche/?q=messagrie")
    assert "Messagerie sécurisée de santé" in text_of(page)
    fragment = browser.get("/recherche/?q=messagrie", headers={"HX-Request": "true", "HX-Target": "resultats"})
    assert "<html" not in fragment.content.decode()
    assert "Messagerie sécurisée de santé" in text_of(fragment)
    assert "Rien ne ressemble à ces mots." in text_of(browser.get("/recherche/?q=zzzzqx"))
    assert browser.get("/recherche/").status_code == 200


def test_search_finds_the_places_of_rooms_for_those_who_see_them(story: Story, client: Client) -> None:
    found = story.physician.browser.get("/recherche/?q=demandes acces")
    assert f'<a href="{reverse("portal:requests")}">Demandes d&#x27;accès</a>' in found.content.decode()
    assert reverse("portal:requests") not in client.get("/recherche/?q=demandes acces").content.decode()


def test_what_is_typed_is_never_run_nor_shown_as_markup(story: Story) -> None:
    response = story.physician.browser.get("/recherche/", {"q": '<script>alert("x")</script>' * 20})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_the_pages_the_law_asks_for_are_open_to_all(client: Client) -> None:
    assert "Mentions légales" in text_of(client.get("/mentions/"))
    assert client.get("/accessibilite/", follow=True).status_code == 200


def test_access_is_said_for_each_person(story: Story, client: Client) -> None:
    health = ServiceFactory(board=True)
    nurse, local = person(story.site, "ioa", name="Maxime"), person(story.site, "ioa", name="Alix", local=True)

    def seen(who: Person) -> Access:
        return selectors.service_sheet(who.actor, health.code).entry.access

    assert seen(nurse) is Access.OPEN
    assert seen(local) is Access.NEEDS_PSC
    assert seen(story.physician) is Access.REQUESTABLE
    assert selectors.service_sheet(Actor(), health.code).entry.access is Access.NEEDS_SIGN_IN
    assert "Se connecter pour l'ouvrir" in text_of(client.get(reverse("portal:service", args=[health.code])))


def test_no_answer_is_kept_in_a_cache(story: Story, client: Client) -> None:
    for browser in (client, story.administrator.browser):
        for address in ("/", "/maison/", "/recherche/?q=a", "/demandes/"):
            assert browser.get(address, follow=True).headers["Cache-Control"] == "no-store"
