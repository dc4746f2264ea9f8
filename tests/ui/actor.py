"""Who acts in the tests of this floor: an actor by shape, as the floor above would give one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse

LEA = SimpleNamespace(
    label="Dr Léa Martin, médecin, CHU de Toulouse – Rangueil", is_anonymous=False, session_key="session-of-lea"
)
NOBODY = SimpleNamespace(label="", is_anonymous=True, session_key=None)


class ActorByShape:
    """Gives each request its actor, as the floor above does."""

    actor: Any = LEA

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.actor = type(self).actor
        return self.get_response(request)
