"""What the score never decides: rules on the national identity (INS) that come before and after it.

- A matricule counts with its OID and the status of its identity, never alone (RNIV, INS-02, INS-10).
- Test and demonstration identities never meet production ones. An INS-C is refused.
- Only one case links without a person: same matricule and OID, both qualified, strict traits equal (DOMAIN §1, SRIR).
- Same matricule with other traits is a review, never a link: a number given twice, or a parent's used for a child.
- Two qualified people with different matricules are not proposed as one; only a person may still say so.
"""

from dataclasses import dataclass
from enum import StrEnum

from maison.formats.identifiers import check_ins
from maison.formats.matching.identity import Identity
from maison.formats.matching.model import Comparison, Model, Verdict

NIR_OID, NIA_OID = "1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9"
TEST_OID, DEMONSTRATION_OID = "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"
OLD_INS_C_OID = "1.2.250.1.213.1.4.2"
PRODUCTION = frozenset({NIR_OID, NIA_OID})
FICTIONAL = frozenset({TEST_OID, DEMONSTRATION_OID})
QUALIFIED = "QUAL"


class InsRefused(ValueError):
    """A number that may not be compared at all. The message is French and never quotes it."""


@dataclass(frozen=True, slots=True)
class Ins:
    """A matricule (15 characters), its OID, and the status of the identity that holds it: kept together, always."""

    matricule: str
    oid: str
    status: str

    def __post_init__(self) -> None:
        """Raises InsRefused for an unknown OID or an INS-C, InvalidNir for a wrong key."""
        if self.oid == OLD_INS_C_OID:
            raise InsRefused("Un INS calculé (INS-C) ne sert plus à identifier une personne.")
        if self.oid not in PRODUCTION | FICTIONAL:
            raise InsRefused("L’OID qui accompagne ce matricule n’est pas celui d’un INS.")
        check_ins(self.matricule)

    @property
    def is_qualified(self) -> bool:
        return self.status == QUALIFIED

    @property
    def is_fictional(self) -> bool:
        return self.oid in FICTIONAL


class Outcome(StrEnum):
    LINK = "link"
    REVIEW = "review"
    PROPOSE = "propose"
    TWIN = "twin"
    IGNORE = "ignore"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do with two identities, why in French, and the score when there was one."""

    outcome: Outcome
    reason: str
    comparison: Comparison | None = None


def strict_traits_equal(one: Identity, other: Identity) -> bool:
    """Birth name, given names, whole date, sex and place of birth: all said, all the same once folded."""
    said = one.family and one.given and one.month and one.day and one.sex and one.place.code
    return bool(said) and (one.family, one.given, one.day_number, one.sex, one.place) == (
        other.family, other.given, other.day_number, other.sex, other.place,
    )  # fmt: skip


def judge(
    model: Model,
    one: Identity,
    other: Identity,
    *,
    ins: Ins | None = None,
    other_ins: Ins | None = None,
    population: int | None = None,
) -> Judgement:
    """Two identities of the same world, with the INS of each when they have one."""
    if ins and other_ins:
        if ins.is_fictional != other_ins.is_fictional:
            return Judgement(Outcome.APART, "Une identité de test ne se rapproche jamais d’une identité réelle.")
        if (ins.matricule, ins.oid) == (other_ins.matricule, other_ins.oid):
            return _same_number(model, one, other, ins, other_ins, population)
    comparison = model.compare(one, other, population)
    if ins and other_ins and ins.is_qualified and other_ins.is_qualified and ins.oid == other_ins.oid:
        reason = "Deux identités qualifiées portent des matricules INS différents : ce sont deux personnes, sauf erreur à instruire."
        outcome = Outcome.REVIEW if comparison.verdict == Verdict.MATCH else Outcome.APART
        return Judgement(outcome, reason, comparison)
    match comparison.verdict:
        case Verdict.MATCH:
            return Judgement(
                Outcome.PROPOSE, "Les traits se ressemblent assez pour proposer le rapprochement.", comparison
            )
        case Verdict.TWIN:
            return Judgement(
                Outcome.TWIN, "Même naissance, autre prénom : jumeaux ou frères et sœurs probables.", comparison
            )
        case _:
            return Judgement(Outcome.IGNORE, "Les traits ne se ressemblent pas assez.", comparison)


def _same_number(
    model: Model, one: Identity, other: Identity, ins: Ins, other_ins: Ins, population: int | None
) -> Judgement:
    comparison = model.compare(one, other, population)
    if not strict_traits_equal(one, other):
        reason = "Même matricule INS, mais des traits différents : à vérifier par une personne, aucun lien n’est posé."
        return Judgement(Outcome.REVIEW, reason, comparison)
    if ins.is_qualified and other_ins.is_qualified:
        return Judgement(
            Outcome.LINK, "Même matricule et même OID, identités qualifiées, traits stricts égaux.", comparison
        )
    return Judgement(
        Outcome.PROPOSE, "Même matricule INS et mêmes traits, mais une identité n’est pas qualifiée.", comparison
    )
