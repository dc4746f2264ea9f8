"""The life of an access request, from « non ouvert » to an habilitation, and every way it may end otherwise."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from maison.foundations import clock, relay
from maison.foundations.access.models import Habilitation
from maison.foundations.audit.models import Entry as Trace
from maison.foundations.clock.models import Timer
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.notifications.models import Notification
from maison.foundations.relay.models import Relay
from maison.services.portal import actions, selectors
from maison.services.portal.access import Access
from maison.services.portal.errors import (
    AlreadyEntitled,
    NoAdministrator,
    NoServiceOwner,
    NoStructure,
    NotRequestable,
    OwnRequest,
    RequestAlreadyUnderWay,
    RequestMoveNotPossible,
    StrongerSignInNeeded,
)
from maison.services.portal.models import AccessRequest, Service
from tests.factories import StructureFactory
from tests.services.portal.conftest import Person, Story, person
from tests.services.portal.factories import ServiceFactory

S = AccessRequest.Status
WHY = "Je rejoins l'équipe en septembre."


@pytest.fixture
def board(db: None) -> Service:
    """A service whose role opens health data: it needs both approvals."""
    return ServiceFactory(board=True, code="tableau", name="Tableau fictif")


@pytest.fixture
def journal(db: None) -> Service:
    """A service whose role opens no health data: the structure decides alone."""
    return ServiceFactory(journal=True, code="journal", name="Journal fictif")


def ask(who: Person, service: Service, role: str = "") -> AccessRequest:
    return actions.submit_request(
        actor=who.actor, code=service.code, role_code=role or service.roles[0], justification=WHY
    )


def waiting(who: Person) -> list[UUID]:
    return [row.subject_id for row in relay.waiting_for(who.actor)]


def access(who: Person, service: Service) -> Access:
    return selectors.service_sheet(who.actor, service.code).entry.access


def test_a_request_without_health_data_opens_as_soon_as_the_structure_approves(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    assert asked.status == S.SUBMITTED
    assert access(story.physician, journal) is Access.REQUESTED
    assert waiting(story.administrator) == [asked.id]

    asked = actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)

    assert asked.status == S.OPENED
    assert access(story.physician, journal) is Access.OPEN
    assert waiting(story.administrator) == [] == waiting(story.owner)
    held = Habilitation.objects.in_force().get(subject=story.physician.user.subject)
    assert (held.role, held.structure_id) == ("support", story.site.id)
    assert held.granted_by == story.administrator.user.subject


def test_a_role_that_opens_health_data_also_needs_who_answers_for_the_service(story: Story, board: Service) -> None:
    asked = ask(story.physician, board)
    asked = actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)

    assert asked.status == S.STRUCTURE_APPROVED
    assert access(story.physician, board) is Access.REQUESTED
    assert not Habilitation.objects.filter(subject=story.physician.user.subject).exists()
    assert waiting(story.administrator) == []
    assert waiting(story.owner) == [asked.id]

    asked = actions.approve_for_service(actor=story.owner.actor, request_id=asked.id)

    assert asked.status == S.OPENED
    assert access(story.physician, board) is Access.OPEN
    assert waiting(story.owner) == []
    codes = list(Trace.objects.filter(target_id=str(asked.id)).order_by("id").values_list("code", flat=True))
    assert codes == [
        "portal.access_request_submitted",
        "portal.access_request_approved_by_structure",
        "portal.access_request_approved_by_service",
        "portal.access_request_opened",
    ]


def test_an_access_may_be_given_until_a_day(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    last = timezone.localdate() + timedelta(days=90)
    actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id, ends_on=last)
    assert Habilitation.objects.get(subject=story.physician.user.subject).ends_on == last


def test_nobody_decides_on_his_own_request(story: Story, journal: Service) -> None:
    asked = ask(story.administrator, journal)
    for act in (
        lambda: actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id),
        lambda: actions.refuse_request(actor=story.administrator.actor, request_id=asked.id, reason="Non"),
        lambda: actions.ask_more(actor=story.administrator.actor, request_id=asked.id, reason="Pourquoi"),
    ):
        with pytest.raises(OwnRequest):
            act()
    assert not selectors.request_page(story.administrator.actor, asked.id).may_approve


def test_one_person_does_not_approve_for_the_structure_and_for_the_service(story: Story, board: Service) -> None:
    both = person(story.agency, "chef_produit", "admin_structure", name="Dominique")
    clerk = person(story.agency, name="Maxime")
    asked = ask(clerk, board)
    actions.approve_for_structure(actor=both.actor, request_id=asked.id)
    with pytest.raises(OwnRequest):
        actions.approve_for_service(actor=both.actor, request_id=asked.id)
    assert actions.approve_for_service(actor=story.owner.actor, request_id=asked.id).status == S.OPENED


def test_only_the_administrator_of_the_structure_approves_for_it(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    elsewhere = person(StructureFactory(), "admin_structure", name="Maxime")
    colleague = person(story.site, "ioa", name="Maxime")
    for stranger in (elsewhere, colleague, story.owner):
        with pytest.raises(NotFound):
            actions.approve_for_structure(actor=stranger.actor, request_id=asked.id)


def test_who_answers_for_the_service_sees_a_request_only_once_the_structure_approved(
    story: Story, board: Service
) -> None:
    asked = ask(story.physician, board)
    with pytest.raises(NotFound):
        selectors.request_page(story.owner.actor, asked.id)
    actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)
    assert selectors.request_page(story.owner.actor, asked.id).may_approve
    with pytest.raises(Forbidden):  # the administrator sees it, but the decision is no longer his
        actions.approve_for_service(actor=story.administrator.actor, request_id=asked.id)


def test_an_administrator_asks_for_more_and_the_answer_comes_back_to_him(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    actions.ask_more(actor=story.administrator.actor, request_id=asked.id, reason="Depuis quand ?")

    assert waiting(story.administrator) == []
    mine = selectors.waiting_page(story.physician.actor)
    assert [row.what for group in mine.groups for row in group.rows] == ["Complément demandé"]
    assert selectors.waiting_count(story.physician.actor) == 1

    again = actions.answer_more(
        actor=story.physician.actor, request_id=asked.id, justification="Depuis le premier mai."
    )
    assert again.status == S.SUBMITTED
    assert again.justification == "Depuis le premier mai."
    assert waiting(story.administrator) == [asked.id]
    assert selectors.waiting_count(story.physician.actor) == 0

    actions.ask_more(actor=story.administrator.actor, request_id=asked.id, reason="Et jusqu'à quand ?")
    actions.answer_more(actor=story.physician.actor, request_id=asked.id, justification="Jusqu'à la fin de l'été.")
    assert actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id).status == S.OPENED


def test_a_refusal_says_why_and_lets_ask_again(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    with pytest.raises(NotFound):
        actions.refuse_request(actor=story.owner.actor, request_id=asked.id, reason="Non")
    refused = actions.refuse_request(actor=story.administrator.actor, request_id=asked.id, reason="Poste non pourvu.")
    assert (refused.status, refused.reason) == (S.REFUSED, "Poste non pourvu.")
    assert waiting(story.administrator) == []
    assert access(story.physician, journal) is Access.REQUESTABLE
    assert ask(story.physician, journal).status == S.SUBMITTED


def test_who_answers_for_the_service_may_refuse_too(story: Story, board: Service) -> None:
    asked = ask(story.physician, board)
    actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)
    with pytest.raises(Forbidden):
        actions.refuse_request(actor=story.administrator.actor, request_id=asked.id, reason="Non")
    refused = actions.refuse_request(actor=story.owner.actor, request_id=asked.id, reason="Formation non suivie.")
    assert refused.status == S.REFUSED
    assert waiting(story.owner) == []


def test_a_request_nobody_decides_expires_after_thirty_days(story: Story, board: Service) -> None:
    asked = ask(story.physician, board)
    assert (asked.expires_at - asked.submitted_at) == timedelta(days=30)
    assert clock.fire_due() == 0
    Timer.objects.filter(target_id=asked.id).update(due_at=timezone.now())

    assert clock.fire_due() == 1

    asked.refresh_from_db()
    assert asked.status == S.EXPIRED
    assert waiting(story.administrator) == []
    assert access(story.physician, board) is Access.REQUESTABLE
    with pytest.raises(RequestMoveNotPossible):
        actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)


def test_a_decided_request_no_longer_expires(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)
    Timer.objects.filter(target_id=asked.id).update(due_at=timezone.now())
    assert clock.fire_due() == 0
    asked.refresh_from_db()
    assert asked.status == S.OPENED


def test_a_withdrawn_request_waits_to_be_seen_by_who_had_it(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    with pytest.raises(NotFound):
        actions.withdraw_request(actor=story.owner.actor, request_id=asked.id)
    with pytest.raises(Forbidden):
        actions.withdraw_request(actor=story.administrator.actor, request_id=asked.id)
    actions.withdraw_request(actor=story.physician.actor, request_id=asked.id)
    assert waiting(story.administrator) == [asked.id]
    assert selectors.request_page(story.administrator.actor, asked.id).may_acknowledge
    actions.acknowledge_withdrawal(actor=story.administrator.actor, request_id=asked.id)
    assert waiting(story.administrator) == []


def test_revoking_closes_the_door_at_once(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)
    assert access(story.physician, journal) is Access.OPEN
    revoked = actions.revoke_access(actor=story.administrator.actor, request_id=asked.id, reason="A quitté l'équipe.")
    assert revoked.status == S.REVOKED
    assert access(story.physician, journal) is Access.REQUESTABLE


def test_the_requester_is_told_of_each_answer(story: Story, board: Service) -> None:
    asked = ask(story.physician, board)
    actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)
    actions.approve_for_service(actor=story.owner.actor, request_id=asked.id)
    told = Notification.objects.get(subject=story.physician.user.subject)
    assert told.title == "Votre accès à « Tableau fictif » est ouvert"
    assert told.url.endswith(f"/demandes/{asked.id}/")
    assert "Exemple" not in told.title + told.text


def test_the_trail_says_who_did_what_and_what_comes_next(story: Story, board: Service) -> None:
    asked = ask(story.physician, board)
    actions.read_request(actor=story.administrator.actor, request_id=asked.id)
    actions.approve_for_structure(actor=story.administrator.actor, request_id=asked.id)
    trail = selectors.request_page(story.physician.actor, asked.id).trail
    assert [(step.word, step.by, step.state) for step in trail] == [
        ("Soumise", "Lou Exemple", "done"),
        ("Lue par la structure", "Alix Exemple", "done"),
        ("Approuvée par la structure", "Alix Exemple", "done"),
        ("Transmise au service", "", "done"),
        ("Décision du service", "", "waiting"),
        ("Accès ouvert", "", "waiting"),
    ]


def test_reading_ones_own_request_is_not_the_structure_reading_it(story: Story, journal: Service) -> None:
    asked = ask(story.physician, journal)
    actions.read_request(actor=story.physician.actor, request_id=asked.id)
    assert Relay.objects.get(subject_id=asked.id).status == "sent"
    actions.read_request(actor=story.administrator.actor, request_id=asked.id)
    actions.read_request(actor=story.administrator.actor, request_id=asked.id)
    assert Relay.objects.get(subject_id=asked.id).trail.filter(code="read").count() == 1


# -- what cannot be asked


def test_the_same_thing_is_not_asked_twice(story: Story, journal: Service) -> None:
    ask(story.physician, journal)
    with pytest.raises(RequestAlreadyUnderWay):
        ask(story.physician, journal)


def test_what_is_already_open_is_not_asked(story: Story, journal: Service) -> None:
    entitled = person(story.site, "support", name="Maxime")
    with pytest.raises(AlreadyEntitled):
        ask(entitled, journal)


def test_a_role_the_service_does_not_offer_is_refused(story: Story, journal: Service) -> None:
    with pytest.raises(NotRequestable):
        ask(story.physician, journal, role="admin_structure")


def test_a_service_in_preparation_or_open_to_all_is_not_asked(story: Story) -> None:
    for service in (ServiceFactory(preparing=True, roles=["support"]), ServiceFactory(roles=["support"])):
        with pytest.raises((NotRequestable, AlreadyEntitled)):
            ask(story.physician, service)


def test_a_local_account_cannot_ask_for_health_data(story: Story, board: Service) -> None:
    social_worker = person(story.site, name="Maxime", local=True)
    assert access(social_worker, board) is Access.NEEDS_PSC
    with pytest.raises(StrongerSignInNeeded):
        ask(social_worker, board)


def test_a_person_without_structure_is_told_how_to_get_one(story: Story, journal: Service) -> None:
    story.physician.situation.structure = None
    story.physician.situation.save()
    with pytest.raises(NoStructure):
        ask(story.physician, journal)


def test_a_structure_without_administrator_gets_no_silent_request(story: Story, journal: Service) -> None:
    alone = person(StructureFactory(), name="Maxime")
    with pytest.raises(NoAdministrator):
        ask(alone, journal)
    assert not AccessRequest.objects.exists()


def test_health_data_are_not_asked_of_a_service_nobody_answers_for(story: Story, board: Service) -> None:
    story.agency.closed_on = date(2020, 1, 1)
    story.agency.save()
    with pytest.raises(NoServiceOwner):
        ask(story.physician, board)


def test_a_justification_is_owed(story: Story, journal: Service) -> None:
    with pytest.raises(ValidationError):
        actions.submit_request(actor=story.physician.actor, code=journal.code, role_code="support", justification="")


def test_a_request_that_ended_does_not_move_again() -> None:
    """Every move that is not drawn is refused (X-04)."""
    for source in S:
        for target in S:
            request = AccessRequest(status=source)
            if target in AccessRequest.MOVES.get(source, set()):
                request.move_to(target)
                assert request.status == target
            else:
                with pytest.raises(RequestMoveNotPossible):
                    request.move_to(target)
