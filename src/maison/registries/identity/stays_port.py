"""The registry's answer to stays: who a hospital's number is, what to show of him, whether two references are one person.

Patients that stays knew before the registry stood keep their reference: they are taken over at their first message, with the
traits that were sealed, and shown from there until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from maison.foundations.access import Actor
from maison.registries.stays.models import Patient as EarlierPatient
from maison.registries.stays.patients import OwnPatients, Reference, Said
from maison.ui.components import PersonBanner

from . import banners as banner
from .actions import feed, linking, merging
from .domains import domain_of_message
from .models import Identity, Number
from .pam import Told, read

NOBODY = Told({})


class RegistryPatients:
    def __init__(self) -> None:
        self._earlier = OwnPatients()

    def refer(self, said: Said, actor: Actor) -> Reference:
        identity, late = feed.refer(
            actor, said.domain, said.ipp, read(said.patient, said.detail) if said.patient else NOBODY, said.sent_at,
            only_if_unknown=said.only_names, known_before=lambda: self._reference_of_before(said),
        )  # fmt: skip
        return Reference(identity.id, is_late=late)

    def merge(self, kept: UUID, gone: UUID, actor: Actor, told_at: datetime) -> bool:
        return merging.merge_as_told(actor, kept, gone, told_at)

    def renumber(self, new: Said, old: Said, actor: Actor) -> Reference | None:
        """The old number known and the new one not: the same identity. Anything else is for a merge to say."""
        domain, _ = domain_of_message(actor, new.domain)
        known = dict(Number.objects.filter(domain=domain, ipp__in=(new.ipp, old.ipp)).values_list("ipp", "identity_id"))
        if old.domain != new.domain:
            return None
        if old.ipp not in known:
            if new.ipp in known:
                return None
            self.refer(old, actor)
            known = dict(Number.objects.filter(domain=domain, ipp=old.ipp).values_list("ipp", "identity_id"))
        if new.ipp in known and known[new.ipp] != known[old.ipp]:
            return None
        merging.renumber(actor, known[old.ipp], domain.id, old.ipp, new.ipp, new.sent_at)
        return self.refer(new, actor)

    def link(self, one: UUID, other: UUID, actor: Actor, told_at: datetime) -> bool:
        return linking.link_as_told(actor, one, other, told_at)

    def unlink(self, one: UUID, other: UUID, actor: Actor) -> bool:
        return linking.unlink_as_told(actor, one, other)

    def same(self, one: UUID, other: UUID) -> bool:
        if one == other or merging.survivor_of(one) == merging.survivor_of(other):
            return True
        return self._earlier.same(one, other)

    def banners(self, ids: Iterable[UUID]) -> dict[UUID, PersonBanner]:
        wanted = list(ids)
        found = banner.banners(wanted)
        missing = [one for one in wanted if one not in found]
        return found | (self._earlier.banners(missing) if missing else {})

    def _reference_of_before(self, said: Said) -> UUID | None:
        """The id under which stays knew this number before the registry, never one that already is an identity."""
        earlier = EarlierPatient.objects.filter(domain=said.domain, ipp=said.ipp).values_list("id", flat=True).first()
        if earlier is None or Identity.objects.filter(id=earlier).exists():
            return None
        return earlier
