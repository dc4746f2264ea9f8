"""Whom a message is about: the blind keys of its patient and of its visit, and the lanes it must keep its place in.

Reads rows, not typed messages: it runs at the door, for every message.
"""

from __future__ import annotations

from typing import NamedTuple

from maison.formats.hl7v2.message import Message, Row, place_of
from maison.interop.exchanges.blind_index import patient_key, visit_key

INS_OIDS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11")
PRODUCTION_INS, TEST_INS = frozenset(INS_OIDS[:2]), frozenset(INS_OIDS[2:])
BARRIERS = frozenset({"A40", "A47", "A24", "A37", "A44", "A45", "A43", "A46", "A48"})
"""Events about two identities: merge, change of identifier, link, unlink, move of visits."""


class Subject(NamedTuple):
    """Empty texts when nobody, or no visit, is named. `other` is the second patient of a barrier."""

    patient: str = ""
    visit: str = ""
    other: str = ""
    ins_oids: frozenset[str] = frozenset()


def subject_of(message: Message) -> Subject:
    patient = visit = other = account = ""
    oids: set[str] = set()
    barrier = message.event in BARRIERS
    for row in message.rows:
        match row[0]:
            case "PID":
                key = _patient(_field(row, 3), oids)
                if not patient:
                    patient, account = key, _field(row, 18)
                elif barrier and not other:
                    other = key
            case "MRG" if barrier and not other:
                other = _patient(_field(row, 1), oids)
            case "PV1" if not visit:
                visit = _visit(_field(row, 19))
    return Subject(patient, visit or _visit(account), other if other != patient else "", frozenset(oids))


def _field(row: Row, number: int) -> str:
    return row[number] if len(row) > number else ""


def _patient(identifiers: str, oids: set[str]) -> str:
    """The local identifier (IPP) of a CX list, in its domain; INS matricules are noted, never used as a key."""
    chosen: tuple[str, str] | None = None
    for repetition in identifiers.split("~"):
        parts = repetition.split("^")
        domain = _domain(parts[3] if len(parts) > 3 else "")
        if domain in INS_OIDS:
            oids.add(domain)
        elif parts[0] and parts[0] != '""' and (chosen is None or _kind(parts) == "PI"):
            chosen = domain, parts[0]
            if _kind(parts) == "PI":
                break
    for repetition in identifiers.split("~"):  # those that stand after the local one
        parts = repetition.split("^")
        if len(parts) > 3 and _domain(parts[3]) in INS_OIDS:
            oids.add(_domain(parts[3]))
    return patient_key(*chosen) if chosen else ""


def authorities_of(message: Message) -> list[tuple[str, str]]:
    """Who gives each local identifier of a patient, with its place: (place, OID or name)."""
    found = []
    numbers: dict[str, int] = {}
    for row in message.rows:
        name, field = row[0], {"PID": 3, "MRG": 1}.get(row[0])
        if field is None:
            continue
        numbers[name] = numbers.get(name, 0) + 1
        for rank, repetition in enumerate(_field(row, field).split("~"), start=1):
            parts = repetition.split("^")
            domain = _domain(parts[3] if len(parts) > 3 else "")
            if parts[0] and domain not in INS_OIDS and _kind(parts) in ("", "PI"):
                found.append((place_of(name, numbers[name], field, rank, 4), domain))
    return found


def _visit(identifier: str) -> str:
    parts = identifier.split("~", 1)[0].split("^")
    return visit_key(_domain(parts[3] if len(parts) > 3 else ""), parts[0]) if parts[0] and parts[0] != '""' else ""


def _domain(authority: str) -> str:
    """The OID of an HD, or its name when it has none."""
    parts = authority.split("&")
    return parts[1] if len(parts) > 1 and parts[1] else parts[0]


def _kind(parts: list[str]) -> str:
    return parts[4] if len(parts) > 4 else ""
