from datetime import date

import pytest
from django.db import connection

from maison.foundations import audit, ledger
from maison.foundations.access.actor import Actor
from maison.foundations.audit import chain
from maison.foundations.audit.models import Entry, Seal
from maison.foundations.events import Event, publish
from maison.foundations.events.models import StoredEvent
from maison.foundations.events.reader import Reader
from maison.foundations.ids import uuid7
from tests.foundations.ledgers import wait_until

JOB = Actor.system("test")


class Said(Event):
    name = "test.said_in_the_ledger"


def partition_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {table} ORDER BY position DESC, seq DESC LIMIT 1")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_rows_stand_in_the_partition_of_their_month():
    audit.record(JOB, "test.done")
    assert partition_of("audit_entry").startswith("audit_entry_20")


@pytest.mark.django_db
def test_a_month_nobody_foresaw_is_caught_and_the_next_ones_are_made():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (id, at, subject, auth, code, outcome) VALUES (%s, '2099-06-15', 's', 'psc', 'x.y', 'success')",
            [uuid7()],
        )
    assert partition_of("audit_entry") == "audit_entry_default"

    ledger.create_coming_months(date(2098, 11, 20), months=3)
    ledger.create_coming_months(date(2098, 11, 20), months=3)  # again: nothing to do
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname ~ '^(audit_entry|events_event)_209[89]_' AND relkind = 'r'"
        )
        assert cursor.fetchone()[0] == 8


@pytest.mark.parametrize(
    ("day", "offset", "expected"),
    [
        (date(2026, 11, 22), 0, date(2026, 11, 1)),
        (date(2026, 11, 22), 2, date(2027, 1, 1)),
        (date(2026, 1, 31), -1, date(2025, 12, 1)),
        (date(2024, 2, 29), 12, date(2025, 2, 1)),
    ],
)
def test_months_are_counted_across_years(day, offset, expected):
    assert ledger.first_of_month(day, offset) == expected


@pytest.mark.django_db(transaction=True)
def test_after_a_restore_on_a_younger_server_positions_still_grow_and_nothing_is_lost():
    """The base comes from a server far ahead; the one it is restored on counts its transactions from lower."""
    ahead = 5_000_000

    def shift_by(number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE ledger_epoch SET shift = shift + %s", [number])

    shift_by(ahead)
    publish(Said())
    audit.record(JOB, "test.before")
    reader, seen = Reader("test"), []
    wait_until(lambda: reader.read(seen.append), "the event of before")
    wait_until(chain.seal, "the seal of before")
    before = StoredEvent.objects.get().position
    shift_by(-ahead)

    shift = ledger.keep_positions_growing()

    assert shift > 0
    assert ledger.keep_positions_growing() == shift  # nothing more to do
    publish(Said())
    audit.record(JOB, "test.after")
    assert StoredEvent.objects.order_by("seq").last().position > before
    assert Entry.objects.get(code="test.after").position >= Seal.objects.get().to_position
    wait_until(lambda: reader.read(seen.append), "the event of after")
    wait_until(chain.seal, "the seal of after")
    assert len(seen) == 2
    assert list(chain.verify()) == []


@pytest.mark.django_db
def test_a_base_that_was_not_restored_is_left_alone():
    audit.record(JOB, "test.done")
    assert ledger.keep_positions_growing() == 0
