"""Two acts on one person at the same moment leave one consistent history; killed half-way, nothing is half written."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from maison.registries.identity.models import Change, Identity, Link, Merge, Number
from maison.registries.identity.srir.matching import match_pending
from tests.interop.mllp import adt, merge
from tests.registries.identity.conftest import trusted_hospital

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Run at the same moment, each on its connection; returns what each raised."""
    ready, raised = threading.Barrier(len(acts)), []

    def run(act):
        try:
            ready.wait(timeout=20)
            act()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test shows it
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def check_histories():
    """Versions without a hole, the last state is the row."""
    for identity in Identity.objects.all():
        versions = list(Change.objects.filter(identity=identity).order_by("version").values_list("version", flat=True))
        assert versions == list(range(1, identity.version + 1))
        last = Change.objects.filter(identity=identity).order_by("-version").first()
        assert (last.state["state"], last.state["first_names"]) == (identity.state, identity.first_names)


def test_a_merge_and_updates_of_the_same_person_leave_one_consistent_history():
    hospital = trusted_hospital()
    for ipp in ("A", "B"):
        hospital.say(adt("A28", ipp=ipp, sent="20260304080000"))
    raised = together(
        lambda: hospital.say(merge(kept="A", gone="B", sent="20260304100000")),
        *(
            lambda ipp=ipp, rank=rank: hospital.say(
                adt("A31", ipp=ipp, name=f"PAT-TROIS^{'XYZ'[rank] * 3}", sent=f"2026030410000{rank}")
            )
            for ipp in ("A", "B")
            for rank in range(3)
        ),
        lambda: hospital.say(merge(kept="A", gone="B", sent="20260304100000")),
    )
    assert raised == []
    assert Merge.objects.filter(undone_at=None).count() == 1
    assert {row.first_names for row in Identity.objects.all()} == {"ZZZ"}
    check_histories()


def test_first_messages_of_one_number_at_the_same_moment_make_one_patient():
    hospital = trusted_hospital()
    raised = together(
        *(lambda rank=rank: hospital.say(adt("A28", ipp="N", sent=f"2026030410000{rank}")) for rank in range(4))
    )
    assert raised == []
    assert Number.objects.filter(ipp="N").count() == 1
    assert Identity.objects.active().count() == 1


def test_opposite_merges_at_the_same_moment_never_turn_in_a_circle_nor_block_one_another():
    hospital = trusted_hospital()
    for ipp in ("A", "B"):
        hospital.say(adt("A28", ipp=ipp))
    raised = together(
        lambda: hospital.say(merge(kept="A", gone="B", sent="20260304100000")),
        lambda: hospital.say(merge(kept="B", gone="A", sent="20260304100000")),
    )
    assert raised == []
    assert Merge.objects.count() == 1
    assert Identity.objects.active().count() == 1


def test_two_workers_share_the_matching_and_link_once():
    hospitals = [trusted_hospital(), trusted_hospital("Autre hôpital fictif", "1.2.250.1.213.1.4.98")]
    for hospital in hospitals:
        message = adt("A28", ins="279035121518989", status="VALI").decode()
        message = message.replace("1.2.250.1.213.1.4.99", hospital.domain.code).replace(
            "FRA^H|", "FRA^H~^^^^^^BDL^^51215|"
        )
        hospital.say(message.encode())
    assert {row.status for row in Identity.objects.all()} == {"QUAL"}
    assert together(match_pending, match_pending) == []
    match_pending()
    assert Link.objects.count() == 1
