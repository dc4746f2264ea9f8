"""Plays INSi over SOAP: search by traits and by card, verification of one and of lots, and every way it has of not answering.

`POST /insi` is the service; `POST /insi/pannes` switches faults (form field `faute`); `POST /insi/fin` declares a matricule no longer
right (form field `matricule`), so that its next verification is KO.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from html import escape
from typing import Any

from lxml import etree

from maison_sandbox.insi_people import PEOPLE, TEST_OID, Person

PREFIX, BODY_LIMIT = "/insi", 8 * 1024 * 1024
SOAP, NS = "http://www.w3.org/2003/05/soap-envelope", "http://www.cnamts.fr/INSi"
FAULTS = {
    "mute": "ne répond jamais à temps",
    "slow": "répond après deux secondes",
    "down": "le service est arrêté (503)",
    "fault": "faute technique SOAP",
    "garbage": "répond autre chose que du XML",
}
SLOW_SECONDS, MUTE_SECONDS = 2, 60
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


@dataclass
class Register:
    """`ended` are matricules no longer right; lots are ready at the second time they are asked about."""

    people: tuple[Person, ...] = PEOPLE
    faults: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    lots: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """The HTTP status and the SOAP answer."""
        if "fault" in self.faults:
            return 500, fault("Receiver", "Erreur technique")
        if "garbage" in self.faults:
            return 200, b"<html>maintenance"
        try:
            (request,) = etree.fromstring(body, _PARSER).find(f"{{{SOAP}}}Body")  # type: ignore[misc]
        except (etree.XMLSyntaxError, TypeError, ValueError):
            return 400, fault("Sender", "Demande illisible")
        name = etree.QName(request).localname
        with self._lock:
            match name:
                case "RechercheParTraits":
                    return 200, self._found(self._by_traits(request))
                case "RechercheParCarteVitale":
                    wanted = _text(request, "Beneficiaire")
                    return 200, self._found([one for one in self.people if one.nir == wanted[:13]])
                case "VerificationUnitaire":
                    return 200, verdicts([("1", self._is_right(request))])
                case "VerificationParLot":
                    return 200, self._take_lot(request)
                case "ResultatDuLot":
                    return self._lot(_text(request, "NumeroLot"))
        return 400, fault("Sender", "Opération inconnue")

    def _by_traits(self, request: Any) -> list[Person]:
        asked = [one.text or "" for one in request.iterfind(f"{{{NS}}}Prenom")]
        place = _text(request, "LieuNaissance")
        return [
            one
            for one in self.people
            if one.birth_name == _text(request, "NomNaissance")
            and one.birth_date == _text(request, "DateNaissance")
            and one.sex == _text(request, "Sexe")
            and asked
            and one.first == asked[0]
            and set(" ".join(asked[1:]).split()) <= set(one.first_names.removeprefix(one.first).split())
            and place in ("", one.birth_place)
        ]

    def _found(self, people: list[Person]) -> bytes:
        if len(people) != 1:
            code, label = ("01", "Aucune identité") if not people else ("02", "Plusieurs identités")
            return envelope(f"<Resultat xmlns='{NS}'><CodeCR>{code}</CodeCR><LibelleCR>{label}</LibelleCR></Resultat>")
        one = people[0]
        return envelope(
            f"<Resultat xmlns='{NS}'><CodeCR>00</CodeCR><LibelleCR>OK</LibelleCR><Individu>"
            f"<NumIdentifiant>{one.nir}</NumIdentifiant><Cle>{one.key}</Cle><OID>{TEST_OID}</OID>"
            f"<NomNaissance>{escape(one.birth_name)}</NomNaissance><Prenom>{one.first}</Prenom>"
            f"<ListePrenom>{one.first_names}</ListePrenom><Sexe>{one.sex}</Sexe>"
            f"<DateNaissance>{one.birth_date}</DateNaissance><LieuNaissance>{one.birth_place}</LieuNaissance>"
            "</Individu></Resultat>"
        )

    def _is_right(self, line: Any) -> bool:
        nir = _text(line, "NumIdentifiant")
        known = next((one for one in self.people if one.nir == nir), None)
        return (
            known is not None
            and known.matricule not in self.ended
            and (known.birth_name, known.birth_date, known.sex)
            == (_text(line, "NomNaissance"), _text(line, "DateNaissance"), _text(line, "Sexe"))
        )

    def _take_lot(self, request: Any) -> bytes:
        number = f"LOT-{next(self._numbers):06d}"
        self.lots[number] = [(line.get("id"), self._is_right(line)) for line in request.iterfind(f"{{{NS}}}Ligne")]
        return envelope(f"<LotAccepte xmlns='{NS}'><NumeroLot>{number}</NumeroLot></LotAccepte>")

    def _lot(self, number: str) -> tuple[int, bytes]:
        if number not in self.lots:
            return 400, fault("Sender", "Lot inconnu")
        self.asked[number] = self.asked.get(number, 0) + 1
        if self.asked[number] == 1:
            return 200, envelope(f"<ResultatVerification xmlns='{NS}'><Etat>EN_COURS</Etat></ResultatVerification>")
        return 200, verdicts(self.lots[number])


def envelope(body: str) -> bytes:
    return f"<?xml version='1.0' encoding='UTF-8'?><soap:Envelope xmlns:soap='{SOAP}'><soap:Body>{body}</soap:Body></soap:Envelope>".encode()


def verdicts(lines: list[tuple[str, bool]]) -> bytes:
    rows = "".join(f"<Ligne id='{escape(line_id)}'>{'OK' if right else 'KO'}</Ligne>" for line_id, right in lines)
    return envelope(f"<ResultatVerification xmlns='{NS}'><Etat>TERMINE</Etat>{rows}</ResultatVerification>")


def fault(code: str, words: str) -> bytes:
    return envelope(f"<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang='fr'>{words}</soap:Text></soap:Reason></soap:Fault>")  # fmt: skip


def _text(parent: Any, name: str) -> str:
    found = parent.find(f"{{{NS}}}{name}")
    return (found.text or "").strip() if found is not None else ""
