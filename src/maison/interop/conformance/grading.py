"""From bytes to a report, by the checker of the family. Never raises, keeps nothing, needs no Django.

A checker is registered for its family by whoever owns the format: `register(Family.FHIR, check)`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from msgspec import Struct

from maison.formats.recognition import Family, Recognised, recognise

from . import real_people
from .report import Fault, Report, Severity

MAX_BYTES = 5 * 1024 * 1024
MOST_FAULTS = 200
_ORDER = list(Severity)


class Sample(Struct, frozen=True):
    """`expected` is a type the editor names when the content does not (a bare Hub Santé body): RS-EDA, TECHNICAL…"""

    data: bytes
    found: Recognised
    expected: str = ""


class Findings(Struct, frozen=True, kw_only=True):
    """`unchecked`: why this sample of a known family cannot be graded here, in French."""

    kind: str = ""
    unchecked: str = ""
    version: str = ""
    faults: Iterable[Fault] = ()
    understood: Iterable[tuple[str, str]] = ()


type Checker = Callable[[Sample], Findings]

_checkers: dict[Family, Checker] = {}


def register(family: Family, checker: Checker) -> None:
    """The last one wins: an operator's checker, with official schemas, takes the place of the first one."""
    _checkers[family] = checker


def checked_families() -> list[Family]:
    return [family for family in Family if family in _checkers]


def grade(data: bytes, expected: str = "") -> Report:
    """The report. `expected` as in `Sample`."""
    digest = hashlib.sha256(data).hexdigest()
    found = recognise(data)
    if found is None and expected and data.lstrip()[:1] in (b"{", b"<"):
        found = Recognised(Family.HUB_SANTE, "json" if data.lstrip()[:1] == b"{" else "xml")
    if real_people.may_name_one(data):
        return Report(
            outcome="refused", sha256=digest, size=len(data), family=found.family if found else None,
            message=real_people.REFUSAL,
        )  # fmt: skip
    if found is None:
        return Report(outcome="unknown", sha256=digest, size=len(data), message=_not_recognised(data))
    family = found.family
    checker = _checkers.get(family)
    if checker is None:
        message = f"{family.french} reconnu, mais cette maison n’a pas encore de contrôleur pour cette famille."
        return Report(outcome="unchecked", sha256=digest, size=len(data), family=family, message=message)
    if len(data) > MAX_BYTES:
        return Report(outcome="graded", sha256=digest, size=len(data), family=family, faults=(_too_large(),))
    try:
        findings = checker(Sample(data, found, expected))
        if findings.unchecked:
            return Report(outcome="unchecked", sha256=digest, size=len(data), family=family, message=findings.unchecked)
        faults = sorted(dict.fromkeys(findings.faults), key=_rank)
    except RecursionError:
        return Report(outcome="graded", sha256=digest, size=len(data), family=family, faults=(_too_deep(),))
    return Report(
        outcome="graded", sha256=digest, size=len(data), family=family, kind=findings.kind, version=findings.version,
        faults=tuple(faults[:MOST_FAULTS]), left_out=max(0, len(faults) - MOST_FAULTS),
        understood=tuple((name, value) for name, value in findings.understood if value),
    )  # fmt: skip


def _rank(fault: Fault) -> tuple[int, bool, int]:
    """The worst first, then in the order of the sample; what has no line comes last."""
    return _ORDER.index(fault.severity), fault.line == 0, fault.line


def unreadable(what: str, source: str, *, rule: str, line: int = 0, column: int = 0) -> Fault:
    why = "Aucun destinataire ne pourra ouvrir ce message : rien de ce qu’il porte n’est lu."
    mend = "Corrigez ce point, puis vérifiez de nouveau : les autres contrôles n’ont pas pu être faits."
    return Fault(Severity.UNREADABLE, "", what, why, mend, rule, source, line, column)


def _too_large() -> Fault:
    words = f"L’exemple dépasse {MAX_BYTES // 1024 // 1024} Mo : il n’est pas ouvert."
    return unreadable(words, "Règle de la maison", rule="taille")


def _too_deep() -> Fault:
    return unreadable("Le message est trop profondément imbriqué.", "Règle de la maison", rule="profondeur")


def _not_recognised(data: bytes) -> str:
    if not data.strip():
        return "L’exemple est vide : collez un message ou déposez un fichier."
    return (
        "Famille non reconnue. Le banc lit HL7 v2 (MSH en tête), CDA (ClinicalDocument), FHIR (resourceType), Hub Santé "
        "(edxlDistribution, ou un cas d’usage tel que createCaseHealth) et RPU (OSCOUR). Si c’est le corps seul d’un cas "
        "d’usage du Hub Santé, dites son type."
    )
