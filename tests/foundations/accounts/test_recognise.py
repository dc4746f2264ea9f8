"""One person, one account, whatever number they bear today (PASS-01)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from maison.formats.identifiers import check_siret
from maison.foundations.access.models import Habilitation
from maison.foundations.accounts.actions import recognise_professional
from maison.foundations.accounts.errors import AccountClosed
from maison.foundations.accounts.models import User
from maison.foundations.accounts.psc_claims import ProfessionalClaims, SituationClaim
from maison.foundations.accounts.selectors import structure_of
from maison.foundations.audit.models import Entry
from maison.foundations.structures.models import Structure
from tests.factories import HabilitationFactory, StructureFactory, UserFactory

pytestmark = pytest.mark.django_db

RPPS, ADELI = "899700000017", "0310012345"


def claims(subject: str = RPPS, *former: str, **changes: Any) -> ProfessionalClaims:
    values: dict[str, Any] = {"rpps": subject[1:], "family_name": "ESSAI", "given_name": "Lou", "situations": ()}
    return ProfessionalClaims(subject=subject, former_subjects=former, **{**values, **changes})


def test_an_adeli_number_replaced_by_an_rpps_keeps_the_account_and_its_rights() -> None:
    user = recognise_professional(claims(ADELI, rpps=""))
    structure = StructureFactory()
    HabilitationFactory(subject=ADELI, structure=structure, role="ioa")
    again = recognise_professional(claims(RPPS, ADELI))
    assert again.id == user.id
    assert (again.subject, again.rpps) == (RPPS, RPPS[1:])
    assert Habilitation.objects.in_force().get().subject == RPPS
    assert Entry.objects.get(code="accounts.identifier_replaced").details == {"former": ADELI}


def test_two_accounts_of_one_person_become_one() -> None:
    structure = StructureFactory()
    old, new = recognise_professional(claims(ADELI, rpps="")), recognise_professional(claims(RPPS))
    HabilitationFactory(subject=ADELI, structure=structure, role="ioa")
    HabilitationFactory(subject=ADELI, structure=structure, role="secretaire")
    HabilitationFactory(subject=RPPS, structure=structure, role="ioa")
    assert recognise_professional(claims(RPPS, ADELI)).id == new.id
    old.refresh_from_db()
    assert not old.is_active
    held = Habilitation.objects.in_force().values_list("subject", "role").order_by("role")
    assert list(held) == [(RPPS, "ioa"), (RPPS, "secretaire")]
    recognise_professional(claims(RPPS, ADELI))
    assert Entry.objects.filter(code="accounts.identifier_replaced").count() == 1


def test_a_local_account_is_never_taken_for_a_professional() -> None:
    local = UserFactory(local=True)
    user = recognise_professional(claims(RPPS, local.subject))
    assert user.id != local.id
    local.refresh_from_db()
    assert local.is_active


def test_a_closed_account_stays_closed() -> None:
    recognise_professional(claims())
    User.objects.update(is_active=False)
    with pytest.raises(AccountClosed):
        recognise_professional(claims())


def test_a_name_that_changes_is_followed_and_an_empty_one_is_not() -> None:
    recognise_professional(claims())
    recognise_professional(claims(family_name="AUTRE"))
    user = recognise_professional(claims(family_name="", given_name=""))
    assert (user.given_name, user.family_name) == ("Lou", "AUTRE")


# -- the structure of an activity


def test_a_site_is_found_by_its_number_and_its_service_by_the_declared_name() -> None:
    site = StructureFactory(name="CH Fictif")
    samu = StructureFactory(service=True, parent=site, name="SAMU 99 (Fictif)")
    assert structure_of(SituationClaim(finess_site=site.finess, organisation_name="CH FICTIF")) == site
    assert structure_of(SituationClaim(finess_site=site.finess, organisation_name="samu 99 (fictif)")) == samu
    assert structure_of(SituationClaim(finess_site=site.finess, organisation_name="Autre nom")) == site


def test_a_site_number_is_never_taken_for_an_entity_number() -> None:
    entity = StructureFactory(legal_entity=True)
    assert structure_of(SituationClaim(finess_site=entity.finess)) is None
    assert structure_of(SituationClaim(finess_entity=entity.finess)) == entity


def test_a_closed_structure_gives_a_situation_without_structure() -> None:
    site = StructureFactory(closed_on=date(2026, 1, 1))
    user = recognise_professional(claims(situations=(SituationClaim("10", finess_site=site.finess),)))
    assert user.situations.get().structure is None


def test_an_activity_without_number_has_no_structure() -> None:
    assert structure_of(SituationClaim(organisation_name="Cabinet fictif")) is None
    assert Structure.objects.count() == 0


SIRET, OTHER_SIRET = "99000000200016", "99000000200024"


def test_the_numbers_of_these_tests_are_well_formed() -> None:
    assert [check_siret(it) for it in (SIRET, OTHER_SIRET)] == [SIRET, OTHER_SIRET]


def test_a_structure_without_finess_is_found_by_its_siret_declared_or_in_the_technical_identifier() -> None:
    centre = StructureFactory(finess="", siret=SIRET)
    assert structure_of(SituationClaim(siret=SIRET)) == centre
    assert structure_of(SituationClaim(technical_id=f"3{SIRET}")) == centre
    assert structure_of(SituationClaim(siret=OTHER_SIRET)) is None
    assert structure_of(SituationClaim(technical_id=SIRET)) is None, "a number without its kind is never guessed"


def test_a_structure_is_found_by_its_technical_identifier() -> None:
    centre = StructureFactory(finess="", technical_id="R10100000999901")
    assert structure_of(SituationClaim(technical_id="R10100000999901")) == centre
    assert structure_of(SituationClaim(technical_id="R10100000999902")) is None


def test_a_technical_identifier_may_say_the_finess_of_a_site_and_never_of_an_entity() -> None:
    site, entity = StructureFactory(), StructureFactory(legal_entity=True)
    assert structure_of(SituationClaim(technical_id=f"1{site.finess}")) == site
    assert structure_of(SituationClaim(technical_id=f"1{entity.finess}")) is None


def test_two_services_of_one_site_are_told_apart_by_their_technical_identifier_before_their_name() -> None:
    site = StructureFactory(siret=SIRET)
    samu = StructureFactory(service=True, parent=site, name="SAMU 99", technical_id="R10100000999901")
    smur = StructureFactory(service=True, parent=site, name="SMUR fictif")
    claim = SituationClaim(finess_site=site.finess, siret=SIRET, technical_id="R10100000999901")
    assert structure_of(claim) == samu
    assert structure_of(replace(claim, organisation_name="SMUR fictif")) == samu
    assert structure_of(replace(claim, technical_id="R1", organisation_name="SMUR fictif")) == smur
    assert structure_of(replace(claim, technical_id="R1")) == site


def test_one_siret_for_two_sites_designates_neither_but_by_name() -> None:
    home = StructureFactory(finess="990000011", siret=SIRET, name="EHPAD fictif")
    StructureFactory(finess="990000029", siret=SIRET, name="SSIAD fictif")
    assert structure_of(SituationClaim(siret=SIRET)) is None
    assert structure_of(SituationClaim(siret=SIRET, organisation_name="EHPAD FICTIF")) == home
    assert structure_of(SituationClaim(siret=SIRET, finess_site="990000011")) == home


def test_numbers_that_contradict_each_other_open_nothing() -> None:
    """The declared site is unknown here: a SIRET or an identifier of another site must not stand for it."""
    StructureFactory(finess="990000011", siret=SIRET, technical_id="R10100000999901")
    entity = StructureFactory(legal_entity=True, siret=OTHER_SIRET)
    unknown_site = SituationClaim(finess_site="990000999")
    assert structure_of(replace(unknown_site, siret=SIRET)) is None
    assert structure_of(replace(unknown_site, technical_id="R10100000999901")) is None
    assert structure_of(replace(unknown_site, siret=OTHER_SIRET)) is None
    assert structure_of(replace(unknown_site, finess_entity=entity.finess)) is None
    assert structure_of(SituationClaim(siret=OTHER_SIRET, finess_entity=entity.finess)) == entity
    assert structure_of(SituationClaim(siret=OTHER_SIRET, finess_entity="990000888")) is None


def test_a_closed_structure_is_found_by_none_of_its_numbers() -> None:
    StructureFactory(finess="", siret=SIRET, technical_id="R10100000999901", closed_on=date(2026, 1, 1))
    assert structure_of(SituationClaim(siret=SIRET)) is None
    assert structure_of(SituationClaim(technical_id="R10100000999901")) is None


def test_finding_a_structure_does_not_change_the_situation_it_was_known_under() -> None:
    """The day the house learns the SIRET of a structure, the situation is the same and its rights open."""
    declared = SituationClaim("10", siret=SIRET, organisation_name="Centre fictif")
    user = recognise_professional(claims(situations=(declared,)))
    situation = user.situations.get()
    assert situation.structure is None
    centre = StructureFactory(finess="", siret=SIRET)
    recognise_professional(claims(situations=(declared,)))
    assert user.situations.get().id == situation.id
    assert user.situations.get().structure == centre
