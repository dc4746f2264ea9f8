from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Length

from maison.foundations.searching import holding, words_of
from maison.registries.sources.catalogue import source_named

from .models import Facility


def facility_by_finess(kind: str, finess: str) -> Facility | None:
    """Never by the number alone: an EJ and an EG have numbers of the same form."""
    return Facility.objects.filter(kind=kind, finess=finess).first()


def search(text: str, *, department: str = "", with_closed: bool = False) -> QuerySet[Facility]:
    """Structures whose name, category or commune hold every word; misspelt words are compared with the nearest when nothing does."""
    found = Facility.objects.exclude(state=Facility.State.CANDIDATE)
    found = found if with_closed else found.open()
    if department:
        found = found.filter(department=department)
    words = words_of(text)
    rank = Case(When(finess=text.strip(), then=Value(0)), When(words__contains=f" {words[0]}" if words else "", then=Value(1)),
                default=Value(2), output_field=IntegerField())  # fmt: skip
    return holding(found, words).order_by(rank, Length("name"), "name", "id")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field comes from: the source in words, the day it last changed there, whether it is only deduced."""

    label: str
    source: str
    on: dt.date | None
    is_sure: bool


def origins_of(facility: Facility) -> list[Origin]:
    """One line a field that somebody filled, in the order of the sheet."""
    found = []
    for field in Facility._meta.fields:
        told = facility.provenance.get(field.name)
        if told:
            source, on, confidence = told
            found.append(Origin(str(field.verbose_name), source_named(source), dt.date.fromisoformat(on) if on else None, confidence >= 1))  # fmt: skip
    return found


def sheet_of(facility_id: UUID) -> Facility | None:
    return Facility.objects.select_related("parent").filter(id=facility_id).first()
