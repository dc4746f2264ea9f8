from datetime import date, timedelta

import pytest
from django.utils import timezone

from maison.foundations.access.actions import RoleNotAdministered, give_role, withdraw_role
from maison.foundations.access.actor import ANONYMOUS, Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.access.permissions import P
from maison.foundations.access.registry import Permission, grant, granted_to, permissions, register, roles
from maison.foundations.access.selectors import actor_for_session
from maison.foundations.accounts.models import User
from maison.foundations.audit.models import Entry
from maison.foundations.errors import NotFound
from tests.factories import HabilitationFactory, SituationFactory, StructureFactory, UserFactory, actor_with

pytestmark = pytest.mark.django_db
HEALTH = Permission("test.read_health", "Lire des données de santé de test", health=True)


@pytest.fixture(autouse=True)
def clinical_role():
    """A role that opens health data, whatever the rooms of the house grant."""
    from maison.foundations.access import registry

    kept = (dict(registry._permissions), dict(registry._roles), dict(registry._granted))
    grant("medecin_receveur", HEALTH)
    yield
    for store, before in zip((registry._permissions, registry._roles, registry._granted), kept, strict=True):
        store.clear()
        store.update(before)


def actor_now(situation, auth="psc") -> Actor:
    return actor_for_session(user_id=situation.user_id, situation_id=situation.id, auth=auth, session_key="s")


@pytest.fixture
def physician():
    """A physician of a site, who may read health data there."""
    entity = StructureFactory(legal_entity=True)
    situation = SituationFactory(structure=StructureFactory(parent=entity))
    HabilitationFactory(subject=situation.user.subject, structure=situation.structure, role="medecin_receveur")
    return situation


def test_a_role_holds_in_its_structure_and_in_what_it_contains(physician):
    service = StructureFactory(service=True, parent=physician.structure)
    elsewhere = StructureFactory()
    actor = actor_now(physician)

    assert actor.can(HEALTH, physician.structure_id)
    assert actor.can(HEALTH, service.id)
    assert not actor.can(HEALTH, elsewhere.id)
    assert not actor.can(HEALTH, physician.structure.parent_id)
    assert actor.structures_with(HEALTH) == {physician.structure_id, service.id}


def test_a_role_given_in_the_legal_entity_is_used_from_its_sites(physician):
    user = UserFactory()
    site = physician.structure
    HabilitationFactory(subject=user.subject, structure=site.parent, role="medecin_receveur")
    actor = actor_now(SituationFactory(user=user, structure=site))
    assert actor.can(HEALTH, site.id)
    assert actor.can(HEALTH, site.parent_id)


def test_rights_follow_the_chosen_situation_not_the_person(physician):
    other_post = SituationFactory(user=physician.user)
    assert actor_now(physician).can(HEALTH)
    assert not actor_now(other_post).can(HEALTH)


def test_ref_03_and_f2_2_a_situation_closed_yesterday_opens_nothing(physician):
    physician.ended_on = timezone.localdate() - timedelta(days=1)
    physician.save()
    actor = actor_now(physician)

    assert not actor.is_anonymous  # signing in stays possible
    assert actor.situation_id is None
    assert actor.grants == {}


@pytest.mark.parametrize("closing", ["structure", "withdrawn", "ended", "not begun", "account"])
def test_what_ends_a_right_ends_it_at_the_next_request(physician, closing):
    today = timezone.localdate()
    habilitation = Habilitation.objects.get(subject=physician.user.subject)
    assert actor_now(physician).can(HEALTH)
    if closing == "structure":
        physician.structure.closed_on = today
        physician.structure.save()
    elif closing == "withdrawn":
        withdraw_role(actor=Actor.system("test"), habilitation_id=habilitation.id, reason="Départ")
    elif closing == "ended":
        habilitation.starts_on, habilitation.ends_on = today - timedelta(days=2), today - timedelta(days=1)
        habilitation.save()
    elif closing == "not begun":
        habilitation.starts_on = today + timedelta(days=1)
        habilitation.save()
    else:
        User.objects.filter(id=physician.user_id).update(is_active=False)
    assert not actor_now(physician).can(HEALTH)


def test_habilitations_in_force_say_the_same_as_the_actors_rights(physician):
    today = timezone.localdate()
    assert Habilitation.objects.in_force().count() == 1
    physician.structure.closed_on = today + timedelta(days=1)  # closes tomorrow: still open today
    physician.structure.save()
    assert Habilitation.objects.in_force().count() == 1
    assert actor_now(physician).can(HEALTH)
    assert Habilitation.objects.in_force(today + timedelta(days=1)).count() == 0


def test_the_situation_of_another_person_is_never_used(physician):
    intruder = UserFactory()
    actor = actor_for_session(user_id=intruder.id, situation_id=physician.id, auth="psc", session_key="s")
    assert actor.situation_id is None
    assert not actor.can(HEALTH)


def test_a_local_sign_in_never_opens_health_data(physician):
    HabilitationFactory(subject=physician.user.subject, structure=physician.structure, role="support")
    actor = actor_now(physician, auth="local")
    assert not actor.can(HEALTH, physician.structure_id)
    assert actor.can(P.SUPERVISE, physician.structure_id)


def test_the_actor_is_read_in_one_query(physician, django_assert_num_queries):
    for number in range(3):
        HabilitationFactory(
            subject=physician.user.subject, structure=physician.structure, role=["ioa", "arm", "dpo"][number]
        )
    with django_assert_num_queries(1):
        actor = actor_now(physician)
    assert actor.roles == {"medecin_receveur", "ioa", "arm", "dpo"}


def test_nobody_holds_nothing():
    assert ANONYMOUS.is_anonymous
    assert not ANONYMOUS.can(P.SUPERVISE)


# -- giving roles


def test_f4_2_an_administrator_cannot_give_himself_a_clinical_role():
    site = StructureFactory()
    admin = actor_with(P.MANAGE_HABILITATIONS, structure=site)
    with pytest.raises(RoleNotAdministered, match="soi-même"):
        give_role(actor=admin, subject=admin.subject, structure_id=site.id, role_code="medecin_receveur")
    assert not Habilitation.objects.exists()


def test_f4_2_the_refusal_is_traced(signed_in_client, settings):
    """The refusal of an action is traced by the answer, since the action's own transaction is gone."""
    from django.http import HttpResponse
    from django.test import RequestFactory

    from maison.foundations.access.middleware import ActorMiddleware

    site = StructureFactory()
    request = RequestFactory().post("/")
    middleware = ActorMiddleware(lambda request: HttpResponse())
    middleware(request)
    request.actor = actor_with(P.MANAGE_HABILITATIONS, structure=site)
    request.resolver_match, request.htmx = None, False
    request._messages = []
    with pytest.raises(RoleNotAdministered) as refusal:
        give_role(
            actor=request.actor, subject=request.actor.subject, structure_id=site.id, role_code="medecin_receveur"
        )

    answer = middleware.process_exception(request, refusal.value)

    assert answer.status_code == 403
    assert "Personne ne s'attribue à soi-même" in answer.content.decode().replace("&#x27;", "'")
    entry = Entry.objects.get(code="access.refused")
    assert (entry.outcome, entry.details["error"], entry.subject) == ("refused", "FND-003", request.actor.subject)


def test_an_administrator_gives_roles_in_his_structure_only():
    site, other = StructureFactory(), StructureFactory()
    admin = actor_with(P.MANAGE_HABILITATIONS, structure=site)
    given = give_role(actor=admin, subject="811111111111", structure_id=site.id, role_code="ioa")
    assert given.granted_by == admin.subject
    with pytest.raises(RoleNotAdministered):
        give_role(actor=admin, subject="811111111111", structure_id=other.id, role_code="ioa")
    with pytest.raises(RoleNotAdministered):
        give_role(actor=actor_with(), subject="811111111111", structure_id=site.id, role_code="ioa")


def test_giving_a_role_twice_changes_its_dates_and_leaves_two_traces():
    site = StructureFactory()
    job = Actor.system("test")
    give_role(actor=job, subject="811111111111", structure_id=site.id, role_code="ioa")
    give_role(actor=job, subject="811111111111", structure_id=site.id, role_code="ioa", ends_on=date(2099, 1, 1))
    assert Habilitation.objects.get().ends_on == date(2099, 1, 1)
    assert Entry.objects.filter(code="access.role_given").count() == 2


def test_a_role_that_does_not_exist_is_not_given():
    with pytest.raises(NotFound):
        give_role(actor=Actor.system("test"), subject="8", structure_id=StructureFactory().id, role_code="inconnu")


def test_withdrawing_keeps_the_habilitation_with_who_when_and_why():
    held = HabilitationFactory()
    admin = actor_with(P.MANAGE_HABILITATIONS, structure=held.structure)
    withdraw_role(actor=admin, habilitation_id=held.id, reason="Fin de mission")
    held.refresh_from_db()
    assert (held.revoked_by, held.reason) == (admin.subject, "Fin de mission")
    assert held.revoked_at is not None
    with pytest.raises(NotFound):
        withdraw_role(actor=admin, habilitation_id=held.id, reason="Encore")


# -- the catalogue


def test_a_permission_or_a_role_said_twice_with_other_words_is_refused():
    with pytest.raises(ValueError, match=r"supervision\.view"):
        register(permissions=[Permission("supervision.view", "Autre chose")])
    with pytest.raises(ValueError, match="not declared"):
        grant("role_inconnu", P.SUPERVISE)


def test_a_role_that_left_the_house_opens_nothing():
    assert granted_to("parti") == frozenset()


def test_support_has_no_health_permission():
    """X-10: support staff never see clinical content."""
    for code in ("support", "rssi", "dpo", "auditeur", "admin_structure"):
        assert not [permission for permission in granted_to(code) if permission.health], code


def test_every_role_and_permission_has_french_words():
    assert all(role.label for role in roles().values())
    assert all(permission.label and "." in permission.code for permission in permissions().values())
