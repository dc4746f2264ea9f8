"""The narrow port through which stays know patients. The identity registry takes it over with `use`.

Stays keep a reference (a UUID) and ask: who is this number in this domain, what is to be shown of him, are these two the same;
and pass on what hospitals say of numbers (merge, new number, link). The house's own port below, for a house without the
registry, keeps the traits as they were said, sealed; it holds no INS (INS-10) and no link.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from maison.formats.hl7v2.french_segments import IdentityDetail
from maison.formats.hl7v2.patient import Patient as PamPatient
from maison.foundations.access import Actor
from maison.ui.components import PersonBanner

from .models import Patient
from .sealing import seal, unseal

STATUSES = {
    "VALI": "identité validée",
    "PROV": "identité provisoire",
    "RECUP": "identité récupérée",
    "VIDE": "identité vide",
}


@dataclass(frozen=True, slots=True)
class Traits:
    """As the hospital says them. `status` is PID-32."""

    birth_name: str = ""
    first_name: str = ""
    used_name: str = ""
    born_on: str = ""
    sex: str = ""
    birth_place: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An identity in a message. `ins_set_aside`: it carried an INS that may not be used. `patient` and `detail`: PID and ZFD
    whole, for a port that knows more; `only_names`: the message is about the number, its traits are told elsewhere (A40)."""

    domain: str
    ipp: str
    traits: Traits
    sent_at: datetime
    ins_set_aside: bool = False
    patient: PamPatient | None = None
    detail: IdentityDetail | None = None
    only_names: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """`is_late`: the house already knows something said later; nothing was changed."""

    id: UUID
    is_late: bool = False


class Patients(Protocol):
    def refer(self, said: Said, actor: Actor) -> Reference: ...
    def merge(self, kept: UUID, gone: UUID, actor: Actor, told_at: datetime) -> bool:
        """False: left to a person, nothing was merged."""
        ...

    def renumber(self, new: Said, old: Said, actor: Actor) -> Reference | None:
        """One patient, a new number (A47). None when both numbers were already known as two: then it is a merge."""
        ...

    def link(self, one: UUID, other: UUID, actor: Actor, told_at: datetime) -> bool: ...
    def unlink(self, one: UUID, other: UUID, actor: Actor) -> bool: ...
    def same(self, one: UUID, other: UUID) -> bool: ...
    def banners(self, ids: Iterable[UUID]) -> dict[UUID, PersonBanner]: ...


class OwnPatients:
    """Patients kept by this room: one row a number and domain."""

    def refer(self, said: Said, actor: Actor) -> Reference:
        """The patient with this number, new or brought up to date; what is older than what is known changes nothing."""
        patient = Patient.objects.select_for_update().filter(domain=said.domain, ipp=said.ipp).first()
        if patient is None:
            Patient.objects.bulk_create([Patient(domain=said.domain, ipp=said.ipp)], ignore_conflicts=True)
            patient = Patient.objects.select_for_update().get(domain=said.domain, ipp=said.ipp)
        if patient.told_at is not None and said.sent_at < patient.told_at:
            return Reference(patient.id, is_late=True)
        if said.traits != Traits():
            patient.traits = seal(patient.id, json.dumps(asdict(said.traits)).encode())
        patient.told_at = said.sent_at
        patient.save(update_fields=["traits", "told_at"])
        return Reference(patient.id)

    def merge(self, kept: UUID, gone: UUID, actor: Actor, told_at: datetime) -> bool:
        """Both rows stay; what pointed to the second is now read as the first, and can be given back."""
        Patient.objects.filter(id=gone).update(merged_into=self.survivor(kept))
        return True

    def renumber(self, new: Said, old: Said, actor: Actor) -> Reference | None:
        return None

    def link(self, one: UUID, other: UUID, actor: Actor, told_at: datetime) -> bool:
        return True

    def unlink(self, one: UUID, other: UUID, actor: Actor) -> bool:
        return True

    def same(self, one: UUID, other: UUID) -> bool:
        return one == other or self.survivor(one) == self.survivor(other)

    def survivor(self, patient_id: UUID) -> UUID:
        seen = {patient_id}
        while following := Patient.objects.filter(id=patient_id).values_list("merged_into", flat=True).first():
            if following in seen:
                break
            seen.add(following)
            patient_id = following
        return patient_id

    def banners(self, ids: Iterable[UUID]) -> dict[UUID, PersonBanner]:
        rows = Patient.objects.select_related("merged_into").in_bulk(list(ids))
        return {key: _banner(row.merged_into or row) for key, row in rows.items()}


def _banner(patient: Patient) -> PersonBanner:
    traits = Traits(**json.loads(unseal(patient.id, bytes(patient.traits)))) if patient.traits else Traits()
    return PersonBanner(
        birth_name=traits.birth_name or "Identité inconnue",
        first_name=traits.first_name,
        born_on=date.fromisoformat(traits.born_on) if traits.born_on else None,
        sex={"F": "femme", "M": "homme"}.get(traits.sex, ""),
        birth_place=traits.birth_place,
        status=STATUSES.get(traits.status, "identité provisoire"),
        used_name=traits.used_name,
    )


_in_use: Patients = OwnPatients()


def patients() -> Patients:
    return _in_use


def use(port: Patients) -> None:
    """Called by the registry that owns identities, when the house opens."""
    global _in_use
    _in_use = port
