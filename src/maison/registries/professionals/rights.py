"""REF-03: a post that the RPPS has closed opens nothing in the house, from the moment the file is applied."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from maison.foundations.access import Actor
from maison.foundations.accounts.actions import end_situations
from maison.foundations.structures.models import Situation

from .models import Activity

REASON = "Situation d'exercice close dans le RPPS"


def end_rights_of(activity_ids: Collection[UUID]) -> int:
    """End the house's situations that only these closed activities held. Returns how many.

    A situation is held by an activity of the same person and profession in the same place; a person with no activity left
    keeps none of those that Pro Santé Connect gave.
    """
    closed = Activity.objects.filter(id__in=activity_ids).select_related("professional")
    people = {one.professional.idnat for one in closed}
    situations = Situation.objects.filter(user__subject__in=people, source=Situation.Source.PSC, ended_on=None)
    found = list(situations.select_related("user"))
    if not found:
        return 0
    held: dict[str, list[Activity]] = {}
    for one in Activity.objects.open().filter(professional__idnat__in={it.user.subject for it in found}).select_related("professional"):  # fmt: skip
        held.setdefault(one.professional.idnat, []).append(one)
    over: dict[str, list[Activity]] = {}
    for one in closed:
        over.setdefault(one.professional.idnat, []).append(one)
    ending = [
        it.id for it in found
        if not held.get(it.user.subject)
        or (_held(it, over[it.user.subject]) and not _held(it, held[it.user.subject]))
    ]  # fmt: skip
    return end_situations(actor=Actor.system("rpps"), situation_ids=ending, reason=REASON)


def _held(situation: Situation, activities: Collection[Activity]) -> bool:
    names = set(situation.organisation_key.split("/"))
    return any(
        one.profession == situation.profession
        and names & {f"finess:{one.finess}", f"siret:{one.siret}", f"id:{one.technical_id}"}
        for one in activities
    )
