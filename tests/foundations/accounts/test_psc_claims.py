"""What the house reads in the claims of Pro Santé Connect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maison.foundations.accounts.psc_claims import UnusableClaims, read_claims
from maison_region.people import professionals
from maison_sandbox.psc import claims_of


@pytest.fixture
def sample(shared: Path) -> dict[str, Any]:
    return json.loads((shared / "specs" / "psc" / "userinfo-synthetique.json").read_text())  # type: ignore[no-any-return]


def test_the_reference_userinfo_is_read_whole(sample: dict[str, Any]) -> None:
    person = read_claims(sample)
    assert (person.subject, person.rpps) == ("899700000001", "99700000001")
    assert (person.given_name, person.family_name) == ("Camille", "EXEMPLE")
    assert person.former_subjects == ()
    (situation,) = person.situations
    assert (situation.profession, situation.skill, situation.mode, situation.sector) == ("10", "SM54", "S", "SA01")
    assert (situation.finess_site, situation.finess_entity) == ("990000001", "990000000")
    assert situation.organisation_name == "CH FICTIF"
    assert situation.key == "finess:990000001/id:R00001"


def test_the_sandbox_says_every_claim_of_the_reference_and_no_other(sample: dict[str, Any]) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(item) for name, item in value.items()}
        if isinstance(value, list):
            return [shape(value[0])] if value else []
        return type(value).__name__

    for person in professionals():
        assert shape(claims_of(person)) == shape(sample), person.family_name


def test_every_fictional_professional_is_understood() -> None:
    for person in professionals():
        read = read_claims(claims_of(person))
        assert read.subject == person.idnat
        assert len(read.situations) == max(1, len(person.open_activities)), person.family_name


def test_without_exercice_the_flat_claims_give_one_situation(sample: dict[str, Any]) -> None:
    sample["SubjectRefPro"] = {"exercices": []}
    (situation,) = read_claims(sample).situations
    assert (situation.profession, situation.sector, situation.finess_site) == ("10", "SA01", "990000001")
    assert situation.organisation_name == "CH FICTIF"


@pytest.mark.parametrize(
    ("organisation", "finess", "siret", "technical_id"),
    [
        ("1990000001", "990000001", "", ""),
        ("399000000200016", "", "99000000200016", ""),
        ("R10100000999901", "", "", "R10100000999901"),
        ("3123", "", "", "3123"),
    ],
)
def test_the_flat_structure_identifier_is_read_by_its_kind(
    sample: dict[str, Any], organisation: str, finess: str, siret: str, technical_id: str
) -> None:
    sample["SubjectRefPro"] = {"exercices": []}
    sample["SubjectOrganizationID"] = organisation
    (situation,) = read_claims(sample).situations
    assert (situation.finess_site, situation.siret, situation.technical_id) == (finess, siret, technical_id)


def test_an_exercice_without_activity_gives_a_situation_without_structure(sample: dict[str, Any]) -> None:
    sample["SubjectRefPro"]["exercices"][0]["activities"] = []
    (situation,) = read_claims(sample).situations
    assert (situation.profession, situation.key) == ("10", "")


def test_several_exercices_and_activities_give_each_their_situation(sample: dict[str, Any]) -> None:
    exercice = sample["SubjectRefPro"]["exercices"][0]
    activity = exercice["activities"][0]
    exercice["activities"] = [activity, {**activity, "codeModeExercice": "L"}, activity]
    sample["SubjectRefPro"]["exercices"].append({**exercice, "codeProfession": "60", "activities": [activity]})
    situations = read_claims(sample).situations
    assert [(it.profession, it.mode) for it in situations] == [("10", "S"), ("10", "L"), ("60", "S")]


def test_two_structures_of_one_site_are_told_apart(sample: dict[str, Any]) -> None:
    activities = sample["SubjectRefPro"]["exercices"][0]["activities"]
    activities.append(
        {**activities[0], "identifiantTechniqueDeLaStructure": "R00002", "raisonSocialeSite": "SAMU FICTIF"}
    )
    assert len({it.key for it in read_claims(sample).situations}) == 2


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([{"identifiant": "310012345", "origine": "ADELI", "qualite": 1}], ("0310012345",)),
        ([{"identifiant": "0310012345", "origine": "ADELI", "qualite": 1}], ("0310012345",)),
        ([{"identifiant": "99700000009", "origine": "RPPS", "qualite": 1}], ("899700000009",)),
        ([{"identifiant": "899700000001", "origine": "RPPS", "qualite": 1}], ()),
        ([{"identifiant": "3/1990000001/001", "origine": "EJ"}], ()),
        ([{"identifiant": "310012345", "origine": "AILLEURS"}], ()),
        (["texte", None, {"identifiant": 12, "origine": "RPPS"}], ()),
        ("texte", ()),
    ],
)
def test_former_numbers_are_read_with_or_without_their_type(
    sample: dict[str, Any], others: Any, expected: tuple[str, ...]
) -> None:
    sample["otherIds"] = others
    assert read_claims(sample).former_subjects == expected


@pytest.mark.parametrize("subject", ["", None, 8, "8997 0000", "8'; DROP", "<b>", "8" * 40, {}])
def test_claims_that_do_not_say_who_are_unusable(sample: dict[str, Any], subject: Any) -> None:
    sample["SubjectNameID"], sample["preferred_username"] = subject, ""
    with pytest.raises(UnusableClaims):
        read_claims(sample)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "SubjectRefPro",
        "SubjectRole",
        "otherIds",
        "given_name",
        "SubjectOrganizationID",
        "Secteur_Activite",
        "family_name",
    ]
)


@given(st.dictionaries(NAMES, JSON, max_size=7), JSON)
def test_oddly_shaped_claims_never_break_the_reading(odd: dict[str, Any], exercice: Any) -> None:
    for claims in (odd, {"SubjectRefPro": {"exercices": [exercice, {"activities": [exercice]}]}}):
        person = read_claims({"SubjectNameID": "899700000001", **claims})
        assert person.situations
        assert all(len(it.key) <= 60 for it in person.situations)
