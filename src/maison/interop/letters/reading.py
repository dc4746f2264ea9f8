"""What a message says of the documents it carries: read each time from its bytes, never copied."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from maison.formats.cda import reader
from maison.formats.cda.model import Document as Cda
from maison.formats.cda.reader import UnreadableDocument
from maison.formats.hl7v2.documents import Action, Document, DocumentMessage
from maison.formats.hl7v2.faults import InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.message import Message
from maison.formats.hl7v2.wire import read_checked, read_message

ABSENT = "Le message ne porte pas le document."
NOT_CDA = "Le document joint n'est pas un CDA lisible : il ne peut pas partir."


@dataclass(frozen=True)
class Carried:
    """One document of a message. `cda` is None, and `fault` says why, when it does not read."""

    message: DocumentMessage
    rank: int
    document: Document | None
    consents: tuple[str, ...] = ()
    """ZFA-9 of the message, when it has a ZFA: INO, IO or NA."""

    @cached_property
    def data(self) -> bytes:
        if self.document is None or not self.document.attachment.data:
            return b""
        try:
            return self.document.content()
        except InvalidMessage:
            return b""

    @cached_property
    def cda(self) -> Cda | None:
        if not self.data:
            return None
        try:
            return reader.read(self.data)
        except UnreadableDocument:
            return None

    @property
    def action(self) -> Action:
        """OBX-11, or what the CDA and the event say: T10 and `relatedDocument` RPLC replace."""
        said: Action = self.document.action if self.document is not None else "new"
        if said == "new" and (self.message.event == "T10" or self.replaces_key):
            return "replace"
        return said

    @property
    def key(self) -> str:
        """The unique id of the document, written in one way: CDA says `root^extension`, TXA-12 often one OID."""
        if self.cda is not None:
            return key_of(str(self.cda.id))
        record = self.message.record
        return key_of(record.id.id) if record is not None and record.id is not None and record.id.id else ""

    @property
    def replaces_key(self) -> str:
        if self.cda is not None:
            found = next((str(one.id) for one in self.cda.related if one.kind == "RPLC"), "")
            if found:
                return key_of(found)
        record = self.message.record
        said = record.replaces.id if record is not None and record.replaces is not None else ""
        return key_of(said or "")

    @property
    def type_code(self) -> str:
        if self.cda is not None and self.cda.code.code:
            return self.cda.code.code
        return (self.document.code.code or "") if self.document is not None else ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest() if self.data else ""

    @property
    def fault(self) -> str:
        if self.cda is not None or (self.action == "delete" and self.key):
            return ""
        return NOT_CDA if self.data else ABSENT


def key_of(unique_id: str) -> str:
    return unique_id.replace("^", ".").strip(".")[:200]


def carried_by(message: Message) -> list[Carried]:
    """The documents of a message about documents; none for another one. Whatever is wrong in it, what can be read is."""
    found, _ = read_checked(message)
    if not isinstance(found, DocumentMessage):
        return []
    consents = tuple(row[9] for row in message.rows if row[0] == "ZFA" and len(row) > 9)
    documents = found.documents
    if not documents:
        return [Carried(found, 1, None, consents)]
    return [Carried(found, rank, document, consents) for rank, document in enumerate(documents, 1)]


def documents_of(payload: bytes) -> list[Carried]:
    try:
        return carried_by(read_message(payload))
    except UnreadableMessage:
        return []
