"""A comparison told to a person: each trait, what agrees, how rare it is here, and which way it weighs.

No sentence is a bare number. Bits stand beside the words for whoever draws a bar; « fois plus fréquent » says what they mean.
"""

from dataclasses import dataclass
from enum import StrEnum

from maison.formats.matching.comparison import Seen
from maison.formats.matching.levels import LEVELS, Kind
from maison.formats.matching.model import Comparison, Model, Trait, Verdict

NARROW = "\u202f"


class Weight(StrEnum):
    """How much a trait says, in the words a steward reads."""

    STRONG_FOR = "très en faveur"
    FOR = "en faveur"
    SLIGHTLY_FOR = "plutôt en faveur"
    NEUTRAL = "ne dit rien"
    SLIGHTLY_AGAINST = "plutôt contre"
    AGAINST = "contre"
    STRONG_AGAINST = "très contre"


_BOUNDS = (
    (8.0, Weight.STRONG_FOR), (4.0, Weight.FOR), (0.75, Weight.SLIGHTLY_FOR), (-0.75, Weight.NEUTRAL), (-3.0, Weight.SLIGHTLY_AGAINST),
    (-6.0, Weight.AGAINST),
)  # fmt: skip
_BORNE = {
    Kind.FAMILY: "nom porté par", Kind.GIVEN: "prénom porté par", Kind.DATE: "date partagée par", Kind.SEX: "sexe de",
    Kind.PLACE: "lieu partagé par", Kind.TEXT: "valeur partagée par", Kind.CODE: "valeur partagée par",
}  # fmt: skip
_VERDICTS = {
    Verdict.MATCH: "Probablement la même personne",
    Verdict.TWIN: "Probablement des jumeaux ou des frères et sœurs",
    Verdict.DISTINCT: "Probablement deux personnes différentes",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One trait. `rarity` is empty when nothing whole is shared; `bits` is the weight as a number, for a bar."""

    trait: str
    sentence: str
    rarity: str
    weight: Weight
    reason: str
    bits: float

    def __str__(self) -> str:
        told = f"{self.trait} : {self.sentence}"
        if self.rarity:
            told += f" ({self.rarity})"
        return f"{told} — {self.weight} : {self.reason}" if self.reason else f"{told} — {self.weight}"


@dataclass(frozen=True, slots=True)
class Explanation:
    verdict: Verdict
    summary: str
    lines: tuple[Line, ...]


def explain(model: Model, comparison: Comparison) -> Explanation:
    lines = tuple(
        _line(trait, seen, bits)
        for trait, seen, bits in zip(model.traits, comparison.seen, comparison.weights, strict=True)
    )
    return Explanation(comparison.verdict, _summary(comparison), lines)


def weight_of(bits: float) -> Weight:
    return next((weight for bound, weight in _BOUNDS if bits >= bound), Weight.STRONG_AGAINST)


def one_in(share: float) -> str:
    """« 1 personne sur 2 000 » , rounded as one would say it."""
    if share >= 0.3:
        return f"{round(share * 10)} personnes sur 10"
    return f"1 personne sur {_spoken(1 / share)}"


def _line(trait: Trait, seen: Seen, bits: float) -> Line:
    level = LEVELS[trait.kind][seen.level]
    rarity = ""
    if seen.value:
        share = trait.frequencies.share(seen.value)
        known = trait.frequencies.knows(seen.value)
        rarity = f"{_BORNE[trait.kind]} {'' if known else 'moins d’'}{one_in(share)} ici"
    return Line(trait.name, level.sentence, rarity, weight_of(bits), _reason(seen.level, bits), bits)


def _reason(level: int, bits: float) -> str:
    """What the weight means: how many times more often this is seen on one side than on the other."""
    times = 2 ** abs(bits)
    if not level or times < 1.7:
        return ""
    if bits > 0:
        return f"{_spoken(times)} fois plus fréquent entre deux fiches d’une personne qu’entre deux inconnus"
    return f"{_spoken(times)} fois plus fréquent entre deux inconnus qu’entre deux fiches d’une personne"


def _summary(comparison: Comparison) -> str:
    stranger = max(1 - comparison.match - comparison.twin, 0.0)
    share = {Verdict.MATCH: comparison.match, Verdict.TWIN: comparison.twin, Verdict.DISTINCT: stranger}[
        comparison.verdict
    ]
    told = f"{_VERDICTS[comparison.verdict]} : {_sure(share)}"
    if comparison.verdict == Verdict.MATCH and comparison.twin > 0.05:
        told += " ; des jumeaux restent possibles"
    if comparison.verdict == Verdict.TWIN and comparison.match > 0.05:
        told += " ; la même personne reste possible"
    return f"{told}. Une personne décide."


def _sure(share: float) -> str:
    """Chances of ten, or of a thousand near the ends, never « certain »."""
    if share >= 0.999:
        return "plus de 999 chances sur 1" + NARROW + "000 d’après le modèle"
    if share >= 0.95:
        return f"{int(share * 100)} chances sur 100 d’après le modèle"
    return f"environ {max(1, round(share * 10))} chances sur 10 d’après le modèle"


def _spoken(number: float) -> str:
    """Two figures at most: 2 134 is « 2 100 », 13 is « 13 », one and a half is « 1,5 »."""
    if number < 9.5:
        return f"{number:.1f}".rstrip("0").rstrip(".").replace(".", ",")
    magnitude = 10 ** max(len(str(int(number))) - 2, 0)
    whole = round(number / magnitude) * magnitude
    for size, word in ((10**9, "milliards"), (10**6, "millions")):
        if whole >= size:
            return f"{whole / size:.1f}".rstrip("0").rstrip(".").replace(".", ",") + f" {word}"
    return f"{whole:,}".replace(",", NARROW)
