from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maison.foundations.access import requires
from maison.interop.channels import access, selectors
from maison.interop.channels.actions import tables as acts
from maison.interop.channels.errors import TableRefused
from maison.interop.channels.forms import EntriesForm, TableForm
from maison.interop.channels.models import MappingTable, TableVersion
from maison.interop.channels.permissions import P
from maison.ui.components import Column
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

COLUMNS = [
    Column("Table"),
    Column("Tenue par"),
    Column("En vigueur", numeric=True),
    Column("Brouillon"),
    Column("Canaux en service"),
]
ENTRY_COLUMNS = [Column("Code reçu"), Column("Code traduit"), Column("Libellé")]


@require_safe
@requires(P.VIEW)
def table_list(request: Any) -> HttpResponse:
    rows = page_of(request, selectors.table_rows(request.actor))
    return page(
        request,
        "channels/tables.html",
        {"page": rows, "columns": COLUMNS, "may_create": bool(request.actor.structures_with(P.TABLES))},
    )


@require_http_methods(["GET", "POST"])
@requires(P.TABLES)
def new(request: Any) -> HttpResponse:
    form = TableForm(request.POST or None, structures=access.structures_for(request.actor, P.TABLES))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            table = acts.create_table(
                actor=request.actor, code=said["code"], title=said["titre"], structure_id=said["structure"].id
            )
        except TableRefused as error:
            form.add_error("code", error.detail)
        else:
            return done(
                request, to=("channels:table", table.code), say="Table créée : donnez maintenant ses correspondances."
            )
    return page(request, "channels/table_new.html", {"form": form}, status=422 if request.method == "POST" else 200)


def _context(request: Any, table: MappingTable, form: EntriesForm | None = None) -> dict[str, Any]:
    versions = list(TableVersion.objects.filter(table=table).order_by("-number"))
    for one in versions:
        one.table = table
    draft = next((one for one in versions if one.state == TableVersion.State.DRAFT), None)
    approved = next((one for one in versions if one.state == TableVersion.State.APPROVED), None)
    shown = draft or approved
    wanted = request.GET.get("version", "")
    shown = next((one for one in versions if str(one.number) == wanted), shown)
    start = draft or approved
    initial = {
        "lignes": "\n".join(" ; ".join([given, *to]) for given, to in start.entries.items()) if start else "",
        "essais": "\n".join(f"{given} = {expected}" for given, expected in start.tests) if start else "", "origine": start.origin if start else "",
    }  # fmt: skip
    return {
        "table": table, "versions": versions[:20], "draft": draft, "approved": approved, "shown": shown,
        "page": page_of(request, [(given, *to) for given, to in shown.entries.items()] if shown else []), "columns": ENTRY_COLUMNS,
        "form": form or EntriesForm(initial=initial), "may_write": MappingTable.objects.within(request.actor, P.TABLES).filter(id=table.id).exists(),
        "mine": draft is not None and request.actor.subject in draft.editors, "used_by": selectors.tables_in_service().get(table.code, []),
    }  # fmt: skip


@require_safe
@requires(P.VIEW)
def table(request: Any, code: str) -> HttpResponse:
    return page(request, "channels/table.html", _context(request, access.access_table(request.actor, code, P.VIEW)))


@require_POST
@requires(P.TABLES)
def write(request: Any, code: str) -> HttpResponse:
    """Keep lines or a CSV file as the draft; every fault with its line, and nothing half-written."""
    found = access.access_table(request.actor, code, P.TABLES)
    form = EntriesForm(request.POST, request.FILES)
    if form.is_valid():
        read = acts.read_csv(form.cleaned_data["fichier"] or form.cleaned_data["lignes"])
        tests, test_faults = acts.read_tests(form.cleaned_data["essais"])
        for words in read.faults[:20]:
            form.add_error("lignes", words)
        for words in test_faults[:20]:
            form.add_error("essais", words)
        if form.is_valid():
            try:
                version = acts.write_table(
                    actor=request.actor,
                    code=code,
                    entries=read.entries,
                    tests=tests,
                    origin=form.cleaned_data["origine"],
                )
            except TableRefused as error:
                form.add_error("lignes", error.detail)
            else:
                return done(
                    request, to=("channels:table", code), say=f"Version {version.number} enregistrée en brouillon."
                )
    return page(request, "channels/table.html", _context(request, found, form), status=422)


@require_POST
@requires(P.TABLES)
def approve(request: Any, code: str, number: int) -> HttpResponse:
    version = acts.approve_table(actor=request.actor, code=code, number=number)
    return done(
        request,
        to=("channels:table", code),
        say=f"La version {version.number} est approuvée : les canaux peuvent la nommer.",
    )


@require_safe
@requires(P.VIEW)
def export(request: Any, code: str, number: int) -> HttpResponse:
    found = access.access_table(request.actor, code, P.VIEW)
    version = TableVersion.objects.filter(table=found, number=number).first()
    entries = version.entries if version is not None else {}
    return csv_response(
        f"{code}-{number}.csv", ["source", "cible", "libellé"], ([given, *to] for given, to in entries.items())
    )
