"""A whole house, opened by its own door, for stories that several people live at once in real browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page

from maison.cli.throwaway import OpenHouse, open_house
from maison_region.sending import Door
from maison_region.stories import StoryMessage
from tests.journeys.signing_in import sign_in

PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def house() -> Iterator[OpenHouse]:
    with open_house() as opened:
        yield opened


@pytest.fixture
def person(house: OpenHouse, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`person("Léonie Romarin")`: a browser of one's own, signed in through Pro Santé Connect."""
    contexts = []

    def enter(name: str, situation: str = "") -> Page:
        context = chromium.new_context(
            locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 1440, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return sign_in(page, house.url, name, situation)

    yield enter
    for context in contexts:
        context.close()


@pytest.fixture
def tell(house: OpenHouse) -> Iterator[Callable[[list[StoryMessage]], None]]:
    """Send messages of a story through the HTTP door, as the software of their SAMU does."""
    door = Door(house.url)

    def send(messages: list[StoryMessage]) -> None:
        for message in messages:
            assert door.post(message.client_id, message.body) == ""

    yield send
    door.close()


@pytest.fixture
def now() -> datetime:
    return datetime.now().astimezone().replace(microsecond=0)
