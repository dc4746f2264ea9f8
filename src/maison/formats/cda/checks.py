"""What is wrong with a document before it leaves (DOC-04) or when it comes in: every fault, never the first only.

`Checker(xsd_folder=…)` also holds the XML schema when the operator gives one. A blocking fault keeps the document in; a warning is
for a person to judge. Sources: DOMAIN §11 and INS-02, X-07; CI-SIS header; value sets of `codes`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree
from msgspec import Struct

from maison.formats.cda import oids
from maison.formats.cda.codes import is_known
from maison.formats.cda.faults import Fault
from maison.formats.cda.model import Document, Identifier, Patient, Unstructured
from maison.formats.cda.narrative import nodes_of
from maison.formats.cda.reader import read_tree
from maison.formats.cda.requirements import UNKNOWN_BIRTH_PLACE, header_faults, identity_faults, leaving_faults
from maison.formats.cda.schema import Schema
from maison.formats.cda.writer import every_section
from maison.formats.cda.xml import HL7, Places, parse

_ROOT = "/ClinicalDocument"
_FILE = f"{_ROOT}/component/nonXMLBody/text"
CLOCKS_DIFFER = timedelta(minutes=5)
LARGE = 5_000_000
"""Above, mail and DMP may refuse (DOMAIN §11, to confirm): the operator may change it."""


class Known(Struct, frozen=True):
    """A document the house already has: two of them never share an id, nor a set and a version."""

    id: Identifier
    set_id: Identifier | None
    version: int | None


class Report(Struct, frozen=True):
    document: Document
    faults: tuple[Fault, ...]

    @property
    def may_leave(self) -> bool:
        return not any(fault.severity == "blocking" for fault in self.faults)


class Checker:
    """`large` is in bytes; `schema` one already compiled. Raises SchemaUnavailable when the folder holds no schema."""

    def __init__(self, xsd_folder: Path | None = None, *, schema: Schema | None = None, large: int = LARGE) -> None:
        self._schema = Schema(xsd_folder) if xsd_folder is not None else schema
        self._large = large

    def check(
        self,
        data: bytes,
        *,
        now: datetime,
        identity_status: str,
        production: bool,
        known: Collection[Known] = (),
        expected: Patient | None = None,
    ) -> Report:
        """`now` is aware. `identity_status` is the RNIV status of the patient in the house; `known` what it already holds;
        `expected` is the person the document is sent about: another one in the header is the worst fault there is.

        Raises UnreadableDocument when the bytes are not a CDA document.
        """
        root = parse(data)
        document = read_tree(root)
        faults = [
            *_about_the_standard(root),
            *header_faults(document),
            *_about_time(document, now),
            *identity_faults(document.patient),
            *leaving_faults(document.patient, identity_status=identity_status, production=production),
            *_about_the_person(document.patient, expected),
            *_about_birth_place(document),
            *_about_codes(document),
            *_about_the_title(document),
            *_about_ids(root, document),
            *_about_versions(document, known),
            *_about_the_body(document),
            *self._about_size(data),
            *_about_what_is_not_read(document),
            *(self._schema.faults(root) if self._schema else []),
        ]
        return Report(document, tuple(faults))

    def _about_size(self, data: bytes) -> Iterator[Fault]:
        if len(data) > self._large:
            size = f"{len(data) / 1_000_000:.1f}".replace(".", ",")
            words = f"Le document pèse {size} Mo : la messagerie ou le DMP peuvent le refuser."
            yield Fault(_ROOT, "warning", "CDA-407", words)


def _about_the_standard(root: etree._Element) -> Iterator[Fault]:
    """What says « French CDA R2 »; the document itself does not hold it."""
    realm = root.find(f"{{{HL7}}}realmCode")
    if realm is None or realm.get("code") != "FR":
        yield Fault(
            f"{_ROOT}/realmCode", "blocking", "CDA-120", "Le document ne dit pas qu’il est français (realmCode FR)."
        )
    kind = root.find(f"{{{HL7}}}typeId")
    if kind is None or (kind.get("root"), kind.get("extension")) != (oids.TYPE_ID_ROOT, oids.TYPE_ID_EXTENSION):
        words = f"Le document ne dit pas qu’il suit le standard CDA R2 (typeId {oids.TYPE_ID_EXTENSION})."
        yield Fault(f"{_ROOT}/typeId", "blocking", "CDA-121", words)


def _about_time(document: Document, now: datetime) -> Iterator[Fault]:
    at = document.created.at
    if at is not None and at.tzinfo is not None and at > now + CLOCKS_DIFFER:
        yield Fault(f"{_ROOT}/effectiveTime", "blocking", "CDA-117", "La date de création est dans le futur.")
    born = document.patient.born.day if document.patient.born else None
    place = f"{_ROOT}/recordTarget/patientRole/patient/birthTime"
    if born is not None and born > now.date():
        yield Fault(place, "blocking", "CDA-212", "La date de naissance est dans le futur.")
    elif born is not None and born.year < now.year - 120:
        yield Fault(place, "warning", "CDA-212", "La date de naissance remonte à plus de 120 ans : vérifiez-la.")


def _about_the_person(found: Patient, expected: Patient | None) -> Iterator[Fault]:
    """Same INS when both have one; same birth name, date and sex in any case."""
    if expected is None:
        return
    place = f"{_ROOT}/recordTarget/patientRole"
    words = "Le document concerne une autre personne que le dossier ouvert : ne l’envoyez pas, ne le rangez pas."
    if found.ins and expected.ins and found.ins != expected.ins:
        yield Fault(f"{place}/id", "blocking", "CDA-214", words)
        return
    if (_words(found.birth_family), found.born and found.born.day, found.gender) != (
        _words(expected.birth_family),
        expected.born and expected.born.day,
        expected.gender,
    ):
        yield Fault(f"{place}/patient", "blocking", "CDA-214", words)


def _about_birth_place(document: Document) -> Iterator[Fault]:
    if document.patient.birth_place == UNKNOWN_BIRTH_PLACE:
        place = f"{_ROOT}/recordTarget/patientRole/patient/birthplace/place/addr/county"
        yield Fault(place, "warning", "CDA-213", "Le lieu de naissance est déclaré inconnu (99999).")


def _about_codes(document: Document) -> Iterator[Fault]:
    if document.code.code and not is_known("type", document.code.code):
        words = f"Le type de document « {document.code.code[:40]} » n’est pas dans la liste officielle (JDV_J07)."
        yield Fault(f"{_ROOT}/code", "blocking", "CDA-301", words)
    level = document.confidentiality
    if level and level.code and not is_known("confidentiality", level.code):
        words = f"Le niveau de confidentialité « {level.code[:40]} » n’existe pas (N, R ou V)."
        yield Fault(f"{_ROOT}/confidentialityCode", "blocking", "CDA-302", words)
    if document.patient.gender and not is_known("gender", document.patient.gender):
        place = f"{_ROOT}/recordTarget/patientRole/patient/administrativeGenderCode"
        yield Fault(place, "blocking", "CDA-303", "Le sexe doit être F, M ou UN (indéterminé).")
    encounter = document.encounter
    if encounter and encounter.facility_type and not is_known("facility", encounter.facility_type.code):
        place = f"{_ROOT}/componentOf/encompassingEncounter/location/healthCareFacility/code"
        yield Fault(place, "warning", "CDA-304", "La modalité d’exercice n’est pas dans la liste officielle (JDV_J02).")
    for rank, service in enumerate(document.services, 1):
        for performer in service.performers:
            setting = performer.who.organisation and performer.who.organisation.practice_setting
            if setting and not is_known("practice", setting.code):
                place = f"{_ROOT}/documentationOf[{rank}]/serviceEvent/performer"
                words = "Le cadre d’exercice n’est pas dans la liste officielle (JDV_J04)."
                yield Fault(place, "warning", "CDA-305", words)
    for rank, informant in enumerate(document.informants, 1):
        if informant.relation and informant.relation.code and not is_known("relation", informant.relation.code):
            place = f"{_ROOT}/informant[{rank}]/relatedEntity/code"
            words = "Le lien avec le patient n’est pas dans la liste officielle (JDV_J11)."
            yield Fault(place, "warning", "CDA-306", words)


def _about_the_title(document: Document) -> Iterator[Fault]:
    """The title is shown in lists, notifications and mail subjects: it never names the patient (X-08)."""
    patient = document.patient
    words = _words(document.title)
    family = _names_any(words, patient.birth_family, patient.used_family)
    given = _names_any(words, patient.first_given, patient.used_given)
    compact = re.sub(r"[\s.]", "", document.title).upper()
    numbers = (patient.ins, patient.ins[:13], *(one.extension for one in patient.ids))
    if (family and given) or any(len(number) > 5 and number.upper() in compact for number in numbers):
        words_said = "Le titre porte l’identité du patient : il s’affiche dans les listes et les messages. Retirez-la."
        yield Fault(f"{_ROOT}/title", "blocking", "CDA-118", words_said)
    elif family:
        words_said = "Un mot du titre est aussi le nom du patient : vérifiez que le titre ne le désigne pas."
        yield Fault(f"{_ROOT}/title", "warning", "CDA-119", words_said)


def _names_any(words: list[str], *names: str) -> bool:
    phrases = (_words(name) for name in names)
    return any(_holds(words, phrase) for phrase in phrases if len("".join(phrase)) > 2)


def _words(text: str) -> list[str]:
    flat = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode().upper()
    return re.findall(r"[A-Z0-9]+", flat)


def _holds(words: list[str], phrase: list[str]) -> bool:
    return any(words[start : start + len(phrase)] == phrase for start in range(len(words) - len(phrase) + 1))


def _about_ids(root: etree._Element, document: Document) -> Iterator[Fault]:
    """Marks (`ID`) are one each; references of the text lead somewhere; the id is not the one it replaces."""
    marks: Counter[str] = Counter(str(each.get("ID")) for each in root.iter(etree.Element) if each.get("ID"))
    places = Places()
    for element in root.iter(etree.Element):
        mark = element.get("ID")
        if mark and marks.pop(mark, 0) > 1:
            yield Fault(
                places.of(element), "blocking", "CDA-406", "Deux passages du document portent le même repère (ID)."
            )
    if any(one.id == document.id for one in document.related):
        place = f"{_ROOT}/relatedDocument/parentDocument/id"
        yield Fault(place, "blocking", "CDA-501", "Le document déclare se remplacer lui-même.")


def _about_versions(document: Document, known: Collection[Known]) -> Iterator[Fault]:
    for other in known:
        if other.id == document.id:
            yield Fault(f"{_ROOT}/id", "blocking", "CDA-502", "Un document portant cet identifiant existe déjà.")
        elif (
            document.set_id is not None
            and document.version is not None
            and (other.set_id, other.version) == (document.set_id, document.version)
        ):
            words = "Un autre document porte le même setId et le même numéro de version."
            yield Fault(f"{_ROOT}/versionNumber", "blocking", "CDA-503", words)
    replaces = [one for one in document.related if one.kind == "RPLC"]
    if document.version is not None and document.version > 1 and not replaces:
        words = "Une version suivante doit dire le document qu’elle remplace (relatedDocument RPLC)."
        yield Fault(f"{_ROOT}/relatedDocument", "warning", "CDA-504", words)


def _about_the_body(document: Document) -> Iterator[Fault]:
    if document.unstructured is not None:
        yield from _about_the_file(document.unstructured)
        return
    if not document.sections:
        yield Fault(f"{_ROOT}/component", "blocking", "CDA-404", "Le document n’a pas de corps.")
    for section in every_section(document.sections):
        if section.code is None:
            words = "Une section n’a pas de code : un logiciel ne saura pas ce qu’elle contient."
            yield Fault(f"{_ROOT}/component/structuredBody", "warning", "CDA-405", words)
        if not section.narrative and not section.sections and section.entries:
            words = "Une section n’a que des données codées : un lecteur n’en verra pas le texte."
            yield Fault(f"{_ROOT}/component/structuredBody", "warning", "CDA-408", words)
    media = {one.id for one in document.attachments if one.id}
    for section in every_section(document.sections):
        for node in nodes_of(section.narrative):
            if node.kind == "renderMultiMedia" and not set(node.get("referencedObject").split()) <= media:
                words = "Le texte renvoie à une image ou à un fichier que le document ne contient pas."
                yield Fault(f"{_ROOT}/component/structuredBody", "warning", "CDA-409", words)


def _about_the_file(file: Unstructured) -> Iterator[Fault]:
    if not file.data:
        yield Fault(_FILE, "blocking", "CDA-404", "Le fichier contenu dans le document est vide ou illisible.")
    elif file.media_type == "application/pdf":
        if not file.data.startswith(b"%PDF-"):
            yield Fault(_FILE, "blocking", "CDA-410", "Le fichier annoncé comme PDF n’en est pas un.")
        elif b"pdfaid" not in file.data:
            words = "Rien ne dit que le PDF suit la norme d’archivage PDF/A-1, que le CI-SIS demande."
            yield Fault(_FILE, "warning", "CDA-411", words)
    elif file.media_type not in {"text/plain", "text/rtf", "application/rtf", "image/jpeg", "image/tiff"}:
        words = f"Le type de fichier « {file.media_type[:40]} » n’est pas admis dans un document non structuré."
        yield Fault(_FILE, "blocking", "CDA-412", words)


def _about_what_is_not_read(document: Document) -> Iterator[Fault]:
    yield from (Fault(one.place, "warning", "CDA-403", one.message) for one in document.remarks)
