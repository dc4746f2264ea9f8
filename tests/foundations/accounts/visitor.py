"""Someone at the door of the house, with a browser, in front of the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from maison_region.people import professional
from tests.sandbox.process import Sandbox


@dataclass(slots=True)
class Visitor:
    """Someone at the door, with a browser."""

    browser: Client
    sandbox: Sandbox

    def start(self, next_url: str = "/") -> str:
        """Go to Pro Santé Connect; returns the authorization address."""
        response = self.browser.get("/connexion/psc/", {"next": next_url})
        assert response.status_code == 302, response.content
        return response["Location"]

    def pick(self, family_name: str, next_url: str = "/") -> str:
        """Choose a professional; returns the path that brings the browser back to the house."""
        back = self.sandbox.pick(self.start(next_url), professional(family_name).idnat)
        return back.removeprefix("http://testserver")

    def come_back(self, path: str) -> Any:
        return self.browser.get(path)

    def accept_terms(self) -> Any:
        return self.browser.post("/connexion/conditions/", {"accepted": "on"}, follow=True)

    def sign_in(self, family_name: str, next_url: str = "/") -> Any:
        """All the way in for someone of one situation, terms included; the last response."""
        response = self.browser.get(self.pick(family_name, next_url), follow=True)
        if response.redirect_chain and response.request["PATH_INFO"] == "/connexion/conditions/":
            response = self.accept_terms()
        return response


def query_of(url: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
