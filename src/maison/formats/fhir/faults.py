"""What is wrong with a resource or a request, and the OperationOutcome that says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

BUSINESS_CODES = "urn:maison-esante:codes-erreur"
"""System of the house's own error codes, such as FHR-004 (docs/catalogue.md)."""

ERROR, WARNING, INFORMATION = "error", "warning", "information"


@dataclass(frozen=True, slots=True)
class Fault:
    """`path` is a FHIRPath place (`Patient.name[0].given[1]`), `code` an IssueType, `text` French, without any value.

    `key` names the rule: an invariant (`pat-1`), `cardinality`, `slice`, `binding`, `fixed`, `pattern`, `base`…
    """

    path: str
    code: str
    text: str
    severity: str = ERROR
    key: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity in {ERROR, "fatal"}

    def as_issue(self, business_code: str = "") -> dict[str, Any]:
        return issue(self.severity, self.code, self.text, path=self.path, business_code=business_code, key=self.key)


def issue(severity: str, code: str, text: str, *, path: str = "", business_code: str = "", key: str = "") -> dict[str, Any]:  # fmt: skip
    codings = [{"system": BUSINESS_CODES, "code": business_code}] if business_code else []
    found: dict[str, Any] = {"severity": severity, "code": code, "details": {"text": text}}
    if codings:
        found["details"] = {"coding": codings, "text": text}
    if key:
        found["diagnostics"] = key
    if path:
        found["expression"] = [path]
    return found


def outcome(issues: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


ALL_WELL = "La ressource est conforme."


def outcome_of(faults: Iterable[Fault], business_code: str = "") -> dict[str, Any]:
    """The outcome of a check: its faults, or one line that says that there is none."""
    issues = [fault.as_issue(business_code if fault.is_error else "") for fault in faults]
    return outcome(issues or [issue(INFORMATION, "informational", ALL_WELL)])
