"""A letter to the mailboxes of MSSanté: whose, one mail each, each once."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from maison.formats.hl7v2.patient import Ins
from maison.formats.xds.ebrim import entry_id
from maison.formats.xds.xdm import BadArchive
from maison.foundations.structures.models import Structure
from maison.interop.channels import desks
from maison.interop.channels.ports.base import Receipt
from maison.interop.exchanges.blind_index import patient_key

from . import MSSANTE, former, ledger, legs, mail
from .clearance import INS_NEEDED, Cleared, Held, clear
from .identity import identities
from .models import Leg, Letter, Sending
from .ports.base import MailOperator
from .ports.chosen import is_trusted, patients_domain
from .reading import Carried

State = Leg.State
OUTSIDE = "Une adresse n'est pas dans l'espace de confiance MSSanté : rien n'est parti vers elle."
NOBODY = "Aucune adresse MSSanté de destinataire : donnez-la sur la page du courrier, ou prévenez-le autrement."
IN_HAND = "Le même document part en ce moment par un autre message."
TOO_LARGE = f"Le courrier dépasse {mail.LARGEST // 1_000_000} Mo : la messagerie ne le prendrait pas."


@dataclass(frozen=True, slots=True)
class Recipient:
    """`destination` is what the ledger keeps: the mailbox of a professional, a blind key for a patient's."""

    destination: str
    address: str


def carry(operator: MailOperator, letter: Letter, leg: Leg, one: Carried, *, always_reading: bool) -> Receipt:
    flags = one.message.flags
    if not flags.to_professionals and not flags.to_patient:
        legs.move(leg, State.NOT_ASKED, "Le message ne demande pas d'envoi par MSSanté.")
        return Receipt("delivered", "Non demandé : rien n'est parti par MSSanté.")
    if one.action == "delete":
        return _take_back(operator, letter, leg, one)
    standing = identities().standing(letter)
    cleared = clear(one, standing)
    if isinstance(cleared, Held):
        return Receipt("rejected", cleared.words, reason=cleared.reason)
    people = recipients(letter, one, cleared)
    if isinstance(people, Receipt):
        return people
    before = former.fate(letter, MSSANTE) if one.action == "replace" else ("unknown", None)
    if before[0] == "waiting":
        return Receipt("later", "La version que ce document remplace est encore en route : il part après elle.")
    former.supersede(letter, MSSANTE)
    metadata = mail.description(one, cleared)
    replaces = entry_id(_unique_id(one)) if before[0] == "arrived" else ""
    sender = sender_of(letter)
    try:
        attached = mail.archive(one, metadata, replaces=replaces, at=letter.received_at, sender=sender)
    except BadArchive as bad:
        return Receipt("rejected", bad.message, reason="regle-metier")
    if len(attached) * 4 // 3 > mail.LARGEST:
        return Receipt("rejected", TOO_LARGE, reason="regle-metier")
    reading = bool(flags.wants_reading or always_reading)
    return _all(operator, letter, leg, one, people, attached, before[1], reading=reading)


def recipients(letter: Letter, one: Carried, cleared: Cleared) -> list[Recipient] | Receipt:
    """PRT of role RCT, else those of the CDA, and what a secretary gave; the patient's own mailbox when it may be (MSS-04)."""
    found: list[Recipient] = []
    flags = one.message.flags
    if flags.to_professionals:
        addresses = _professionals(letter, one, cleared)
        if not addresses:
            return Receipt("rejected", NOBODY, reason=desks.ADDRESS)
        if not all(is_trusted(address) for address in addresses):
            return Receipt("rejected", OUTSIDE, reason=desks.ADDRESS)
        found += [Recipient(address, address) for address in addresses]
    if flags.to_patient:
        if flags.hidden_from_patient:
            return Receipt(
                "rejected",
                "Le document est invisible du patient : il ne peut pas lui être envoyé.",
                reason="regle-metier",
            )
        if cleared.ins is None:
            words = "Un courrier au patient demande une identité qualifiée : l'adresse de sa boîte est son INS."
            return Receipt("rejected", words, reason=INS_NEEDED)
        found.append(_patient(cleared.ins))
    return found


def _professionals(letter: Letter, one: Carried, cleared: Cleared) -> list[str]:
    if letter.given_addresses:
        return [address.lower() for address in letter.given_addresses]
    said = [person.mail for person in one.message.recipients if person.mail and not person.is_patient]
    if not said:
        said = [
            str(telecom.value.partition(":")[2]) for person in cleared.cda.recipients for telecom in person.telecoms
            if telecom.value.lower().startswith("mailto:")
        ]  # fmt: skip
    return list(dict.fromkeys(address.strip().lower() for address in said))


def _patient(ins: Ins) -> Recipient:
    return Recipient(f"patient:{patient_key(ins.system, ins.matricule)}", f"{ins.matricule}@{patients_domain()}")


def _unique_id(one: Carried) -> str:
    cda = one.cda
    related = next((str(link.id) for link in cda.related if link.kind == "RPLC"), "") if cda else ""
    return related or one.replaces_key


def sender_of(letter: Letter) -> str:
    found = Structure.objects.filter(id=letter.structure_id).values_list("name", flat=True).first()
    return found or "Maison e-santé"


def _all(
    operator: MailOperator, letter: Letter, leg: Leg, one: Carried, people: list[Recipient], attached: bytes,
    before: Sending | None, *, reading: bool,
) -> Receipt:  # fmt: skip
    """One mail to each; the others go on when one cannot. The worst of the answers is that of the letter."""
    answers = [_one(operator, letter, leg, one, person, attached, before, reading=reading) for person in people]
    worst = next((answer for answer in answers if answer.result != "delivered"), None)
    if worst is not None:
        return worst
    leg = Leg.objects.get(pk=leg.pk)
    words = answers[0].words if len(answers) == 1 else f"{len(answers)} boîtes servies"
    legs.move(leg, legs.state_of(leg), words, tried=True)
    return Receipt("delivered", words)


def _one(
    operator: MailOperator, letter: Letter, leg: Leg, one: Carried, person: Recipient, attached: bytes, before: Sending | None,
    *, reading: bool,
) -> Receipt:  # fmt: skip
    where, known = ledger.standing(letter, person.destination)
    if where == "done" and known is not None:
        return Receipt("delivered", "Déjà envoyé : rien n'est reparti.")
    if where == "other":
        words = (
            "Cet identifiant de document a déjà servi pour un autre contenu : l'établissement doit en donner un autre."
        )
        return Receipt("rejected", words, reason="regle-metier")
    if where == "leaving" and known is not None:
        if not ledger.is_too_old(known):
            return Receipt(
                "later", "Issue de l'envoi inconnue : l'accusé de l'opérateur est attendu avant d'y revenir."
            )
        ledger.forget(known.id, "Aucun accusé : une personne décide de renvoyer")
        return Receipt(
            "unknown",
            "L'envoi a été coupé et aucun accusé n'est venu : vérifiez auprès du destinataire avant de le renvoyer.",
        )
    generation = known.generation + 1 if known is not None else 1
    reference = ledger.reference_of(letter, person.destination, generation)
    message_id = mail.message_id_of(reference)
    payload = mail.compose(
        one=one, to=person.address, sender=sender_of(letter), message_id=message_id, attached=attached, at=timezone.now(),
        answers_to=mail.message_id_of(before.reference) if before else "", reply_to=_reply_to(one), wants_reading=reading,
    )  # fmt: skip
    return _submitted(operator, leg, person, payload, message_id, generation)


def _submitted(
    operator: MailOperator, leg: Leg, person: Recipient, payload: bytes, message_id: str, generation: int
) -> Receipt:
    begun: list[Sending] = []

    def about_to() -> None:
        begun.append(ledger.begin(leg, person.destination, payload, "message/rfc822", generation=generation))

    try:
        answer = operator.submit(person.address, payload, message_id, about_to)
    except ledger.Taken:
        return Receipt("later", IN_HAND)
    if answer.fate == "taken":
        ledger.end(begun[0].id, Sending.State.SENT, answer.words, expects_receipt=answer.expects_receipt)
        return Receipt("delivered", answer.words)
    if answer.fate == "unknown":
        return Receipt("later", f"{answer.words} L'accusé de l'opérateur dira si le courrier est passé.")
    for sending in begun:
        ledger.forget(sending.id, answer.words)
    if answer.fate == "down":
        return Receipt("down", answer.words)
    reason = desks.ADDRESS if answer.fate == "unknown-address" else desks.REFUSED
    return Receipt("rejected", answer.words, reason=reason)


def _reply_to(one: Carried) -> str:
    for role in ("REPLY", "SB"):
        for person in one.message.participants_as(role):
            if person.mail and is_trusted(person.mail):
                return person.mail
    return ""


def _take_back(operator: MailOperator, letter: Letter, leg: Leg, one: Carried) -> Receipt:
    """Those who received the document are told, in answer to the mail that brought it; those who did not hear nothing."""
    fate, _ = former.fate(letter, MSSANTE)
    if fate == "waiting":
        return Receipt("later", "Le document à annuler est encore en route : l'annulation part après lui.")
    former.supersede(letter, MSSANTE)
    received = Sending.objects.filter(
        leg__kind=MSSANTE, document_key=letter.document_key, state__in=former.ARRIVED
    ).exclude(action="delete").exclude(destination__startswith="patient:")  # fmt: skip
    answers = []
    for sending in received:
        person = Recipient(sending.destination, sending.destination)
        answers.append(_one(operator, letter, leg, one, person, b"", sending, reading=False))
    worst = next((answer for answer in answers if answer.result != "delivered"), None)
    if worst is not None:
        return worst
    words = (
        "Les destinataires sont prévenus de l'annulation."
        if answers
        else "Personne n'avait reçu ce document : rien à annuler."
    )
    legs.move(leg, legs.state_of(leg) if answers else State.NOT_ASKED, words, tried=True)
    return Receipt("delivered", words)
