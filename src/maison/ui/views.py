"""The style page: each component of the house with its states, on fictional people. `?theme=sombre` or `clair` forces one.

These views carry no right of their own: this floor knows none. `maison.config.urls` declares them public.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from maison.ui import errors, french, showcase
from maison.ui.pages import page, refused

_THEMES = {"sombre": "dark", "clair": "light"}


def _themed(request: HttpRequest) -> HttpRequest:
    request.maison_theme = _THEMES.get(request.GET.get("theme", ""), "")  # type: ignore[attr-defined]
    return request


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return page(_themed(request), "ui/index.html", {"components": showcase.COMPONENTS, "now": french.now()})


@require_safe
def component(request: HttpRequest, name: str) -> HttpResponse:
    if name not in showcase.COMPONENTS:
        raise Http404
    context = {
        "name": name,
        "title": showcase.COMPONENTS[name],
        "components": showcase.COMPONENTS,
        **showcase.context_of(name, request),
    }
    return page(_themed(request), f"ui/{name}.html", context)


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return page(request, "ui/accessibility.html")


@require_safe
def problem(request: HttpRequest, status: int) -> HttpResponse:
    """The pages of failure, drawn as the house answers them."""
    _themed(request)
    match status:
        case 400:
            return errors.bad_request(request)
        case 403:
            return errors.forbidden(request)
        case 404:
            return errors.not_found(request)
        case 409:
            return refused(
                request,
                "Un autre soignant l'a fermé à 23:04.",
                title="Ce lit est déjà fermé",
                code="EMG-003",
                next_step="Relisez le tableau avant de choisir un autre lit.",
            )
        case 500:
            return errors.server_error(request)
        case 503:
            return errors.degraded(request)
    raise Http404
