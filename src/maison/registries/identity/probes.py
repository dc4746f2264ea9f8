"""What supervision watches: whether INSi answers, whether matching keeps up. Counts and ages only."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone

from maison.foundations.supervision.probes import Reading, State

from .models import Identity, InsiCall

LATE, FAILED = timedelta(minutes=2), timedelta(minutes=30)
GROUP = "Identités"


def insi_reading() -> Reading:
    waiting = InsiCall.objects.filter(state=InsiCall.State.WAITING)
    oldest = waiting.aggregate(at=Min("asked_at"))["at"]
    answered = InsiCall.objects.filter(state=InsiCall.State.ANSWERED).order_by("-answered_at").values_list("answered_at", flat=True).first()  # fmt: skip
    if oldest is None:
        return Reading(
            "INSi, dernière réponse", "aucun appel n'attend", answered, group=GROUP, source="téléservice INSi"
        )
    age = timezone.now() - oldest
    state: State = "failed" if age > FAILED else "late" if age > LATE else "ok"
    note = "Les patients sont pris en charge sous identité provisoire." if state != "ok" else ""
    return Reading(
        "INSi, appels sans réponse",
        str(waiting.count()),
        oldest,
        state=state,
        group=GROUP,
        source="téléservice INSi",
        note=note,
    )


def matching_reading() -> Reading:
    rows = Identity.objects.filter(to_match=True)
    oldest = rows.aggregate(at=Min("changed_at"))["at"]
    late = oldest is not None and timezone.now() - oldest > FAILED
    return Reading("Identités à rapprocher", str(rows.count()), oldest, state="late" if late else "ok", group=GROUP)
