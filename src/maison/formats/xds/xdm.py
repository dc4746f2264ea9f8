"""IHE_XDM.ZIP: the archive that carries documents by MSSanté (IHE ITI-32, MSS-06). One patient an archive.

INDEX.HTM and README.TXT are for people who open it by hand, METADATA.XML and the documents for software. The same documents
give the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from html import escape

from lxml import etree
from msgspec import Struct

from maison.formats.cda.reader import UnreadableDocument
from maison.formats.cda.reader import read as read_cda
from maison.formats.cda.xml import MAX_BYTES
from maison.formats.xds import ebrim
from maison.formats.xds.ebrim import FoundSubmission, Submission

NAME = "IHE_XDM.ZIP"
FOLDER = "IHE_XDM/SUBSET01"
METADATA = f"{FOLDER}/METADATA.XML"
_DATE = (1980, 1, 1, 0, 0, 0)
LARGEST = 4 * MAX_BYTES


class BadArchive(ValueError):
    """`message` is French and quotes nothing of the archive."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Archive(Struct, frozen=True):
    """`documents` by their URI, in the order of the metadata."""

    submission: FoundSubmission
    documents: dict[str, bytes]


def document_name(rank: int) -> str:
    """8.3, as the media profile wants: `DOC0001.XML`."""
    return f"DOC{rank:04d}.XML"


def write(submission: Submission, documents: Sequence[bytes], *, sender: str) -> bytes:
    """`submission.entries[i].uri` names `documents[i]`. Raises BadArchive when they concern two patients."""
    if len({(entry.metadata.patient_id, entry.metadata.source_patient_id) for entry in submission.entries}) != 1:
        raise BadArchive("Un envoi ne concerne qu’un seul patient.")
    metadata = etree.tostring(ebrim.write(submission), xml_declaration=True, encoding="UTF-8")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (
            ("INDEX.HTM", _index(submission, sender).encode()),
            ("README.TXT", _readme(sender).encode()),
            (METADATA, metadata),
            *((f"{FOLDER}/{entry.uri}", data) for entry, data in zip(submission.entries, documents, strict=True)),
        ):
            archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _index(submission: Submission, sender: str) -> str:
    rows = "".join(
        f'<li><a href="{FOLDER}/{entry.uri}">{escape(entry.metadata.title or entry.metadata.type_code.label)}</a></li>'
        for entry in submission.entries
    )
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>Documents transmis</title></head><body>'
        f"<h1>Documents transmis par {escape(sender)}</h1><ul>{rows}</ul>"
        '<p><a href="README.TXT">À propos de cet envoi</a></p></body></html>'
    )


def _readme(sender: str) -> str:
    return (
        f"Envoi par messagerie securisee de sante.\r\nEmetteur : {sender}\r\n"
        "Logiciel : Maison e-sante\r\n"
        "Ouvrez INDEX.HTM pour lire les documents ; votre logiciel lit IHE_XDM/SUBSET01/METADATA.XML.\r\n"
    )


def read(data: bytes) -> Archive:
    """Raises BadArchive for what a receiver must refuse: broken, altered, of two patients, not the documents it tells."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(one.file_size for one in archive.infolist()) > LARGEST:
                raise BadArchive("L’archive est trop volumineuse une fois ouverte.")
            files = {one.filename.upper(): archive.read(one) for one in archive.infolist() if not one.is_dir()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise BadArchive("L’archive ne s’ouvre pas.") from error
    if METADATA not in files or "INDEX.HTM" not in files or "README.TXT" not in files:
        raise BadArchive("L’archive n’a pas les fichiers d’un envoi IHE XDM.")
    submission = _submission(files[METADATA])
    documents = {}
    for entry in submission.entries:
        found = files.get(f"{FOLDER}/{entry.uri}".upper())
        if found is None or not matches(entry, found):
            raise BadArchive("Un document manque ou n’est pas celui que les métadonnées décrivent.")
        documents[entry.uri] = found
    _one_patient(submission, documents)
    return Archive(submission, documents)


def matches(entry: ebrim.FoundEntry, data: bytes) -> bool:
    """Size and SHA-1 are those told."""
    return entry.size == len(data) and entry.hash == hashlib.sha1(data).hexdigest()  # noqa: S324 -- XDS says SHA-1


def _submission(data: bytes) -> FoundSubmission:
    try:
        found = ebrim.read(parse(data))
    except (ValueError, etree.XMLSyntaxError) as error:
        raise BadArchive("Les métadonnées de l’envoi ne se lisent pas.") from error
    if not found.entries:
        raise BadArchive("L’envoi ne porte aucun document.")
    return found


def _one_patient(submission: FoundSubmission, documents: dict[str, bytes]) -> None:
    told = {(entry.patient_id, entry.source_patient_id) for entry in submission.entries}
    people = set()
    for data in documents.values():
        try:
            patient = read_cda(data).patient
        except UnreadableDocument as error:
            raise BadArchive("Un document de l’envoi ne se lit pas.") from error
        people.add((patient.birth_family.upper(), patient.first_given.upper(), patient.born and patient.born.day))
    if len(told) != 1 or len(people) != 1:
        raise BadArchive("L’envoi concerne deux patients.")


def parse(data: bytes) -> etree._Element:
    """XML of others: no DTD, no entity, no network. ValueError or XMLSyntaxError."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("a DTD is forbidden")
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    return etree.fromstring(data, parser)
