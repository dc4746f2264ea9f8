from __future__ import annotations

import json
from typing import Any

from django.core import signing
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maison.foundations.access import requires
from maison.ui.components import Column
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import fresh, page

from . import actions, selectors, shown
from .errors import ReportNotReadable, TooManyChecks
from .forms import TOO_LARGE, SampleForm
from .grading import checked_families
from .memory import InMemory
from .models import KINDS
from .permissions import P
from .places import text_of
from .report import GRADES, Report, Severity

BENCH, REPORT, HISTORY = (f"conformance/{name}.html" for name in ("bench", "report", "history"))
SALT = "conformance.report"
EXPORT_SECONDS = 12 * 3600
MOST_SHOWN = 20
COLUMNS = [
    Column("Quand"), Column("Famille"), Column("Note"), Column("Erreurs", numeric=True), Column("Avertissements", numeric=True),
    Column("Remarques", numeric=True), Column("Empreinte"),
]  # fmt: skip
FAULT_HEADER = ["Gravité", "Emplacement", "Ligne", "Colonne", "Constat", "Pourquoi", "Correction", "Règle", "Source"]
HISTORY_HEADER = [
    "Le",
    "Famille",
    "Issue",
    "Note",
    "Illisible",
    "Erreurs",
    "Avertissements",
    "Remarques",
    "Octets",
    "SHA-256",
]
UNCHECKED = {
    "refused": "Exemple refusé : INS de production",
    "unknown": "Exemple non reconnu",
    "unchecked": "Exemple reconnu, non contrôlé",
}
LONGEST_EXPORT = 50_000


@csrf_exempt  # checked just below, once the sample is sure to stay in memory
@require_http_methods(["GET", "POST"])
@requires(P.CHECK)
def bench(request: Any) -> HttpResponse:
    if request.method == "GET":
        return _bench(request, SampleForm())
    handlers: list[FileUploadHandler] = [InMemory(request)]
    request.upload_handlers = handlers
    try:
        return _checked(request)
    except RequestDataTooBig:
        return _bench(request, None, TOO_LARGE, status=413)


@csrf_protect
def _checked(request: Any) -> HttpResponse:
    form = SampleForm(request.POST, request.FILES)
    if not form.is_valid():
        return _bench(request, form, status=422)
    data = form.cleaned_data["data"]
    try:
        report = actions.check_sample(actor=request.actor, data=data, expected=form.cleaned_data["attendu"])
    except TooManyChecks as refusal:
        return _bench(request, form, str(refusal.message), status=refusal.status)
    return page(request, REPORT, _report(report, data))


def _bench(request: HttpRequest, form: SampleForm | None, problem: str = "", *, status: int = 200) -> HttpResponse:
    context = {
        "form": form or SampleForm(),
        "problem": problem,
        "families": [family.french for family in checked_families()],
        "grades": [(grade, words, KINDS[grade]) for grade, words in GRADES.items()],
    }
    return page(request, BENCH, context, status=status)


def _report(report: Report, data: bytes) -> dict[str, Any]:
    numbered = list(enumerate(report.faults[:MOST_SHOWN], 1))
    groups = [
        (severity, [(rank, fault) for rank, fault in numbered if fault.severity is severity]) for severity in Severity
    ]
    # A refused sample may name a real person: nothing of it comes back, not even to the screen it came from.
    pieces = [] if report.outcome == "refused" else shown.pieces_of(text_of(data), report.faults[:MOST_SHOWN])
    marked = {piece.line for piece in pieces if piece.line}
    return {
        "report": report,
        "unchecked": UNCHECKED.get(report.outcome, ""),
        "kind": KINDS.get(report.grade, "warn"),
        "groups": [(severity, rows) for severity, rows in groups if rows],
        "unlisted": len(report.faults) - len(numbered) + report.left_out,
        "pieces": pieces,
        "marked": marked,
        "signed": signing.dumps(report.document(), salt=SALT, compress=True),
    }


@require_POST
@requires(P.CHECK)
def export(request: Any) -> HttpResponse:
    """The report back as a file: the page carries it, signed, since the house keeps none."""
    try:
        document = signing.loads(request.POST.get("rapport", ""), salt=SALT, max_age=EXPORT_SECONDS)
    except signing.BadSignature as problem:
        raise ReportNotReadable from problem
    name = f"conformite-{document['sha256'][:12]}"
    if request.POST.get("format") == "csv":
        rows = ([fault[key] for key in _FAULT_KEYS] for fault in document["defauts"])
        return csv_response(f"{name}.csv", FAULT_HEADER, rows)
    answer = HttpResponse(json.dumps(document, ensure_ascii=False, indent=2), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return fresh(answer)


_FAULT_KEYS = ("gravite", "emplacement", "ligne", "colonne", "constat", "pourquoi", "correction", "regle", "source")


@require_GET
@requires(P.CHECK)
def history(request: Any) -> HttpResponse:
    return page(request, HISTORY, {"page": page_of(request, selectors.history(request.actor)), "columns": COLUMNS})


@require_GET
@requires(P.CHECK)
def history_csv(request: Any) -> HttpResponse:
    rows = selectors.history(request.actor)[:LONGEST_EXPORT]
    return csv_response(
        "verifications.csv",
        HISTORY_HEADER,
        (
            [
                moment(row.at), row.family_label, row.get_outcome_display(), row.grade, row.unreadable, row.errors,
                row.warnings, row.remarks, row.size, row.sha256,
            ]
            for row in rows.iterator(chunk_size=500)
        ),
    )  # fmt: skip
