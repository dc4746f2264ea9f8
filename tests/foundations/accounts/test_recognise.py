"""One person, one account, whatever number they bear today (PASS-01)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

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
