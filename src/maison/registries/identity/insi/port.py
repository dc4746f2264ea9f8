"""What the house asks of INSi, whoever answers. Every call may take its whole timeout: only jobs make them, outside transactions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from maison.formats.insi import Answer, Person, Query, Verdict


class InsiFailure(Exception):
    """No usable answer (mute, unreachable, technical fault, unreadable): worth trying again. `code` is short and names nobody."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class InsiRefusal(Exception):
    """INSi refuses the request itself: asking again would change nothing."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Insi(ABC):
    """Searches are one by one and asked by a person; only verification is done by lots (INS-03)."""

    @abstractmethod
    def search(self, query: Query) -> Answer: ...

    @abstractmethod
    def search_by_card(self, beneficiary: str) -> Answer: ...

    @abstractmethod
    def verify(self, person: Person) -> bool: ...

    @abstractmethod
    def submit(self, lines: Sequence[tuple[str, Person]]) -> str:
        """Send a lot; returns its number, to ask about later."""

    @abstractmethod
    def result(self, lot: str) -> Sequence[Verdict] | None:
        """The verdicts; None while INSi still works on them."""


class NotConnected(Insi):
    """No address in the settings: every call says so, and the house goes on with provisional identities."""

    def search(self, query: Query) -> Answer:
        raise InsiRefusal("non-raccorde")

    def search_by_card(self, beneficiary: str) -> Answer:
        raise InsiRefusal("non-raccorde")

    def verify(self, person: Person) -> bool:
        raise InsiRefusal("non-raccorde")

    def submit(self, lines: Sequence[tuple[str, Person]]) -> str:
        raise InsiRefusal("non-raccorde")

    def result(self, lot: str) -> Sequence[Verdict] | None:
        raise InsiRefusal("non-raccorde")


_chosen: Insi | None = None


def use_insi(port: Insi | None) -> None:
    """For tests: this one answers; None gives back the one of the settings."""
    global _chosen
    _chosen = port


def insi() -> Insi:
    return _chosen or _from_settings()


@lru_cache(maxsize=1)
def _from_settings() -> Insi:
    from .soap import SoapInsi

    if not settings.INSI_URL:
        return NotConnected()
    return SoapInsi(
        settings.INSI_URL, certificate=settings.INSI_CERTIFICATE, key=settings.INSI_KEY, authority=settings.INSI_AUTHORITY,
        timeout_seconds=settings.INSI_TIMEOUT_SECONDS,
    )  # fmt: skip
