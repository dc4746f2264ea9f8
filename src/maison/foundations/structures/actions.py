"""Writes of structures. Loads and imports call them with a system actor; people through delegated administration."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from maison.foundations.ids import uuid7

from .models import Structure


@transaction.atomic
def save_structure(*, kind: str, finess: str = "", parent_id: UUID | None = None, **fields: Any) -> Structure:
    """Create a structure, or bring the one of the same kind and FINESS (else same parent and name) up to date."""
    key = {"kind": kind, "finess": finess} if finess else {"kind": kind, "parent_id": parent_id, "name": fields["name"]}
    found = Structure.objects.select_for_update().filter(**key).first()
    structure = found or Structure(id=uuid7(), **key)
    structure.parent_id = parent_id
    for name, value in fields.items():
        setattr(structure, name, value)
    parent_lineage = Structure.objects.values_list("lineage", flat=True).get(id=parent_id) if parent_id else []
    structure.lineage = [structure.id, *parent_lineage]
    structure.full_clean(exclude=["lineage", "parent"], validate_unique=False)
    structure.save()
    return structure
