"""How a view answers: a fragment for HTMX, a whole page or a redirect otherwise, and never a stored copy.

422 for a form to mend and 409 for a refusal are swapped like any answer; 204 when nothing changes; messages and the
waiting counter ride out of band; an address to go to is an `HX-Redirect` for HTMX and a redirect for others.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.template.loader import render_to_string

from maison.ui import frame

Destination = str | tuple[Any, ...]
"""A URL name, a path, or a tuple of a URL name and its arguments: `("emergency:bed", bed.id)`."""

UNDO = "undo:"


def wants_fragment(request: HttpRequest) -> bool:
    """An HTMX request, unless it rebuilds a page of the browser's history, which needs the whole of it."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.history_restore_request


def address(to: Destination) -> str:
    return resolve_url(*to) if isinstance(to, tuple) else resolve_url(to)


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page, or its `{% partialdef part %}` alone when HTMX asks."""
    if part and wants_fragment(request):
        content = render_to_string(f"{template}#{part}", context, request) + _out_of_band(request)
    else:
        content = render_to_string(template, context, request)
    return fresh(HttpResponse(content, status=status))


def done(
    request: HttpRequest,
    template: str = "",
    context: dict[str, Any] | None = None,
    *,
    part: str = "",
    to: Destination,
    say: str = "",
    undo: Destination | None = None,
    level: int = messages.SUCCESS,
) -> HttpResponse:
    """After an action: the changed fragment for HTMX, else a redirect (303) that tells it on the next page.

    Without `part`, HTMX goes to the address too. `undo` is where *Annuler* posts; the message then stays until used.
    """
    if say:
        tags = f"{UNDO}{address(undo)}" if undo else ""
        messages.add_message(request, level, say, extra_tags=tags)
    if part and wants_fragment(request):
        content = render_to_string(f"{template}#{part}", context, request)
        return fresh(HttpResponse(content + _out_of_band(request, counter=True)))
    return leave(request, to)


def unchanged() -> HttpResponse:
    """Nothing changed: HTMX leaves the page as it is."""
    return fresh(HttpResponse(status=204))


def leave(request: HttpRequest, to: Destination) -> HttpResponse:
    """Go elsewhere with the whole page: an ended session, a finished step."""
    url = address(to)
    if getattr(request, "htmx", None):
        return fresh(HttpResponse(headers={"HX-Redirect": url}))
    return fresh(HttpResponseRedirect(url, status=303))


def refused(
    request: HttpRequest,
    message: str,
    *,
    status: int = 409,
    code: str = "",
    title: str = "",
    next_step: str = "",
    back: str = "",
) -> HttpResponse:
    """A refusal in words: what happened, the missing condition, what to do now. The code comes after, for support.

    For HTMX nothing on the page moves and the refusal is said in the assertive region; otherwise it is a page.
    """
    context = {
        "status": status,
        "code": code,
        "title": title or _TITLES.get(status, "Cette action n'a pas pu se faire"),
        "message": message,
        "next_step": next_step,
        "back": back,
    }
    if wants_fragment(request):
        response = HttpResponse(render_to_string("maison/_refusal_oob.html", context, request), status=status)
        # The page swaps 409 and 422 only, on purpose: other failures are said beside the target by house.js.
        response["HX-Reswap"] = "none"
        return fresh(response)
    return fresh(HttpResponse(render_to_string("maison/problem.html", context, request), status=status))


def fresh(response: HttpResponse) -> HttpResponse:
    """No copy anywhere: not in a proxy, not on a shared ward computer, not behind the Back button."""
    response["Cache-Control"] = "no-store"
    return response


def _out_of_band(request: HttpRequest, *, counter: bool = False) -> str:
    parts = []
    if len(get_messages(request)):
        parts.append(render_to_string("maison/_messages_oob.html", None, request))
    if counter and frame.has_waiting():
        parts.append(render_to_string("maison/_waiting_oob.html", None, request))
    return "".join(parts)


_TITLES = {
    400: "Cette demande n'a pas été comprise",
    403: "Cet accès ne vous est pas ouvert",
    404: "Cette page n'est pas ici",
    409: "Cette action n'est pas possible maintenant",
    500: "La maison a rencontré une panne",
    503: "La maison fonctionne en mode dégradé",
}
