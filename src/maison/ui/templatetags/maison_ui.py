"""The components of the house as template tags (builtins: no load needed). Each is shown with its states on `/ui/`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.forms.widgets import CheckboxInput, HiddenInput
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from maison.ui import frame, french
from maison.ui.freshness import Freshness

register = template.Library()


# Words -------------------------------------------------------------------------------------------------------------


@register.filter
def moment(value: Any) -> str:
    """`sam. 21 nov. 2026, 23:06`; nothing for nothing."""
    return french.moment(value) if value else ""


@register.filter
def day(value: Any) -> str:
    return french.day(value) if value else ""


@register.filter
def hour(value: Any) -> str:
    return french.hour(value) if value else ""


@register.filter
def age(value: Any) -> str:
    return french.age(value) if value else ""


@register.filter
def number(value: Any, decimals: int | None = None) -> str:
    return "" if value in (None, "") else french.number(value, decimals)


@register.filter
def percent(value: Any, decimals: int = 0) -> str:
    return "" if value in (None, "") else french.percent(value, decimals)


@register.filter
def counted(value: int, words: str) -> str:
    """`{{ n|counted:"arrivée" }}` or, when the plural is not in -s, `{{ n|counted:"travail,travaux" }}`."""
    singular, _, plural = words.partition(",")
    return french.count(value, singular, plural or None)


# Small marks: written by hand, a list draws hundreds of them ------------------------------------------------------


@register.simple_tag
def when(value: dt.datetime | dt.date | None, style: str = "moment") -> SafeString | str:
    """A `<time>` in words: `moment`, `day`, `hour`, or `age` (which then keeps counting)."""
    if not value:
        return ""
    if style == "age" and isinstance(value, dt.datetime):
        return format_html(
            '<time class="maison-time" datetime="{}" title="{}" data-maison-clock="age">{}</time>',
            value.isoformat(),
            french.moment(value),
            french.age(value),
        )
    text = (
        french.hour(value)
        if style == "hour" and isinstance(value, dt.datetime)
        else (french.day(value) if style == "day" else french.moment(value))
    )
    return format_html('<time class="maison-time" datetime="{}">{}</time>', value.isoformat(), text)


@register.simple_tag
def clock(
    at: dt.datetime | None,
    kind: str = "countdown",
    *,
    warn: int | None = None,
    danger: int | None = None,
    warn_word: str = "",
    danger_word: str = "",
    now: dt.datetime | None = None,
) -> SafeString | str:
    """A moment that counts: `countdown` (dans 12 min, en retard de 3 min) or `elapsed` (depuis 4 min).

    `warn` and `danger` are minutes: left before the moment for a countdown, passed since it for an elapsed time.
    """
    if at is None:
        return ""
    text, state = clock_text(at, kind, warn=warn, danger=danger, warn_word=warn_word, danger_word=danger_word, now=now)
    return format_html(
        '<time class="maison-clock" datetime="{}" data-maison-clock="{}" data-state="{}"'
        ' data-warn="{}" data-danger="{}" data-warn-word="{}" data-danger-word="{}">{}</time>',
        at.isoformat(),
        kind,
        state,
        "" if warn is None else warn,
        "" if danger is None else danger,
        warn_word,
        danger_word,
        text,
    )


def clock_text(
    at: dt.datetime,
    kind: str,
    *,
    warn: int | None = None,
    danger: int | None = None,
    warn_word: str = "",
    danger_word: str = "",
    now: dt.datetime | None = None,
) -> tuple[str, str]:
    """The words of a clock and its state (calm, warn, danger); `clock.js` says exactly the same."""
    passed = french.seconds_between(at, now or french.now())
    if kind == "countdown":
        text, amount = french.countdown(at, now), passed
        limits = (None if warn is None else -warn * 60, None if danger is None else -danger * 60)
    else:
        text, amount = french.elapsed(at, now), passed
        limits = (None if warn is None else warn * 60, None if danger is None else danger * 60)
    if limits[1] is not None and amount >= limits[1]:
        return (f"{text} · {danger_word}" if danger_word else text), "danger"
    if limits[0] is not None and amount >= limits[0]:
        return (f"{text} · {warn_word}" if warn_word else text), "warn"
    return text, "calm"


@register.simple_tag
def status(word: str, kind: str = "neutral") -> SafeString:
    """Shape, word and colour. Kinds: ok, info, warn, danger, waiting, stale, neutral."""
    return format_html('<span class="maison-status" data-kind="{}">{}</span>', kind, word)


_PRIORITY_LABELS = {
    "P0": "Priorité 0, urgence vitale",
    "P1": "Priorité 1",
    "P2": "Priorité 2",
    "P3": "Priorité 3",
    "NR": "Priorité non renseignée",
}


@register.simple_tag
def priority(code: str, label: str = "") -> SafeString:
    """P0 to P3, or NR; the words are for those who do not see the mark."""
    code = code or "NR"
    return format_html(
        '<abbr class="maison-priority" data-priority="{}" title="{}">{}</abbr>',
        code,
        label or _PRIORITY_LABELS.get(code, code),
        code,
    )


@register.simple_tag
def freshness(figure: Freshness) -> SafeString:
    """The chip that goes with every figure: its age, its source, and a word when it should not be trusted."""
    state = figure.state()
    word = "" if state in ("fresh", "unknown") else f" · {figure.word()}"
    if figure.at is None:
        return format_html(
            '<span class="maison-fresh" data-state="unknown">{} · {}</span>', figure.age_text(), figure.source
        )
    return format_html(
        '<span class="maison-fresh" data-state="{}" data-fresh="{}" data-stale="{}">'
        '<time datetime="{}" title="{}" data-maison-clock="age">{}</time> · {}<b>{}</b></span>',
        state,
        int(figure.fresh_for.total_seconds()),
        int(figure.stale_after.total_seconds()),
        figure.at.isoformat(),
        french.moment(figure.at),
        figure.age_text(),
        figure.source,
        word,
    )


# Components -------------------------------------------------------------------------------------------------------


@register.inclusion_tag("maison/_relay_trail.html")
def relay_trail(steps: Any, label: str = "Suivi de la demande") -> dict[str, Any]:
    return {"steps": steps, "label": label}


@register.inclusion_tag("maison/_life_line.html")
def life_line(items: Any, label: str = "Ligne de vie") -> dict[str, Any]:
    return {"items": items, "label": label}


@register.inclusion_tag("maison/_patient_banner.html")
def patient_banner(person: Any) -> dict[str, Any]:
    return {"person": person}


@register.inclusion_tag("maison/_service_card.html")
def service_card(card: Any, heading: int = 3) -> dict[str, Any]:
    return {"card": card, "heading": heading}


@register.inclusion_tag("maison/_document_card.html")
def document_card(document: Any) -> dict[str, Any]:
    return {"document": document}


@register.inclusion_tag("maison/_message.html")
def message(message: Any) -> dict[str, Any]:
    return {"message": message}


@register.inclusion_tag("maison/_form_steps.html")
def form_steps(steps: Any) -> dict[str, Any]:
    return {"steps": steps}


@register.inclusion_tag("maison/_empty.html")
def empty(title: str, text: str = "", url: str = "", label: str = "") -> dict[str, Any]:
    """Nothing to show, why, and the next step."""
    return {"title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("maison/_notice.html")
def notice(notice: Any, crisis: bool = False) -> dict[str, Any]:
    return {"notice": notice, "crisis": crisis}


@register.inclusion_tag("maison/_connection.html")
def connection() -> dict[str, Any]:
    """The band that says the live stream is lost; `stream.js` opens it."""
    return {}


@register.inclusion_tag("maison/_room_nav.html", takes_context=True)
def room_nav(context: template.Context, code: str) -> dict[str, Any]:
    request = context["request"]
    room = frame.room(code)
    places = [place for place in room.places if place.visible(request)] if room else []
    return {
        "room": room,
        "places": [{"label": place.label, "url": place.url, "here": place.url == request.path} for place in places],
    }


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: str = "") -> SafeString:
    """`{% alert "danger" "Ce lit est déjà fermé" %}…{% endalert %}`; kinds: info, ok, warn, danger."""
    return render_to_string("maison/_alert.html", {"content": content, "kind": kind, "title": title})


@register.simple_block_tag
def board_row(
    content: str,
    *,
    id: str,  # noqa: A002 -- the id of the element
    priority: str,
    title: str,
    eta: dt.datetime | None = None,
    arrived_at: dt.datetime | None = None,
    text: str = "",
    means: str = "",
    state: str = "",
    kind: str = "neutral",
    unconfirmed: bool = False,
    url: str = "",
    stale: bool = False,
) -> SafeString:
    """One arrival on a wall. The block is the row's action (one form, one button); the rest stands behind `url`."""
    return render_to_string(
        "maison/_board_row.html",
        {
            "content": content,
            "id": id,
            "priority": priority,
            "title": title,
            "eta": eta,
            "arrived_at": arrived_at,
            "text": text,
            "means": means,
            "state": state,
            "kind": kind,
            "unconfirmed": unconfirmed,
            "url": url,
            "stale": stale,
        },
    )


@register.simple_block_tag(takes_context=True)
def data_table(
    context: template.Context,
    content: str,
    caption: str,
    columns: Any,
    *,
    sorting: Any = None,
    csv_url: str = "",
    count: int | None = None,
    id: str = "maison-table",  # noqa: A002 -- the id of the element
    target: str = "",
) -> SafeString:
    """A list: caption, sortable sticky head, CSV twin; the block holds the `<tr>`. `target` sorts in place by HTMX."""
    request = context["request"]
    heads = []
    for column in columns:
        here = sorting is not None and column.key and column.key == sorting.key
        descending = here and sorting.descending
        heads.append(
            {
                "column": column,
                "url": _query(request, tri=("" if descending or not here else "-") + column.key)
                if sorting is not None and column.key
                else "",
                "sort": ("descending" if descending else "ascending") if here else "",
            }
        )
    return render_to_string(
        "maison/_data_table.html",
        {
            "content": content,
            "caption": caption,
            "heads": heads,
            "csv_url": csv_url + (f"?{request.GET.urlencode()}" if csv_url and request.GET else ""),
            "count": count,
            "id": id,
            "target": target,
        },
    )


@register.inclusion_tag("maison/_pagination.html", takes_context=True)
def pagination(context: template.Context, page: Any, target: str = "", noun: str = "ligne") -> dict[str, Any]:
    """Where one is among the pages of twenty; keeps the filters of the address."""
    request = context["request"]
    links = []
    for value in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
        is_page = isinstance(value, int)
        links.append(
            {
                "label": value,
                "url": _query(request, page=str(value)) if is_page else "",
                "here": value == page.number,
            }
        )
    return {
        "page": page,
        "links": links if page.paginator.num_pages > 1 else [],
        "target": target,
        "total": french.count(page.paginator.count, noun),
        "previous": _query(request, page=str(page.number - 1)) if page.has_previous() else "",
        "next": _query(request, page=str(page.number + 1)) if page.has_next() else "",
    }


def _query(request: Any, **changes: str) -> str:
    query = request.GET.copy()
    if "page" not in changes:
        query.pop("page", None)
    for key, value in changes.items():
        query[key] = value
    return f"?{query.urlencode()}"


# Forms ------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("maison/_filter_bar.html", takes_context=True)
def filter_bar(context: template.Context, form: BaseForm, target: str = "", verb: str = "Filtrer") -> dict[str, Any]:
    """Filters are GET and stay in the address; `target` re-reads in place by HTMX. The fields that the form names in `rarely` are
    folded under « Plus de filtres », open when one of them filters."""
    request = context["request"]
    rarely = getattr(form, "rarely", ())
    shown = form.visible_fields()
    return {
        "fields": [_field_context(bound) for bound in shown if bound.name not in rarely],
        "more": [_field_context(bound) for bound in shown if bound.name in rarely],
        "more_active": any(request.GET.get(form.add_prefix(name)) for name in rarely),
        "hidden": form.hidden_fields(),
        "active": any(request.GET.get(form.add_prefix(name)) for name in form.fields),
        "path": request.path,
        "target": target,
        "verb": verb,
    }


@register.inclusion_tag("maison/_error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """What to mend, at the top of the form, each line leading to its field. Nothing when all is well."""
    errors = [
        {"label": str(bound.label).rstrip("."), "id": bound.id_for_label or bound.auto_id, "errors": bound.errors}
        for bound in form.visible_fields()
        if bound.errors
    ]
    return {"errors": errors, "general": form.non_field_errors()}


@register.inclusion_tag("maison/_field.html")
def field(bound: BoundField, unit: str = "") -> dict[str, Any]:
    """Label above, help under it, unit in the field, error beside; optional ones say so."""
    return _field_context(bound, unit=unit)


@register.inclusion_tag("maison/_fields.html")
def fields(form: BaseForm) -> dict[str, Any]:
    """The error summary and every field in its order."""
    return {"form": form}


def _field_context(bound: BoundField, *, unit: str = "") -> dict[str, Any]:
    widget = bound.field.widget
    return {
        "bound": bound,
        "unit": unit or widget.attrs.get("data-unit", ""),
        "help": bound.help_text,
        "optional": not bound.field.required,
        "group": widget.use_fieldset,
        "checkbox": isinstance(widget, CheckboxInput),
        "hidden": isinstance(widget, HiddenInput),
    }
