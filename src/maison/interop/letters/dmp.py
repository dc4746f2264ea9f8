"""A letter to the DMP: fed once (ITI-41), replaced, or taken back (ITI-57), under the patient's qualified INS."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils import timezone
from lxml import etree

from maison.formats.cda.xds import XdsMetadata
from maison.formats.xds import ebrim
from maison.formats.xds.ebrim import Entry, Submission, entry_id
from maison.formats.xds.soap import Answer
from maison.formats.xds.vihf import Claims
from maison.foundations.structures.models import Structure
from maison.interop.channels import desks
from maison.interop.channels.ports.base import Receipt

from . import DMP, former, ledger, legs, mail, refusals
from .clearance import IDENTITY, INS_NEEDED, Cleared, Held, clear_for_dmp
from .identity import identities
from .models import Leg, Letter, Sending
from .ports.base import CutShort, HealthRecord, Unreachable
from .reading import Carried

State = Leg.State
STRUCTURES = "1.2.250.1.71.4.2.2"


def carry(record: HealthRecord, letter: Letter, leg: Leg, one: Carried, *, wants_ins_inside: bool) -> Receipt:
    if not one.message.flags.to_dmp:
        legs.move(leg, State.NOT_ASKED, "Le message ne demande pas d'envoi au DMP.")
        return Receipt("delivered", "Non demandé : rien n'est parti vers le DMP.")
    if one.action == "delete":
        return _take_back(record, letter, leg, one)
    standing = identities().standing(letter)
    cleared = clear_for_dmp(one, standing, wants_ins_inside=wants_ins_inside)
    if isinstance(cleared, Held):
        return Receipt("rejected", cleared.words, reason=cleared.reason)
    replaces = ""
    if one.action == "replace":
        fate, _ = former.fate(letter, DMP)
        if fate == "waiting":
            return Receipt("later", "La version que ce document remplace est encore en route : il part après elle.")
        if fate in ("arrived", "unknown"):
            replaces = _former_entry(one)
    former.supersede(letter, DMP)
    return _fed(record, letter, leg, one, cleared, replaces)


def _fed(record: HealthRecord, letter: Letter, leg: Leg, one: Carried, cleared: Cleared, replaces: str) -> Receipt:
    where, known = ledger.standing(letter, DMP)
    if where == "done":
        return Receipt("delivered", "Déjà dans le DMP : rien n'est reparti.")
    if where == "other":
        words = (
            "Cet identifiant de document a déjà servi pour un autre contenu : l'établissement doit en donner un autre."
        )
        return Receipt("rejected", words, reason="regle-metier")
    metadata = mail.description(one, cleared)
    entry = Entry(metadata=metadata, replaces=replaces)
    submission = Submission(
        unique_id=ebrim.oid_of("dmp", metadata.unique_id), source_id=settings.HOUSE_OID, at=mail.stamp(timezone.now()),
        patient_id=metadata.patient_id, entries=(entry,), authors=metadata.authors,
    )  # fmt: skip
    claims = claims_of(letter, metadata)
    return _asked(
        lambda about_to: record.feed(submission, {entry.id: one.data}, claims, about_to),
        leg, etree.tostring(ebrim.write(submission)), before=known.state if known else "", words="Reçu par le DMP",
    )  # fmt: skip


def _take_back(record: HealthRecord, letter: Letter, leg: Leg, one: Carried) -> Receipt:
    """Only what the house fed is taken back by it (DOC-03): asked by the author's own software, in the same establishment."""
    fate, sending = former.fate(letter, DMP)
    if fate == "waiting":
        return Receipt("later", "Le document à annuler est encore en route : l'annulation part après lui.")
    former.supersede(letter, DMP)
    if sending is None or sending.leg.letter.structure_id != letter.structure_id:
        legs.move(leg, State.NOT_ASKED, "Ce document n'est pas parti de la maison vers le DMP : rien à annuler.")
        return Receipt("delivered", "Rien à annuler dans le DMP.")
    standing = identities().standing(letter)
    ins = one.message.patient.ins or standing.ins
    if ins is None:
        words = "L'INS qualifiée du patient manque : le document ne peut pas être annulé dans le DMP."
        return Receipt("rejected", words, reason=INS_NEEDED)
    if ledger.standing(letter, DMP)[0] == "done":
        return Receipt("delivered", "Déjà annulé dans le DMP.")
    patient = f"{ins.matricule}^^^&{ins.system}&ISO^NH"
    submission = Submission(
        unique_id=ebrim.oid_of("dmp-annule", letter.document_key), source_id=settings.HOUSE_OID, at=mail.stamp(timezone.now()),
        patient_id=patient, entries=(),
    )  # fmt: skip
    entry = entry_id(sending.document_key)
    structure = Structure.objects.filter(id=letter.structure_id).first()
    claims = Claims(
        subject=_structure_id(structure), subject_name=structure.name if structure else "", structure=_structure_id(structure),
        structure_name=structure.name if structure else "", sector="", roles=(), patient=patient,
        approval=settings.DMP["approval"],
    )  # fmt: skip
    return _asked(
        lambda about_to: record.take_back(submission, entry, claims, about_to), leg,
        etree.tostring(ebrim.write_status(submission, entry, "deleted")), before="", words="Annulé dans le DMP",
    )  # fmt: skip


def _asked(
    ask: Callable[[Callable[[], None]], Answer], leg: Leg, written: bytes, *, before: str, words: str
) -> Receipt:
    """Ask the DMP and keep what it says. It knows a document by its unique id: asking again does no harm.
    `before` is the state of a former try, empty for a first one."""
    begun: list[Sending] = []
    try:
        answer = ask(lambda: begun.append(ledger.begin(leg, DMP, written, "application/xml", again=before)))
    except Unreachable as mute:
        for sending in begun:
            ledger.forget(sending.id, mute.words)
        return Receipt("down", mute.words)
    except ledger.Taken:
        return Receipt("later", "Le même document part en ce moment par un autre message.")
    except CutShort:
        return Receipt(
            "down",
            "La ligne est tombée pendant l'envoi : le même document sera présenté à nouveau, le DMP reconnaît son identifiant.",
        )
    sending = begun[0]
    if answer.accepted or (before and refusals.is_there_already(answer)):
        told = words if answer.accepted else f"{words} : un envoi précédent, coupé, avait abouti"
        ledger.end(sending.id, Sending.State.DELIVERED, told)
        legs.move(leg, State.DELIVERED, told, tried=True)
        return Receipt("delivered", told)
    said = refusals.words(answer)
    if refusals.asks_to_come_back(answer):
        ledger.forget(sending.id, said)
        return Receipt("down", "Le DMP demande de revenir plus tard.")
    ledger.end(sending.id, Sending.State.FAILED, said)
    codes = {error.code for error in answer.errors}
    reason = IDENTITY if codes & refusals.IDENTITY else desks.REFUSED
    return Receipt("rejected", said, reason=reason)


def claims_of(letter: Letter, metadata: XdsMetadata) -> Claims:
    """The author, for the establishment that keeps the document."""
    author = metadata.authors[0] if metadata.authors else None
    person = author.person.split("^") if author else []
    structure = Structure.objects.filter(id=letter.structure_id).first()
    institution = (author.institution if author else "").split("^")
    facility = metadata.facility_type
    return Claims(
        subject=person[0] if person else "",
        subject_name=" ".join(person[2:0:-1]),
        structure=institution[9] if len(institution) > 9 and institution[9] else _structure_id(structure),
        structure_name=institution[0] or (structure.name if structure else ""),
        sector=f"{facility.code}^{facility.system}" if facility else "",
        roles=(author.specialty,) if author and author.specialty else (),
        patient=metadata.patient_id,
        approval=settings.DMP["approval"],
    )


def _structure_id(structure: Structure | None) -> str:
    """IdNat_Struct of the establishment: 1 and its FINESS."""
    return f"1{structure.finess}" if structure is not None and structure.finess else ""


def _former_entry(one: Carried) -> str:
    related = next((str(link.id) for link in one.cda.related if link.kind == "RPLC"), "") if one.cda else ""
    return entry_id(related or one.replaces_key)
