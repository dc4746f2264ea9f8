"""When the rules run: once a day, and after each file that was applied."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from maison.registries.sources.models import Loading

from .actions import run_rules
from .models import Score

EVERY = dt.timedelta(hours=24)


def when_due() -> None:
    """Nothing when no registry was ever loaded, or when the last run is young and no file came since."""
    loaded = Loading.objects.filter(state=Loading.State.APPLIED).order_by("-ended_at").values_list("ended_at", flat=True).first()  # fmt: skip
    if loaded is None:
        return
    ran = Score.objects.order_by("-at").values_list("at", flat=True).first()
    if ran is None or loaded > ran or timezone.now() - ran > EVERY:
        run_rules()
