"""A document as people read it: fragments of accessible HTML for a page of the house, which brings its own `h1`, banner and styles.

Order of a reader, not of the standard: what it is, who wrote it and when; the text; then who else is concerned. Nothing here follows
a link, runs a script or loads an image. The patient's traits are data: the page shows them in the house's own banner.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from msgspec import Struct

from maison.formats.cda import oids
from maison.formats.cda.codes import is_known, label
from maison.formats.cda.model import (
    Document,
    Entry,
    Organisation,
    Participation,
    Patient,
    Professional,
    RelatedPerson,
    Section,
)
from maison.formats.cda.narrative_html import MediaUrl, Writing, media_words
from maison.formats.cda.writer import every_section

CONTENTS_FROM = 5
"""Sections from which a table of contents helps."""
_GENDERS = {"F": "féminin", "M": "masculin", "UN": "indéterminé"}
_RELATIONS = {"ECON": "Personne à prévenir", "NOK": "Personne de confiance", "GUARD": "Représentant"}


class Banner(Struct, frozen=True):
    """INS-11: `NOM DE NAISSANCE (nom utilisé) Prénom`. `ins` only when the document carries one; `is_test` tells a test domain."""

    name: str
    born: str
    gender: str
    birth_place: str
    ins: str
    is_test: bool
    ids: tuple[str, ...]


class Rendered(Struct, frozen=True):
    """`facts` and `body` are HTML; `contents` is a `nav`, empty for a short document; `people` a closed `details`."""

    banner: Banner
    title: str
    facts: str
    contents: str
    body: str
    people: str


def render(
    document: Document,
    *,
    heading: int = 2,
    prefix: str = "cda",
    media_url: MediaUrl | None = None,
    file_url: str | None = None,
) -> Rendered:
    """`heading` is the level of the first titles (2 under the page's `h1`). `media_url` gives the address of an attached file,
    `file_url` that of the N1 file: both belong to the page, which checks the right to read at each download.
    """
    content = [part for section in every_section(document.sections) for part in section.narrative]
    writing = Writing(prefix, content, document.attachments, media_url)
    body = _file(document, file_url) if document.unstructured else _sections(document, writing, heading, prefix)
    return Rendered(
        banner=banner_of(document.patient),
        title=document.title or type_label(document),
        facts=_facts(document),
        contents=_contents(document.sections, prefix),
        body=body + _not_shown(document),
        people=_people(document),
    )


def banner_of(patient: Patient) -> Banner:
    used = patient.used_family if patient.used_family.casefold() != patient.birth_family.casefold() else ""
    given = patient.first_given or patient.birth_givens
    place = " ".join(
        part for part in (patient.birth_place_name, patient.birth_place and f"({patient.birth_place})") if part
    )
    return Banner(
        name=" ".join(part for part in (patient.birth_family, used and f"({used})", given) if part),
        born=str(patient.born or ""),
        gender=_GENDERS.get(patient.gender, ""),
        birth_place=place,
        ins=patient.ins,
        is_test=patient.ins_oid in oids.TEST_INS,
        ids=tuple(one.extension for one in patient.ids if one.extension),
    )


def type_label(document: Document) -> str:
    """Official label of the type, or what the document says of it."""
    code = document.code.code
    return label("type", code) if is_known("type", code) else document.code.label or code


def _facts(document: Document) -> str:
    rows: list[tuple[str, str]] = [("Type", escape(type_label(document)))]
    for author in document.authors:
        rows.append(("Rédigé par", _who(author.who)))
    if document.created.raw:
        version = f", version {document.version}" if document.version and document.version > 1 else ""
        rows.append(("Le", escape(f"{document.created}{version}")))
    encounter = document.encounter
    if encounter and (encounter.start or encounter.end):
        span = (
            f"du {encounter.start} au {encounter.end}"
            if encounter.start and encounter.end
            else str(encounter.start or encounter.end)
        )
        place = encounter.facility.name if encounter.facility else ""
        kind = encounter.code.label if encounter.code else ""
        rows.append(("Prise en charge", escape(", ".join(part for part in (kind, span, place) if part))))
    if document.recipients:
        rows.append(("Pour", ", ".join(escape(str(one)) for one in document.recipients)))
    return _definitions(rows, "maison-cda-facts")


def _contents(sections: tuple[Section, ...], prefix: str) -> str:
    if len(sections) < CONTENTS_FROM:
        return ""
    items = "".join(
        f'<li><a href="#{prefix}-s{rank}">{escape(_title(section))}</a></li>'
        for rank, section in enumerate(sections, 1)
    )
    return f'<nav class="maison-cda-contents" aria-label="Sommaire du document"><ol>{items}</ol></nav>'


def _sections(document: Document, writing: Writing, heading: int, prefix: str) -> str:
    out = "".join(
        _section(section, writing, heading, f"{prefix}-s{rank}") for rank, section in enumerate(document.sections, 1)
    )
    alone = [one for one in document.attachments if not one.id or one.id not in writing.shown_media]
    if alone:
        items = "".join(f"<li>{writing.attachment(one)}</li>" for one in alone)
        level = min(heading, 6)
        out += (
            f'<section class="maison-cda-section">'
            f'<h{level} id="{prefix}-files">Pièces jointes</h{level}><ul class="maison-bullets">{items}</ul></section>'
        )
    return out


def _section(section: Section, writing: Writing, heading: int, mark: str) -> str:
    level, title = min(heading, 6), _title(section)
    inner = "".join(
        _section(one, writing, heading + 1, f"{mark}-{rank}") for rank, one in enumerate(section.sections, 1)
    )
    text = writing.blocks(section.narrative, title)
    if not text and section.entries:
        text = _coded(section.entries)
    if not text and not inner:
        text = '<p class="maison-note">Rien n’est écrit dans cette partie.</p>'
    return (
        f'<section class="maison-cda-section"><h{level} id="{mark}">{escape(title)}</h{level}>{text}{inner}</section>'
    )


def _title(section: Section) -> str:
    return section.title or (section.code.label if section.code else "") or "Partie sans titre"


def _coded(entries: Iterable[Entry]) -> str:
    """What the entries say, when nobody wrote it for people."""
    rows = [(name, value) for entry in entries for name, value in _said(entry)]
    note = '<p class="maison-note">Cette partie n’a pas de texte : voici ses données codées.</p>'
    return note + _definitions([(escape(name), escape(value)) for name, value in rows], "maison-cda-facts")


def _said(entry: Entry) -> list[tuple[str, str]]:
    name = entry.code.label if entry.code else ""
    value = ", ".join(part for part in ("absence" if entry.negated else "", entry.value, entry.when) if part)
    own = [(name or "Donnée", value)] if entry.value or (name and entry.when) else []
    return own + [pair for part in entry.parts for pair in _said(part)]


def _file(document: Document, file_url: str | None) -> str:
    file = document.unstructured
    if file is None:
        return ""
    if file.is_text:
        lines = "".join(
            f"<p>{escape(line)}</p>" for line in file.data.decode(errors="replace").splitlines() if line.strip()
        )
        return f'<div class="maison-cda-section">{lines}</div>'
    words = escape(media_words(file.media_type, len(file.data)))
    if not file.data:
        return '<p class="maison-note">Le fichier de ce document est vide ou illisible.</p>'
    if file_url:
        link = f'<a class="maison-button" href="{escape(file_url, quote=True)}">Ouvrir le document ({words})</a>'
        return f'<p class="maison-actions">{link}</p>'
    return f"<p>Ce document est un fichier ({words}).</p>"


def _not_shown(document: Document) -> str:
    if not document.kept:
        return ""
    count = len(document.kept)
    words = (
        "Une partie de ce document n’est pas affichée"
        if count == 1
        else f"{count} parties de ce document ne sont pas affichées"
    )
    return f'<p class="maison-note">{words} : l’original, conservé tel quel, fait foi.</p>'


def _people(document: Document) -> str:
    rows: list[tuple[str, str]] = []
    if document.legal_authenticator:
        rows.append(("Responsable", _who(document.legal_authenticator.who)))
    rows += [("Validé par", _who(one.who)) for one in document.authenticators]
    if document.custodian:
        rows.append(("Conservé par", _organisation(document.custodian)))
    rows += [(_function(one), _who(one.who)) for one in document.participants]
    rows += [("Destinataire", _who(one)) for one in document.recipients]
    for service in document.services:
        act = escape(service.code.label) if service.code else ""
        done = ", ".join(part for part in (act, *(_who(one.who) for one in service.performers)) if part)
        if done:
            rows.append(("Acte", done))
    rows += [(_relation(one), _related(one)) for one in (*document.patient.guardians, *document.informants)]
    for related in document.related:
        if related.kind == "RPLC":
            number = f" (version {related.version})" if related.version else ""
            rows.append(("Remplace", escape(f"une version antérieure{number}")))
    if document.patient.address:
        rows.append(("Adresse du patient", escape(str(document.patient.address))))
    if document.patient.telecoms:
        rows.append(("Joindre le patient", escape(", ".join(str(one) for one in document.patient.telecoms))))
    return f"<details><summary>Personnes et organisations</summary>{_definitions(rows, 'maison-cda-facts')}</details>"


def _function(one: Participation) -> str:
    return escape(one.function.label) if one.function and one.function.label else "Participant"


def _relation(one: RelatedPerson) -> str:
    words = _RELATIONS.get(one.kind, "Proche")
    link = one.relation.label.lower() if one.relation and one.relation.label else ""
    return escape(f"{words} ({link})" if link else words)


def _related(one: RelatedPerson) -> str:
    phones = ", ".join(str(each) for each in one.telecoms)
    return escape(", ".join(part for part in (str(one.name), phones) if part))


def _who(one: Professional) -> str:
    parts = [
        f"<b>{escape(str(one))}</b>" if str(one) else "",
        escape(one.specialty.label) if one.specialty else "",
        escape(one.organisation.name) if one.organisation and one.organisation.name != str(one) else "",
        escape(", ".join(str(each) for each in one.telecoms)),
    ]
    return ", ".join(part for part in parts if part)


def _organisation(one: Organisation) -> str:
    return escape(
        ", ".join(part for part in (one.name, str(one.address or ""), *(str(each) for each in one.telecoms)) if part)
    )


def _definitions(rows: Iterable[tuple[str, str]], css: str) -> str:
    """Values are HTML already; rows of the same name follow one another under one term."""
    out: list[str] = []
    last = ""
    for name, value in rows:
        if not value:
            continue
        out.append(f"<dd>{value}</dd>" if name == last else f"<dt>{name}</dt><dd>{value}</dd>")
        last = name
    return f'<dl class="{css}">{"".join(out)}</dl>' if out else ""
