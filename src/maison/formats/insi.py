"""Messages of the national identity service INSi, as the house writes and reads them: SOAP 1.2, one body element each.

The editors' guide of INSi (GIE SESAM-Vitale) is not public. Element names follow what the ANS and public records show of it;
they stand in this one file, so that an operator who holds the guide has one place to compare and change (docs/identity.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
INSI = "http://www.cnamts.fr/INSi"
ONE, NONE, SEVERAL = "00", "01", "02"
_PARSER = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
)


class InsiUnreadable(Exception):
    """The answer is not one of INSi: said by its code, never by its content."""


@dataclass(frozen=True, slots=True)
class Query:
    """Search by traits: name, sex, date and one given name at least; others, then the place, when several are found."""

    birth_name: str
    first_names: tuple[str, ...]
    birth_date: date
    sex: str
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """An identity of the national register. `first_names` is the whole list in civil order."""

    matricule: str
    oid: str
    birth_name: str
    first_name: str
    first_names: str
    birth_date: str
    sex: str
    birth_place: str

    def as_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` 00 one identity (and `person`), 01 none, 02 several."""

    code: str
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`id` is the house's own name of the line; `is_right` whether the INS is still that of these traits."""

    id: str
    is_right: bool


# -- requests


def search_request(query: Query) -> bytes:
    body = _element("RechercheParTraits")
    _child(body, "NomNaissance", query.birth_name)
    for name in query.first_names:
        _child(body, "Prenom", name)
    _child(body, "Sexe", query.sex)
    _child(body, "DateNaissance", query.birth_date.isoformat())
    if query.birth_place:
        _child(body, "LieuNaissance", query.birth_place)
    return _envelope(body)


def card_request(beneficiary: str) -> bytes:
    """`beneficiary`: what the reader of the carte Vitale gave for the person chosen on it, opaque to the house."""
    body = _element("RechercheParCarteVitale")
    _child(body, "Beneficiaire", beneficiary)
    return _envelope(body)


def verify_request(person: Person) -> bytes:
    body = _element("VerificationUnitaire")
    _write(body, person)
    return _envelope(body)


def batch_request(lines: Iterable[tuple[str, Person]]) -> bytes:
    body = _element("VerificationParLot")
    for line_id, person in lines:
        line = etree.SubElement(body, f"{{{INSI}}}Ligne")
        line.set("id", line_id)
        _write(line, person)
    return _envelope(body)


def result_request(lot: str) -> bytes:
    body = _element("ResultatDuLot")
    _child(body, "NumeroLot", lot)
    return _envelope(body)


def _element(name: str) -> Any:
    namespaces: Any = {None: INSI}
    return etree.Element(f"{{{INSI}}}{name}", nsmap=namespaces)


def _child(parent: Any, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{INSI}}}{name}").text = text


def _write(parent: Any, person: Person) -> None:
    _child(parent, "NumIdentifiant", person.matricule[:13])
    _child(parent, "Cle", person.matricule[13:])
    _child(parent, "OID", person.oid)
    _child(parent, "NomNaissance", person.birth_name)
    _child(parent, "ListePrenom", person.first_names)
    _child(parent, "Sexe", person.sex)
    _child(parent, "DateNaissance", person.birth_date)
    _child(parent, "LieuNaissance", person.birth_place)


def _envelope(body: Any) -> bytes:
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    etree.SubElement(envelope, f"{{{SOAP}}}Body").append(body)
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


# -- answers


def read_answer(data: bytes) -> Answer:
    result = _body(data, "Resultat")
    code = _text(result, "CodeCR")
    if code not in (ONE, NONE, SEVERAL):
        raise InsiUnreadable("code")
    if code != ONE:
        return Answer(code)
    found = result.find(f"{{{INSI}}}Individu")
    if found is None:
        raise InsiUnreadable("individu")
    return Answer(code, _person(found))


def read_verdicts(data: bytes) -> Sequence[Verdict] | None:
    """None: the lot is not ready yet."""
    result = _body(data, "ResultatVerification")
    if _text(result, "Etat") == "EN_COURS":
        return None
    return [
        Verdict(line.get("id", ""), (line.text or "").strip() == "OK") for line in result.iterfind(f"{{{INSI}}}Ligne")
    ]


def read_lot(data: bytes) -> str:
    lot = _text(_body(data, "LotAccepte"), "NumeroLot")
    if not lot or len(lot) > 80:
        raise InsiUnreadable("lot")
    return lot


def fault_of(data: bytes) -> str:
    """The code of a SOAP fault, "" when the answer is none."""
    try:
        found = _root(data).find(f".//{{{SOAP}}}Fault//{{{SOAP}}}Value")
    except InsiUnreadable:
        return ""
    return (found.text or "fault").strip()[:20] if found is not None else ""


def _root(data: bytes) -> Any:
    try:
        return etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError as error:
        raise InsiUnreadable("xml") from error


def _body(data: bytes, name: str) -> Any:
    found = _root(data).find(f"{{{SOAP}}}Body/{{{INSI}}}{name}")
    if found is None:
        raise InsiUnreadable("corps")
    return found


def _text(parent: Any, name: str) -> str:
    found = parent.find(f"{{{INSI}}}{name}")
    return (found.text or "").strip() if found is not None else ""


def _person(found: Any) -> Person:
    person = Person(
        matricule=_text(found, "NumIdentifiant") + _text(found, "Cle"), oid=_text(found, "OID"),
        birth_name=_text(found, "NomNaissance"), first_name=_text(found, "Prenom"), first_names=_text(found, "ListePrenom"),
        birth_date=_text(found, "DateNaissance"), sex=_text(found, "Sexe"), birth_place=_text(found, "LieuNaissance"),
    )  # fmt: skip
    if not (person.matricule and person.oid and person.birth_name and person.birth_date):
        raise InsiUnreadable("individu")
    try:
        date.fromisoformat(person.birth_date)
    except ValueError as error:
        raise InsiUnreadable("date") from error
    return person
