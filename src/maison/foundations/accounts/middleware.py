"""Counts a request as activity of the person, or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

PASSIVE_HEADER = "X-Maison-Passive"
ENDED_COOKIE = "maison_session_ended"


class IdleMiddleware:
    """What a page asks by itself says so (`X-Maison-Passive: 1`, set by session.js) and keeps no session alive.

    A browser that lies keeps only its own session: that is what it could do anyway by asking a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        session = request.session
        session.passive = request.headers.get(PASSIVE_HEADER) == "1"
        response = self.get_response(request)
        if session.ends_at is not None:
            if not session.passive and response.status_code < 500:
                session.touch()
        elif session.looked_up and request.COOKIES.get(settings.SESSION_COOKIE_NAME):
            # Tells the sign-in page why the person is there again; it holds nothing and lives a minute.
            response.set_cookie(
                ENDED_COOKIE,
                "1",
                max_age=60,
                path=reverse("accounts:sign_in"),
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
        return response
