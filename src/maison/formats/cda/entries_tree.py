"""Coded entries made of others: observations that hold observations, organizers, proposals of a tumour board.

Source: TestContenuCDA 3-0, example CANCER-FRCP 2022.01.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from lxml import etree
from msgspec import Struct

from maison.formats.cda import oids
from maison.formats.cda import xml_writing as to
from maison.formats.cda.entries import Marks, new_entry, put_templates
from maison.formats.cda.entry_reading import entry_of
from maison.formats.cda.model import Code, Entry
from maison.formats.cda.moment import Moment
from maison.formats.cda.xml_writing import element

_SIMPLE = ("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48")
_PROBLEM = ("2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5", "1.2.250.1.213.1.1.3.37")
_PROPOSAL = ("2.16.840.1.113883.10.20.1.25", "1.3.6.1.4.1.19376.1.5.3.1.4.19", "1.2.250.1.213.1.1.3.62")
_REQUEST = ("2.16.840.1.113883.10.20.1.25", "1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1", "1.2.250.1.213.1.1.3.27")
_MEETING = ("2.16.840.1.113883.10.20.1.25", "1.3.6.1.4.1.19376.1.5.3.1.4.14", "1.2.250.1.213.1.1.3.58")
_BOARD_FILE = "1.2.250.1.213.1.1.3.7"
_PROBLEM_CODE = Code("55607006", "problème", oids.SNOMED_CT, oids.NAMES[oids.SNOMED_CT])
_TO_BE_ARRANGED = Code("CS", "recontacter pour fixer RDV", "2.16.840.1.113883.5.7", "ActPriority")


class Observed(Struct, frozen=True):
    """One FR-Simple-Observation. `value`: yes or no, a code, None when its parts say it. `link` ties it to what holds it."""

    code: Code
    value: bool | Code | None
    mark: str
    parts: tuple[Observed, ...] = ()
    link: Literal["SUBJ", "REFR"] = "REFR"
    at: Moment | None = None


def observed(marks: Marks, top: Observed) -> Entry:
    """The entry of an observation and of all it holds."""
    entry = new_entry()
    _observation(entry, marks, top)
    return entry_of(entry)


def board_file(marks: Marks, code: Code, parts: Iterable[Observed]) -> Entry:
    """FR-Statut-du-dossier-presente-en-RCP."""
    entry = new_entry()
    organizer = element(entry, "organizer", classCode="CLUSTER", moodCode="EVN")
    put_templates(organizer, (_BOARD_FILE,))
    to.code(organizer, "code", code)
    element(organizer, "statusCode", code="completed")
    for part in parts:
        _observation(element(organizer, "component"), marks, part)
    return entry_of(entry)


def reason(marks: Marks, *, mark: str, at: Moment) -> Entry:
    """The FR-Probleme of a reason said in words."""
    entry = new_entry()
    made = element(entry, "observation", classCode="OBS", moodCode="EVN", negationInd="false")
    _begin(made, marks, _PROBLEM, _PROBLEM_CODE, mark)
    element(made, "statusCode", code="completed")
    to.moment(element(made, "effectiveTime"), "low", at)
    value = element(made, "value", type="CD", nullFlavor="NA")
    element(element(value, "originalText"), "reference", value=f"#{mark}")
    return entry_of(entry)


def proposal(marks: Marks, code: Code, *, mark: str, rank: int) -> Entry:
    """FR-Acte intended: a treatment, `rank` is its number in the sheet."""
    entry = new_entry()
    made = element(entry, "procedure", classCode="PROC", moodCode="INT", negationInd="false")
    _begin(made, marks, _PROPOSAL, code, mark)
    element(made, "statusCode", code="active")
    to.moment(element(made, "effectiveTime"), "low", None, null="UNK")
    element(element(made, "priorityCode"), "originalText", str(rank))
    return entry_of(entry)


def further_test(marks: Marks, *, mark: str) -> Entry:
    """FR-Demande-d-examen-ou-de-suivi."""
    entry = new_entry()
    made = element(entry, "observation", classCode="OBS", moodCode="PRP")
    asip = Code("ORG-064", "Demande d'examen ou de suivi", oids.TA_ASIP, oids.NAMES[oids.TA_ASIP])
    _begin(made, marks, _REQUEST, asip, mark)
    element(made, "statusCode", code="active")
    to.moment(element(made, "effectiveTime"), "low", None, null="UNK")
    return entry_of(entry)


def meeting(marks: Marks, code: Code, *, mark: str) -> Entry:
    """FR-Rencontre asked for: another board, a follow-up."""
    entry = new_entry()
    made = element(entry, "encounter", classCode="ENC", moodCode="ARQ")
    _begin(made, marks, _MEETING, code, mark)
    to.code(made, "priorityCode", _TO_BE_ARRANGED)
    return entry_of(entry)


def guideline(marks: Marks, code: Code, *, mark: str, at: Moment | None) -> Entry:
    """FR-Simple-Observation whose value is the marked name of the guideline, `at` its date."""
    entry = new_entry()
    made = element(entry, "observation", classCode="OBS", moodCode="EVN")
    _begin(made, marks, _SIMPLE, code, mark)
    element(made, "statusCode", code="completed")
    to.moment(made, "effectiveTime", at, null="UNK")
    value = element(made, "value", type="CD")
    element(element(value, "originalText"), "reference", value=f"#{mark}")
    return entry_of(entry)


def _observation(parent: etree._Element, marks: Marks, one: Observed) -> None:
    made = element(parent, "observation", classCode="OBS", moodCode="EVN")
    _begin(made, marks, _SIMPLE, one.code, one.mark)
    element(made, "statusCode", code="completed")
    if one.at is None:
        element(made, "effectiveTime", nullFlavor="NAV")
    else:
        to.moment(element(made, "effectiveTime"), "low", one.at)
    match one.value:
        case bool():
            element(made, "value", type="BL", value="true" if one.value else "false")
        case Code():
            to.code(made, "value", one.value, type_="CD")
        case None:
            element(made, "value", type="CD", nullFlavor="NA")
    for part in one.parts:
        _observation(element(made, "entryRelationship", typeCode=part.link), marks, part)


def _begin(made: etree._Element, marks: Marks, roots: Iterable[str], code: Code, mark: str) -> None:
    put_templates(made, roots)
    element(made, "id", root=marks.uid())
    to.code(made, "code", code)
    element(element(made, "text"), "reference", value=f"#{mark}")
