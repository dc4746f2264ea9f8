"""The demonstration load, through the house's own actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from maison.foundations.access.models import Habilitation
from maison.foundations.accounts.models import User
from maison.foundations.structures.models import Situation, Structure
from maison.interop.exchanges.actions import key_hash
from maison.interop.exchanges.models import Client, Door
from maison_region.facilities import EMERGENCY_SITES, RANGUEIL, SAMUS, SMUR_BASES
from maison_region.load import load
from maison_region.people import local_people, professional
from maison_region.sending import demonstration_key

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def counts(django_db_setup: None, django_db_blocker: Any) -> Iterator[Counter[str]]:
    """The region, loaded once for this file and forgotten after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load()
        transaction.set_rollback(True)


def _rows() -> dict[str, int]:
    return {
        model.__name__: model.objects.count()
        for model in (Structure, Habilitation, User, Situation, Client, Authenticator)
    }


def test_loading_again_writes_nothing(counts: Counter[str]) -> None:
    rows = _rows()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert load() == counts
    assert _rows() == rows
    assert [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_every_emergency_department_has_its_receiving_services_and_every_samu_its_hub_name(
    counts: Counter[str],
) -> None:
    assert Structure.objects.filter(kind=Structure.Kind.SITE, finess__in=EMERGENCY_SITES).count() == 64
    assert counts["services receveurs"] == sum(len(site.services) for site in EMERGENCY_SITES.values())
    hub_ids = set(Structure.objects.exclude(hub_id="").values_list("hub_id", flat=True))
    assert hub_ids == {samu.client_id for samu in SAMUS.values()} | {base.hub_id for base in SMUR_BASES.values()}
    ward = Structure.objects.get(parent__finess=RANGUEIL.finess_eg, service_type="urgences_adultes")
    assert ward.parent is not None
    assert ward.parent.parent is not None
    assert ward.parent.parent.finess == "310781406"


@pytest.mark.usefixtures("counts")
def test_the_software_of_each_samu_opens_the_door_with_its_demonstration_key() -> None:
    for samu in SAMUS.values():
        client = Client.objects.in_use().get(key_hash=key_hash(demonstration_key(samu.client_id)))
        assert client.opens(Door.HTTP)
        assert client.client_id == samu.client_id
        assert client.structure.hub_id == samu.client_id


@pytest.mark.usefixtures("counts")
def test_a_nurse_is_entitled_in_her_services_before_she_ever_signs_in() -> None:
    nurse = professional("Romarin")
    held = Habilitation.objects.in_force().filter(subject=nurse.idnat)
    assert set(held.values_list("role", "structure__service_type")) == {
        ("ioa", "urgences_adultes"),
        ("ioa", "dechocage"),
    }
    assert not User.objects.filter(subject=nurse.idnat).exists()


@pytest.mark.usefixtures("counts")
def test_a_closed_situation_gives_no_right_in_force() -> None:
    gone = professional("Bruyère").idnat
    assert Habilitation.objects.filter(subject=gone).exists()
    assert not Habilitation.objects.in_force().filter(subject=gone).exists()


@pytest.mark.usefixtures("counts")
def test_the_local_account_opens_with_the_published_password_and_second_factor() -> None:
    person = local_people()[0]
    user = User.objects.get(email=person.email)
    assert user.check_password(person.password)
    assert user.situations.get().is_open
    code = format_hotp_value(hotp_value(person.totp_secret, next(yield_hotp_counters_from_time())))
    assert TOTP(Authenticator.objects.get(user=user)).validate_code(code)


@pytest.mark.usefixtures("counts")
def test_loading_again_mends_what_was_changed_by_hand() -> None:
    Structure.objects.filter(hub_id="fr.health.samu31").update(short_name="Autre chose", phone="")
    load()
    samu = Structure.objects.get(hub_id="fr.health.samu31")
    assert (samu.short_name, bool(samu.phone)) == ("SAMU 31", True)
    assert samu.lineage[0] == samu.id
