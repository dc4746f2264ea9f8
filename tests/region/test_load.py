"""The demonstration load, through the house's own actions."""

from __future__ import annotations

import pytest

from maison.foundations.access.models import Habilitation
from maison.foundations.accounts.models import User
from maison.foundations.structures.models import Situation, Structure
from maison_region.facilities import EMERGENCY_SITES, RANGUEIL, SAMUS, SMUR_BASES
from maison_region.load import load
from maison_region.people import local_people, professional

pytestmark = pytest.mark.django_db


def _rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Structure, Habilitation, User, Situation)}


def test_loading_twice_changes_no_count() -> None:
    first = load()
    rows = _rows()
    assert load() == first
    assert _rows() == rows


def test_every_emergency_department_has_its_receiving_services_and_every_samu_its_hub_name() -> None:
    counts = load()
    assert Structure.objects.filter(kind=Structure.Kind.SITE, finess__in=EMERGENCY_SITES).count() == 64
    assert counts["services receveurs"] == sum(len(site.services) for site in EMERGENCY_SITES.values())
    hub_ids = set(Structure.objects.exclude(hub_id="").values_list("hub_id", flat=True))
    assert hub_ids == {samu.client_id for samu in SAMUS.values()} | {base.hub_id for base in SMUR_BASES.values()}
    ward = Structure.objects.get(parent__finess=RANGUEIL.finess_eg, service_type="urgences_adultes")
    assert ward.parent is not None
    assert ward.parent.parent is not None
    assert ward.parent.parent.finess == "310781406"


def test_a_nurse_is_entitled_in_her_services_before_she_ever_signs_in() -> None:
    load()
    nurse = professional("Romarin")
    held = Habilitation.objects.in_force().filter(subject=nurse.idnat)
    assert set(held.values_list("role", "structure__service_type")) == {("ioa", "urgences_adultes"), ("ioa", "dechocage")}
    assert not User.objects.filter(subject=nurse.idnat).exists()


def test_a_closed_situation_gives_no_right_in_force() -> None:
    load()
    gone = professional("Bruyère").idnat
    assert Habilitation.objects.filter(subject=gone).exists()
    assert not Habilitation.objects.in_force().filter(subject=gone).exists()


def test_the_local_account_opens_with_the_published_password() -> None:
    load()
    person = local_people()[0]
    user = User.objects.get(email=person.email)
    assert user.check_password(person.password)
    assert user.situations.get().is_open
