"""Home, the house, search, and the pages the law asks for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from maison.foundations.access import Actor, public
from maison.services.portal import selectors
from maison.services.portal.emergency_numbers import NUMBERS
from maison.services.portal.forms import KioskFilter
from maison.services.portal.selectors.services import places_like
from maison.ui import frame
from maison.ui.pages import page, unchanged

HOME, PUBLIC, HOUSE, SEARCH = "portal/home.html", "portal/public.html", "portal/house.html", "portal/search.html"


@require_safe
@public("L'accueil parle à chacun : au citoyen s'il n'est pas connecté, au professionnel de ce qui l'attend sinon.")
def home(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if actor.is_anonymous:
        return page(request, PUBLIC, {"entries": selectors.citizens_services(actor), "numbers": NUMBERS})
    target = getattr(getattr(request, "htmx", None), "target", None)
    if target == "attente":
        waiting = selectors.waiting_page(actor)
        if waiting.mark == request.GET.get("vu"):
            return unchanged()
        return page(request, HOME, {"waiting": waiting, "fragment": True}, part="waiting")
    context = _kiosk(request, actor)
    if target == "kiosque":
        return page(request, HOME, context, part="kiosk")
    desk = {"waiting": selectors.waiting_page(actor), "shelf": selectors.shelf(actor, context["viewer"])}
    return page(request, HOME, {**context, **desk})


def _kiosk(request: HttpRequest, actor: Actor) -> dict[str, Any]:
    form = KioskFilter(request.GET)
    viewer = selectors.viewer_of(actor)
    floors, services = selectors.kiosk(actor, viewer, **form.asked(), number=request.GET.get("page", 1))
    return {"viewer": viewer, "filters": form, "floors": floors, "services": services, "fragment": False}


@require_safe
@public("La maison s'explique à tous ; les services réservés n'y paraissent que pour ceux qui les voient.")
def house(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return page(request, HOUSE, {"floors": selectors.house_floors(actor, selectors.viewer_of(actor))})


@require_safe
@public("La recherche ne montre que les services que chacun peut voir.")
def search(request: HttpRequest) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    query = request.GET.get("q", "").strip()
    places = [] if actor.is_anonymous else _places(request, query)
    found = selectors.search(actor, selectors.viewer_of(actor), query) if query else []
    return page(request, SEARCH, {"query": query, "entries": found, "places": places}, part="results")


def _places(request: HttpRequest, query: str) -> list[dict[str, str]]:
    """Pages of rooms by their name, as their navigation shows them to this person."""
    shown = [(room, place) for room in frame.rooms() for place in room.places if place.visible(request)]
    ranks = places_like(query, [f"{room.label} {place.label}" for room, place in shown])
    return [{"room": shown[rank][0].label, "label": shown[rank][1].label, "url": shown[rank][1].url} for rank in ranks]


@require_safe
@public("Les mentions légales se lisent sans se connecter.")
def legal(request: HttpRequest) -> HttpResponse:
    return page(request, "portal/legal.html")


@require_safe
@public("La déclaration d'accessibilité se lit sans se connecter ; cette adresse courte mène à la page.")
def accessibility(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(reverse("ui:accessibility"))
