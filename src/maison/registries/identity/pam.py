"""From PID and ZFD of a PAM message to the fields of an identity. Pure: nothing is refused, nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from maison.formats.civil_status import dated, first_of, tolerant_name
from maison.formats.hl7v2.french_segments import IdentityDetail
from maison.formats.hl7v2.patient import Ins, Patient
from maison.formats.hl7v2.times import PartialDate

from .documents import ESTABLISHMENT, KINDS
from .models import Identity

SEXES = {"M": "M", "F": "F", "U": "I", "O": "I", "I": "I", "A": "I", "N": "I"}
_DOCUMENT_OF = {kind.fhir: kind.code for kind in KINDS.values() if kind.fhir}


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says of a person. `fields` holds only what it says (or erases); `is_checked`: its identity is validated
    there; `ins`: usable by the message's own rules; `carried`: it holds one, usable or not."""

    fields: dict[str, Any]
    is_checked: bool = False
    is_retrieved: bool = False
    says_reliability: bool = False
    ins: Ins | None = None
    carried: bool = False
    homonym: bool = False
    doubtful: bool = False
    fictive: bool = False
    comments: tuple[str, ...] = ()
    insi_at: datetime | None = None
    document: str = ESTABLISHMENT
    notes: tuple[str, ...] = field(default=())


def read(patient: Patient, detail: IdentityDetail | None) -> Told:
    said = set(patient.reliability)
    doubtful, fictive = "DOUT" in said, "FICT" in said
    return Told(
        fields=_fields(patient, detail),
        is_checked=bool(said & {"VALI", "QUAL"}) and not (doubtful or fictive or "PROV" in said),
        is_retrieved="RECUP" in said and not (doubtful or fictive),
        says_reliability=bool(said),
        ins=patient.ins,
        carried=patient.carried_ins is not None,
        homonym="HOMA" in said,
        doubtful=doubtful,
        fictive=fictive,
        comments=tuple(sorted(said - {"PROV", "RECUP", "VALI", "QUAL", "HOMA", "DOUT", "FICT"})),
        insi_at=detail.asked_at.at if detail and detail.asked_at else None,
        document=_DOCUMENT_OF.get((detail.proof or "") if detail else "", ESTABLISHMENT),
    )


def _fields(patient: Patient, detail: IdentityDetail | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    name, used = patient.birth_name, patient.used_name
    if name and name.family:
        found["birth_name"] = tolerant_name(name.family)[:100]
        first = tolerant_name(name.given)[:60]
        names = tolerant_name(name.givens)[:200] or first
        found |= {"first_names": names, "first_name": first_of(names, first)[:60]}
    if used and used.family:
        found["used_name"] = tolerant_name(used.family)[:100]
        found["used_first_name"] = tolerant_name(used.given)[:60]
    if patient.born is not None and (born := _born(patient.born)):
        found |= born
        if detail is not None and detail.is_birth_date_corrected is not None:
            found["birth_date_corrected"] = detail.is_birth_date_corrected
    if patient.sex:
        found["sex"] = SEXES.get(patient.sex, "I")
    if patient.birth_place:
        found["birth_place"] = patient.birth_place.strip().upper()[:5]
    return found | _complementary(patient)


def _born(born: PartialDate) -> dict[str, Any] | None:
    """A year or a month alone is written as RNIV asks, with what is known of it."""
    if born.day is not None:
        return {"birth_date": born.day, "birth_date_known": Identity.Known.DAY}
    digits = born.text[:6]
    try:
        written = dated(int(digits[:4]), int(digits[4:6] or 0), 0)
    except ValueError:
        return None
    return {"birth_date": written.day, "birth_date_known": written.known}


def _complementary(patient: Patient) -> dict[str, Any]:
    found: dict[str, Any] = {}
    erased = set(patient.erased)
    if home := patient.home:
        street = " ".join(part for part in (home.street, home.complement) if part)
        found |= {"address": street[:200], "postal_code": (home.postcode or "")[:10], "city": (home.city or "")[:80]}
    elif "addresses" in erased:
        found |= {"address": "", "postal_code": "", "city": ""}
    phones = [phone for phone in patient.home_phones if phone.number and (phone.equipment or "") != "FX"]
    if phones:
        found["phone"] = (phones[0].number or "")[:30]
    elif "home_phones" in erased:
        found["phone"] = ""
    emails = [phone.email for phone in patient.home_phones if phone.email and phone.equipment != "X.400"]
    if emails and "@" in emails[0]:
        found["email"] = emails[0][:254]
    if patient.mother_name and patient.mother_name.family:
        found["mother_name"] = tolerant_name(patient.mother_name.family)[:100]
    if patient.is_multiple_birth and patient.birth_rank and 0 < patient.birth_rank < 20:
        found["birth_rank"] = int(patient.birth_rank)
    if patient.died is not None:
        found["died_on"] = _day(patient.died.at)
    elif "died" in erased or patient.is_dead is False:
        found["died_on"] = None
    return found


def _day(at: datetime) -> date:
    return at.date()
