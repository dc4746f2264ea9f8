"""Signing in as people live it: real Chromium, real sandbox, the house's own content security policy."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from maison.foundations.access.actor import Actor
from maison.foundations.accounts import actions
from maison.foundations.accounts.models import Session, User
from maison.foundations.structures.models import Situation, Structure
from maison_region.people import professional
from tests.browsers import faults_at_every_width
from tests.factories import HabilitationFactory
from tests.sandbox.process import Sandbox

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

type Open = Callable[..., Page]
PASSWORD = "Garrigue-et-cigales-31"
PATIENCE_MS = 15_000


@pytest.fixture
def house(live_server: Any, settings: Any) -> str:
    """The house on a port of its own, on the name a passkey can be made for."""
    settings.ALLOWED_HOSTS = ["localhost"]
    cache.clear()
    return str(live_server.url).replace("127.0.0.1", "localhost")


@pytest.fixture
def browse(house: str, chromium: Browser) -> Iterator[Open]:
    """A browser of one's own; a script error or a refused resource fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_(path: str = "/connexion/") -> Page:
        context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda it: faults.append(it.text) if "Content Security Policy" in it.text else None)
        page.goto(house + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults


def pick(page: Page, name: str) -> None:
    page.get_by_role("link", name="Se connecter avec Pro Santé Connect").click()
    expect(page.get_by_text("aucun vrai compte")).to_be_visible()
    page.get_by_label("Chercher").fill(name)
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("button", name=name).click()


def accept_terms(page: Page) -> None:
    expect(page.get_by_role("heading", name="Conditions d'utilisation")).to_be_visible()
    page.get_by_label("J'ai lu").check()
    page.get_by_role("button", name="Accepter et continuer").click()


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_a_professional_comes_in_chooses_changes_and_leaves(
    sandbox: Sandbox, browse: Open, house: str, hospital: dict[str, Structure]
) -> None:
    page = browse("/connexion/?next=/connexion/situation/")
    assert faults_at_every_width(page) == []
    pick(page, "Rosa Églantine")
    accept_terms(page)
    expect(page.get_by_role("heading", name="Choisir votre situation d'exercice")).to_be_visible()
    assert faults_at_every_width(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="SAMU 31").click()
    expect(page.get_by_role("banner")).to_contain_text("Rosa ÉGLANTINE, médecin, SAMU 31 (Haute-Garonne)")

    page.get_by_role("link", name="changer").click()
    page.get_by_role("button", name="Rangueil").click()
    page.goto(house + "/connexion/situation/")
    expect(page.get_by_role("banner")).to_contain_text("Rosa ÉGLANTINE, médecin, CHU de Toulouse – Rangueil")
    expect(page.locator("[aria-current=true]", has_text="Rangueil")).to_be_visible()

    page.get_by_role("button", name="Vous agissez comme").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_text("celle de Pro Santé Connect aussi")).to_be_visible()
    assert not Session.objects.exclude(user_id=None).exists()


def test_the_way_in_needs_no_script(
    sandbox: Sandbox, house: str, chromium: Browser, hospital: dict[str, Structure]
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(house + "/connexion/?next=/connexion/situation/")
    pick(page, "Léonie Romarin")
    accept_terms(page)
    expect(page.get_by_role("banner")).to_contain_text("Léonie ROMARIN, infirmier, CHU de Toulouse – Rangueil")
    context.close()


def test_the_provider_is_down_and_the_page_says_what_to_do(sandbox: Sandbox, browse: Open) -> None:
    page = browse()
    sandbox.play("down")
    page.get_by_role("link", name="Se connecter avec Pro Santé Connect").click()
    expect(page.get_by_role("heading", name="Pro Santé Connect ne répond pas")).to_be_visible()
    assert faults_at_every_width(page) == []
    sandbox.play()


def invited(structure: Structure) -> str:
    _, secret = actions.invite(
        actor=Actor.system("test"),
        structure_id=structure.id,
        email="sidonie.millet@maison.example",
        family_name="Millet",
        given_name="Sidonie",
    )
    return f"/connexion/invitation/{secret}/"


def choose_password(page: Page) -> None:
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_label("une seconde fois").fill(PASSWORD)
    page.get_by_role("button", name="Choisir ce mot de passe").click()
    expect(page.get_by_role("heading", name="Protéger votre compte")).to_be_visible()


def give_password(page: Page) -> None:
    page.get_by_label("Adresse électronique").fill("sidonie.millet@maison.example")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_role("heading", name="Confirmer que c'est bien vous")).to_be_visible()


def test_an_invited_person_enrols_an_application_of_codes_and_signs_in_with_it(
    sandbox: Sandbox, browse: Open, hospital: dict[str, Structure]
) -> None:
    page = browse(invited(hospital["rangueil"]))
    assert faults_at_every_width(page) == []
    choose_password(page)
    assert faults_at_every_width(page) == []
    page.get_by_role("link", name="Ajouter une application de codes").click()
    assert faults_at_every_width(page) == []
    secret = page.locator("code").inner_text()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Activer l'application").click()
    expect(page.get_by_role("heading", name="Codes de secours")).to_be_visible()
    recovery = page.locator("main code").first.inner_text()
    page.get_by_role("link", name="Continuer").click()
    accept_terms(page)

    again = browse("/connexion/locale/?next=/connexion/situation/")
    assert faults_at_every_width(again) == []
    give_password(again)
    assert faults_at_every_width(again) == []
    again.get_by_label("Code").fill(recovery)
    again.get_by_role("button", name="Se connecter").click()
    expect(again.get_by_role("banner")).to_contain_text("Sidonie Millet, CHU de Toulouse – Rangueil")
    again.goto(again.url.replace("situation", "compte"))
    expect(again.get_by_text("9 codes restants")).to_be_visible()
    assert faults_at_every_width(again) == []


def test_a_passkey_is_enrolled_and_signs_in(
    sandbox: Sandbox, browse: Open, house: str, hospital: dict[str, Structure]
) -> None:
    page = browse(invited(hospital["rangueil"]))
    authenticator = page.context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    authenticator.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    choose_password(page)
    page.get_by_role("link", name="Ajouter une clé d'accès").click()
    assert faults_at_every_width(page) == []
    page.get_by_role("button", name="Ajouter la clé").click()
    expect(page.get_by_role("heading", name="Codes de secours")).to_be_visible()
    page.get_by_role("link", name="Continuer").click()
    accept_terms(page)
    page.goto(house + "/connexion/compte/")
    expect(page.get_by_text("Ma clé d'accès, ajoutée")).to_be_visible()

    page.get_by_role("button", name="Vous agissez comme").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Vous êtes déconnecté")).to_be_visible()
    page.goto(house + "/connexion/locale/?next=/connexion/compte/")
    give_password(page)
    page.get_by_role("button", name="Utiliser ma clé d'accès").click()
    expect(page.get_by_role("banner")).to_contain_text("Sidonie Millet")

    page.get_by_role("link", name="Retirer Ma clé d'accès").click()
    expect(page.get_by_text("garde toujours un second facteur")).to_be_visible()


def test_a_session_that_ended_sends_a_swap_to_the_door_and_back(
    sandbox: Sandbox, browse: Open, house: str, hospital: dict[str, Structure]
) -> None:
    HabilitationFactory(subject=professional("Micocoulier").idnat, structure=hospital["entity"], role="admin_structure")
    page = browse("/connexion/?next=/connexion/comptes/")
    pick(page, "Célestin Micocoulier")
    accept_terms(page)
    expect(page.get_by_role("heading", name="Comptes locaux de votre structure")).to_be_visible()
    assert faults_at_every_width(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.evaluate(
        """() => {
          const link = document.createElement("button");
          link.textContent = "Relire"; link.setAttribute("hx-get", "/connexion/comptes/"); link.setAttribute("hx-target", "main");
          document.querySelector("main").append(link); htmx.process(link);
        }"""
    )
    Session.objects.all().delete()
    page.get_by_role("button", name="Relire").click()
    expect(page.get_by_text("Votre session est terminée")).to_be_visible()
    expect(page).to_have_url(re.compile(re.escape("next=%2Fconnexion%2Fcomptes%2F")))
    pick(page, "Célestin Micocoulier")
    expect(page.get_by_role("heading", name="Comptes locaux de votre structure")).to_be_visible()


def test_what_the_page_asks_by_itself_says_so_and_what_a_person_asks_does_not(
    sandbox: Sandbox, browse: Open, house: str, hospital: dict[str, Structure]
) -> None:
    page = browse("/connexion/?next=/connexion/situation/")
    pick(page, "Léonie Romarin")
    accept_terms(page)
    expect(page.get_by_role("banner")).to_contain_text("Léonie")
    page.evaluate(
        """() => {
          const zone = document.createElement("button");
          zone.textContent = "Relire"; zone.setAttribute("hx-get", "/connexion/situation/");
          zone.setAttribute("hx-trigger", "click, maison:test from:body, every 1s"); zone.setAttribute("hx-swap", "none");
          document.querySelector("main").append(zone); htmx.process(zone);
        }"""
    )
    with page.expect_request("**/connexion/situation/") as polled:
        pass
    assert polled.value.headers["x-maison-passive"] == "1"
    with page.expect_request(lambda it: it.headers.get("triggering-event") is None and "situation" in it.url) as hinted:
        page.evaluate("htmx.trigger(document.body, 'maison:test')")
    assert hinted.value.headers["x-maison-passive"] == "1"
    with page.expect_request(lambda it: "situation" in it.url and "x-maison-passive" not in it.headers):
        page.get_by_role("button", name="Relire").click()


def test_a_warning_comes_before_the_end_and_one_gesture_keeps_the_session(
    sandbox: Sandbox, browse: Open, house: str, settings: Any, hospital: dict[str, Structure]
) -> None:
    page = browse("/connexion/?next=/connexion/situation/")
    page.clock.install()
    pick(page, "Léonie Romarin")
    accept_terms(page)
    expect(page.get_by_role("banner")).to_contain_text("Léonie")
    page.wait_for_load_state("load")  # its scripts have started
    page.clock.run_for(27 * 60_000)
    expect(page.get_by_role("button", name="Rester connecté")).to_have_count(0)
    page.clock.run_for(61_000)
    expect(page.get_by_role("alert").get_by_text("votre session se ferme à")).to_be_visible()
    Session.objects.exclude(user_id=None).update(expire_date="2026-01-01T00:00:00Z")
    page.get_by_role("button", name="Rester connecté").click()
    expect(page.get_by_text("Votre session est terminée")).to_be_visible()

    pick(page, "Léonie Romarin")
    expect(page.get_by_role("banner")).to_contain_text("Léonie")
    page.wait_for_load_state("load")  # its scripts have started
    page.clock.run_for(28 * 60_000 + 1_000)
    with page.expect_response("**/connexion/prolonger/") as answer:
        page.get_by_role("button", name="Rester connecté").click()
    assert answer.value.status == 204
    expect(page.get_by_role("button", name="Rester connecté")).to_have_count(0)
    assert User.objects.count() == 1
    assert Situation.objects.count() == 1
