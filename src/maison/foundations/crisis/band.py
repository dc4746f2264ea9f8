"""What the frame shows on every page while a territory is above the ordinary."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from maison.ui.frame import Notice

from .models import Level
from .selectors import KINDS, open_periods


def notice(request: HttpRequest) -> Notice | None:
    """The highest level in force and all who share it; nothing for the public, who are told by the authorities."""
    if request.actor.is_anonymous:  # type: ignore[attr-defined]
        return None
    periods = list(open_periods())
    if not periods:
        return None
    top = Level(periods[0].level)
    sharing = [period for period in periods if period.level == top]
    others = len(periods) - len(sharing)
    text = ", ".join(period.territory_name for period in sharing) + "."
    if others:
        text += f" {others} autre{'s' if others > 1 else ''} territoire{'s' if others > 1 else ''} en alerte."
    return Notice(
        title=f"{top.label} :",
        text=text,
        kind=KINDS[top],
        since=min(period.opened_at for period in sharing),
        url=reverse("crisis:levels"),
        link="Voir les niveaux",
    )
