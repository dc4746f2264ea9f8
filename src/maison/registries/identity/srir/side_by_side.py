"""A pair as a person reads it: both values of each trait as they stand now, and what the engine says of them."""

from __future__ import annotations

from dataclasses import dataclass

from maison.formats.civil_status import compare
from maison.registries.identity.models import Pair
from maison.registries.identity.selectors import with_places


@dataclass(frozen=True, slots=True)
class Line:
    """One trait of a pair side by side: both values as they stand now, whether they agree, what the engine says."""

    label: str
    one: str
    other: str
    state: str
    words: str


def lines_of(pair: Pair) -> list[Line]:
    told = pair.explanation
    found = [
        Line(line.label, line.one, line.other, line.state, told.get(line.trait, ""))
        for line in with_places(compare(pair.one.strict, pair.other.strict))
    ]
    if pair.one.used_name or pair.other.used_name:
        same = pair.one.used_name == pair.other.used_name
        state = "same" if same else "missing" if not (pair.one.used_name and pair.other.used_name) else "near"
        found.insert(1, Line("Nom utilisé", pair.one.used_name, pair.other.used_name, state, ""))
    if pair.one.ins_matricule or pair.other.ins_matricule:
        both = bool(pair.one.ins_matricule and pair.other.ins_matricule)
        same = (pair.one.ins_matricule, pair.one.ins_oid) == (pair.other.ins_matricule, pair.other.ins_oid)
        words = ("le même matricule" if same else "deux matricules différents") if both else "un seul porte un INS"
        mine, theirs = ("porté" if row.ins_matricule else "" for row in (pair.one, pair.other))
        found.append(Line("INS", mine, theirs, "same" if both and same else "differs" if both else "missing", words))
    return found
