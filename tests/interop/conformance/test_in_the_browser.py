"""The bench in real Chromium: readable by all at three widths, without a script, and from a fault to its line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from maison.formats.rpu import read, write
from tests.browsers import faults_at_every_width
from tests.fixtures import signed_in
from tests.interop.conformance import samples

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

type Open = Callable[..., Page]
BENCH = "/echanges/conformite/"


@pytest.fixture
def browse(live_server: Any, chromium: Browser) -> Iterator[Open]:
    """A browser where an editor is signed in; an error of script or policy fails the test."""
    cookie = signed_in("editeur", auth="local").cookies["maison_session"]
    contexts: list[Any] = []
    faults: list[str] = []

    def open_(path: str = BENCH, **options: Any) -> Page:
        context = chromium.new_context(locale="fr-FR", reduced_motion="reduce", **options)
        contexts.append(context)
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda it: faults.append(it.text) if "Content Security Policy" in it.text else None)
        page.goto(live_server.url + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults


def check(page: Page, text: str) -> None:
    page.get_by_label("Coller un exemple").fill(text)
    page.get_by_role("button", name="Vérifier").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rapport de conformité")


def test_axe_finds_nothing_and_nothing_overflows_in_light_and_dark(browse: Open) -> None:
    found: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        page = browse(color_scheme=theme)
        found[f"bench {theme}"] = faults_at_every_width(page)
        check(page, samples.HL7.decode().replace("\r", "\n"))
        found[f"report {theme}"] = faults_at_every_width(page)
        page.goto(page.url.rstrip("/") + "/historique/")
        found[f"history {theme}"] = faults_at_every_width(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_fhir_sample_is_graded_at_the_place_of_each_fault(browse: Open) -> None:
    page = browse()
    check(page, '{\n "resourceType": "Patient",\n "gender": "inconnu",\n "name": [{"family": ""}]\n}')
    expect(page.locator(".maison-grade")).to_contain_text("D")
    expect(page.get_by_text("Patient.gender").first).to_be_visible()
    expect(page.get_by_text("base R4 (aucun profil n’est déclaré)").first).to_be_visible()
    page.get_by_role("link", name="ligne 3").first.click()
    expect(page.locator("mark").first).to_contain_text("gender")
    assert faults_at_every_width(page) == []


def test_without_a_script_a_file_is_graded_and_a_fault_leads_to_its_line(browse: Open) -> None:
    page = browse(java_script_enabled=False)
    written = write(read(samples.RPU))
    page.get_by_label("ou déposer un fichier").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": written}
    )
    page.get_by_role("button", name="Vérifier").click()
    expect(page.locator(".maison-grade")).to_contain_text("D")
    link = page.get_by_role("link", name="ligne ").first
    line = (link.get_attribute("href") or "").removeprefix("#")
    link.click()
    expect(page.locator(f"mark#{line}")).to_contain_text("PATIENT")
    with page.expect_download() as download:
        page.get_by_role("button", name="Exporter en JSON").click()
    assert download.value.suggested_filename.endswith(".json")
