from __future__ import annotations

import pytest
from django.core.management import call_command
from django.urls import reverse

from maison.foundations.access.registry import granted_to, permissions
from maison.services.portal.actions import load_catalogue
from maison.services.portal.catalogue import ENTRIES
from maison.services.portal.models import Service

pytestmark = pytest.mark.django_db


def test_loading_the_catalogue_twice_changes_nothing_the_second_time() -> None:
    first = load_catalogue()
    second = load_catalogue()
    assert first.created == len(ENTRIES) == Service.objects.count()
    assert (second.created, second.changed, second.withdrawn) == (0, 0, 0)


def test_the_command_loads_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("load_catalogue")
    assert f"{len(ENTRIES)} ajoutés" in capsys.readouterr().out


def test_every_module_of_the_house_has_its_service_on_one_of_the_three_storeys() -> None:
    load_catalogue()
    for storey in Service.Storey:
        assert Service.objects.filter(storey=storey).count() >= 5
    rooms = {
        "identite", "annuaire", "offre", "acces", "regulation", "tableau-urgences", "orientation", "coordination",
        "cancerologie", "telesante", "messagerie", "documents", "echanges", "pilotage", "cyber", "assistance",
        "supervision", "formulaires", "formation",
    }  # fmt: skip
    assert rooms <= set(Service.objects.values_list("code", flat=True))


def test_an_available_service_has_an_address_that_answers_and_the_others_are_in_preparation() -> None:
    load_catalogue()
    for service in Service.objects.all():
        if service.status == Service.Status.AVAILABLE:
            assert service.link.startswith("https://") or reverse(service.url_name)
        else:
            assert service.status == Service.Status.PREPARING


def test_a_role_one_may_ask_for_opens_the_service() -> None:
    for entry in ENTRIES:
        if entry.permission not in permissions():
            continue  # its room does not stand yet: nothing can be asked
        for role in entry.roles:
            assert entry.permission in {held.code for held in granted_to(role)}, f"{role} does not open {entry.code}"


def test_a_service_that_leaves_the_table_is_withdrawn_and_one_of_the_operator_stays() -> None:
    load_catalogue()
    Service.objects.create(
        code="local", name="Service de l'exploitant", storey=Service.Storey.TOOLS, publics=[], for_professionals="x",
        for_citizens="x",
    )  # fmt: skip
    loaded = load_catalogue(entries=ENTRIES[1:])
    assert loaded.withdrawn == 1
    assert Service.objects.get(code=ENTRIES[0].code).status == Service.Status.WITHDRAWN
    assert Service.objects.get(code="local").status == Service.Status.PREPARING


def test_a_service_the_operator_suspended_stays_suspended() -> None:
    load_catalogue()
    Service.objects.filter(code="acces").update(status=Service.Status.SUSPENDED)
    load_catalogue()
    assert Service.objects.get(code="acces").status == Service.Status.SUSPENDED
