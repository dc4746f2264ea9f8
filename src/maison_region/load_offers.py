"""The offers of the demonstration and their first figures, through the house's own actions."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.registries.offer.actions.counting import load_beds
from maison.registries.offer.actions.describing import ContactSaid, load_offer
from maison.registries.offer.coherence import Figure
from maison.registries.offer.models.beds import Source
from maison_region.offers import unit_offers


def load_offers(actor: Actor, places: dict[str, UUID], counts: Counter[str]) -> None:
    """Intensive care of the region; what is already there keeps what its people said since."""
    now = timezone.now()
    for unit in unit_offers():
        counts["offres"] += 1
        offer, new = load_offer(
            actor=actor, structure_id=places[f"service/{unit.site.finess_eg}/{unit.service.type}"], identifier=unit.identifier,
            described={
                "name": unit.name, "offer_type": "DEMO", "field": "DEMO-MCO", "activity": unit.activity, "care_mode": "28",
                "bed_kind": unit.kind, "audience": unit.audience,
            },
            unit_code=unit.unit_code, contacts=[ContactSaid("Ligne directe", unit.service.phone)], hours="Jour et nuit",
        )  # fmt: skip
        if not new:
            continue
        load_beds(actor=actor, offer_id=offer.id, figures=[Figure("01", unit.installed), Figure("05", 0)],
                  source=Source.DESCRIPTION, at=now - timedelta(days=1))  # fmt: skip
        if unit.available is not None:
            load_beds(actor=actor, offer_id=offer.id, figures=[Figure("02", unit.available)], source=Source.PHONE,
                      at=now - timedelta(minutes=unit.age_minutes))  # fmt: skip
