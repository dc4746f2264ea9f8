"""May this document leave, for whom, under which identity: the rules before any network (DOC-01, DOC-02, DOC-04, INS-02, MSS-04)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from maison.formats.cda.checks import Checker
from maison.formats.cda.model import Document as Cda
from maison.formats.hl7v2.patient import Ins, Patient
from maison.interop.channels import desks

from .identity import Standing
from .reading import Carried

INS_NEEDED = "ins-absent"
IDENTITY = "identite-incomplete"
RULE = "regle-metier"
MENDED_BY_IDENTITY = frozenset({INS_NEEDED, IDENTITY, desks.OPPOSED})
"""What a new message of the admissions desk may mend."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why the document stays, in French and without identity; `reason` leads to the desk that mends it."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """It may leave. `ins` is the qualified INS under which it does, None when it leaves under the hospital's own number."""

    cda: Cda
    ins: Ins | None


def clear(one: Carried, standing: Standing) -> Cleared | Held:
    """Whether the document may leave the house at all."""
    cda = one.cda
    if cda is None:
        return Held(RULE, one.fault)
    ins = _qualified(one, standing)
    if cda.patient.ins and ins is None:
        words = "Le document porte une INS qui n'est pas qualifiée : il attend que l'identité le soit (pièce vérifiée et INSi)."
        return Held(INS_NEEDED, words)
    if cda.patient.ins and ins is not None and (cda.patient.ins, cda.patient.ins_oid) != (ins.matricule, ins.system):
        return Held(IDENTITY, "L'INS du document n'est pas celle que l'établissement a qualifiée pour ce patient.")
    if _is_someone_else(cda, one.message.patient) or (standing.patient and _is_someone_else(cda, standing.patient)):
        return Held(
            IDENTITY,
            "L'identité du document n'est pas celle du patient dans l'établissement : vérifiez l'une et l'autre.",
        )
    faults = Checker().check(
        one.data, now=timezone.now(), identity_status="QUAL" if ins else "PROV", production=settings.PRODUCTION
    )
    blocking = [fault for fault in faults.faults if fault.severity == "blocking"]
    if blocking:
        words = " ".join(f"{fault.code} : {fault.message}" for fault in blocking[:2])
        return Held(RULE, f"Le document ne peut pas partir. {words}")
    if one.message.flags.secret_connection and not one.message.flags.hidden_from_guardians:
        return Held(
            RULE, "« Connexion secrète » demande que le document soit invisible des représentants légaux (DOC-02)."
        )
    return Cleared(cda, ins)


def clear_for_dmp(one: Carried, standing: Standing, *, wants_ins_inside: bool) -> Cleared | Held:
    """The DMP is asked by the INS: no qualified INS, no feeding; no feeding either against the patient's opposition."""
    if standing.opposed or _opposed_here(one):
        return Held(
            desks.OPPOSED,
            "Le patient s'oppose à l'alimentation de son DMP : rien ne part sans un nouveau choix de sa part.",
        )
    found = clear(one, standing)
    if isinstance(found, Held):
        return found
    if found.ins is None:
        return Held(
            INS_NEEDED,
            "L'INS qualifiée du patient manque : qualifiez l'identité dans le logiciel d'admission, le courrier repartira.",
        )
    if wants_ins_inside and not found.cda.patient.ins:
        return Held(
            INS_NEEDED,
            "Le DMP veut l'INS dans le document : l'établissement doit le renvoyer, une fois l'identité qualifiée.",
        )
    return found


def _qualified(one: Carried, standing: Standing) -> Ins | None:
    """The newest word wins: the letter's own, or that of a message about the patient told later (or earlier and never since)."""
    sent = one.message.header.sent_at.at if one.message.header.sent_at else None
    if standing.told_at is not None and (sent is None or standing.told_at >= sent):
        return standing.ins
    return one.message.patient.ins or (standing.ins if _says_nothing(one.message.patient) else None)


def _says_nothing(patient: Patient) -> bool:
    """A letter that tells no status does not take a qualification back."""
    return not patient.reliability


def _opposed_here(one: Carried) -> bool:
    return "IO" in one.consents


def _is_someone_else(cda: Cda, patient: Patient) -> bool:
    """Birth name, day of birth and sex, when both say them (never another patient's record)."""
    name = patient.birth_name.family if patient.birth_name else None
    pairs = (
        (_plain(cda.patient.birth_family), _plain(name or "")),
        (str(cda.patient.born.day or "") if cda.patient.born else "", str(patient.born_on or "")),
        ({"UN": "U"}.get(cda.patient.gender, cda.patient.gender), patient.sex or ""),
    )
    return any(one and other and one != other for one, other in pairs)


def _plain(text: str) -> str:
    flat = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode().upper()
    return " ".join(re.findall(r"[A-Z0-9]+", flat))
