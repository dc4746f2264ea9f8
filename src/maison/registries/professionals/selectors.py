from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When

from maison.foundations.searching import holding, words_of

from .models import Activity, Mailbox, Professional, Qualification


def professional_by_identifier(identifier: str) -> Professional | None:
    """By IdNat_PS (`8` + RPPS) or by RPPS."""
    wanted = identifier if len(identifier) != 11 else f"8{identifier}"
    return Professional.objects.filter(idnat=wanted).first()


def search(text: str, *, department: str = "", with_closed: bool = False) -> QuerySet[Professional]:
    """Professionals whose name, profession, skill, structure or commune hold every word; the nearest words when nothing does."""
    found = Professional.objects.all() if with_closed else Professional.objects.practising()
    if department:
        found = found.filter(departments__contains=department)
    asked = text.strip()
    if asked.isdigit() and len(asked) in (9, 11, 12):
        return found.filter(idnat__in=[asked, f"8{asked}", f"0{asked}"]).order_by("id")
    words = words_of(text)
    rank = Case(When(words__startswith=words[0] if words else "", then=Value(0)), default=Value(1), output_field=IntegerField())  # fmt: skip
    return holding(found, words).order_by(rank, "name", "first_name", "id")


def sheet_of(professional_id: UUID) -> Professional | None:
    return Professional.objects.filter(id=professional_id).first()


def activities_of(professional: Professional) -> list[Activity]:
    return list(Activity.objects.filter(professional=professional).order_by("closed_on", "structure_name", "id"))


def qualifications_of(professional: Professional) -> list[Qualification]:
    return list(Qualification.objects.filter(idnat=professional.idnat, closed_on=None))


def mailboxes_of(professional: Professional) -> list[Mailbox]:
    return list(Mailbox.objects.filter(idnat=professional.idnat, closed_on=None))


def mailboxes_of_structures(numbers: Collection[str]) -> dict[str, list[Mailbox]]:
    """Organisational mailboxes by FINESS or SIRET. One query."""
    found: dict[str, list[Mailbox]] = {}
    for one in Mailbox.objects.filter(structure__in=list(numbers), closed_on=None).exclude(kind=Mailbox.Kind.PERSON):
        found.setdefault(one.structure, []).append(one)
    return found
