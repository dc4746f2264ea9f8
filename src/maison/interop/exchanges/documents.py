"""Clinical documents (CDA) inside a message of the journal, shown as people read them instead of as bytes.

Showing is for those who may read contents: views call it after the reading was checked and traced.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maison.formats.cda import html, reader
from maison.formats.cda.html import Rendered
from maison.formats.cda.model import Document, Patient
from maison.formats.cda.reader import UnreadableDocument
from maison.formats.hl7v2.documents import DocumentMessage
from maison.formats.hl7v2.faults import InvalidMessage, UnreadableMessage
from maison.formats.hl7v2.wire import read_checked, read_message
from maison.ui.components import PersonBanner

MOST = 5
SEXES = {"F": "femme", "M": "homme"}
NAMES = {"application/pdf": "pdf", "text/plain": "txt", "image/jpeg": "jpg", "image/tiff": "tif", "text/rtf": "rtf"}
type FileAddress = Callable[[int], str]


class Markup(str):
    """HTML written by formats.cda.html: from a closed tree, all text of the document escaped (decision 0011)."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


@dataclass(frozen=True, slots=True)
class Shown:
    """One document: who it is about, and its fragments of HTML (see formats.cda.html, which escapes all it is given)."""

    person: PersonBanner
    identity: str
    title: str
    facts: Markup
    contents: Markup
    body: Markup
    people: Markup


@dataclass(frozen=True, slots=True)
class File:
    """What an unstructured document holds."""

    data: bytes
    media_type: str
    name: str


def documents_in(content_type: str, body: bytes) -> list[Document]:
    """The documents that read, in their order; none in what is not a message about documents."""
    found = []
    for data in _candidates(content_type, body)[:MOST]:
        try:
            found.append(reader.read(data))
        except UnreadableDocument:
            continue
    return found


def _candidates(content_type: str, body: bytes) -> list[bytes]:
    if "hl7-v2" in content_type:
        try:
            message, _ = read_checked(read_message(body))
        except UnreadableMessage:
            return []
        if not isinstance(message, DocumentMessage):
            return []
        contents = []
        for document in message.documents:
            try:
                contents.append(document.content())
            except InvalidMessage:
                continue
        return contents
    return [body] if b"ClinicalDocument" in body[:4096] else []


def show(document: Document, rank: int, file_address: FileAddress | None = None) -> Shown:
    """`file_address` gives the page of the file of an unstructured document, which checks and traces again."""
    file = document.unstructured
    url = file_address(rank) if file_address is not None and file is not None and not file.is_text else None
    rendered = html.render(document, prefix=f"cda{rank}", file_url=url)
    return Shown(
        banner(document.patient), _identity(rendered), rendered.title, Markup(rendered.facts), Markup(rendered.contents),
        Markup(rendered.body), Markup(rendered.people),
    )  # fmt: skip


def file_of(document: Document) -> File | None:
    """The file, when it is of a kind that documents may hold."""
    held = document.unstructured
    if held is None or held.media_type not in NAMES:
        return None
    return File(held.data, held.media_type, f"document.{NAMES[held.media_type]}")


def banner(patient: Patient) -> PersonBanner:
    """The traits as the document says them: its status is not told by the document itself."""
    place = patient.birth_place_name or (patient.birth_place and f"commune {patient.birth_place}")
    return PersonBanner(
        birth_name=patient.birth_family or "Identité inconnue",
        first_name=patient.first_given or patient.birth_givens,
        born_on=patient.born.day if patient.born else None,
        sex=SEXES.get(patient.gender, ""),
        birth_place=place,
        status="identité portée par le document",
        used_name=patient.used_family,
    )


def _identity(rendered: Rendered) -> str:
    """One line for the head of each printed page."""
    who = rendered.banner
    return ", ".join(part for part in (who.name, who.born and f"né(e) le {who.born}", *who.ids[:1]) if part)
