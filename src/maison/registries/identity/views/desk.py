"""At the desk: search, then register."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from maison.formats.civil_status import InvalidTrait
from maison.foundations.access import requires
from maison.registries.identity import searching
from maison.registries.identity.actions import registering
from maison.registries.identity.banners import banner_of, place_names
from maison.registries.identity.errors import SearchFirst, TooVague
from maison.registries.identity.forms import NewIdentityForm, NumberForm, SearchForm, UnknownForm
from maison.registries.identity.models import SearchTicket
from maison.registries.identity.permissions import P
from maison.ui.components import Column
from maison.ui.pages import done, page

SEARCH, NEW = "identity/search.html", "identity/new.html"
COLUMNS = [Column("Patient"), Column("Établissement", wide=True), Column("Statut")]


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.VIEW)
def search(request: Any) -> HttpResponse:
    """The criteria are posted, never in the address; a reload asks again."""
    by_number = "numero-number" in request.POST
    form = SearchForm(None if by_number else request.POST or None)
    number_form = NumberForm(request.POST if by_number else None, prefix="numero")
    context: dict[str, Any] = _context(request, form, number_form=number_form, by_number=by_number)
    if request.method == "POST":
        asked = number_form if by_number else form
        if not asked.is_valid():
            return page(request, SEARCH, context, part="results", status=422)
        try:
            found = searching.search(actor=request.actor, criteria=asked.criteria())
        except TooVague as error:
            asked.add_error(None, error.text)
            return page(request, SEARCH, context, part="results", status=422)
        places = place_names({one.birth_place for one in found.hits})
        context["found"] = found
        context["rows"] = [(one, banner_of(one, places)) for one in found.hits]
        context["by_traits"] = bool(found.ticket.criteria.get("birth_date"))
    return page(request, SEARCH, context, part="results")


def _context(request: Any, form: SearchForm, **more: Any) -> dict[str, Any]:
    return {
        "form": form, "number_form": NumberForm(prefix="numero"), "by_number": False, "found": None, "columns": COLUMNS,
        "may_register": request.actor.can(P.REGISTER), "unknown_form": UnknownForm(prefix="inconnu"), **more,
    }  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@requires(P.REGISTER)
def new(request: Any, ticket_id: UUID) -> HttpResponse:
    ticket = SearchTicket.objects.filter(id=ticket_id, subject=request.actor.subject[:64]).first()
    if ticket is None or not ticket.is_usable:
        raise SearchFirst
    if request.method != "POST":
        return page(request, NEW, {"form": NewIdentityForm(initial=_from_search(ticket)), "ticket": ticket})
    form = NewIdentityForm(request.POST)
    if form.is_valid():
        try:
            identity = registering.register(actor=request.actor, ticket_id=ticket_id, traits=form.typed_whole())
        except InvalidTrait as error:
            form.add_error(error.trait if error.trait in form.fields else None, error.message)
        else:
            return done(request, to=("identity:sheet", identity.id), say="Patient enregistré, identité provisoire.")
    return page(request, NEW, {"form": form, "ticket": ticket}, status=422)


def _from_search(ticket: SearchTicket) -> dict[str, str]:
    asked = ticket.criteria
    born = asked.get("birth_date", "")
    return {
        "birth_name": asked.get("name", ""),
        "first_names": asked.get("first_name", ""),
        "birth_date": "/".join(reversed(born.split("-"))) if born else "",
    }


@require_POST
@requires(P.REGISTER)
def unknown(request: Any) -> HttpResponse:
    """Someone who cannot say who he is: no search is possible, nobody waits."""
    form = UnknownForm(request.POST, prefix="inconnu")
    if not form.is_valid():
        return page(request, SEARCH, _context(request, SearchForm(), unknown_form=form), status=422)
    identity = registering.register_unknown(actor=request.actor, **form.cleaned_data)
    return done(request, to=("identity:sheet", identity.id), say="Patient enregistré sans identité connue.")
