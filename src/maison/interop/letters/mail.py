"""The mail that carries a document by MSSanté (MSS-06): its subject says nothing of the patient, its attachment everything."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings
from msgspec.structs import replace

from maison.formats.cda.xds import XdsMetadata, metadata_of
from maison.formats.xds import ebrim, xdm

from .clearance import Cleared
from .reading import Carried

SUBJECT = "XDM/1.0/DDM+Document de santé"
"""The official examples write the patient's name and the kind of document there; subjects are kept in clear by every relay: we do not."""
CANCELLED = "Document de santé annulé par son auteur"
LARGEST = 20_000_000
BODY = (
    "Bonjour,\n\nVous trouverez ci-joint un document concernant l'un de vos patients, transmis par {sender}.\n"
    "Ouvrez la pièce jointe IHE_XDM.ZIP avec votre logiciel, ou le fichier INDEX.HTM qu'elle contient.\n"
)
REPLACED = "\nCe document remplace une version que vous avez déjà reçue.\n"
TAKEN_BACK = "Bonjour,\n\n{sender} annule un document qui vous a été adressé (voir le message auquel celui-ci répond) : n'en tenez plus compte.\n"


def description(one: Carried, cleared: Cleared) -> XdsMetadata:
    """Metadata under the identity the document leaves with, and with the masks its sender wants."""
    flags = one.message.flags
    masks = [
        code
        for code, wanted in (
            ("MASQUE_PS", flags.hidden_from_professionals), ("INVISIBLE_PATIENT", flags.hidden_from_patient),
            ("INVISIBLE_REPRESENTANTS_LEGAUX", flags.hidden_from_guardians),
        )
        if wanted
    ]  # fmt: skip
    found = metadata_of(cleared.cda, one.data, visibility=masks)
    ins = cleared.ins
    patient_id = f"{ins.matricule}^^^&{ins.system}&ISO^NH" if ins else found.source_patient_id
    return replace(found, patient_id=patient_id)


def archive(one: Carried, metadata: XdsMetadata, *, replaces: str, at: datetime, sender: str) -> bytes:
    """IHE_XDM.ZIP. `replaces` is the entry of the former version, empty for a first one. Raises BadArchive."""
    entry = ebrim.Entry(metadata=metadata, uri=xdm.document_name(1), replaces=replaces)
    submission = ebrim.Submission(
        unique_id=ebrim.oid_of("mssante", metadata.unique_id), source_id=settings.HOUSE_OID, at=stamp(at),
        patient_id=metadata.patient_id, entries=(entry,), authors=metadata.authors,
    )  # fmt: skip
    return xdm.write(submission, [one.data], sender=sender)


def compose(
    *, one: Carried, to: str, sender: str, message_id: str, attached: bytes, at: datetime, answers_to: str = "", reply_to: str = "",
    wants_reading: bool = False,
) -> bytes:  # fmt: skip
    """The mail as it leaves. Without `attached`, it tells that a document is taken back."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=998))
    mail["From"] = Address(display_name=_header(sender), addr_spec=settings.MSSANTE["address"])
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = SUBJECT if attached else CANCELLED
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id
    if reply_to:
        mail["Reply-To"] = Address(addr_spec=reply_to)
    if answers_to:
        mail["In-Reply-To"] = mail["References"] = answers_to
    if wants_reading:
        mail["Disposition-Notification-To"] = settings.MSSANTE["address"]
    text = BODY if attached else TAKEN_BACK
    body = one.message.mail_body if attached else None
    words = body or text.format(sender=sender)
    mail.set_content(words + (REPLACED if attached and one.action == "replace" and not body else ""))
    if attached:
        mail.add_attachment(attached, maintype="application", subtype="x-zip-compressed", filename=xdm.NAME)
    return mail.as_bytes()


def message_id_of(reference: str) -> str:
    return f"<{reference}@{settings.MSSANTE['address'].rpartition('@')[2]}>"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _header(words: str) -> str:
    return " ".join(words.split())[:100]
