"""What supervision shows of the letters."""

from __future__ import annotations

from django.db.models import Min
from django.utils import timezone

from maison.foundations.supervision import Reading, register_probe
from maison.ui.french import count

from .models import Leg, Letter

GROUP, SOURCE = "Courriers", "registre des courriers"


def register() -> None:
    register_probe("letters.legs", readings)


def readings() -> list[Reading]:
    waiting = Leg.objects.filter(state__in=(Leg.State.WAITING, Leg.State.HELD, Leg.State.FAILED))
    held = waiting.exclude(state=Leg.State.WAITING)
    oldest = waiting.filter(state=Leg.State.WAITING).aggregate(at=Min("state_at"))["at"]
    last = Letter.objects.values_list("received_at", flat=True).first()
    late = oldest is not None and (timezone.now() - oldest).total_seconds() > 900
    return [
        Reading("Dernier courrier reçu", "reçu" if last else "jamais", at=last, group=GROUP, source=SOURCE),
        Reading("Courriers en attente d'envoi", count(waiting.filter(state=Leg.State.WAITING).count(), "trajet"), at=oldest,
                group=GROUP, state="late" if late else "ok", source=SOURCE),
        Reading("Courriers retenus ou non remis", count(held.count(), "trajet"), group=GROUP,
                state="late" if held.exists() else "ok", source=SOURCE),
    ]  # fmt: skip
