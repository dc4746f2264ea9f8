"""The sandbox in a process of its own, as the house meets it; used wherever a test needs a provider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

SOURCE = Path(__file__).resolve().parents[2] / "src"
CLIENT = {"client_id": "maison-esante", "client_secret": "bac-a-sable-sans-secret"}


@dataclass(slots=True)
class Sandbox:
    """A running sandbox; `browser` is someone's browser in front of it."""

    url: str
    process: subprocess.Popen[str]
    browser: httpx.Client

    @property
    def issuer(self) -> str:
        return f"{self.url}/psc"

    def play(self, *faults: str) -> None:
        """From now on these faults, and no other."""
        answer = self.browser.post(f"{self.issuer}/pannes", data={"faute": " ".join(faults)})
        assert sorted(faults) == answer.json()["active"]

    def register(self, jwks: dict[str, Any] | None = None, *, alg: str = "RSA-OAEP-256", enc: str = "A256GCM") -> None:
        """From now on tokens are encrypted for the key of this JWKS; without one, they come in the clear."""
        form = {"jwks": json.dumps(jwks), "alg": alg, "enc": enc} if jwks else {}
        answer = self.browser.post(f"{self.issuer}/inscription", data=form)
        assert answer.json() == {"encrypted": jwks is not None}

    def pick(self, authorization_url: str, idnat: str) -> str:
        """Choose a professional on the authorize page; returns the address the browser is sent back to."""
        shown = self.browser.get(authorization_url)
        assert shown.status_code == 200, shown.text
        fields = {name: values[-1] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        answer = self.browser.post(f"{self.issuer}/auth", data={**fields, "identite": idnat})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]


@contextmanager
def running_sandbox(house: str = "http://testserver", *options: str) -> Iterator[Sandbox]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    for name in ("MAISON_SANDBOX_URL", "MAISON_PSC_CLIENT_ID", "MAISON_PSC_CLIENT_SECRET", "MAISON_PSC_ENCRYPTED"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "maison_sandbox", "--port", "0", "--house", house, *options],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()  # blocks until the line or the end of the process
        assert ready.startswith("sandbox ready "), f"the sandbox did not start: {ready!r}"
        url = ready.split()[-1].removesuffix("/psc")
        with httpx.Client(timeout=20, trust_env=False) as browser:
            yield Sandbox(url, process, browser)
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


class Text(HTMLParser):
    """What a page says, tags aside."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def text_of(response: Any) -> str:
    reader = Text()
    reader.feed(response.content.decode())
    return " ".join(" ".join(reader.parts).split()).replace("\u00a0", " ").replace("\u202f", " ")
