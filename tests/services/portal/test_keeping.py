"""The agency keeps the catalogue: who may, what the kiosk then shows, what is kept of each change, and the way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.services.portal import selectors
from maison.services.portal.actions import add_service, load_catalogue
from maison.services.portal.errors import NotTheAgency
from maison.services.portal.models import Service, ServiceVersion
from maison.services.portal.models.version import state_of
from maison.services.portal.selectors.keeping import audience
from tests.factories import StructureFactory
from tests.services.portal.conftest import Person, Story, person
from tests.services.portal.factories import ServiceFactory

pytestmark = pytest.mark.django_db

ASKED: dict[str, Any] = {
    "seen": "0", "code": "soins-palliatifs", "name": "Soins palliatifs", "acronym": "", "storey": "outils", "position": "3",
    "for_professionals": "Demander l'appui de l'équipe mobile.", "for_citizens": "Une équipe vient à vous.",
    "publics": ["professionnels", "patients"], "scope": "regional", "link": "https://palliatif.exemple.test/", "sign_on": "lien",
    "level": "", "owner_finess": "", "contact": "", "keywords": "fin de vie, équipe mobile", "status": "disponible", "status_note": "",
}  # fmt: skip


def asked(service: Service, **changes: Any) -> dict[str, Any]:
    seen = service.versions.values_list("number", flat=True).first() or 0
    kept = {name: ASKED[name] for name in ASKED if name != "code"}
    return {**kept, "seen": str(seen), "name": service.name, **changes}


def kept(code: str = "soins-palliatifs") -> str:
    return reverse("portal:kept", args=[code])


def added(story: Story) -> Service:
    answer = story.owner.browser.post(reverse("portal:add_service"), ASKED)
    assert answer.status_code == 303, answer.content.decode()
    return Service.objects.get(code="soins-palliatifs")


def rule(**parts: list[str]) -> dict[str, list[str]]:
    return {"professions": [], "structure_types": [], "departments": [], "roles": [], **parts}


def kiosk_of(who: Person) -> list[str]:
    return [it.service.code for it in selectors.search(who.actor, selectors.viewer_of(who.actor), "palliatifs")]


def test_a_service_added_by_the_agency_is_on_the_kiosk_at_once_with_its_trace_and_its_event(story: Story) -> None:
    service = added(story)
    assert "Soins palliatifs" in story.physician.browser.get("/").content.decode()
    assert kiosk_of(story.physician) == ["soins-palliatifs"]
    version = service.versions.get()
    assert (version.number, version.act, version.before) == (1, "added", None)
    assert version.after == state_of(service)
    entry = Entry.objects.get(code="portal.service_added")
    assert (entry.subject, entry.details["version"]) == (story.owner.user.subject, 1)
    event = StoredEvent.objects.get(name="portal.service_kept")
    assert event.payload == {"service_id": str(service.id), "version": 1, "act": "added"}


def test_a_change_is_followed_by_the_kiosk_and_the_search_and_keeps_both_states(story: Story) -> None:
    service = added(story)
    before = state_of(service)
    changes = asked(service, name="Appui palliatif", status="suspendu", status_note="Maintenance jusqu'à jeudi.")
    assert story.owner.browser.post(reverse("portal:change_service", args=[service.code]), changes).status_code == 303
    service.refresh_from_db()
    shown = story.physician.browser.get(reverse("portal:service", args=[service.code])).content.decode()
    assert "Appui palliatif" in shown
    assert "Maintenance jusqu&#x27;à jeudi." in shown
    version = service.versions.first()
    assert version is not None
    assert (version.before, version.after) == (before, state_of(service))
    assert sorted(version.changed) == ["name", "status", "status_note"]
    sheet = story.owner.browser.get(kept()).content.decode()
    assert "<del>Soins palliatifs</del>" in sheet
    assert "<ins>Appui palliatif</ins>" in sheet


def test_saving_what_has_not_changed_makes_no_version(story: Story) -> None:
    service = added(story)
    story.owner.browser.post(reverse("portal:change_service", args=[service.code]), asked(service))
    assert service.versions.count() == 1


def test_a_withdrawn_service_leaves_the_kiosk_and_comes_back_when_undone(story: Story) -> None:
    service = added(story)
    browser = story.owner.browser
    reason = {"seen": "1", "reason": "Remplacé par un service national."}
    answer = browser.post(reverse("portal:withdraw_service", args=[service.code]), reason)
    assert answer.status_code == 303
    assert kiosk_of(story.physician) == []
    assert story.physician.browser.get(reverse("portal:service", args=[service.code])).status_code == 404
    version = ServiceVersion.objects.get(act="withdrawn")
    undo = reverse("portal:undo_version", args=[service.code, version.id])
    assert undo in browser.get(kept()).content.decode()
    assert browser.post(undo).status_code == 303
    assert kiosk_of(story.physician) == ["soins-palliatifs"]
    assert [(it.number, it.act) for it in service.versions.all()] == [(3, "undone"), (2, "withdrawn"), (1, "added")]
    assert Entry.objects.filter(code="portal.service_undone").count() == 1


def test_undoing_an_addition_withdraws_the_service_and_keeps_its_history(story: Story) -> None:
    service = added(story)
    first = service.versions.get()
    story.owner.browser.post(reverse("portal:undo_version", args=[service.code, first.id]))
    service.refresh_from_db()
    assert service.status == Service.Status.WITHDRAWN
    again = story.owner.browser.post(reverse("portal:undo_version", args=[service.code, first.id]), {"seen": "2"})
    assert again.status_code == 409


def test_one_may_go_back_to_any_earlier_state_from_the_history(story: Story) -> None:
    service = added(story)
    browser = story.owner.browser
    for name in ("Deuxième nom", "Troisième nom"):
        browser.post(reverse("portal:change_service", args=[service.code]), asked(service, name=name))
    second = service.versions.get(number=2)
    undo = reverse("portal:undo_version", args=[service.code, second.id])
    assert browser.post(undo).status_code == 409, "a late « Annuler » of a message no longer says what it undoes"
    assert browser.post(undo, {"seen": "3"}).status_code == 303
    service.refresh_from_db()
    assert service.name == "Soins palliatifs"


def test_two_people_never_undo_each_other_unknowingly(story: Story) -> None:
    service = added(story)
    colleague = person(story.agency, "chef_produit", name="Maxime")
    mine, theirs = asked(service, name="Mien"), asked(service, name="Leur")
    address = reverse("portal:change_service", args=[service.code])
    assert colleague.browser.post(address, theirs).status_code == 303
    answer = story.owner.browser.post(address, mine)
    assert answer.status_code == 409
    assert "modifié entre-temps" in answer.content.decode()
    service.refresh_from_db()
    assert service.name == "Leur"


def test_the_permission_held_outside_the_agency_keeps_nothing(story: Story) -> None:
    elsewhere = person(story.site, "chef_produit", name="Dominique")
    service = added(story)
    for name, arguments in (("catalogue", []), ("catalogue_export", []), ("kept", [service.code]), ("add_service", [])):
        answer = elsewhere.browser.get(reverse(f"portal:{name}", args=arguments))
        assert answer.status_code == 403
        assert "agence régionale" in answer.content.decode()
    with pytest.raises(NotTheAgency):
        add_service(actor=elsewhere.actor, code="x", fields={})
    assert story.physician.browser.get(reverse("portal:catalogue")).status_code == 403
    assert "Tenir le catalogue" not in story.physician.browser.get("/").content.decode()


# -- who sees it


def test_the_preview_says_who_would_see_the_service_and_writes_nothing(story: Story) -> None:
    service = added(story)
    browser = story.owner.browser
    address = reverse("portal:rule", args=[service.code, 0])
    nurses = {"seen": "1", "professions": ["60"], "departments": ["31"]}
    person(story.site, name="Alix", profession="60")
    shown = browser.post(address, {**nurses, "apercu": "1"}).content.decode()
    assert "1 personne</b> aujourd" in shown.replace("\xa0", " ")
    assert "infirmier · Haute-Garonne (31)" in shown
    assert (service.rules.count(), service.versions.count()) == (0, 1)
    assert "checked" in shown, "what was chosen is still there"
    nobody = browser.post(address, {"seen": "1", "professions": ["31"], "apercu": "1"}).content.decode()
    assert "Personne aujourd" in nobody


def test_a_rule_written_narrows_the_kiosk_and_one_taken_away_widens_it_again(story: Story) -> None:
    service = added(story)
    nurse = person(story.site, name="Alix", profession="60")
    browser = story.owner.browser
    answer = browser.post(reverse("portal:rule", args=[service.code, 0]), {"seen": "1", "professions": ["60"]})
    assert answer.status_code == 303
    assert (kiosk_of(nurse), kiosk_of(story.physician)) == (["soins-palliatifs"], [])
    browser.post(reverse("portal:rule", args=[service.code, 0]), {"seen": "2", "professions": ["10", "60"]})
    assert kiosk_of(story.physician) == ["soins-palliatifs"]
    browser.post(reverse("portal:rule", args=[service.code, 1]), {"seen": "3", "roles": ["support"]})
    assert service.rules.count() == 2
    browser.post(reverse("portal:remove_rule", args=[service.code, 0]), {"seen": "4"})
    assert kiosk_of(nurse) == []
    undo = reverse("portal:undo_version", args=[service.code, service.versions.get(number=5).id])
    browser.post(undo)
    assert kiosk_of(nurse) == ["soins-palliatifs"]


def test_the_count_of_people_is_what_the_kiosk_would_answer_to_each(story: Story) -> None:
    """The same rules, read for everyone at once and one by one."""
    service = ServiceFactory(name="Palliatifs")
    people = [
        story.physician, story.owner, story.administrator, person(story.site, "ioa", profession="60"),
        person(StructureFactory(service=True, parent=story.site, department=""), name="Claude", profession="60"),
        person(StructureFactory(department="81", category="clinique"), profession="10"),
    ]  # fmt: skip
    for rules in (
        [rule(professions=["10"])], [rule(departments=["31"])], [rule(structure_types=["EG"])], [rule(roles=["ioa"])],
        [rule(structure_types=["clinique"]), rule(roles=["chef_produit"])], [rule(professions=["60"], departments=["31"])],
        [rule()], [rule(professions=["26"])], [rule(structure_types=["SERVICE"])],
    ):  # fmt: skip
        service.rules.all().delete()
        for parts in rules:
            service.rules.create(**parts)
        seen = sum(
            Service.objects.visible_to(it.actor, selectors.viewer_of(it.actor)).filter(id=service.id).exists()
            for it in people
        )
        assert audience(rules).people == seen, rules
    assert audience([]).everyone


# -- beside the delivered catalogue


def test_a_delivered_service_changed_by_the_agency_keeps_its_words_at_the_next_load(story: Story) -> None:
    load_catalogue()
    service = Service.objects.get(code="acces")
    changes = asked(service, name="Vos accès", publics=["professionnels"])
    assert story.owner.browser.post(reverse("portal:change_service", args=["acces"]), changes).status_code == 303
    loaded = load_catalogue()
    service.refresh_from_db()
    assert (loaded.changed, service.name, service.url_name) == (0, "Vos accès", "portal:requests")
    first: UUID = service.versions.get().id
    story.owner.browser.post(reverse("portal:undo_version", args=["acces", first]))
    service.refresh_from_db()
    assert (service.name, service.kept_by_agency) == ("Accès et habilitations", False)
    assert load_catalogue().changed == 0, "back to what is delivered, as if nothing had happened"


def test_a_delivered_service_withdrawn_by_the_agency_stays_so_at_the_next_load(story: Story) -> None:
    load_catalogue()
    reason = {"seen": "0", "reason": "Pas dans cette région."}
    story.owner.browser.post(reverse("portal:withdraw_service", args=["formation"]), reason)
    load_catalogue()
    assert Service.objects.get(code="formation").status == Service.Status.WITHDRAWN


# -- forms


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"link": ""}, "Un service disponible a une adresse."),
        ({"link": "http://palliatif.exemple.test/"}, "https://"),
        ({"owner_finess": "990000888"}, "Aucune entité juridique"),
        ({"publics": []}, "Choisissez au moins un public."),
        ({"code": "Soins palliatifs"}, "soins-palliatifs"),
        ({"keywords": "x" * 70}, "Un mot-clé compte au plus 60 signes."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_written(
    story: Story, change: dict[str, Any], words: str
) -> None:
    answer = story.owner.browser.post(reverse("portal:add_service"), {**ASKED, **change})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Service.objects.exists()


def test_a_code_serves_once_even_for_a_withdrawn_service(story: Story) -> None:
    ServiceFactory(code="soins-palliatifs", status=Service.Status.WITHDRAWN)
    answer = story.owner.browser.post(reverse("portal:add_service"), ASKED)
    assert answer.status_code == 409
    assert "porte déjà ce code" in answer.content.decode()


def test_a_page_of_the_house_takes_no_outside_address(story: Story) -> None:
    service = ServiceFactory(code="interne")
    address = reverse("portal:change_service", args=["interne"])
    assert 'name="link"' not in story.owner.browser.get(address).content.decode()
    story.owner.browser.post(address, asked(service, name="Renommé", link="https://ailleurs.exemple.test/"))
    service.refresh_from_db()
    assert (service.name, service.link, service.url_name) == ("Renommé", "", "portal:requests")


def test_the_agency_itself_cannot_ease_the_door_of_health_data(story: Story) -> None:
    service = ServiceFactory(code="tableau", board=True)
    address = reverse("portal:change_service", args=["tableau"])
    answer = story.owner.browser.post(address, asked(service, name="Tableau"))
    assert answer.status_code == 409
    assert "Pro Santé Connect y est toujours exigé" in answer.content.decode()
    assert story.owner.browser.post(address, asked(service, name="Tableau", psc_only="on")).status_code == 303
    service.refresh_from_db()
    assert (service.name, service.psc_only, service.permission) == ("Tableau", True, "emergency.view_board")


def test_the_list_is_bounded_and_has_its_csv(story: Story, django_assert_max_num_queries: Any) -> None:
    load_catalogue()
    browser = story.owner.browser
    with django_assert_max_num_queries(12):
        shown = browser.get(reverse("portal:catalogue")).content.decode()
    assert shown.count("<tr>") <= 21
    table = b"".join(browser.get(reverse("portal:catalogue_export"))).decode()
    assert table.count("\n") == Service.objects.count() + 1
    assert (
        "Aucun service ne correspond." in browser.get(reverse("portal:catalogue"), {"etat": "retire"}).content.decode()
    )


def test_the_sheet_of_a_long_history_costs_no_more_queries(story: Story, django_assert_max_num_queries: Any) -> None:
    service = added(story)
    browser = story.owner.browser
    for rank in range(6):
        browser.post(reverse("portal:change_service", args=[service.code]), asked(service, name=f"Nom {rank}"))
    with django_assert_max_num_queries(14):
        assert browser.get(kept()).status_code == 200
