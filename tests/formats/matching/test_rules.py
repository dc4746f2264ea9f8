import pytest

from maison.formats.identifiers import InvalidNir, nir_key
from maison.formats.matching.rules import (
    DEMONSTRATION_OID,
    NIR_OID,
    OLD_INS_C_OID,
    TEST_OID,
    Ins,
    InsRefused,
    Outcome,
    judge,
)
from maison.formats.matching.starting import starting_model
from tests.formats.matching.people import person

MODEL = starting_model()
NIR, OTHER_NIR = "1620431555901", "1620431555902"


def ins(nir: str = NIR, oid: str = TEST_OID, status: str = "QUAL") -> Ins:
    return Ins(f"{nir}{nir_key(nir):02d}", oid, status)


def outcome(one, other, **numbers) -> Outcome:
    return judge(MODEL, one, other, **numbers).outcome


def test_only_one_matricule_both_qualified_with_equal_traits_links_without_a_person():
    assert outcome(person(), person(), ins=ins(), other_ins=ins()) == Outcome.LINK
    assert outcome(person(), person(birth_name="Tilleul"), ins=ins(), other_ins=ins()) == Outcome.LINK


@pytest.mark.parametrize("status", ["RECUP", "VALI", "PROV"])
def test_an_identity_that_is_not_qualified_is_proposed_never_linked(status):
    assert outcome(person(), person(), ins=ins(), other_ins=ins(status=status)) == Outcome.PROPOSE


@pytest.mark.parametrize(
    "changes",
    [
        {"given_names": "Ambroise Paul"}, {"birth_name": "TILLET"}, {"born_on": "1962-04-08"}, {"sex": "F"}, {"birth_place": "31069"},
        {"birth_place": ""}, {"born_on": "1995-06-01", "given_names": "Octave"},
    ],
)  # fmt: skip
def test_one_matricule_with_other_traits_is_a_review_never_a_link(changes):
    judgement = judge(MODEL, person(), person(**changes), ins=ins(), other_ins=ins())

    assert judgement.outcome == Outcome.REVIEW
    assert judgement.comparison is not None
    assert "à vérifier par une personne" in judgement.reason


@pytest.mark.parametrize("fictional", [TEST_OID, DEMONSTRATION_OID])
def test_a_test_identity_never_meets_a_real_one(fictional):
    assert outcome(person(), person(), ins=ins(oid=fictional), other_ins=ins(oid=NIR_OID)) == Outcome.APART


def test_one_matricule_under_two_oids_is_not_one_number():
    assert outcome(person(), person(), ins=ins(oid=TEST_OID), other_ins=ins(oid=DEMONSTRATION_OID)) == Outcome.PROPOSE


def test_two_qualified_numbers_are_two_people_and_a_likeness_is_looked_into():
    assert outcome(person(), person(), ins=ins(), other_ins=ins(OTHER_NIR)) == Outcome.REVIEW
    assert outcome(person(), person(given_names="Octave"), ins=ins(), other_ins=ins(OTHER_NIR)) == Outcome.APART


def test_without_numbers_the_score_proposes_and_links_nothing():
    assert outcome(person(), person()) == Outcome.PROPOSE
    assert outcome(person(), person(given_names="Octave")) == Outcome.TWIN
    assert outcome(person(), person(birth_name="COQUELICOT", born_on="1990-02-03")) == Outcome.IGNORE


def test_an_ins_c_an_unknown_oid_and_a_wrong_key_are_refused_without_quoting_them():
    with pytest.raises(InsRefused, match="INS-C"):
        Ins("0" * 22, OLD_INS_C_OID, "QUAL")
    with pytest.raises(InsRefused) as refused:
        Ins(ins().matricule, "1.2.3", "QUAL")
    assert NIR not in str(refused.value)
    with pytest.raises(InvalidNir):
        Ins(f"{NIR}00", TEST_OID, "QUAL")
