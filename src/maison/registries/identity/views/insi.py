"""INSi from the sheet: ask, compare side by side, take or put aside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from maison.formats.civil_status import compare
from maison.foundations.access import requires
from maison.foundations.errors import NotFound
from maison.registries.identity import selectors
from maison.registries.identity.access import access_identity, read_identity
from maison.registries.identity.actions import acts, insi_calls
from maison.registries.identity.models import Identity, InsiCall
from maison.registries.identity.permissions import P
from maison.ui.pages import done, page

from .sheet import context_of

COMPARE = "identity/compare.html"


@require_POST
@requires(P.CALL_INSI)
def ask(request: Any, identity_id: UUID) -> HttpResponse:
    """`avec`: nothing, `prenoms`, `lieu` (after several answers), or `verification`."""
    how = request.POST.get("avec", "")
    if how == "verification":
        insi_calls.ask_verification(actor=request.actor, identity_id=identity_id)
    else:
        insi_calls.ask_by_traits(
            actor=request.actor,
            identity_id=identity_id,
            with_all_names=how in ("prenoms", "lieu"),
            with_place=how == "lieu",
        )
    return done(request, to=("identity:sheet", identity_id), say="INSi est interrogé. La prise en charge continue.")


def _call(request: Any, call_id: UUID) -> InsiCall:
    """The call, when the reader may see its identity."""
    found = InsiCall.objects.filter(id=call_id).first()
    if found is None:
        raise NotFound
    access_identity(request.actor, found.identity_id, P.CALL_INSI)
    return found


@require_safe
@requires(P.CALL_INSI)
def comparison(request: Any, call_id: UUID) -> HttpResponse:
    call = _call(request, call_id)
    if call.answer is None:
        raise NotFound
    identity = read_identity(request.actor, call.identity_id)
    lines = selectors.with_places(compare(identity.strict, acts.strict_from(call.answer)))
    differences = sum(line.state == "differs" for line in lines)
    locked = identity.checked_at is not None and any(line.state in ("differs", "missing") for line in lines)
    return page(
        request, COMPARE, context_of(request, identity, call=call, lines=lines, differences=differences, locked=locked)
    )


@require_POST
@requires(P.CALL_INSI)
def take(request: Any, call_id: UUID) -> HttpResponse:
    identity = acts.take_insi(actor=request.actor, call_id=call_id)
    if identity.insi_at is None:
        return done(
            request, to=("identity:sheet", identity.id), level=messages.WARNING,
            say="Traits différents de ceux qui sont validés : rien n'a changé, l'identitovigilance est prévenue.",
        )  # fmt: skip
    qualified = identity.status == Identity.Status.QUAL
    return done(
        request, to=("identity:sheet", identity.id), say="Identité qualifiée." if qualified else "Traits d'INSi repris."
    )


@require_POST
@requires(P.CALL_INSI)
def put_aside(request: Any, call_id: UUID) -> HttpResponse:
    call = acts.decline_insi(actor=request.actor, call_id=call_id)
    return done(request, to=("identity:sheet", call.identity_id), say="Réponse d'INSi écartée.")
