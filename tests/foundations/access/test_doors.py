"""What a view's declaration does to each kind of visitor, through a real request."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from maison.config.urls import urlpatterns as house_urls
from maison.foundations.access import Permission, grant, public, requires, signed_in
from maison.foundations.audit.models import Entry
from tests.factories import StructureFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
PLAIN = Permission("test.plain", "Faire une chose simple")
HEALTH = Permission("test.health", "Lire une donnée de santé")


@requires(PLAIN)
def plain(request):
    return HttpResponse("ouvert")


@requires(Permission("test.health", "Lire une donnée de santé", health=True))
def health(request):
    return HttpResponse("ouvert")


@signed_in("Un test.")
def mine(request):
    return HttpResponse("ouvert")


@public("Un test.")
def everyone(request):
    return HttpResponse("ouvert")


urlpatterns = [
    path("t/simple", plain, name="t_plain"),
    path("t/sante", health, name="t_health"),
    path("t/moi", mine, name="t_mine"),
    path("t/tous", everyone, name="t_everyone"),
    *house_urls,
]


@pytest.fixture(autouse=True)
def roles():
    from maison.foundations.access import registry

    kept = (dict(registry._permissions), dict(registry._roles), dict(registry._granted))
    grant("ioa", PLAIN, Permission("test.health", "Lire une donnée de santé", health=True))
    yield
    for store, before in zip((registry._permissions, registry._roles, registry._granted), kept, strict=True):
        store.clear()
        store.update(before)


def test_anonymous_visitors_are_led_to_the_sign_in_and_back():
    for address in ("/t/simple?a=1", "/t/moi"):
        answer = Client().get(address)
        assert answer.status_code == 302
        assert "next=" in answer.url
    assert "simple%3Fa%3D1" in Client().get("/t/simple?a=1").url
    assert Client().get("/t/tous").status_code == 200


def test_a_post_of_an_ended_session_does_not_come_back_to_an_address_that_changes_things():
    answer = Client().post("/t/simple")
    assert answer.url.endswith("next=%2F")


def test_inside_a_fragment_the_whole_page_goes_to_the_sign_in():
    answer = Client().get(
        "/t/simple", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/urgences/tableau/?x=1"}
    )
    assert answer.status_code == 401
    assert answer["HX-Redirect"].endswith("next=%2Furgences%2Ftableau%2F%3Fx%3D1")


def test_the_holder_enters_and_the_others_are_refused_in_words_and_traced(signed_in_client):
    assert signed_in_client("ioa").get("/t/simple").content == b"ouvert"

    refused = signed_in_client("dpo").get("/t/simple")
    assert refused.status_code == 403
    assert "Faire une chose simple" in refused.content.decode()
    assert Entry.objects.get(code="access.refused").details == {"error": "FND-001", "permission": "test.plain"}


def test_health_data_ask_for_pro_sante_connect(signed_in_client):
    assert signed_in_client("ioa").get("/t/sante").status_code == 200
    local = signed_in_client("ioa", auth="local").get("/t/sante")
    assert local.status_code == 403
    assert "Pro Santé Connect" in local.content.decode()
    assert Entry.objects.get(code="access.refused").details == {"error": "FND-002"}


def test_a_person_without_any_role_is_signed_in_all_the_same(signed_in_client):
    browser = signed_in_client("", StructureFactory())
    assert browser.get("/t/moi").status_code == 200
    assert browser.get("/t/simple").status_code == 403
