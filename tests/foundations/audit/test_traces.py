import json

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from maison.foundations import audit
from maison.foundations.access.actor import ANONYMOUS, Actor
from maison.foundations.audit import chain
from maison.foundations.audit.models import Entry, Seal
from maison.foundations.audit.record import COLUMNS, INSERT
from maison.foundations.ids import uuid7
from tests.factories import StructureFactory, actor_with
from tests.foundations.ledgers import second_connection, wait_until

JOB = Actor.system("test")


@pytest.mark.django_db
def test_a_trace_says_who_in_which_situation_did_what_to_what_and_why():
    structure = StructureFactory()
    situation = uuid7()
    actor = actor_with(structure=structure, situation_id=situation, session_key="cle-de-session")
    audit.record(actor, "emergency.bed_closed", target=structure, patient="p-1", reason="Travaux", details={"beds": 2})

    entry = Entry.objects.get()
    assert (entry.subject, entry.auth, entry.profession) == ("889970000001", "psc", "10")
    assert (entry.situation_id, entry.structure_id, entry.session) == (situation, structure.id, "cle-de-session")
    assert (entry.code, entry.target_type, entry.target_id) == (
        "emergency.bed_closed",
        "structures.structure",
        str(structure.id),
    )
    assert (entry.patient_id, entry.reason, entry.outcome, entry.details) == ("p-1", "Travaux", "success", {"beds": 2})


@pytest.mark.django_db
def test_a_trace_is_gone_with_the_act_that_failed():
    with transaction.atomic():
        audit.record(JOB, "test.done")
        transaction.set_rollback(True)
    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_what_nobody_signed_in_for_is_traced_as_anonymous():
    audit.record(ANONYMOUS, "test.tried", outcome="refused")
    assert Entry.objects.get().subject == "anonymous"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET reason = 'autre'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "UPDATE audit_seal SET count = 0",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_seal",
        "UPDATE events_event SET name = 'autre'",
        "DELETE FROM events_event",
        "TRUNCATE events_event",
    ],
)
def test_the_database_refuses_to_change_what_was_written(statement):
    from maison.foundations.events import Event, publish

    class Said(Event):
        name = "test.said_for_good"

    audit.record(JOB, "test.done")
    publish(Said())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_seal (number, from_position, to_position, count, ids, digests, previous_hash, hash) "
            "VALUES (1, 0, 1, 0, '', '', '', '')"
        )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_partition_alone_refuses_change_too():
    audit.record(JOB, "test.done")
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_entry LIMIT 1")
        partition = cursor.fetchone()[0]
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {partition}")


# -- the chain: real commits, since a row is sealed once its transaction is over


def write(count: int = 1) -> None:
    for number in range(count):
        audit.record(JOB, "test.done", details={"number": number})


def seal_all() -> None:
    expected = Entry.objects.count()

    def all_sealed():
        chain.seal()
        return sum(Seal.objects.values_list("count", flat=True)) == expected

    wait_until(all_sealed, "every trace sealed")


def tamper(*statements: str) -> None:
    """What the owner of the tables could do: put the guards aside, and change."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("audit_entry", "audit_seal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in ("audit_entry", "audit_seal"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.django_db(transaction=True)
def test_a_chain_of_batches_is_whole():
    for _ in range(3):
        write(2)
        seal_all()
    assert Seal.objects.count() == 3
    assert chain.seal() == 0
    assert list(chain.verify()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE audit_entry SET reason = 'autre' WHERE {first}", "modifiée"),
        ("UPDATE audit_entry SET at = at + interval '1 second' WHERE {first}", "modifiée"),
        ("UPDATE audit_entry SET subject = '800000000000' WHERE {first}", "modifiée"),
        ("UPDATE audit_entry SET details = '{{}}' WHERE {first}", "modifiée"),
        ("DELETE FROM audit_entry WHERE {first}", "disparu"),
        (
            "INSERT INTO audit_entry (id, position, subject, auth, code, outcome) "
            "SELECT gen_random_uuid(), position, 'x', 'psc', 'x.y', 'success' FROM audit_entry WHERE {first}",
            "ajoutée",
        ),
        ("UPDATE audit_seal SET hash = sha256('x') WHERE number = 2", "scellé"),
        ("UPDATE audit_seal SET digests = overlay(digests placing sha256('x') from 1) WHERE number = 2", "scellé"),
        ("UPDATE audit_seal SET count = count - 1 WHERE number = 2", "scellé"),
        ("DELETE FROM audit_seal WHERE number = 1", "rompue"),
    ],
)
def test_verify_finds_what_was_forged_removed_or_added(statement, words):
    for _ in range(3):
        write(2)
        seal_all()
    first = "id = (SELECT id FROM audit_entry ORDER BY position, seq LIMIT 1)"
    tamper(statement.format(first=first))

    faults = list(chain.verify())

    assert faults
    assert any(words in fault.text for fault in faults)
    with pytest.raises(CommandError, match="anomalie"):
        call_command("audit", "verify")


@pytest.mark.django_db(transaction=True)
def test_rewriting_a_trace_and_its_seal_breaks_the_seals_after_it():
    for _ in range(2):
        write(1)
        seal_all()
    tamper("UPDATE audit_entry SET reason = 'autre' WHERE seq = (SELECT min(seq) FROM audit_entry)")
    seal = Seal.objects.get(number=1)
    with connection.cursor() as cursor:
        cursor.execute(chain.ROWS, [seal.from_position, seal.to_position])
        rows = cursor.fetchall()
    digests = b"".join(bytes(row[1]) for row in rows)
    forged = chain._hash(chain.GENESIS, 1, seal.from_position, seal.to_position, bytes(seal.ids), digests)
    tamper(f"UPDATE audit_seal SET digests = '\\x{digests.hex()}', hash = '\\x{forged.hex()}' WHERE number = 1")

    assert [fault.seal for fault in chain.verify()] == [2]


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_commits_late_is_sealed_later_never_skipped():
    with second_connection() as late:
        late.execute(
            INSERT,
            [
                json.dumps(
                    [
                        dict.fromkeys(COLUMNS, "")
                        | {"id": str(uuid7()), "subject": "system:late", "auth": "system", "code": "test.late"}
                        | dict.fromkeys(("user_id", "situation_id", "structure_id", "exchange_id"))
                        | {"outcome": "success", "details": {}}
                    ]
                )
            ],
        )
        write(1)  # commits at once, after the other began
        assert chain.seal() == 0
        late.commit()
    seal_all()
    assert list(Entry.objects.values_list("code", flat=True)) == ["test.late", "test.done"]
    assert list(chain.verify()) == []


@pytest.mark.django_db(transaction=True)
def test_two_sealers_never_seal_the_same_traces_twice():
    write(1)
    with second_connection() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [chain.LOCK])
        assert chain.seal() == 0
    seal_all()
    assert Seal.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_command_says_that_the_chain_is_whole(capsys):
    write(1)
    seal_all()
    call_command("audit", "verify")
    assert capsys.readouterr().out == "Chaîne intacte : 1 scellé(s), 1 trace(s).\n"
