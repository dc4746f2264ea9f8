"""How alike two identities are, and why: the seam of the matching engine (`maison.formats.matching`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher

from maison.formats.civil_status import compare, search_key
from maison.registries.identity.models import Identity, Pair

VERSION = "regles-1"
WEIGHTS = {"birth_name": 30.0, "first_names": 25.0, "birth_date": 30.0, "sex": 3.0, "birth_place": 12.0}
PROPOSE = 60.0
CLOSE = 0.84


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` 0 to 100; `explanation`: one line a trait, {trait, label, one, other, state, words}."""

    score: float
    verdict: str
    explanation: list[dict[str, str]] = field(default_factory=list)
    model_version: str = VERSION


def score(one: Identity, other: Identity) -> Scored | None:
    """None: too little in common to bother a person."""
    total, lines = 0.0, []
    states: dict[str, str] = {}
    for line in compare(one.strict, other.strict):
        part, state, words = _likeness(line.trait, line.state, one, other)
        total += WEIGHTS[line.trait] * part
        states[line.trait] = state
        lines.append({"trait": line.trait, "label": line.label, "one": line.one, "other": line.other, "state": state, "words": words})  # fmt: skip
    if one.ins_matricule and one.ins_matricule == other.ins_matricule:
        total = max(total, 90.0)
        lines.insert(0, {"trait": "ins", "label": "Matricule INS", "one": "porté", "other": "porté", "state": "same", "words": "le même matricule"})  # fmt: skip
    elif one.ins_matricule and other.ins_matricule:
        total = min(total, 65.0)
        lines.insert(0, {"trait": "ins", "label": "Matricule INS", "one": "porté", "other": "porté", "state": "differs", "words": "deux matricules différents"})  # fmt: skip
    if total < PROPOSE:
        return None
    sibling = states["birth_date"] == "same" and states["birth_name"] == "same" and states["first_names"] == "differs"
    verdict = Pair.Verdict.SIBLING if sibling else Pair.Verdict.MATCH if total >= 85 else Pair.Verdict.POSSIBLE
    return Scored(round(min(total, 100.0), 1), verdict, lines)


def _likeness(trait: str, state: str, one: Identity, other: Identity) -> tuple[float, str, str]:
    if state == "same":
        return 1.0, "same", "identique"
    if state == "missing":
        return 0.5, "missing", "inconnu d'un côté"
    if trait == "birth_name":
        if one.name_key == other.name_key:
            return 1.0, "near", "même nom, écrit autrement"
        if {one.name_key, one.used_key} & {other.name_key, other.used_key} - {""}:
            return 0.8, "near", "le nom de naissance de l'un est le nom utilisé de l'autre"
        if _close(one.name_key, other.name_key):
            return 0.7, "near", "presque le même nom : une ou deux lettres"
    if trait == "first_names":
        if state == "near" or search_key(one.first_name) == search_key(other.first_name):
            return 0.95, "near", "même premier prénom"
        if _close(search_key(one.first_name), search_key(other.first_name)):
            return 0.7, "near", "presque le même prénom"
    if trait == "birth_date" and one.birth_date and other.birth_date:
        mine, theirs = one.birth_date, other.birth_date
        if mine.year == theirs.year and (mine.day, mine.month) == (theirs.month, theirs.day):
            return 0.8, "near", "jour et mois échangés"
        if sum((mine.year == theirs.year, mine.month == theirs.month, mine.day == theirs.day)) == 2:
            return 0.5, "near", "une seule partie de la date diffère"
    return 0.0, "differs", "différent"


def _close(one: str, other: str) -> bool:
    return bool(one and other) and SequenceMatcher(None, one, other).ratio() >= CLOSE
