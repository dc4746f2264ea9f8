"""A house of this floor alone: no room, no database, an actor by shape, a stream the test holds in its hand."""

from __future__ import annotations

import queue
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.utils.csp import CSP
from playwright.sync_api import Browser, Page

from maison.ui import frame
from tests.ui.actor import LEA, ActorByShape

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def house(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The settings of a bare house; what a test registers on the frame leaves with it."""
    monkeypatch.setattr(frame, "_frame", frame._Frame())
    monkeypatch.setattr(ActorByShape, "actor", LEA)
    frame.register_search("search", "Rechercher un service")
    frame.register_waiting(lambda request: 3, "home")
    frame.register_identity(sign_in="home", sign_out="home", change="home")
    settings.ROOT_URLCONF = "tests.ui.urls"
    settings.ALLOWED_HOSTS = ["*"]
    settings.MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
    settings.MIDDLEWARE = [
        "django.middleware.csp.ContentSecurityPolicyMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        "tests.ui.actor.ActorByShape",
    ]
    settings.SECURE_CSP = {
        "default-src": [CSP.NONE],
        "script-src": [CSP.SELF],
        "style-src": [CSP.SELF],
        "img-src": [CSP.SELF, "data:"],
        "connect-src": [CSP.SELF],
        "worker-src": [CSP.SELF],
        "form-action": [CSP.SELF],
    }
    strict = settings.TEMPLATES[0]["OPTIONS"].get("string_if_invalid")  # an unknown variable fails the test
    invalid = {"string_if_invalid": strict} if strict else {}
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [HERE / "templates"],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.template.context_processors.csp",
                    "maison.ui.context.house",
                ],
                "builtins": ["maison.ui.templatetags.maison_ui"],
                **invalid,
            },
        }
    ]
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    return settings


# -- a server, and the live line


class Line:
    """The stream of a test: what it says, whether it pings, whether it answers at all."""

    def __init__(self) -> None:
        self.topics: list[str] = []
        self.pings = 0
        self.pinging = True
        self.answering = True
        self._open: list[queue.Queue[bytes | None]] = []

    def hint(self, topic: str) -> None:
        for one in self._open:
            one.put(f"event: hint\ndata: {topic}\n\n".encode())

    def cut(self) -> None:
        """Ends what is open and refuses what comes."""
        self.answering = False
        for one in self._open:
            one.put(None)

    def application(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        if not self.answering:
            start_response("503 Service Unavailable", [])
            return
        self.topics = parse_qs(environ["QUERY_STRING"])["sujets"][0].split(",")
        mine: queue.Queue[bytes | None] = queue.Queue()
        self._open.append(mine)
        start_response("200 OK", [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")])
        yield b": open\n\n"
        try:
            while True:
                try:
                    said = mine.get(timeout=0.5)
                except queue.Empty:
                    said = b"event: ping\ndata: 1\n\n" if self.pinging else b""
                if said is None:
                    return
                self.pings += b"ping" in said
                if said:
                    yield said
        finally:
            self._open.remove(mine)


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves in the middle of a stream is not an error."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def served(house: Any, line: Line) -> Iterator[str]:
    """The address of the house, served for real."""
    pages = StaticFilesHandler(WSGIHandler())

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/flux/":
            return line.application(environ, start_response)
        return pages(environ, start_response)

    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    line.cut()
    server.shutdown()
    server.server_close()
    thread.join()


# -- a browser


type OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, served: str) -> Iterator[OpenPage]:
    """`open_page("/ui/", width=320, theme="dark")`; a page that logs an error of script or policy fails its test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_(address: str, *, width: int = 1440, height: int = 900, theme: str = "light", **options: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, locale="fr-FR", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto(served + address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not faults
