"""A version tried, submitted, approved, restored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from maison.foundations.access import requires
from maison.interop.channels import access, desks, selectors, trial
from maison.interop.channels.actions import trials, versions
from maison.interop.channels.forms import ReasonForm, TrialForm
from maison.interop.channels.language import report as reports
from maison.interop.channels.language.configuration import sensitive_places
from maison.interop.channels.models import Channel, Version
from maison.interop.channels.permissions import P
from maison.ui.components import Column
from maison.ui.lists import page_of
from maison.ui.pages import done, leave, page, wants_fragment

from .channels import tabs

TRIAL_COLUMNS = [
    Column("Message"),
    Column("Issue"),
    Column("Endroits changés ou motif"),
    Column("Face à la version en service"),
]
VALUE_COLUMNS = [Column("Endroit"), Column("Avant"), Column("Après")]
HISTORY_COLUMNS = [
    Column("Version"),
    Column("État"),
    Column("Pourquoi"),
    Column("Écrite par"),
    Column("Approuvée par"),
    Column("Agir", hidden_label=True),
]
VERDICTS = {
    "routed": ("Transmis", "ok"),
    "filtered": ("Écarté", "neutral"),
    "refused": ("Arrêté", "danger"),
    "defaut": ("Défaut", "danger"),
}


@require_http_methods(["GET", "POST"])
@requires(P.EDIT)
def trial_page(request: Any, code: str) -> HttpResponse:
    """Run the draft on real traffic; nothing leaves. The report says places and counts, values on demand only."""
    channel = access.access_channel(request.actor, code, P.EDIT)
    form = TrialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        tried = versions.try_version(actor=request.actor, code=code, period=form.period)
        running = trials.open_trial(tried) is not None
        return done(request, to=("channels:trial", code), say="" if running else "Essai terminé.")
    version = selectors.shown_version(channel)
    under_way = trials.last_trial(version)
    if "suivi" in request.GET and wants_fragment(request):
        if under_way is None or not under_way.is_open:
            return leave(request, ("channels:trial", code))
        return page(request, "channels/trial.html", {"under_way": under_way, "channel": channel}, part="progress")
    report = version.report if version is not None else {}
    rows = page_of(request, [_row(line) for line in report.get("lignes", [])])
    context = tabs(request, channel, "trial") | {
        "version": version, "form": form, "under_way": under_way, "report": report, "page": rows, "columns": TRIAL_COLUMNS,
        "faults": selectors.understood(version.text).faults if version else [],
        "reasons": [(desks.LABELS.get(reason, reason), number) for reason, number in report.get("motifs", {}).items()],
        "paths": list(report.get("chemins", {}).items())[:20], "may_read": access.may(request.actor, channel, P.READ_PAYLOAD),
    }  # fmt: skip
    return page(request, "channels/trial.html", context, status=422 if request.method == "POST" else 200)


def _row(line: dict[str, Any]) -> dict[str, Any]:
    word, kind = VERDICTS[line["issue"]]
    reason = desks.LABELS.get(line.get("motif", ""), line.get("motif", ""))
    return {
        "exchange": line["echange"], "type": line.get("type") or "message", "word": word, "kind": kind, "unlike": line.get("autrement", False),
        "said": f"{reason} {line.get('endroit', '')}".strip() if reason else ", ".join(line.get("chemins", [])[:6]) or "aucun",
    }  # fmt: skip


@require_GET
@requires(P.READ_PAYLOAD)
def values(request: Any, code: str, number: int, exchange_id: UUID) -> HttpResponse:
    """One message before and after, with its values: traced."""
    shown = trial.show(actor=request.actor, code=code, number=number, exchange_id=exchange_id)
    channel = access.access_channel(request.actor, code, P.VIEW)
    word, kind = VERDICTS[shown.outcome.verdict]
    return page(
        request, "channels/values.html",
        {"channel": channel, "number": number, "exchange": shown.exchange, "outcome": shown.outcome, "word": word, "kind": kind,
         "columns": VALUE_COLUMNS, "leaves": shown.leaves[:60], "changes": shown.outcome.changes[:60]},
    )  # fmt: skip


def _approval(request: Any, channel: Channel, **forms: Any) -> dict[str, Any]:
    context = tabs(request, channel, "approval")
    opened, running = context["opened"], context["live"]
    said = selectors.understood(opened.text).configuration if opened is not None else None
    return context | {
        "obstacles": versions.obstacles(opened) if opened is not None else [],
        "places": [(rank, path, kind, reports.step_sentence(said.steps[rank - 1])) for rank, path, kind in sensitive_places(said)] if said else [],
        "diff": selectors.difference(running.text if running else "", opened.text)[:150] if opened is not None else [],
        "mine": opened is not None and request.actor.subject in opened.editors,
        "submit_form": forms.get("submit_form") or ReasonForm(label="Ce qui change et pourquoi", prefix="soumettre"),
        "back_form": forms.get("back_form") or ReasonForm(label="Pourquoi la renvoyer en brouillon ?", prefix="renvoyer"),
        "drop_form": forms.get("drop_form") or ReasonForm(label="Pourquoi l'abandonner ?", prefix="abandonner"),
    }  # fmt: skip


@require_safe
@requires(P.VIEW)
def approval(request: Any, code: str) -> HttpResponse:
    return page(
        request, "channels/approval.html", _approval(request, access.access_channel(request.actor, code, P.VIEW))
    )


@require_POST
@requires(P.VIEW)
def decide(request: Any, code: str) -> HttpResponse:
    """Submit, approve, send back or give up. The action checks its own right."""
    channel = access.access_channel(request.actor, code, P.VIEW)
    wanted = request.POST.get("acte", "")
    to = ("channels:approval", code)
    if wanted == "approuver":
        number = request.POST.get("version", "")
        version = versions.approve(actor=request.actor, code=code, number=int(number) if number.isdigit() else 0)
        return done(request, to=("channels:channel", code), say=f"La version {version.number} est en service.")
    names = {"soumettre": ("submit_form", "Ce qui change et pourquoi"), "renvoyer": ("back_form", "Pourquoi la renvoyer en brouillon ?"),
             "abandonner": ("drop_form", "Pourquoi l'abandonner ?")}  # fmt: skip
    if wanted not in names:
        return page(request, "channels/approval.html", _approval(request, channel), status=422)
    name, label = names[wanted]
    form = ReasonForm(request.POST, label=label, prefix=wanted)
    if not form.is_valid():
        return page(request, "channels/approval.html", _approval(request, channel, **{name: form}), status=422)
    reason = form.cleaned_data["motif"]
    if wanted == "soumettre":
        versions.submit(actor=request.actor, code=code, comment=reason)
        return done(request, to=to, say="Version soumise : une autre personne doit l'approuver.")
    if wanted == "renvoyer":
        versions.send_back(actor=request.actor, code=code, reason=reason)
        return done(request, to=to, say="Version renvoyée en brouillon.")
    versions.drop_draft(actor=request.actor, code=code, reason=reason)
    return done(request, to=to, say="Version abandonnée : elle reste dans l'historique.")


@require_safe
@requires(P.VIEW)
def history(request: Any, code: str) -> HttpResponse:
    """Every version, and what changes between two of them."""
    channel = access.access_channel(request.actor, code, P.VIEW)
    rows = page_of(request, selectors.versions_of(channel))
    one, other = request.GET.get("de", ""), request.GET.get("a", "")
    diff: list[selectors.DiffLine] | None = None
    if one.isdigit() and other.isdigit():
        before, after = (access.version_of(channel, int(number[:6])) for number in (one, other))
        diff = selectors.difference(before.text, after.text)[:300]
    context = tabs(request, channel, "history") | {
        "page": rows, "columns": HISTORY_COLUMNS, "diff": diff, "before": one, "after": other, "traces": selectors.traces_of(channel),
        "numbers": list(Version.objects.filter(channel=channel).order_by("-number").values_list("number", flat=True)[:100]),
    }  # fmt: skip
    return page(request, "channels/history.html", context)


@require_POST
@requires(P.APPROVE)
def restore(request: Any, code: str, number: int) -> HttpResponse:
    version = versions.roll_back(actor=request.actor, code=code, number=number)
    return done(
        request,
        to=("channels:channel", code),
        say=f"La version {number} est de nouveau en service, sous le numéro {version.number}.",
    )
