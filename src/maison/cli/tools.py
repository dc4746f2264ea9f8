"""Programs of the machine that some tests drive: where they are, and the one command that adds them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tool:
    """`marker` is the pytest mark of the tests that need it."""

    marker: str
    name: str
    package: str
    find: Callable[[], Path | None]

    @property
    def remedy(self) -> str:
        return f"sudo apt-get install --no-install-recommends {self.package}"


def chromium() -> Path | None:
    """MAISON_CHROMIUM, else the browser of the system."""
    return _first(
        os.environ.get("MAISON_CHROMIUM"), "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"
    )


def rabbitmq() -> Path | None:
    """MAISON_RABBITMQ, else the server of the system; Debian keeps it outside an ordinary user's PATH."""
    return _first(
        os.environ.get("MAISON_RABBITMQ"),
        "rabbitmq-server",
        "/usr/sbin/rabbitmq-server",
        "/usr/lib/rabbitmq/bin/rabbitmq-server",
        "/opt/homebrew/sbin/rabbitmq-server",
    )


def dovecot() -> Path | None:
    """MAISON_DOVECOT, else the mail server of the system."""
    return _first(os.environ.get("MAISON_DOVECOT"), "dovecot", "/usr/sbin/dovecot", "/opt/homebrew/sbin/dovecot")


def _first(*names: str | None) -> Path | None:
    return next((Path(found) for name in names if name and (found := shutil.which(name))), None)


TOOLS = (
    Tool("browser", "Chromium", "chromium", chromium),
    Tool("rabbitmq", "RabbitMQ", "rabbitmq-server", rabbitmq),
    Tool("dovecot", "Dovecot", "dovecot-imapd", dovecot),
)


def missing() -> list[Tool]:
    return [tool for tool in TOOLS if tool.find() is None]
