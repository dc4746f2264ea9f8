"""How alike two identities are, and why in plain French: the matching engine, asked about two rows of the registry."""

from __future__ import annotations

from dataclasses import dataclass

from maison.formats.identifiers import InvalidNir
from maison.formats.matching.explanation import explain
from maison.formats.matching.identity import Identity as Compared
from maison.formats.matching.identity import Traits, identity_of
from maison.formats.matching.model import Model
from maison.formats.matching.rules import Ins, InsRefused, Outcome, judge
from maison.formats.matching.starting import starting_model
from maison.registries.identity.models import Identity, Pair

TRAIT_OF = {
    "family": "birth_name",
    "given": "first_names",
    "born_on": "birth_date",
    "sex": "sex",
    "birth_place": "birth_place",
}
VERDICTS = {
    Outcome.LINK: Pair.Verdict.MATCH,
    Outcome.PROPOSE: Pair.Verdict.MATCH,
    Outcome.REVIEW: Pair.Verdict.POSSIBLE,
    Outcome.TWIN: Pair.Verdict.SIBLING,
}


@dataclass(frozen=True, slots=True)
class Scored:
    """`score`: how probable one person is, in percent; `explanation`: {trait: what the engine says of it}, no value of anyone."""

    score: float
    verdict: str
    explanation: dict[str, str]
    model_version: str


def model() -> Model:
    """The model the house starts with; a trained one takes its place when there are a few thousand identities."""
    return starting_model()


def compared(row: Identity) -> Compared:
    """As the engine sees it. A date known in part says so by its year, or year and month, alone."""
    born = ""
    if row.birth_date is not None:
        shape = {"jour": "%Y-%m-%d", "mois": "%Y-%m"}.get(str(row.birth_date_known), "%Y")
        born = row.birth_date.strftime(shape)
    return identity_of(Traits(row.birth_name, row.first_names, born, row.sex, row.birth_place, row.used_name))


def score(one: Identity, other: Identity) -> Scored | None:
    """None: nothing to bother a person with."""
    judged = judge(model(), compared(one), compared(other), ins=_ins(one), other_ins=_ins(other))
    verdict = VERDICTS.get(judged.outcome)
    if verdict is None or judged.comparison is None:
        return None
    told = explain(model(), judged.comparison)
    lines = {
        TRAIT_OF[trait.key]: _words(line.sentence, line.rarity, line.weight)
        for trait, line in zip(model().traits, told.lines, strict=True)
        if trait.key in TRAIT_OF
    }
    lines["summary"] = judged.reason if judged.outcome is Outcome.REVIEW else told.summary
    return Scored(round(judged.comparison.match * 100, 1), verdict, lines, f"{model().version}:{model().hash[:12]}")


def _words(sentence: str, rarity: str, weight: str) -> str:
    return f"{sentence} ({rarity}) : {weight}" if rarity else f"{sentence} : {weight}"


def _ins(row: Identity) -> Ins | None:
    if not row.ins_matricule:
        return None
    try:
        return Ins(row.ins_matricule, row.ins_oid, str(row.status))
    except (InsRefused, InvalidNir):
        return None
