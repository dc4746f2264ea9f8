"""How much of a resource an answer carries: `_summary`, `_elements`, and the mark of what was cut."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import fhirkit

from maison.formats.fhir.wire import read, write

from .errors import BadSearch
from .registry import Declared

ALWAYS = frozenset({"resourceType", "id", "meta"})
SUMMARIES = ("true", "text", "data", "count", "false")
SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


@lru_cache(maxsize=200)
def mandatory(kind: str) -> frozenset[str]:
    """Elements base R4 requires of the type: they stay in every answer."""
    missing = [
        one.path.partition(".")[2] for one in fhirkit.validate({"resourceType": kind}) if "required" in one.message
    ]
    return frozenset(missing)


class Shape:
    """What to keep of each resource of an answer; `whole` keeps the stored bytes as they are."""

    def __init__(self, summary: str = "", elements: str = "") -> None:
        if summary and summary not in SUMMARIES:
            raise BadSearch("« _summary » vaut true, text, data, count ou false.")
        self.summary = "" if summary == "false" else summary
        self.elements = frozenset(one.rpartition(".")[2] if one[:1].isupper() else one.partition(".")[0] for one in elements.split(",") if one)  # fmt: skip
        self.whole = not self.summary and not self.elements

    @property
    def only_count(self) -> bool:
        return self.summary == "count"

    def cut(self, declared: Declared, body: bytes) -> bytes:
        return body if self.whole else write(self.reduced(declared, read(body)))

    def reduced(self, declared: Declared, resource: dict[str, Any]) -> dict[str, Any]:
        if self.summary == "data":
            kept = {key: value for key, value in resource.items() if key != "text"}
        else:
            names = ALWAYS | mandatory(declared.type)
            if self.summary == "text":
                names |= {"text"}
            elif self.summary == "true":
                names |= declared.summary or frozenset(resource) - {"text", "contained"}
            else:
                names |= self.elements
            kept = {key: value for key, value in resource.items() if key.lstrip("_") in names or _is_choice(key, names)}
        meta = dict(kept.get("meta", {}))
        meta["tag"] = [*meta.get("tag", []), SUBSETTED]
        kept["meta"] = meta
        return kept


def _is_choice(key: str, names: frozenset[str]) -> bool:
    """`effective` keeps `effectiveDateTime`; `value[x]` of the mandatory elements too."""
    stem = next((place for place, letter in enumerate(key) if letter.isupper()), len(key))
    return key[:stem] in names or f"{key[:stem]}[x]" in names
