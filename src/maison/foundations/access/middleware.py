"""Gives each request its actor, and turns a business refusal into a traced, readable answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from maison.foundations import audit
from maison.foundations.errors import BusinessError, Forbidden
from maison.ui.pages import refused

from .actor import actor_of


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: actor_of(request))
        return self.get_response(request)

    def process_exception(self, request: Any, error: Exception) -> HttpResponse | None:
        """The refused action's transaction is gone: the refusal is traced here, on its own."""
        if not isinstance(error, BusinessError):
            return None
        if isinstance(error, Forbidden) and not request.actor.is_anonymous:
            match = request.resolver_match
            audit.record(
                request.actor,
                "access.refused",
                target=("view", match.view_name if match else ""),
                outcome="refused",
                details={"error": error.code, **{key: str(value) for key, value in error.context.items()}},
            )
        return refused(request, error.text, status=error.status, code=error.code)
