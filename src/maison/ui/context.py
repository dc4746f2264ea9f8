"""The one context processor of the frame. Lazy: a fragment that draws no bar counts nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property

from maison.ui import frame, french

_BANNERS = {
    "demonstration": "Environnement de démonstration : personnes et données fictives.",
    "test": "Environnement de test : personnes et données fictives.",
}


class House:
    """What the frame says of the operator, of the actor and of the moment. Read in templates as `house`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.operator: str = getattr(settings, "OPERATOR_NAME", "Maison e-santé")
        self.region: str = getattr(settings, "REGION_NAME", "")
        self.environment: str = getattr(settings, "ENVIRONMENT", "production")
        self.theme: str = getattr(request, "maison_theme", "")

    @property
    def environment_banner(self) -> str:
        return _BANNERS.get(self.environment, "")

    @cached_property
    def actor(self) -> Any:
        """The acting person, or None: read by shape (`label`, `is_anonymous`), this floor does not know the class."""
        actor = getattr(self._request, "actor", None)
        return None if actor is None or getattr(actor, "is_anonymous", True) else actor

    @cached_property
    def acting_as(self) -> str:
        if self.actor is None:
            return ""
        return str(getattr(self.actor, "label", "") or getattr(self.actor, "name", ""))

    @cached_property
    def session_mark(self) -> str:
        """Tells two sessions of one browser apart, so that they never share a live stream. Says nothing of the session."""
        key = getattr(self.actor, "session_key", None)
        return salted_hmac("maison.ui.session_mark", str(key), algorithm="sha256").hexdigest()[:12] if key else "public"

    @cached_property
    def crisis(self) -> frame.Notice | None:
        return frame.crisis(self._request)

    @cached_property
    def notices(self) -> list[frame.Notice]:
        return frame.notices(self._request)

    @cached_property
    def has_waiting(self) -> bool:
        return self.actor is not None and frame.has_waiting()

    @cached_property
    def waiting(self) -> int:
        return frame.waiting(self._request) if self.has_waiting else 0

    @property
    def waiting_url(self) -> str:
        return frame.url_of("waiting")

    @property
    def search_url(self) -> str:
        return frame.url_of("search")

    @property
    def search_label(self) -> str:
        return frame.search_label()

    @property
    def sign_in_url(self) -> str:
        return frame.url_of("sign_in")

    @property
    def sign_out_url(self) -> str:
        return frame.url_of("sign_out")

    @property
    def change_url(self) -> str:
        return frame.url_of("change")

    @property
    def heads(self) -> list[str]:
        return frame.heads()

    @cached_property
    def menu(self) -> list[frame.Place]:
        return frame.menu(self._request)

    @cached_property
    def foot(self) -> list[frame.Place]:
        return frame.foot(self._request)

    @cached_property
    def messages(self) -> Any:
        """Read late: the messages of an action are added after this object is made."""
        return get_messages(self._request)

    @property
    def moment(self) -> dt.datetime:
        return french.now()

    @property
    def now(self) -> str:
        """The server's clock: a wall whose own clock is wrong still counts right."""
        return french.now().isoformat(timespec="milliseconds")


def house(request: HttpRequest) -> dict[str, Any]:
    return {"house": House(request)}
