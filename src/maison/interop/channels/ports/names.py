"""What an integrator chooses from: the names the operator, or the declaration of targets, opens to a channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from maison.foundations.structures.models import Structure
from maison.interop.channels import reach
from maison.interop.channels.models import Channel
from maison.interop.hl7v2.models import Target as Declared

from . import accesses
from .folders import must_be_listed

MLLP = "mllp"

type Names = Callable[[Sequence[str]], list[str] | None]
"""Names for these natures of access; None when anything may be written."""


def known_to(channel: Channel) -> Names:
    def names(natures: Sequence[str]) -> list[str] | None:
        if MLLP in natures:
            rows = Declared.objects.filter(active=True).order_by("code")
            if not reach.hears_everything(channel):
                rows = rows.filter(structure__lineage__contains=[channel.structure_id])
            return list(rows.values_list("code", flat=True))
        if "dossier" in natures and not must_be_listed() and channel.structure.kind == Structure.Kind.AGENCY:
            return None
        return accesses.usable(channel.structure, *natures)

    return names
