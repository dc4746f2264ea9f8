from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from maison.services.emergency.fold import Folded, Told, fold

START = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
CASE = "fr.health.samu990.DRFR990001"


def told(kind: str, minutes: float, **body: Any) -> Told:
    return Told(
        f"fr.health.samu990_{kind}-{minutes}",
        kind,
        "fr.health.samu990",
        START + timedelta(minutes=minutes),
        {"caseId": CASE, **body},
    )


def status(value: str) -> dict[str, Any]:
    return {"qualification": {"details": {"status": value}}}


def note(name: str, text: str) -> dict[str, Any]:
    return {"medicalNote": [{"medicalNoteId": name, "operator": {"role": "ARM"}, "freetext": text}]}


def decision(minutes: int) -> dict[str, Any]:
    return {
        "decision": [
            {
                "decisionType": "INTER",
                "creation": f"2026-11-21T20:{minutes:02d}:00+00:00",
                "operator": {"role": "MEDECIN"},
            }
        ]
    }


def vehicle(code: str, minutes: int, sent: float | None = None) -> Told:
    return told(
        "RS-SR", minutes if sent is None else sent, resourceId="fr.health.samu990.resource.V1",
        state={"status": code, "datetime": f"2026-11-21T20:{minutes:02d}:00+00:00"},
    )  # fmt: skip


STORY = [
    told("RS-EDA", 0, **status("ACTIF"), location={"city": {"name": "Revel"}}, **note("a", "Chute")),
    told("RS-EDA-MAJ", 2, **note("b", "Douleur de hanche")),
    told("RS-EDA-MAJ", 4, **decision(4)),
    vehicle("DECLENCHE", 5),
    vehicle("DEPART", 8),
    vehicle("TRANSP", 40),
    told("RS-EDA-MAJ", 55, **status("ACHEVE")),
    told("RS-EDA-MAJ", 60, **status("VALIDE")),
    told("RS-EDA-MAJ", 70, **note("a", "Texte changé après coup")),
]


def seen(folded: Folded) -> tuple[Any, ...]:
    return folded.document, folded.status, folded.known, folded.activated_at, folded.resources, folded.anomalies


@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_of_messages_never_changes_the_case(rng: random.Random) -> None:
    shuffled = list(STORY)
    rng.shuffle(shuffled)
    assert seen(fold(shuffled)) == seen(fold(STORY))


def test_an_update_sent_before_its_creation_is_merged_into_it() -> None:
    early = told("RS-EDA-MAJ", -1, **note("early", "Dit avant la création"))
    case = fold([early, *STORY[:1]])
    assert case.known
    assert [item["freetext"] for item in case.document["medicalNote"]] == ["Chute", "Dit avant la création"]


def test_updates_without_creation_make_a_case_that_is_not_known_yet() -> None:
    case = fold([STORY[1]])
    assert not case.known
    assert case.document["medicalNote"][0]["freetext"] == "Douleur de hanche"


def test_a_note_frozen_by_validation_keeps_its_words_and_the_new_ones_come_after() -> None:
    texts = [item["freetext"] for item in fold(STORY).document["medicalNote"]]
    assert texts == ["Chute", "Douleur de hanche", "Texte changé après coup"]
    assert "note_figee" in [code for code, _, _ in fold(STORY).anomalies]


def test_a_note_changed_before_validation_is_simply_corrected() -> None:
    case = fold([*STORY[:2], told("RS-EDA-MAJ", 3, **note("a", "Chute dans l'escalier"))])
    assert case.document["medicalNote"][0]["freetext"] == "Chute dans l'escalier"
    assert case.anomalies == []


def test_a_state_never_goes_back_except_to_active() -> None:
    closed = [*STORY[:1], told("RS-EDA-MAJ", 10, **status("CLOTURE"))]
    back = fold([*closed, told("RS-EDA-MAJ", 11, **status("ACTIF"))])
    assert back.status == "CLOTURE"
    assert [code for code, _, _ in back.anomalies] == ["etat"]
    assert (
        fold([*STORY[:1], told("RS-EDA-MAJ", 10, **status("ACHEVE")), told("RS-EDA-MAJ", 11, **status("ACTIF"))]).status
        == "ACTIF"
    )


def test_a_new_decision_sends_a_validated_case_back_to_active() -> None:
    case = fold([*STORY[:1], told("RS-EDA-MAJ", 10, **status("VALIDE")), told("RS-EDA-MAJ", 12, **decision(12))])
    assert case.status == "ACTIF"


def test_nothing_changes_an_archived_case_but_the_message_is_said() -> None:
    case = fold(
        [*STORY[:1], told("RS-EDA-MAJ", 10, **status("ARCHIVE")), told("RS-EDA-MAJ", 11, **note("z", "Trop tard"))]
    )
    assert [item["freetext"] for item in case.document["medicalNote"]] == ["Chute"]
    assert [code for code, _, _ in case.anomalies] == ["archive"]


def test_a_corrected_vehicle_time_is_the_last_one_sent_whatever_came_last() -> None:
    first, corrected = vehicle("DEPART", 8, sent=8), vehicle("DEPART", 9, sent=20)
    for order in ([first, corrected], [corrected, first]):
        assert fold([*STORY[:1], *order]).resources["fr.health.samu990.resource.V1"].statuses["DEPART"].at.minute == 9


def test_vehicle_times_that_do_not_follow_are_kept_and_said() -> None:
    case = fold([*STORY[:1], vehicle("ARRIVEE", 30, sent=31), vehicle("DEPART", 33, sent=34)])
    assert [code for code, _, _ in case.anomalies] == ["horaires"]


def test_a_time_that_no_calendar_has_is_said_and_left_out() -> None:
    broken = told(
        "RS-SR",
        9,
        resourceId="fr.health.samu990.resource.V1",
        state={"status": "DEPART", "datetime": "2026-02-30T20:00:00+01:00"},
    )
    case = fold([*STORY[:1], broken])
    assert case.resources == {}
    assert [code for code, _, _ in case.anomalies] == ["horaire"]


def test_the_free_text_of_an_update_is_kept_beside_the_case_it_has_no_place_in() -> None:
    case = fold([*STORY[:1], told("RS-EDA-MAJ", 5, freetext="Laissé sur place")])
    assert [text for _, text in case.remarks] == ["Laissé sur place"]
    assert "freetext" not in case.document
