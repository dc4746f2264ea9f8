"""What is wrong with a document, each fault with its place and a sentence for the person who must mend it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Severity = Literal["blocking", "warning"]


class Fault(Struct, frozen=True):
    """`place` is a path such as `/ClinicalDocument/author[2]/time`. `code` is stable; `message` is French, without identity.

    `official` keeps the wording of the XML schema, for software makers.
    """

    place: str
    severity: Severity
    code: str
    message: str
    official: str = ""

    def __str__(self) -> str:
        return f"{self.place} : {self.message}"


class UnwritableDocument(ValueError):
    """The document does not have what CI-SIS makes compulsory, or may not leave as it is. `faults` is never empty."""

    code = "CDA-002"

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.code} {fault.place}" for fault in faults))
        self.faults = faults
        self.message = " ".join(fault.message for fault in faults)
