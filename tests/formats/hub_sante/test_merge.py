"""Updates of a case give one state, whatever the order and the repetitions."""

import copy
import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.hub_sante.case import CaseHealth
from maison.formats.hub_sante.merge import merge_case_update, merged_case
from maison.formats.hub_sante.wire import BY_CODE, read_message
from tests.formats.hub_sante import official

CASES = [json.loads(path.read_bytes())["createCaseHealth"] for code, path in official.examples() if code == "RS-EDA"]
UPDATES = [
    json.loads(path.read_bytes())["createCaseHealthUpdate"]
    for code, path in official.examples()
    if code == "RS-EDA-MAJ"
]
AT = "2026-03-04T10:{:02}:00+01:00".format

patients = st.builds(
    lambda rank, age, note: {
        "patientId": f"fr.health.samu310.patient.{rank}",
        "detail": {"age": f"P{age}Y", **({"treatment": note} if note else {})},
    },
    st.integers(1, 2),
    st.integers(1, 99),
    st.sampled_from(["", "aucun", "fictif"]),
)
notes = st.builds(
    lambda rank, minute: {
        "medicalNoteId": f"fr.health.samu310.medicalNote.{rank}",
        "operator": {"role": "ARM"},
        "creation": AT(minute),
        "freetext": f"Observation {rank} de {minute}",
    },
    st.integers(1, 3),
    st.integers(0, 59),
)
decisions = st.builds(
    lambda kind, minute: {"decisionType": kind, "creation": AT(minute), "operator": {"role": "MEDECIN"}},
    st.sampled_from(["ORIENT", "INTER", "CONSEIL"]),
    st.integers(0, 59),
)
updates = st.fixed_dictionaries(
    {"caseId": st.just(CASES[0]["caseId"])},
    optional={
        "patient": st.lists(patients, max_size=3),
        "medicalNote": st.lists(notes, max_size=3),
        "decision": st.lists(decisions, max_size=3),
        "owner": st.sampled_from(["fr.health.samu310", "fr.health.samu810"]),
        "qualification": st.fixed_dictionaries(
            {"details": st.fixed_dictionaries({"priority": st.sampled_from(["P0", "P1", "P2"])})},
            optional={"riskThreat": st.just([{"code": "R01", "label": "Risque fictif"}])},
        ),
    },
)
cases = st.sampled_from(CASES)


@given(cases, updates)
@settings(deadline=None)
def test_the_same_update_twice_changes_nothing_more(case, update):
    once = merge_case_update(case, update)
    assert merge_case_update(once, update) == once


@given(cases, updates)
@settings(deadline=None)
def test_a_case_updated_is_still_a_valid_case_and_its_sources_are_untouched(case, update):
    before = copy.deepcopy((case, update))
    merged = merge_case_update(case, update)
    assert (case, update) == before
    read = read_message(json.dumps(merged).encode(), BY_CODE["RS-EDA"])
    assert isinstance(read.message, CaseHealth)


@given(cases, updates, updates)
@settings(deadline=None)
def test_notes_and_decisions_end_the_same_in_any_order(case, one, other):
    lists = ("medicalNote", "decision")
    one, other = ({name: update[name] for name in lists if name in update} for update in (one, other))
    ends = [merge_case_update(merge_case_update(case, a), b) for a, b in ((one, other), (other, one))]
    if _same_note_at_the_same_time(one, other):
        return  # no time tells which of the two is the last
    assert ends[0] == ends[1]


def _same_note_at_the_same_time(one, other):
    def keys(update):
        return {(note["medicalNoteId"], note["creation"]) for note in update.get("medicalNote", [])}

    return bool(keys(one) & keys(other))


@given(cases, st.lists(st.tuples(st.integers(0, 59), updates), max_size=5), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_late_repeated_and_reordered_messages_give_one_state(case, dated, chance):
    messages = [(AT(0), case), *((AT(minute), update) for minute, update in dated)]
    shuffled = messages + chance.sample(messages, len(messages) // 2)
    chance.shuffle(shuffled)
    assert merged_case(shuffled) == merged_case(messages)


def test_the_published_updates_apply_to_any_case():
    chance = random.Random(1)
    state = CASES[0]
    for update in chance.sample(UPDATES, len(UPDATES)):
        state = merge_case_update(state, {**update, "caseId": CASES[0]["caseId"]})
        read_message(json.dumps(state).encode(), BY_CODE["RS-EDA"])
    assert state["qualification"]["details"]["status"] in {"CLOTURE", "ACTIF"}


def test_an_update_only_touches_what_it_says():
    case = next(case for case in CASES if len(case.get("patient", [])) >= 1)
    first = case["patient"][0]
    update = {"caseId": case["caseId"], "patient": [{"patientId": first["patientId"], "detail": {"age": "P82Y"}}]}
    merged = merge_case_update(case, update)
    assert merged["patient"][0]["detail"]["age"] == "P82Y"
    expected = copy.deepcopy(case)
    expected["patient"][0].setdefault("detail", {})["age"] = "P82Y"
    assert msgspec.convert(merged, CaseHealth) == msgspec.convert(expected, CaseHealth)


def test_an_update_before_its_case_waits_for_it():
    update = {"caseId": CASES[0]["caseId"], "qualification": {"details": {"priority": "P0"}}}
    assert merged_case([(AT(5), update)]) == update
    whole = merged_case([(AT(5), update), (AT(0), CASES[0])])
    assert whole["qualification"]["details"]["priority"] == "P0"
    assert whole["creation"] == CASES[0]["creation"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_later_version_of_a_note_is_the_one_that_stays(order):
    def note(minute):
        return {
            "caseId": "x",
            "medicalNote": [{"medicalNoteId": "n", "creation": AT(minute), "freetext": str(minute)}],
        }

    state = {}
    for update in [note(1), note(2)][::order]:
        state = merge_case_update(state, update)
    assert [item["freetext"] for item in state["medicalNote"]] == ["2"]
