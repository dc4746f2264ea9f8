"""What is said of a sample: its family, its grade, every fault with its place. Pure, as all that grades."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

from maison.formats.recognition import Family

Outcome = Literal["graded", "unchecked", "unknown", "refused"]
Grade = Literal["A", "B", "C", "D", "E", ""]


class Severity(StrEnum):
    UNREADABLE = "unreadable"
    ERROR = "error"
    WARNING = "warning"
    REMARK = "remark"

    @property
    def french(self) -> str:
        return _SEVERITIES[self][0]

    @property
    def plural(self) -> str:
        return _SEVERITIES[self][1]


_SEVERITIES = {
    Severity.UNREADABLE: ("Illisible", "Illisible"),
    Severity.ERROR: ("Erreur", "Erreurs à corriger"),
    Severity.WARNING: ("Avertissement", "Avertissements : un destinataire peut refuser"),
    Severity.REMARK: ("Remarque", "Remarques"),
}

GRADES: dict[str, str] = {
    "A": "Aucun défaut trouvé.",
    "B": "Des remarques seulement : le message sera accepté.",
    "C": "Des avertissements : des destinataires peuvent refuser le message.",
    "D": "Des erreurs à corriger : le message serait refusé.",
    "E": "Illisible : le message ne peut pas être ouvert.",
}
"""The stated rule: the worst fault gives the grade, the number of faults never changes it."""


class Fault(Struct, frozen=True):
    """`path` in the words of the family, `line` and `column` from 1 (0: not known). `rule` is stable, `source` its document."""

    severity: Severity
    path: str
    what: str
    why: str
    mend: str
    rule: str
    source: str
    line: int = 0
    column: int = 0

    @property
    def where(self) -> str:
        if not self.line:
            return ""
        return f"ligne {self.line}, colonne {self.column}" if self.column else f"ligne {self.line}"


class Report(Struct, frozen=True, kw_only=True):
    """`kind` is the type or profile found, `understood` pairs (what, value) without identity, `faults` the worst first.

    `outcome`: `unchecked` a family without a checker here; `unknown` no family; `refused` a sample that may be a real person.
    `left_out` counts the faults beyond the longest list.
    """

    outcome: Outcome
    sha256: str
    size: int
    family: Family | None = None
    kind: str = ""
    version: str = ""
    faults: tuple[Fault, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()
    left_out: int = 0
    message: str = ""

    @property
    def grade(self) -> Grade:
        if self.outcome != "graded":
            return ""
        found = {fault.severity for fault in self.faults}
        if Severity.UNREADABLE in found:
            return "E"
        if Severity.ERROR in found:
            return "D"
        if Severity.WARNING in found:
            return "C"
        return "B" if found else "A"

    @property
    def meaning(self) -> str:
        return GRADES.get(self.grade, self.message)

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(fault.severity for fault in self.faults)
        return {severity.value: found[severity] for severity in Severity}

    @property
    def family_label(self) -> str:
        return self.family.french if self.family else "Non reconnue"

    def document(self) -> dict[str, Any]:
        """For the API, `--json` and the export: stable names."""
        return {
            "verdict": self.outcome,
            "note": self.grade or None,
            "signification": self.meaning,
            "famille": self.family.value if self.family else None,
            "type": self.kind or None,
            "version": self.version or None,
            "sha256": self.sha256,
            "octets": self.size,
            "compte": self.counts,
            "non_listes": self.left_out,
            "compris": dict(self.understood),
            "defauts": [
                {
                    "gravite": fault.severity.value,
                    "emplacement": fault.path,
                    "ligne": fault.line or None,
                    "colonne": fault.column or None,
                    "constat": fault.what,
                    "pourquoi": fault.why,
                    "correction": fault.mend,
                    "regle": fault.rule,
                    "source": fault.source,
                }
                for fault in self.faults
            ],
        }
