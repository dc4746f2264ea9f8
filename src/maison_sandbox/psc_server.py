"""The provider of `psc.py` on a socket: standard-library HTTP server, one thread a request, no framework."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

from . import insi, psc_pages
from .psc import FAULTS, PREFIX, Provider, Refused, flat
from .psc_encryption import Encryption

SLOW_SECONDS = 10
BODY_LIMIT = 64 * 1024


class Handler(BaseHTTPRequestHandler):
    """`/psc/…` is the provider; `/psc/pannes` switches its faults, `/psc/cartes` withdraws a card,
    `/psc/inscription` changes what the house is registered with (`jwks`, `alg`, `enc`; nothing: no encryption)."""

    protocol_version = "HTTP/1.1"
    server_version = "MaisonSandbox"
    sys_version = ""
    timeout = 30
    server: SandboxServer

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def _answer(self, method: str) -> None:
        parts = urlsplit(self.path)
        query = flat(parts.query)
        length = int(self.headers.get("Content-Length") or 0)
        if length > (insi.BODY_LIMIT if parts.path == insi.PREFIX else BODY_LIMIT):
            self.close_connection = True
            return self.send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"Connection": "close"})
        body = self.rfile.read(length) if length else b""
        if parts.path == insi.PREFIX or parts.path.startswith(f"{insi.PREFIX}/"):
            return self._insi(method, parts.path.removeprefix(insi.PREFIX), body)
        form = flat(body.decode("utf-8", "replace"))
        provider = self.server.provider
        if parts.path == "/":
            return self.redirect(f"{PREFIX}/.well-known/openid-configuration")
        if not parts.path.startswith(f"{PREFIX}/"):
            return self.send(HTTPStatus.NOT_FOUND)
        route = parts.path.removeprefix(PREFIX)
        if route not in {"/pannes", "/cartes", "/inscription"}:
            if "slow" in provider.faults:
                self.server.stopping.wait(SLOW_SECONDS)
            if "down" in provider.faults:
                return self.send(HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            return self._route(method, route, query, form)
        except Refused as refusal:
            if route in {"/auth", "/logout"}:
                return self.html(psc_pages.problem(refusal.error, refusal.description), refusal.status)
            return self.json({"error": refusal.error, "error_description": refusal.description}, refusal.status)

    def _route(self, method: str, route: str, query: dict[str, str], form: dict[str, str]) -> None:
        provider = self.server.provider
        authorization = self.headers.get("Authorization", "")
        match method, route:
            case "GET", "/.well-known/openid-configuration":
                self.json(provider.discovery())
            case "GET", "/certs":
                self.json(provider.jwks())
            case "GET", "/auth":
                provider.checked_request(query)
                self.html(psc_pages.picker(query, provider.people(), query.get("recherche", "")))
            case "POST", "/auth":
                idnat = form.pop("identite", "")
                self.redirect(provider.authorize(form, idnat) if idnat else provider.deny(form))
            case "POST", "/token":
                self.json(provider.exchange(form, authorization))
            case (("GET" | "POST"), "/userinfo"):
                content_type, body = provider.userinfo(authorization)
                self.send(HTTPStatus.OK, body, content_type)
            case (("GET" | "POST"), "/logout"):
                back = provider.end_session(query | form)
                if back:
                    self.redirect(back)
                else:
                    self.html(psc_pages.signed_out())
            case "GET", "/pannes":
                self.json({"active": sorted(provider.faults), "known": FAULTS})
            case "POST", "/pannes":
                provider.faults = {fault for fault in form.get("faute", "").split() if fault in FAULTS}
                self.json({"active": sorted(provider.faults)})
            case "POST", "/inscription":
                jwks = json.loads(form["jwks"]) if form.get("jwks") else None
                provider.register(Encryption(form["alg"], form["enc"], jwks=jwks) if jwks else None)
                self.json({"encrypted": jwks is not None})
            case "POST", "/cartes":
                self.json({"answers": self.server.withdraw(form.get("identite", ""))})
            case _:
                self.send(HTTPStatus.NOT_FOUND)

    def _insi(self, method: str, route: str, body: bytes) -> None:
        register = self.server.insi
        if method != "POST":
            return self.send(HTTPStatus.METHOD_NOT_ALLOWED)
        if route == "/pannes":
            asked = flat(body.decode("utf-8", "replace")).get("faute", "").split()
            register.faults = {fault for fault in asked if fault in insi.FAULTS}
            return self.json({"active": sorted(register.faults)})
        if route == "/fin":
            register.ended.add(flat(body.decode("utf-8", "replace")).get("matricule", ""))
            return self.json({"ended": len(register.ended)})
        if "mute" in register.faults:
            self.server.stopping.wait(insi.MUTE_SECONDS)
        elif "slow" in register.faults:
            self.server.stopping.wait(insi.SLOW_SECONDS)
        if "down" in register.faults:
            return self.send(HTTPStatus.SERVICE_UNAVAILABLE)
        status, answer = register.answer(body)
        return self.send(status, answer, "application/soap+xml; charset=utf-8")

    # -- answers

    def json(self, value: Mapping[str, Any], status: int = HTTPStatus.OK) -> None:
        self.send(status, json.dumps(value).encode(), "application/json")

    def html(self, text: str, status: int = HTTPStatus.OK) -> None:
        self.send(status, text.encode(), "text/html; charset=utf-8")

    def redirect(self, location: str) -> None:
        self.send(HTTPStatus.SEE_OTHER, headers={"Location": location})

    def send(self, status: int, body: bytes = b"", content_type: str = "text/plain; charset=utf-8",
             headers: Mapping[str, str] | None = None) -> None:  # fmt: skip
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Frame-Options", "DENY")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name of the base class
        """Silent: its lines would mix with those of the house, and hold codes."""


class SandboxServer(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, Handler)
        self.stopping = threading.Event()
        self.insi = insi.Register()

    def withdraw(self, idnat: str) -> list[int]:
        """Back-channel logout: the HTTP status the house gave for each session of the person."""
        uri = self.provider.client.backchannel_uri
        if not uri:
            return []
        answers = []
        for token in self.provider.logout_tokens(idnat):
            request = urllib.request.Request(uri, data=urlencode({"logout_token": token}).encode())  # noqa: S310 -- set by the operator
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                    answers.append(answer.status)
            except urllib.error.HTTPError as error:
                answers.append(error.code)
            except OSError:
                answers.append(0)
        return answers


def wait_until_stopped(server: SandboxServer) -> None:
    """Serves until `server.shutdown()`; a slow answer under way does not hold the stop."""
    try:
        server.serve_forever(poll_interval=0.2)
    finally:
        server.stopping.set()
        server.server_close()
