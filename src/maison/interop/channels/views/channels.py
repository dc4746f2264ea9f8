from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from maison.foundations.access import requires
from maison.interop.channels import access, desks, flow, live, selectors
from maison.interop.channels.actions import versions
from maison.interop.channels.forms import NewChannelForm, ReasonForm
from maison.interop.channels.language import report as reports
from maison.interop.channels.language.configuration import Configuration, Item
from maison.interop.channels.models import Channel, Passage, Version
from maison.interop.channels.permissions import P
from maison.interop.channels.ports.base import vocabulary
from maison.ui.components import Column
from maison.ui.french import moment
from maison.ui.lists import csv_response, page_of
from maison.ui.pages import done, page

LIST_COLUMNS = [Column("Canal"), Column("État"), Column("Dernier message"), Column("24 h", numeric=True), Column("À réparer", numeric=True),
                Column("Version")]  # fmt: skip
MESSAGE_COLUMNS = [Column("Reçu"), Column("État"), Column("Motif"), Column("Remises"), Column("Échange")]


def tabs(request: Any, channel: Channel, here: str) -> dict[str, Any]:
    """What every page of a channel shows around its content."""
    places = [("channel", "Vue d'ensemble"), ("messages", "Messages"), ("editor", "Éditeur"), ("text", "Texte"), ("trial", "Essai"),
              ("approval", "Approbation"), ("history", "Versions")]  # fmt: skip
    may_edit = access.may(request.actor, channel, P.EDIT)
    shown = [(name, label) for name, label in places if may_edit or name not in ("editor", "trial")]
    return {
        "channel": channel, "tabs": [{"name": f"channels:{name}", "label": label, "here": name == here} for name, label in shown],
        "may_edit": may_edit, "may_approve": access.may(request.actor, channel, P.APPROVE),
        "opened": Version.objects.filter(channel=channel, state__in=Version.OPEN).first(), "live": live.live_version(channel.id),
    }  # fmt: skip


@require_safe
@requires(P.VIEW)
def channel_list(request: Any) -> HttpResponse:
    rows = page_of(request, selectors.channel_rows(request.actor, wanted=request.GET.get("texte", "").strip()))
    return page(
        request, "channels/list.html",
        {"page": rows, "columns": LIST_COLUMNS, "may_create": bool(request.actor.structures_with(P.EDIT)), "wanted": request.GET.get("texte", "")},
        part="rows",
    )  # fmt: skip


@require_safe
@requires(P.VIEW)
def export(request: Any) -> HttpResponse:
    rows = selectors.channel_rows(request.actor, wanted=request.GET.get("texte", "").strip())
    return csv_response(
        "canaux.csv", ["Canal", "Code", "Responsable", "De la source aux cibles", "État", "Messages en 24 h", "À réparer", "En attente", "Dernier message", "Version"],
        ([row.channel.title, row.channel.code, row.channel.structure.name, row.way, row.health.word, row.health.figures.messages, row.health.figures.stopped,
          row.health.figures.waiting, moment(row.health.figures.last_at) if row.health.figures.last_at else "", row.live.number if row.live else ""]
         for row in rows),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(P.EDIT)
def new(request: Any) -> HttpResponse:
    form = NewChannelForm(
        request.POST or None, structures=access.structures_for(request.actor, P.EDIT), sources=vocabulary().sources
    )
    if request.method != "POST" or not form.is_valid():
        return page(request, "channels/new.html", {"form": form}, status=422 if request.method == "POST" else 200)
    said = form.cleaned_data
    shape = vocabulary().sources[said["source"]]
    config = Configuration(
        code=said["code"],
        title=said["titre"],
        format=said["format"],
        source=Item(shape.code, {field.name: field.empty for field in shape.fields}),
    )
    try:
        channel = versions.create_channel(actor=request.actor, structure_id=said["structure"].id, configuration=config)
    except versions.ChannelExists as error:
        form.add_error("code", error.message)
        return page(request, "channels/new.html", {"form": form}, status=422)
    return done(request, to=("channels:editor", channel.code), say="Canal créé : complétez maintenant son brouillon.")


def channel_context(request: Any, channel: Channel, **forms: Any) -> dict[str, Any]:
    context = tabs(request, channel, "channel")
    version = context["live"] or selectors.shown_version(channel)
    config = selectors.understood(version.text).configuration if version is not None else None
    health = flow.healths([channel], {channel.id: context["live"]} if context["live"] else {})[channel.id]
    states = {state.target: state for state in selectors.target_states(channel)}
    words = vocabulary()
    targets = config.targets if config else ()
    return context | {
        "version": version, "config": config, "health": health,
        "source": reports.item_sentence(config.source, words.sources.get(config.source.kind)) if config else "",
        "filter": next((chapter.lines[0] for chapter in reports.chapters(config, words, {})[1:2]), "") if config else "",
        "steps": [reports.step_sentence(step) for step in config.steps] if config else [],
        "targets": [(target, reports.item_sentence(target, words.targets.get(target.kind)), states.get(target.name)) for target in targets],
        "source_state": selectors.source_state(channel, config),
        "tasks": selectors.tasks_of(channel), "newer": selectors.newer_tables(config) if config else {},
        "suspend_form": forms.get("suspend_form") or ReasonForm(label="Pourquoi le suspendre ?", prefix="suspendre"),
        "retire_form": forms.get("retire_form") or ReasonForm(label="Pourquoi le retirer ?", prefix="retirer"),
    }  # fmt: skip


@require_safe
@requires(P.VIEW)
def channel(request: Any, code: str) -> HttpResponse:
    return page(
        request, "channels/channel.html", channel_context(request, access.access_channel(request.actor, code, P.VIEW))
    )


@require_POST
@requires(P.VIEW)
def act(request: Any, code: str) -> HttpResponse:
    """Suspend, resume, retire, or prepare a version with the newest tables. The action checks its own right."""
    found = access.access_channel(request.actor, code, P.VIEW)
    wanted = request.POST.get("acte", "")
    to = ("channels:channel", code)
    if wanted == "reprendre":
        versions.suspend(actor=request.actor, code=code, suspended=False)
        return done(request, to=to, say="Le canal reprend : ce qui attendait part dans l'ordre.")
    if wanted == "tables":
        return _with_newest_tables(request, found)
    form = ReasonForm(request.POST, prefix="suspendre" if wanted == "suspendre" else "retirer",
                      label="Pourquoi le suspendre ?" if wanted == "suspendre" else "Pourquoi le retirer ?")  # fmt: skip
    if wanted not in ("suspendre", "retirer"):
        return page(request, "channels/channel.html", channel_context(request, found), status=422)
    if not form.is_valid():
        name = "suspend_form" if wanted == "suspendre" else "retire_form"
        return page(request, "channels/channel.html", channel_context(request, found, **{name: form}), status=422)
    if wanted == "suspendre":
        versions.suspend(actor=request.actor, code=code, suspended=True, reason=form.cleaned_data["motif"])
        return done(request, to=to, say="Canal suspendu : plus rien n'entre ni ne sort, tout est gardé dans l'ordre.")
    versions.retire(actor=request.actor, code=code, reason=form.cleaned_data["motif"])
    return done(request, to=to, say="Canal retiré du service.")


def _with_newest_tables(request: Any, channel: Channel) -> HttpResponse:
    version = selectors.shown_version(channel)
    said = version.text if version is not None else ""
    config = selectors.understood(said).configuration
    for old, new_one in (selectors.newer_tables(config) if config is not None else {}).items():
        said = said.replace(f'"{old}"', f'"{new_one}"')
    versions.write_draft(actor=request.actor, code=channel.code, said=said, comment="Tables de correspondance à jour")
    return done(
        request,
        to=("channels:trial", channel.code),
        say="Brouillon prêt avec les tables à jour : essayez-le sur le trafic.",
    )


@require_safe
@requires(P.VIEW)
def messages(request: Any, code: str) -> HttpResponse:
    found = access.access_channel(request.actor, code, P.VIEW)
    state = request.GET.get("etat", "")
    rows = page_of(request, selectors.messages_of(found, state=state))
    context = tabs(request, found, "messages") | {
        "page": rows, "columns": MESSAGE_COLUMNS, "state": state, "states": Passage.State.choices, "labels": desks.LABELS
    }  # fmt: skip
    for row in rows:
        row.reason_label = desks.LABELS.get(row.reason, row.reason)
    return page(request, "channels/messages.html", context, part="rows")


@require_GET
@requires(P.VIEW)
def report(request: Any, code: str) -> HttpResponse:
    """The implementation report, to print and sign: made from the configuration alone."""
    found = access.access_channel(request.actor, code, P.VIEW)
    version = live.live_version(found.id) or selectors.shown_version(found)
    if (wanted := request.GET.get("version", "")).isdigit():
        version = access.version_of(found, int(wanted[:6]))
    said = selectors.understood(version.text) if version is not None else selectors.Understood(None, [])
    chapters = (
        reports.chapters(said.configuration, vocabulary(), desks.words()) if said.configuration is not None else []
    )
    return page(
        request,
        "channels/report.html",
        {"channel": found, "version": version, "chapters": chapters, "faults": said.faults},
    )
