"""Messages integrated together: the same as one by one, in a few statements, and one that fails holds back only itself."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maison.foundations import gathering
from maison.foundations.audit.models import Entry
from maison.foundations.clock.models import Timer
from maison.foundations.events.models import StoredEvent
from maison.foundations.ids import uuid7
from maison.foundations.relay.models import Relay
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange, Identity
from maison.interop.hub_sante import intake, integration
from maison.services.emergency import actions
from maison.services.emergency.models import Arrival, Case, CaseMessage
from tests.factories import StructureFactory
from tests.interop import wires

pytestmark = pytest.mark.django_db


@pytest.fixture
def sites():
    """Two hospitals, each with its adult emergency department."""
    sites = [StructureFactory(name=f"Hôpital fictif {n}", short_name=f"H{n}") for n in range(2)]
    for site in sites:
        StructureFactory(service=True, parent=site, service_type="urgences_adultes", name="Urgences adultes")
    return sites


def oriented(site, minute=0):
    decision = {
        "decisionType": "ORIENT", "orientationType": "URGENCES", "creation": f"2026-01-01T10:{minute:02}:00+01:00",
        "operator": {"role": "MEDECIN"},
        "destination": {"externalLocationId": [{"source": "FINESS_GEOGRAPHIQUE", "value": site.finess}], "freetext": ""},
    }  # fmt: skip
    return {"decision": [decision]}


def hold(client, *use_cases):
    """At the door, in one commit; the time each was sent follows their order."""
    bodies = []
    for second, use_case in enumerate(use_cases):
        at = f"2026-01-01T10:{second // 60:02}:{second % 60:02}+01:00"
        bodies.append(wires.dumps(wires.envelope(wires.headed(use_case), dateTimeSent=at)))
    intake.receive([intake.Arrival(door="http", payload=body, client=client) for body in bodies])


def cases(count, site):
    return [wires.case(f"{n:05}", **oriented(site)) for n in range(count)]


def states():
    return list(Exchange.objects.filter(direction="in").order_by("seq").values_list("state", flat=True))


def test_a_batch_costs_the_same_number_of_statements_whatever_its_length(sites):
    client = wires.declare()
    counts = []
    for start, length in ((0, 2), (2, 22)):
        hold(client, *cases(24, sites[0])[start : start + length])
        with CaptureQueriesContext(connection) as queries:
            assert integration.integrate_pending() == length
        counts.append(len(queries))
    assert Arrival.objects.count() == 24
    assert counts[0] == counts[1] <= 30


def test_one_message_that_breaks_a_batch_waits_alone_and_the_others_are_integrated_once(sites, monkeypatch):
    client = wires.declare()
    hold(client, *cases(6, sites[0]))
    broken = Exchange.objects.filter(direction="in").order_by("seq")[3].case_ref
    fold = actions.fold

    def failing(messages):
        messages = list(messages)
        if messages[0].body["caseId"] == broken:
            raise ZeroDivisionError
        return fold(messages)

    monkeypatch.setattr(actions, "fold", failing)
    wires.integrate_all()
    assert states() == ["integrated"] * 3 + ["received"] + ["integrated"] * 2
    held = Exchange.objects.get(direction="in", state="received")
    assert (held.case_ref, held.attempts, held.fault_code) == (broken, 1, "HUB-500")
    assert Case.objects.count() == CaseMessage.objects.count() == Arrival.objects.count() == Relay.objects.count() == 5
    assert Timer.objects.filter(code="emergency.unconfirmed").count() == 5
    assert Entry.objects.filter(code="emergency.message_taken_in").count() == 5
    assert StoredEvent.objects.filter(name="emergency.case_changed").count() == 5
    assert Exchange.objects.filter(step="INTEGRE").count() == 5
    monkeypatch.setattr(actions, "fold", fold)
    Exchange.objects.filter(state="received").update(next_attempt_at=timezone.now())
    wires.integrate_all()
    assert states() == ["integrated"] * 6
    assert Case.objects.count() == Exchange.objects.filter(step="INTEGRE").count() == 6


def test_a_row_that_points_nowhere_breaks_its_own_message_and_not_the_commit(sites, monkeypatch):
    client = wires.declare()
    hold(client, *cases(3, sites[0]))
    broken = Exchange.objects.filter(direction="in").order_by("seq")[1].case_ref
    announce = actions._announce

    def failing(actor, case, patient_ref, destination):
        arrival = announce(actor, case, patient_ref, destination)
        if case.case_ref == broken:
            gathering.insert(
                CaseMessage(case_id=uuid7(), distribution_id="x", sender="x", sent_at=timezone.now(), body={})
            )
        return arrival

    monkeypatch.setattr(actions, "_announce", failing)
    wires.integrate_all()
    assert states() == ["integrated", "received", "integrated"]
    assert Case.objects.count() == 2


def test_a_case_created_then_redirected_in_one_batch_is_as_if_told_slowly(sites):
    client = wires.declare()
    north, south = sites
    for number, limit in (("00001", integration.BATCH), ("00002", 1)):
        hold(
            client,
            wires.update(number, freetext="avant la création"),
            wires.case(number, **oriented(north)),
            wires.update(number, **oriented(south, minute=30)),
            wires.update(number, qualification={"details": {"priority": "P0"}}),
        )
        while integration.integrate_pending(limit):
            pass

    def told(number):
        case = Case.objects.get(case_ref__endswith=number)
        arrivals = case.arrivals.order_by("announced_at").values_list(
            "service__parent__name", "state", "priority", "relay__ending", "relay__status", "relay__urgency"
        )
        exchanges = Exchange.objects.filter(case_ref=case.case_ref, direction="in").order_by("seq")
        events = (
            StoredEvent.objects.filter(payload__case_id=str(case.id)).order_by("seq").values_list("name", flat=True)
        )
        return (
            case.priority, len(case.remarks), list(arrivals), [(e.state, e.note, e.attempts) for e in exchanges],
            list(events), [moment["state"] for moment in exchanges[0].history],
            Exchange.objects.filter(case_ref=case.case_ref, step="INTEGRE").count(),
        )  # fmt: skip

    together, slowly = told("00001"), told("00002")
    assert together[2][0][:2] == (north.name, "reoriente")
    assert together[2][1][:3] == (south.name, "annonce", "P0")
    assert together[6] == 4
    assert together == slowly


def test_lanes_that_wait_for_their_next_attempt_hide_no_other(sites, monkeypatch):
    client = wires.declare()
    monkeypatch.setattr(integration, "AHEAD", 2)
    hold(client, *[wires.case("00001") for _ in range(5)], wires.case("00002"))
    first = Exchange.objects.filter(direction="in").order_by("seq").first()
    Exchange.objects.filter(id=first.id).update(attempts=1, next_attempt_at=timezone.now() + integration.LONGEST_RETRY)
    assert wires.integrate_all() == 1
    assert states() == ["received"] * 5 + ["integrated"]


def test_an_answer_already_given_is_not_given_again():
    client = wires.declare()
    hold(client, wires.case("00001"), wires.case("00002"))
    wires.integrate_all()
    identities = Identity.objects.count()
    Exchange.objects.filter(direction="in").update(state="received")
    wires.integrate_all()
    assert states() == ["integrated", "integrated"]
    assert (CaseMessage.objects.count(), Exchange.objects.filter(step="INTEGRE").count()) == (2, 2)
    assert Identity.objects.count() == identities


def test_what_is_written_new_comes_with_what_follows_it_or_not_at_all():
    def entry(identity, direction="in", **more):
        return journal.Entry(
            direction=direction, channel="hub-sante", door="http", state="received", payload=b"{}", sender=wires.SAMU,
            distribution_id=identity, **more,
        )  # fmt: skip

    first, again, other = entry("une"), entry("une"), entry("autre")
    answers = [entry(f"r{n}", "out", answers=one.id) for n, one in enumerate((first, again, other))]
    assert journal.write_new([first, again, other], answers) == {first.id, other.id}
    assert set(Exchange.objects.values_list("id", flat=True)) == {first.id, other.id, answers[0].id, answers[2].id}
    assert list(Identity.objects.order_by("distribution_id").values_list("distribution_id", flat=True)) == [
        "autre",
        "une",
    ]
    assert journal.payload_of(Exchange.objects.get(id=answers[2].id)) == b"{}"
