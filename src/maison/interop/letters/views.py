from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from maison.foundations.access import requires
from maison.foundations.errors import NotFound
from maison.interop.exchanges import documents
from maison.interop.exchanges.views import download
from maison.ui.components import Column
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page, wants_fragment

from . import mending, opening, selectors
from .errors import AddressRefused
from .forms import AddressForm, LetterFilter
from .permissions import P

LIST, LETTER, DOCUMENT = (f"letters/{name}.html" for name in ("list", "letter", "document"))
COLUMNS = [Column("Courrier"), Column("MSSanté"), Column("DMP"), Column("Établissement", wide=True)]
CSV_HEADER = ["Courrier", "Reçu", "Document", "Établissement", "MSSanté", "depuis", "motif", "DMP", "depuis", "motif"]
LONGEST_EXPORT = 50_000


def _filter(request: Any) -> LetterFilter:
    return LetterFilter(request.GET, structures=selectors.structures_of(request.actor))


@require_GET
@requires(P.FOLLOW)
def letters(request: Any) -> HttpResponse:
    form = _filter(request)
    rows = page_of(request, selectors.letters(request.actor, **form.criteria()))
    for row in rows:
        row.type_label = selectors.type_label(row)
        row.ways = selectors.ways(row)
    context = {"form": form, "page": rows, "columns": COLUMNS, "to_mend": selectors.to_mend_count(request.actor)}
    return page(request, LIST, context, part="rows")


@require_GET
@requires(P.FOLLOW)
def export(request: Any) -> HttpResponse:
    """The same list as a table: no identity, no title, no content."""
    rows = selectors.letters(request.actor, **_filter(request).criteria())[:LONGEST_EXPORT]

    def cells(row: Any) -> list[Any]:
        found = [
            row.id,
            moment(row.received_at),
            selectors.type_label(row),
            row.structure.name,
        ]
        for leg in selectors.ways(row):
            found += [leg.get_state_display(), moment(leg.state_at), leg.words] if leg else ["", "", ""]
        return found

    return csv_response("courriers.csv", CSV_HEADER, (cells(row) for row in rows))


@require_GET
@requires(P.FOLLOW)
def letter(request: Any, letter_id: UUID) -> HttpResponse:
    return page(request, LETTER, _letter(request, letter_id), part="ways")


def _letter(request: Any, letter_id: UUID, form: AddressForm | None = None) -> dict[str, Any]:
    """Who the letter is about is shown to those who may read it, and their reading is traced; a refresh of the ways reads nothing."""
    found = mending.access_letter(request.actor, letter_id)
    received, ways = selectors.story(found)
    may_read = opening.may(request.actor, found, P.READ)
    return {
        "letter": found,
        "label": selectors.type_label(found),
        "received": received,
        "ways": ways,
        "header": opening.header(actor=request.actor, letter=found)
        if may_read and not wants_fragment(request)
        else None,
        "may_read": may_read,
        "waits_for_address": any(way.waits_for_address for way in ways),
        "may_give": opening.may(request.actor, found, P.ADDRESS),
        "form": form or AddressForm(),
        "orders": opening.orders(found),
    }


@require_POST
@requires(P.ADDRESS)
def give_address(request: Any, letter_id: UUID) -> HttpResponse:
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            mending.give_address(actor=request.actor, letter_id=letter_id, address=form.cleaned_data["adresse"])
        except AddressRefused as refused:
            form.add_error("adresse", refused.text)
        else:
            return done(request, to=("letters:letter", letter_id), say="Adresse enregistrée : le courrier repart.")
    return page(request, LETTER, _letter(request, letter_id, form), status=422)


@require_GET
@requires(P.READ)
def document(request: Any, letter_id: UUID) -> HttpResponse:
    """The letter as its recipient reads it; the reading is traced."""
    found, cda = opening.read_document(actor=request.actor, letter_id=letter_id)

    def address(rank: int) -> str:
        return reverse("letters:file", args=[found.id])

    shown = documents.show(cda, 1, address)
    return page(request, DOCUMENT, {"letter": found, "shown": shown})


@require_GET
@requires(P.READ)
def file(request: Any, letter_id: UUID) -> HttpResponse:
    """The file an unstructured document holds: a reading of its own."""
    _, cda = opening.read_document(actor=request.actor, letter_id=letter_id)
    held = documents.file_of(cda)
    if held is None:
        raise NotFound
    return download(held)
