"""What one transaction writes together: all of it or nothing, in its order, and never what a savepoint undid."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from maison.config.environment import database_from
from maison.foundations import audit, clock
from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.foundations.clock.models import Timer
from maison.foundations.gathering import ask, gathered, insert, settle, write
from maison.foundations.ids import uuid7
from maison.foundations.relay.models import Relay, Step
from tests.factories import StructureFactory

pytestmark = pytest.mark.django_db
JOB = Actor.system("test")


def trace(word, **details):
    audit.record(JOB, f"test.{word}", reason=word, details=details)


def broken(word):
    trace(word)
    raise ZeroDivisionError


def words():
    return list(Entry.objects.order_by("seq").values_list("reason", flat=True))


def test_what_is_gathered_is_written_once_for_each_kind_of_row_in_its_order():
    with CaptureQueriesContext(connection) as queries, transaction.atomic(), gathered():
        for n in range(20):
            trace(str(n))
        assert words() == []
    assert words() == [str(n) for n in range(20)]
    assert sum("INSERT" in query["sql"] for query in queries) == 1


def test_outside_a_gathering_a_row_is_written_at_once():
    trace("un")
    assert words() == ["un"]


def test_what_fails_leaves_nothing_and_the_next_gathering_starts_empty():
    with pytest.raises(ZeroDivisionError), transaction.atomic(), gathered():
        broken("perdu")
    with transaction.atomic(), gathered():
        trace("gardé")
    assert words() == ["gardé"]


def test_a_row_that_the_base_refuses_refuses_them_all():
    def too_long():
        trace("avant")
        audit.record(JOB, "test." + "x" * 80)

    with pytest.raises(DatabaseError), transaction.atomic(), gathered():
        too_long()
    assert words() == []


def test_what_a_savepoint_undid_is_not_written():
    with transaction.atomic(), gathered():
        trace("avant")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            broken("défait")
        with transaction.atomic():
            trace("dedans")
    assert sorted(words()) == ["avant", "dedans"]


def test_a_reader_settles_first_and_never_inside_a_savepoint_that_could_undo_it():
    with transaction.atomic(), gathered():
        trace("attendu")
        with pytest.raises(RuntimeError, match="settle before"), transaction.atomic():
            settle()
        settle()
        assert words() == ["attendu"]


def test_rows_are_gathered_once_and_inside_a_transaction():
    with transaction.atomic(), gathered(), pytest.raises(RuntimeError), gathered():
        pass


@pytest.mark.parametrize("value", ['O\'Brien \\ "x" é 🚑', 3, 2.5, None, [1, "deux"], {"à": {"b": []}}])
def test_values_come_back_as_they_were_given(value):
    trace("valeur", value=value)
    assert Entry.objects.get().details == {"value": value}


def test_a_model_inserted_so_is_the_one_that_is_read_back():
    site = StructureFactory()
    relay = Relay(
        kind_code="test.kind", subject_type="t", subject_id=uuid7(), to_structure=site, status="sent", urgency=0
    )
    step = Step(relay=relay, code="sent", subject="x", name="Ève d'Ô", at=timezone.now())
    with transaction.atomic(), gathered():
        insert(step)  # before the row it points to: keys are checked at commit
        insert(relay)
    fresh = Step.objects.select_related("relay").get()
    assert (fresh.name, fresh.at, fresh.structure_id, fresh.note) == (step.name, step.at, None, "")
    read = fresh.relay
    assert (read.sent_at, read.waiting, read.urgency, read.ending) == (relay.sent_at, True, 0, "")


def test_a_delay_that_is_gathered_is_stopped_all_the_same():
    target = uuid7()
    code = next(iter(clock.declared.delays()))
    with transaction.atomic(), gathered():
        clock.start(code, target)
        clock.stop(code, target)
    assert Timer.objects.get(target_id=target).stopped_at is not None


def test_a_statement_takes_one_row_or_many():
    statement = "INSERT INTO crisis_probe_of_the_test (n) SELECT n FROM json_to_recordset(%s::json) AS r (n integer)"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE crisis_probe_of_the_test (n integer) ON COMMIT DROP")
    write(statement, {"n": 1})
    with transaction.atomic(), gathered():
        write(statement, {"n": 2})
        write(statement, {"n": 3})
    first, second = ask(
        ("SELECT sum(n) FROM crisis_probe_of_the_test WHERE n <> ALL(%s::int[])", [[3]]),
        ("SELECT count(*) FROM crisis_probe_of_the_test", []),
    )
    assert (first, second) == ([(3,)], [(3,)])


def test_the_statements_of_hot_paths_are_prepared_unless_the_pooler_forbids_it():
    trace("un")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%audit_entry%'")
        assert cursor.fetchone()[0] >= 1  # the connection is that of the worker: other tests may have prepared others
    assert "prepare_threshold" not in database_from({"MAISON_DB_PREPARE": "0"}, Path())["OPTIONS"]
