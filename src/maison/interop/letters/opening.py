"""Opening a letter: who may, what is shown, and the trace each reading leaves (X-03)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from maison.formats.cda.model import Document
from maison.formats.hl7v2.document_flags import FLAGS
from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.access.registry import Permission
from maison.foundations.errors import Forbidden
from maison.interop.exchanges import journal
from maison.interop.exchanges.documents import banner
from maison.interop.exchanges.models import Exchange
from maison.ui.components import PersonBanner

from .errors import LetterUnreadable
from .mending import access_letter
from .models import Letter
from .permissions import P
from .reading import documents_of


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of the document says: for people who may read it."""

    person: PersonBanner
    title: str
    authors: tuple[str, ...]
    created: str


def may(actor: Actor, letter: Letter, permission: Permission) -> bool:
    """Whether a button is worth showing; the action checks again."""
    return Letter.objects.within(actor, permission).filter(id=letter.id).exists()


def orders(letter: Letter) -> list[tuple[str, bool]]:
    """What its sender asked (MetaDMPMSS), in the official words."""
    return [(label, bool(letter.flags[name])) for name, (_, label) in FLAGS.items() if name in letter.flags]


@transaction.atomic
def header(*, actor: Actor, letter: Letter) -> Header | None:
    """None when the document no longer reads. Traced."""
    _may_read(actor, letter)
    cda = _document(letter)
    if cda is None:
        return None
    _trace(actor, letter, "letters.header_read")
    authors = tuple(
        ", ".join(part for part in (str(one.who), one.who.organisation.name if one.who.organisation else "") if part)
        for one in cda.authors
    )
    return Header(banner(cda.patient), cda.title, authors, str(cda.created))


@transaction.atomic
def read_document(*, actor: Actor, letter_id: UUID) -> tuple[Letter, Document]:
    """The whole document. Raises LetterUnreadable when there is nothing to read (any more). Traced."""
    letter = access_letter(actor, letter_id)
    _may_read(actor, letter)
    cda = _document(letter)
    if cda is None:
        raise LetterUnreadable
    _trace(actor, letter, "letters.document_read")
    return letter, cda


def _may_read(actor: Actor, letter: Letter) -> None:
    if not may(actor, letter, P.READ):
        raise Forbidden(f"Il faut : « {P.READ.label} ».", permission=P.READ.code)


def _document(letter: Letter) -> Document | None:
    exchange = Exchange.objects.filter(id=letter.exchange_id, at=letter.exchange_at).first()
    payload = journal.payload_of(exchange) if exchange is not None else None
    found = next((one for one in documents_of(payload or b"") if one.rank == letter.rank), None)
    return found.cda if found is not None else None


def _trace(actor: Actor, letter: Letter, code: str) -> None:
    audit.record(
        actor, code, target=letter, structure=letter.structure_id,
        details={"exchange": str(letter.exchange_id), "patient_key": letter.patient_key, "type": letter.type_code},
    )  # fmt: skip
