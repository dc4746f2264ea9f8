"""A client that polls by date of change never misses a version committed late."""

from __future__ import annotations

import pytest

from maison.interop.fhir.horizon import HORIZON
from maison.interop.fhir.store import WRITTEN_AT
from tests.foundations.ledgers import second_connection, wait_until
from tests.interop.fhir.software import patient

pytestmark = pytest.mark.django_db(transaction=True)


def poll(partner, question):
    bundle = partner.get(question).json()
    return [one["resource"]["id"] for one in bundle.get("entry", [])], bundle["meta"]["lastUpdated"]


@pytest.mark.parametrize(("first", "then"), [("Patient?_lastUpdated=ge2020", "Patient?_lastUpdated=ge"),
                                             ("Patient/_history?_since=2020-01-01T00:00:00Z", "Patient/_history?_since=")])  # fmt: skip
def test_what_is_committed_late_comes_with_the_next_question(partner, first, then):
    early = partner.create(**patient(given="Avant"))
    wait_until(lambda: early["id"] in poll(partner, first)[0], "writers of other tests ended")
    with second_connection() as late:
        late_at = late.execute(WRITTEN_AT).fetchone()[0]  # a writer that has its time, and commits when it pleases
        quick = partner.create(**patient(given="Après"))
        assert quick["meta"]["lastUpdated"] > late_at.isoformat()
        seen, horizon = poll(partner, first)
        assert seen == [early["id"]], "nothing is shown beyond what is still being written"
        assert horizon <= late_at.isoformat()
        late.execute(
            "INSERT INTO fhir_resource (pk, type, id, version, updated_at, structure_id) "
            "SELECT gen_random_uuid(), 'Patient', 'tardif', 1, %s, structure_id FROM fhir_resource LIMIT 1", [late_at]
        )  # fmt: skip
        late.execute(
            "INSERT INTO fhir_version (pk, version, type, id, at, method, author, body) SELECT pk, 1, type, id, updated_at, 'POST', 'x', "
            '\'{"resourceType": "Patient", "id": "tardif"}\' FROM fhir_resource WHERE id = \'tardif\''
        )
        late.commit()
    wait_until(
        lambda: {"tardif", quick["id"]} <= set(poll(partner, f"{then}{horizon.replace('+', '%2B')}")[0]),
        "both, once written",
    )


def test_the_pages_of_one_question_keep_its_horizon(partner):
    made = [partner.create(**patient(given=f"N{n}"))["id"] for n in range(3)]
    question = "Patient?_lastUpdated=ge2020&_count=2&_sort=_lastUpdated"
    wait_until(lambda: len(poll(partner, question)[0]) == 2, "writers of other tests ended")
    first = partner.get(question).json()
    later = partner.create(**patient(given="Plus tard"))["id"]
    following = next(link["url"] for link in first["link"] if link["relation"] == "next").partition("/fhir/")[2]
    second = partner.get(following).json()
    assert first["meta"] == second["meta"]
    assert [one["resource"]["id"] for one in second["entry"]] in ([made[2]], []), "never what came meanwhile"
    wait_until(lambda: later in partner.ids("Patient?_lastUpdated=ge2020"), "the next question has it")


def test_readers_hold_nobody_back(partner):
    with second_connection() as reader:
        reader.execute("SELECT 1")
        made = partner.create(**patient())["id"]
        wait_until(lambda: made in partner.ids("Patient?_lastUpdated=ge2020"), "a transaction that only reads")
    assert "backend_xid IS NOT NULL" in HORIZON
