"""Calls of the moment taken together: each keeps its own rights, refusal and trace, and one at fault harms nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import DatabaseError, OperationalError, connection, connections

from maison.foundations.audit import chain
from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.interop.fhir import engine, rounds, store
from maison.interop.fhir.authentication import caller_of
from maison.interop.fhir.calls import Call
from maison.interop.fhir.registry import Backing, Declared, declare, withdraw
from maison.interop.fhir.sql import TRUE, Sql
from maison.interop.fhir.views import base
from tests.foundations.ledgers import second_connection, wait_for_watermark
from tests.interop.fhir.software import FHIR, Partner, document, patient

pytestmark = pytest.mark.django_db(transaction=True)


def known(partner):
    return caller_of(f"Bearer {partner.token}", base=base())


def get(path):
    path, _, query = path.partition("?")
    return Call("GET", path, query, {}, b"", base())


def post(resource, **headers):
    return Call("POST", resource["resourceType"], "", {"content-type": FHIR, **headers}, json.dumps(resource).encode(), base())  # fmt: skip


@pytest.fixture
def poison():
    """A type whose every question is refused by the base."""
    backing = Backing(source="fhir_resource r", pk="r.pk", id="r.id", columns="''", visible=lambda caller: TRUE,
                      body=lambda row: b"{}", where=Sql("1 / %s::int = 1", (0,)))  # fmt: skip
    declare(Declared(type="Flag", label="Poison", parameters={}, backing=backing))
    yield get("Flag/1")
    withdraw("Flag")


def traces(code=""):
    found = Entry.objects.exclude(code="fhir.token_issued").filter(subject__startswith="software:")
    return list((found.filter(code=code) if code else found).order_by("seq"))


def test_each_call_of_a_round_gets_its_own_answer_and_leaves_its_own_trace():
    mine, other = Partner("fr.health.logiciel-a"), Partner("fr.health.logiciel-b")
    made, hidden = mine.create(**patient(family="Martin")), other.create(**patient())
    before = len(traces())
    asked = [
        (get(f"Patient/{made['id']}"), known(mine)),
        (get(f"Patient/{made['id']}"), known(other)),
        (get("Patient?family=martin"), known(mine)),
        (get("Patient?family=martin"), known(other)),
        (get(f"Patient/{hidden['id']}"), known(mine)),
        (post(patient()), known(other)),
        (post({"resourceType": "Patient", "gender": "?"}), known(mine)),
        (get("Patient?inconnu=1"), known(mine)),
    ]
    answers = rounds.take(asked)
    assert [answer.status for answer in answers] == [200, 404, 200, 200, 404, 201, 422, 400]
    assert json.loads(answers[2].body)["total"] == 1
    assert json.loads(answers[3].body)["total"] == 0
    left = traces()[before:]
    a, b = "software:fr.health.logiciel-a", "software:fr.health.logiciel-b"
    assert sorted((one.subject, one.code, one.outcome) for one in left) == sorted(
        [(a, "fhir.read", "success"), (b, "fhir.refused", "refused"), (a, "fhir.search", "success"), (b, "fhir.search", "success"),
         (a, "fhir.refused", "refused"), (b, "fhir.create", "success"), (a, "fhir.refused", "refused"),
         (a, "fhir.refused", "refused")]
    )  # fmt: skip
    assert len({one.position for one in left}) == 1, "one transaction"
    assert next(one for one in left if one.code == "fhir.read").patient_id == made["id"]
    assert {one.structure_id for one in left if one.subject == b} == {other.structure.id}


def test_a_round_answers_what_the_ordinary_way_answers(partner):
    for number in range(3):
        sick = partner.create(**patient(given=f"Personne {number}"))
        partner.create(**document(subject={"reference": f"Patient/{sick['id']}"}))
    caller = known(partner)
    for question in ("Patient", "Patient?family=exemple&_count=1", "Patient?_summary=count", "Patient/unknown",
                     "Patient?_has:DocumentReference:patient:status=current", "Patient?_revinclude=DocumentReference:patient",
                     "Patient?_sort=family&_elements=name", "Unknown/1", "Patient?_format=xml", f"DocumentReference?patient={sick['id']}&_sort=-_lastUpdated",
                     f"DocumentReference?subject=Patient/{sick['id']},Patient/absent&status=current&_count=1"):  # fmt: skip
        call = get(question)
        before = len(traces())
        alone, (together,) = engine.handle(call, caller), rounds.take([(call, caller)])
        assert (together.status, together.headers) == (alone.status, alone.headers), question
        ours, theirs = json.loads(together.body), json.loads(alone.body)
        for bundle in (ours, theirs):
            bundle.pop("link", None)  # a page link is sealed anew each time
        assert ours == theirs
        left = [(one.code, one.outcome, one.target_id, one.patient_id, one.details) for one in traces()[before:]]
        half = len(left) // 2
        assert half, question
        assert left[:half] == left[half:]


def test_one_poisoned_call_undoes_the_round_and_alone_it_fails_alone(partner, poison):
    made = partner.create(**patient())
    caller = known(partner)
    before = len(traces()), store_count()
    asked = [(get(f"Patient/{made['id']}"), caller), (poison, caller), (post(patient()), caller)]
    assert rounds.take(asked) == [None, None, None]
    assert (len(traces()), store_count()) == before, "nothing is left of an undone round"
    alone = [engine.handle(call, who) for call, who in asked]
    assert [answer.status for answer in alone] == [200, 500, 201]
    assert json.loads(alone[1].body)["issue"][0]["details"]["coding"][0]["code"] == "FHR-042"
    assert b"division" not in alone[1].body, "what the base said stays in the house"
    assert [one.code for one in traces()[before[0] :]] == ["fhir.read", "fhir.create"]


def store_count():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM fhir_resource")
        return cursor.fetchone()[0]


def test_what_a_round_wrote_is_whole_with_its_events_and_the_sealed_chain_holds(partner):
    caller = known(partner)
    answers = rounds.take([(post(patient(given=f"Numéro {n}")), caller) for n in range(12)])
    ids = [json.loads(answer.body)["id"] for answer in answers]
    assert [one.target_id for one in traces("fhir.create")] == ids, "in the order they were asked"
    told = StoredEvent.objects.filter(name="fhir.resource_changed").order_by("seq")
    assert [one.payload["resource_pk"] for one in told] == ids
    assert [partner.get(f"Patient/{one}").json()["name"][0]["given"] for one in ids[:2]] == [["Numéro 0"], ["Numéro 1"]]
    wait_for_watermark()
    assert chain.seal() >= 12
    assert list(chain.verify()) == []


def test_a_round_cut_by_the_base_before_its_end_keeps_nothing_and_says_so(partner, monkeypatch):
    """Seen before COMMIT leaves, its calls are taken alone; seen after, creations are told to come back; the next round works."""
    caller = known(partner)
    record = rounds.tracing.record

    def cut(traces):
        with second_connection(autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        record(traces)

    monkeypatch.setattr(rounds.tracing, "record", cut)
    answers = rounds.take([(post(patient()), caller), (post(patient()), caller)])
    assert [answer and answer.status for answer in answers] in ([503, 503], [None, None])
    assert rounds.take([(get("Patient"), caller)]) == [None]
    monkeypatch.undo()
    assert store_count() == 0
    assert traces() == []
    assert [answer.status for answer in rounds.take([(post(patient()), caller)])] == [201]


def test_when_nobody_knows_whether_the_base_kept_it_the_caller_is_told_and_nothing_is_done_twice(partner, monkeypatch):
    """The connection is lost while COMMIT travels: to repeat it here could write everything twice."""
    caller = known(partner)

    def lost(self):
        self.close()
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(type(connections["default"]), "_commit", lost)
    answers = rounds.take([(post(patient()), caller), (get("Patient"), caller)])
    assert [answer.status for answer in answers] == [503, 503]
    assert all("Retry-After" in answer.headers for answer in answers)
    monkeypatch.undo()
    assert store_count() == 0


def test_what_the_base_refuses_at_commit_is_taken_alone(partner):
    """Foreign keys are checked at commit: refused for certain, so each may be tried again."""
    nowhere = replace(known(partner), structure_id=uuid4(), everywhere=True)
    asked = [(post(patient()), known(partner)), (post(patient()), nowhere)]
    assert rounds.take(asked) == [None, None]
    assert store_count() == 0
    assert [engine.handle(*one).status for one in asked] == [201, 500]


def test_a_slow_question_does_not_hold_its_neighbours(partner, monkeypatch):
    monkeypatch.setattr(rounds, "STATEMENT_MILLISECONDS", 50)
    made = partner.create(**patient())
    backing = Backing(source="fhir_resource r", pk="r.pk", id="r.id", columns="''", visible=lambda caller: TRUE,
                      body=lambda row: b"{}", where=Sql("pg_sleep(%s) IS NOT NULL", (0.2,)))  # fmt: skip
    declare(Declared(type="Flag", label="Lent", parameters={}, backing=backing))
    try:
        asked = [(get(f"Patient/{made['id']}"), known(partner)), (get("Flag/1"), known(partner))]
        assert rounds.take(asked) == [None, None]
        assert engine.handle(*asked[1]).status == 404, "alone, it has all its time"
    finally:
        withdraw("Flag")


def test_an_error_of_the_base_is_an_outcome_and_only_a_passing_one_invites_to_come_back(partner, monkeypatch):
    made = partner.create(**patient())
    for error, status, code in ((DatabaseError, 500, "FHR-042"), (OperationalError, 503, "FHR-026")):
        monkeypatch.setattr(
            store, "current", lambda *args, error=error, **named: (_ for _ in ()).throw(error("secret"))
        )
        answer = partner.get(f"Patient/{made['id']}")
        assert answer.status_code == status
        assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == code
        assert ("Retry-After" in answer) is (status == 503)
        assert "secret" not in answer.content.decode()


def test_in_a_batch_an_entry_the_base_refuses_is_refused_alone(partner, poison):
    made = partner.create(**patient())
    urls = [f"Patient/{made['id']}", poison.path]
    bundle = {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"request": {"method": "GET", "url": url}} for url in urls],
    }
    answer = partner.post("", bundle).json()
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["200", "500"]
