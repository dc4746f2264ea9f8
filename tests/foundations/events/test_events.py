import json
import threading
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import connection, transaction

from maison.foundations.events import Event, announcer, known_events, publish, register_topic, topics
from maison.foundations.events.models import Cursor, StoredEvent
from maison.foundations.events.publish import INSERT
from maison.foundations.events.reader import Reader
from maison.foundations.ids import uuid7
from tests.factories import actor_with
from tests.foundations.ledgers import DEADLINE, second_connection, wait_until


@dataclass(frozen=True)
class DoorOpened(Event):
    """A fact for tests."""

    name = "test.door_opened"
    door_id: UUID
    keys: tuple[str, ...] = ()

    def hints(self) -> list[str]:
        return [f"test.door:{self.door_id}"]


def said(number: int) -> DoorOpened:
    return DoorOpened(UUID(int=number))


def numbers(events) -> list[int]:
    return [UUID(event.payload["door_id"]).int for event in events]


@pytest.mark.django_db
def test_a_fact_is_stored_with_its_ids_and_the_screens_it_wakes():
    door = uuid7()
    publish(DoorOpened(door, ("a", "b")))
    event = StoredEvent.objects.get()
    assert event.name == "test.door_opened"
    assert event.payload == {"door_id": str(door), "keys": ["a", "b"]}
    assert event.hints == [f"test.door:{door}"]


@pytest.mark.django_db
def test_rolled_back_nothing_was_said(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as told, transaction.atomic():
        publish(said(1))
        transaction.set_rollback(True)
    assert not StoredEvent.objects.exists()
    assert told == []


def test_two_events_cannot_bear_one_name():
    class Twin(Event):
        name = "test.door_opened"

    with pytest.raises(ValueError, match=r"test\.door_opened"):
        known_events()
    Twin.name = "test.twin"


def test_a_topic_without_a_rule_lets_nobody_listen():
    register_topic("test.screen", lambda actor, key: key == str(actor.structure_id))
    actor = actor_with(structure=UUID(int=7))
    try:
        assert topics.may_listen(actor, f"test.screen:{UUID(int=7)}")
        assert not topics.may_listen(actor, f"test.screen:{UUID(int=8)}")
        assert not topics.may_listen(actor, "test.unknown:x")
        with pytest.raises(ValueError, match="twice"):
            register_topic("test.screen", lambda actor, key: True)
    finally:
        topics._rules.pop("test.screen")


# -- readers: real commits


def read_all(reader: Reader, expected: int, limit: int = 200) -> list[int]:
    seen: list[int] = []

    def read() -> bool:
        reader.read(lambda event: seen.extend(numbers([event])), limit)
        return len(seen) >= expected

    wait_until(read, f"{expected} events read")
    return seen


@pytest.mark.django_db(transaction=True)
def test_a_reader_gets_every_event_once_in_order_by_batches():
    for number in range(7):
        publish(said(number))
    reader = Reader("test")
    assert read_all(reader, 7, limit=3) == list(range(7))
    assert reader.read(lambda event: pytest.fail("read again")) == 0


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_fails_reads_the_same_events_again():
    publish(said(1))
    reader = Reader("test")

    def refuse(event):
        raise ConnectionError

    def read():
        try:
            return reader.read(refuse) and None
        except ConnectionError:
            return True

    wait_until(read, "the failing reading")
    assert not Cursor.objects.filter(reader="test", position__gt=0).exists()
    assert read_all(reader, 1) == [1]


@pytest.mark.django_db(transaction=True)
def test_an_event_that_commits_late_is_read_in_its_place_never_skipped():
    reader = Reader("test")
    seen: list[int] = []
    with second_connection() as late:
        event = said(1)
        row = {"id": str(uuid7()), "name": event.name, "payload": event.payload(), "hints": event.hints()}
        late.execute(INSERT, [json.dumps([row])])
        publish(said(2))  # committed first, begun second
        reader.read(lambda event: seen.extend(numbers([event])))
        assert seen == []
        late.commit()
    assert read_all(reader, 2) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_a_reader_of_some_events_passes_over_the_others():
    @dataclass(frozen=True)
    class Other(Event):
        name = "test.other"

    publish(said(1), Other(), said(2))
    assert read_all(Reader("test", frozenset({"test.door_opened"})), 2) == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_two_readers_of_one_name_share_the_work_and_two_names_each_read_all():
    for number in range(5):
        publish(said(number))
    seen: list[int] = []

    def read_in_thread() -> None:
        try:
            seen.extend(read_all_available(Reader("shared")))
        finally:
            connection.close()

    wait_until(
        lambda: read_all_available(Reader("other")) or Cursor.objects.filter(reader="other", position__gt=0).exists(),
        "a first reading",
    )
    threads = [threading.Thread(target=read_in_thread) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    seen += read_all_available(Reader("shared"))
    assert sorted(seen) == list(range(5))


def read_all_available(reader: Reader) -> list[int]:
    seen: list[int] = []
    while reader.read(lambda event: seen.extend(numbers([event])), 2):
        pass
    return seen


# -- announcements


class Ear:
    """Counts the announcements that reach another process."""

    def __init__(self, link):
        self.link = link
        link.execute(f"LISTEN {announcer.CHANNEL}")
        self.heard = 0

    def listen(self, seconds: float) -> int:
        self.heard += sum(1 for _ in self.link.notifies(timeout=seconds, stop_after=1))
        return self.heard


@pytest.mark.django_db(transaction=True)
def test_what_commits_is_announced_and_a_burst_is_announced_few_times():
    with second_connection(autocommit=True) as link:
        ear = Ear(link)
        publish(said(0))
        wait_until(lambda: ear.listen(0.2), "a first announcement")

        before = ear.heard
        for number in range(200):
            publish(said(number))
        wait_until(lambda: ear.listen(0.2) > before, "an announcement of the burst")
        while (heard := ear.heard) != ear.listen(0.5):
            assert heard <= ear.heard
        assert ear.heard - before < 200


@pytest.mark.django_db(transaction=True)
def test_the_announcer_survives_the_loss_of_its_connection():
    with second_connection(autocommit=True) as link:
        ear = Ear(link)
        publish(said(1))
        wait_until(lambda: ear.listen(0.2), "a first announcement")
        link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'maison-announcer'"
        )
        before = ear.heard
        publish(said(2))
        wait_until(lambda: ear.listen(0.2) > before, "an announcement after the loss")


@pytest.mark.django_db(transaction=True)
def test_a_reader_of_some_facts_passes_over_the_others_and_never_sees_them_again():
    for number in range(5):
        publish(said(number))
    last = StoredEvent.objects.order_by("position", "seq").last()
    deaf = Reader("deaf", frozenset({"test.never_said"}))

    def reached_the_end() -> bool:
        assert deaf.read(lambda event: pytest.fail("a fact of another name")) == 0
        return Cursor.objects.filter(reader="deaf", position=last.position, seq=last.seq).exists()

    wait_until(reached_the_end, "the end of the ledger")
    moved_at = Cursor.objects.get(reader="deaf").moved_at
    deaf.read(lambda event: pytest.fail("a fact of another name"))
    assert Cursor.objects.get(reader="deaf").moved_at == moved_at, "nothing new: nothing is written"
    hearing = Reader("hearing", frozenset({last.name}))
    assert read_all(hearing, 5, limit=2) == list(range(5))


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_no_screen_waits_for_is_announced_all_the_same():
    with second_connection(autocommit=True) as listener:
        listener.execute(f"LISTEN {announcer.CHANNEL}")
        announcer.wake(at_once=False)
        assert next(listener.notifies(timeout=30, stop_after=1)).channel == announcer.CHANNEL
