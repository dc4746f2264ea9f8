"""The channels in real Chromium: the editor with scripts off, axe at three widths, light pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from maison.interop.channels import selectors
from maison.interop.channels.models import Version
from tests.browsers import faults_at_every_width
from tests.fixtures import signed_in
from tests.interop.channels.fictional import adt
from tests.interop.channels.workshop import busy_day
from tests.ui.conftest import Line, _Quiet, _Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_NODES = 360


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def served(workshop, line) -> Iterator[str]:
    busy_day(workshop, adt)
    pages = StaticFilesHandler(WSGIHandler())

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/flux/":
            return line.application(environ, start_response)
        answer = pages(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()
            connections.close_all()

    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    line.cut()
    server.shutdown()
    server.server_close()
    thread.join()


def opened(chromium: Browser, served: str, workshop, **options: Any) -> Page:
    cookie = signed_in("integrateur", workshop.agency).cookies["maison_session"]
    context = chromium.new_context(locale="fr-FR", reduced_motion="reduce", **options)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": served}])
    return context.new_page()


def test_an_integrator_edits_a_channel_without_any_script(chromium, served, workshop):
    page = opened(chromium, served, workshop, java_script_enabled=False)
    page.goto(f"{served}/echanges/canaux/c/adt-chu/editer/")
    page.get_by_label("Ajouter une étape").select_option("traduire")
    page.get_by_role("region", name="Transformations, dans l'ordre").get_by_role("button", name="Ajouter").click()
    page.get_by_label("Code à traduire").fill("DG1")
    page.get_by_label("Table et version").select_option("sexe@1")
    page.get_by_role("button", name="Enregistrer dans le brouillon").click()
    expect(page.get_by_text("n'est pas un chemin HL7").first).to_be_visible()
    page.get_by_label("Code à traduire").fill("DG1-3.1")
    condition = page.get_by_role("group", name="Condition 1")
    condition.get_by_label("Endroit").fill("PV1-2")
    condition.get_by_label("Valeur").fill("E")
    page.get_by_role("button", name="Enregistrer dans le brouillon").click()
    expect(page.get_by_text("Traduire DG1-3.1 par la table sexe@1")).to_be_visible()
    page.get_by_role("form", name="Agir sur : Traduire DG1-3.1").get_by_role("button", name="Monter").click()
    config = selectors.understood(Version.objects.get(channel__code="adt-chu", state="draft").text).configuration
    assert [step.text("chemin") for step in config.steps] == ["PID-8", "PID-7", "DG1-3.1", "MSH-5"]
    page.context.close()


def test_the_pages_are_for_everyone_and_light(chromium, served, workshop):
    page = opened(chromium, served, workshop)
    faults = {}
    for path in ("c/adt-chu/", "c/adt-chu/editer/", "c/adt-chu/editer/etapes/3/", "c/adt-chu/essai/", "../flux/"):
        page.goto(f"{served}/echanges/canaux/{path}")
        faults[path] = faults_at_every_width(page)
        nodes = page.evaluate("document.querySelectorAll('body *').length")
        if nodes > MOST_NODES:
            faults[path].append(f"{nodes} nodes")
    assert not any(faults.values()), faults
    page.context.close()
