from __future__ import annotations

import contextlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from maison.foundations.access import requires
from maison.foundations.errors import NotFound
from maison.ui.components import Column, TrailStep
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

from . import actions, attempts, documents, selectors
from .forms import JournalFilter, SetAsideForm
from .models import Exchange
from .partners import Partner, makers, others, sheet_of
from .permissions import P
from .words import channels, words_of

JOURNAL, DETAIL, PAYLOAD, CLIENTS = (f"exchanges/{name}.html" for name in ("journal", "detail", "payload", "clients"))
COLUMNS = [Column("Quand"), Column("Message"), Column("Logiciel"), Column("Dossier"), Column("État")]
ATTEMPT_COLUMNS = [
    Column("Quand"), Column("Tentative", numeric=True), Column("Cible"), Column("Issue"), Column("Réponse"),
    Column("Durée (ms)", numeric=True),
]  # fmt: skip
CLIENT_COLUMNS = [
    Column("Logiciel"), Column("Structure", wide=True), Column("Échange par", wide=True), Column("Dernier message"),
    Column("À réparer", numeric=True, wide=True),
]  # fmt: skip
CSV_HEADER = [
    "Échange", "Le", "Sens", "Porte", "Type", "Émetteur", "Destinataires", "Identifiant de diffusion", "Dossier", "État",
    "Motif", "Octets",
]  # fmt: skip
LINES = 15  # with its filters the page stays light
LONGEST_EXPORT = 50_000
LONGEST_SHOWN = 200_000
SHORT_BESIDE = 4_000
"""Characters of the message shown beside its document: the rest is Base64."""


def _filter(request: HttpRequest) -> JournalFilter:
    clients = [client for client, _, _ in selectors.clients_with_last_message(request.actor)]  # type: ignore[attr-defined]
    return JournalFilter(request.GET or {"periode": "24"}, clients=clients)


@require_GET
@requires(P.VIEW)
def journal(request: Any) -> HttpResponse:
    form = _filter(request)
    rows = page_of(request, selectors.search(request.actor, **form.criteria()), per_page=LINES)
    names = selectors.names_of_clients()
    for row in rows:
        row.software = names.get(row.client_id) or row.sender or "Inconnu"
    context = {
        "form": form,
        "page": rows,
        "columns": COLUMNS,
        "doors": selectors.door_facts(),
        "queues": selectors.queue_facts(),
        "may_mend": request.actor.can(P.MEND),
        "replayable": any(row.is_replayable for row in rows),
        "may_search_patient": request.actor.can(P.READ_PAYLOAD),
        "of_patient": bool(request.GET.get("patient") or request.GET.get("venue")),
    }
    return page(request, JOURNAL, context, part="rows")


@require_GET
@requires(P.VIEW)
def export(request: Any) -> HttpResponse:
    """The same list as a table: headers only, never a content."""
    rows = selectors.search(request.actor, **_filter(request).criteria())[:LONGEST_EXPORT]
    return csv_response(
        "echanges.csv",
        CSV_HEADER,
        (
            [
                row.id, moment(row.at), row.get_direction_display(), row.get_door_display(), row.message_type, row.sender,
                ", ".join(row.recipients), row.distribution_id, row.case_ref, row.state_label,
                words_of(row.fault_code) if row.fault_code else "", row.size,
            ]
            for row in rows.iterator(chunk_size=500)
        ),
    )  # fmt: skip


@require_GET
@requires(P.VIEW)
def detail(request: Any, exchange_id: UUID) -> HttpResponse:
    return page(request, DETAIL, _detail(request, exchange_id))


def _detail(request: Any, exchange_id: UUID, form: SetAsideForm | None = None) -> dict[str, Any]:
    exchange = actions.access_exchange(request.actor, exchange_id, P.VIEW)
    names = selectors.names_of_clients()
    kept = selectors.keeps_payload(exchange)
    return {
        "exchange": exchange,
        "software": names.get(exchange.client_id) if exchange.client_id else None,
        "fault": words_of(exchange.fault_code) if exchange.fault_code else "",
        "history": [_step(line) for line in exchange.history],
        "answers": selectors.answers_of(exchange),
        "question": selectors.question_of(exchange),
        "traces": selectors.traces_of(exchange),
        "may_mend": actions.may(request.actor, exchange, P.MEND),
        "may_read": kept and actions.may(request.actor, exchange, P.READ_PAYLOAD),
        "kept": kept,
        "attempts": attempts.of(exchange.id),
        "attempt_columns": ATTEMPT_COLUMNS,
        "channel": dict(channels()).get(exchange.channel, exchange.channel),
        "form": form or SetAsideForm(),
    }


def _step(line: dict[str, str]) -> TrailStep:
    word = str(Exchange.State(line["state"]).label)
    note = line.get("note", "")
    return TrailStep(
        word=f"{word} : {note}" if note else word, at=datetime.fromisoformat(line["at"]), by=line.get("by", ""),
        refused=line["state"] in (Exchange.State.REFUSED, Exchange.State.FAILED),
    )  # fmt: skip


@require_GET
@requires(P.READ_PAYLOAD)
def payload(request: Any, exchange_id: UUID) -> HttpResponse:
    """The body: read by those who may, each reading traced."""
    exchange, body = actions.read_payload(actor=request.actor, exchange_id=exchange_id)
    text = body[:LONGEST_SHOWN].decode("utf-8", errors="replace")
    if "json" in exchange.content_type and len(body) <= LONGEST_SHOWN:
        with contextlib.suppress(ValueError):  # shown as it came, which is what a person must see to mend it
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    longest = SHORT_BESIDE if (found := documents.documents_in(exchange.content_type, body)) else LONGEST_SHOWN

    def address(rank: int) -> str:
        return reverse("exchanges:document", args=[exchange.id, rank])

    shown = [documents.show(one, rank, address) for rank, one in enumerate(found, 1)]
    context = {"exchange": exchange, "text": text[:longest], "cut": len(body) > longest, "documents": shown}
    return page(request, PAYLOAD, context)


@require_GET
@requires(P.READ_PAYLOAD)
def document(request: Any, exchange_id: UUID, rank: int) -> HttpResponse:
    """The file of an unstructured document of the message: a reading of its own, traced as such."""
    exchange, body = actions.read_payload(actor=request.actor, exchange_id=exchange_id)
    found = documents.documents_in(exchange.content_type, body)
    file = documents.file_of(found[rank - 1]) if 0 < rank <= len(found) else None
    if file is None:
        raise NotFound
    return download(file)


def download(file: documents.File) -> HttpResponse:
    """To be saved and opened elsewhere, never run by the page."""
    answer = HttpResponse(file.data, content_type=file.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{file.name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@requires(P.MEND)
def replay(request: Any, exchange_id: UUID) -> HttpResponse:
    actions.replay(actor=request.actor, exchange_id=exchange_id)
    return done(request, to=("exchanges:detail", exchange_id), say="Message remis dans la file : il va être repris.")


@require_POST
@requires(P.MEND)
def set_aside(request: Any, exchange_id: UUID) -> HttpResponse:
    form = SetAsideForm(request.POST)
    if not form.is_valid():
        return page(request, DETAIL, _detail(request, exchange_id, form), status=422)
    actions.set_aside(actor=request.actor, exchange_id=exchange_id, reason=form.cleaned_data["reason"])
    return done(request, to=("exchanges:detail", exchange_id), say="Message classé sans suite.")


@require_GET
@requires(P.VIEW)
def clients(request: Any) -> HttpResponse:
    """Software that sends and places the house sends to, in one list."""
    rows = [
        Partner(
            client.name, client.client_id, client.structure.name, client.door_labels or "aucune porte ouverte", last, to_mend,
            client.active and bool(client.doors), reverse(sheet, args=[client.id]) if (sheet := sheet_of(client.doors)) else "",
            f"{reverse('exchanges:journal')}?logiciel={client.id}&periode=744",
        )
        for client, last, to_mend in selectors.clients_with_last_message(request.actor)
    ]  # fmt: skip
    rows = sorted([*rows, *others(request.actor)], key=lambda row: (row.name.casefold(), row.code))
    may_declare = request.actor.can(P.MANAGE_CLIENTS)
    context = {
        "page": page_of(request, rows), "columns": CLIENT_COLUMNS,
        "makers": [(label, reverse(name)) for label, name in makers()] if may_declare else [],
    }  # fmt: skip
    return page(request, CLIENTS, context)
