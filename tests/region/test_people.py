"""The fictional people: valid test numbers, coherent posts, nobody real."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from maison.foundations.access.generic_roles import GENERIC_ROLES
from maison_region.chance import dice
from maison_region.facilities import EMERGENCY_SITES, OPERATOR_FINESS_EJ, SAMUS, SMUR_BASES, legal_entities
from maison_region.geography import COMMUNES
from maison_region.patients import age_code, nir_key, patient_living_in
from maison_region.people import DISPATCHER, INFORMATION_SYSTEMS, local_people, luhn_key, professional, professionals


def test_every_professional_has_a_test_rpps_with_its_key_and_a_name_of_his_own() -> None:
    people = professionals()
    for person in people:
        assert len(person.rpps) == 11
        assert person.rpps.startswith("9970")
        assert luhn_key(person.rpps[:10]) == person.rpps[10]
        assert person.idnat == "8" + person.rpps
    assert len({person.rpps for person in people}) == len(people)
    assert len({person.family_name for person in people}) == len(people)


def test_the_rpps_key_is_the_one_of_the_official_vector() -> None:
    assert luhn_key("0123456789") == "7"
    assert luhn_key("31078140") == "6"


def test_professions_and_skills_are_official_codes(shared: Path) -> None:
    def codes(name: str) -> set[str]:
        with (shared / "data/terminologies/nos" / name).open(encoding="utf-8", newline="") as file:
            return {row["code"] for row in csv.DictReader(file)}

    known = codes("TRE_G15-ProfessionSante.csv") | {DISPATCHER, INFORMATION_SYSTEMS}
    skills = codes("JDV_J107_EnsembleSavoirFaire_RASS.csv")
    for person in professionals():
        assert person.profession in known
        assert not person.skill or person.skill in skills


def test_every_role_is_a_role_of_the_house_in_a_place_of_the_region() -> None:
    places = (
        {"operator", "editor"} | {f"samu/{department}" for department in SAMUS} | {f"smur/{eg}" for eg in SMUR_BASES}
    )
    places |= {f"site/{eg}" for eg in EMERGENCY_SITES} | {f"entity/{ej}" for ej in legal_entities()}
    places |= {f"service/{eg}/{service.type}" for eg, site in EMERGENCY_SITES.items() for service in site.services}
    roles = {role.code for role in GENERIC_ROLES}
    given = [role for person in professionals() for activity in person.activities for role in activity.roles]
    given += [role for person in local_people() for role in person.roles]
    assert {role.place for role in given} <= places
    assert {role.role for role in given} <= roles
    assert {
        "arm",
        "regulateur",
        "ioa",
        "medecin_receveur",
        "equipe_smur",
        "admin_structure",
        "integrateur",
        "support",
    } <= {role.role for role in given}


def test_every_samu_has_a_regulator() -> None:
    regulating = {
        role.place
        for person in professionals()
        for activity in person.activities
        for role in activity.roles
        if role.role == "regulateur"
    }
    assert regulating == {f"samu/{department}" for department in SAMUS}


def test_some_people_have_two_situations_and_one_has_a_closed_situation() -> None:
    assert [activity.finess_eg for activity in professional("Églantine").open_activities] == ["310783048", "310783055"]
    gone = professional("Bruyère")
    assert len(gone.activities) == 2
    assert [activity.finess_eg for activity in gone.open_activities] == [""]


def test_people_of_the_agency_never_hold_a_role_of_care() -> None:
    for person in professionals():
        if any(activity.finess_ej == OPERATOR_FINESS_EJ for activity in person.activities):
            roles = {role.role for activity in person.activities for role in activity.roles}
            assert not roles & {"regulateur", "arm", "ioa", "medecin_receveur", "equipe_smur"}


def test_the_key_of_an_ins_is_the_one_of_the_official_vectors() -> None:
    assert nir_key("2790351215189") == "89"
    assert nir_key("2550814168025") == "38"


def test_patients_have_test_numbers_that_agree_with_their_sex_and_birth() -> None:
    day = date(2026, 3, 3)
    generator = dice(1, "patients")
    for _ in range(300):
        commune = generator.choice(list(COMMUNES.values()))
        patient = patient_living_in(generator, commune, age_years=generator.uniform(0, 99), day=day)
        assert len(patient.ins) == 15
        assert patient.ins[13:] == nir_key(patient.ins[:13])
        assert patient.ins[0] == ("1" if patient.sex == "M" else "2")
        assert patient.ins[1:5] == f"{patient.born_on:%y%m}"
        assert patient.ins[10:13] >= "900"
        assert patient.birth_place in COMMUNES
        assert patient.born_on <= day
        assert patient.phone.startswith("+3363998")


def test_ages_are_told_in_years_months_or_days() -> None:
    assert age_code(date(1943, 3, 4), date(2026, 3, 3)) == "P82Y"
    assert age_code(date(2025, 8, 3), date(2026, 3, 3)) == "P7M"
    assert age_code(date(2026, 2, 19), date(2026, 3, 3)) == "P12D"
