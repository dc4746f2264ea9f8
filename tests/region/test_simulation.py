"""The simulated life: valid messages, the same for a seed, with the volumes and the order of the real one."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from maison_region import calibration
from maison_region.facilities import EMERGENCY_SITES, SAMUS, SERVICE_LABELS
from maison_region.messages import PARIS
from maison_region.reasons import PLACES, REASONS
from maison_region.script import DUPLICATE, LATE, OVERTAKEN, Sending
from maison_region.simulation import calls_between, life
from tests.region.conftest import object_of

SUNDAY = datetime(2026, 3, 8, tzinfo=PARIS)
STATUS_ORDER = [
    "DECISION", "DECLENCHE", "DEPART", "ANNULE", "ARRIVEE", "PEC", "BILAN", "ORIENTAT", "TRANSP", "ETAPE1", "TRANSP2",
    "ETAPE2", "TRANSP3", "DESTIN", "FINPEC", "RETOUR", "RET-BASE", "REN-BASE",
]  # fmt: skip


@pytest.fixture(scope="module")
def morning() -> list[Sending]:
    return list(life(SUNDAY + timedelta(hours=8), SUNDAY + timedelta(hours=13), seed=7))


@pytest.fixture(scope="module")
def calm() -> list[Sending]:
    """A whole day of the region, as the SAMU sent it."""
    return list(life(SUNDAY, SUNDAY + timedelta(days=1), seed=11, imperfect=False))


def test_every_message_is_valid_for_the_official_schemas(
    morning: list[Sending], official_faults: Callable[[dict[str, Any]], list[str]]
) -> None:
    assert len(morning) > 4000
    wrong = [(sending.key, faults) for sending in morning if (faults := official_faults(json.loads(sending.body())))]
    assert wrong == []


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_cases() -> None:
    def play(seed: int) -> list[tuple[datetime, bytes]]:
        return [(one.at, one.body()) for one in life(SUNDAY, SUNDAY + timedelta(hours=2), seed=seed, share=0.2)]

    assert play(3) == play(3)
    assert not {body for _, body in play(3)} & {body for _, body in play(4)}


def test_messages_come_in_the_order_of_time_and_stop_at_the_end(morning: list[Sending]) -> None:
    assert all(before.at <= after.at for before, after in pairwise(morning))
    assert morning[-1].at < SUNDAY + timedelta(hours=13)
    assert min(sending.at for sending in morning) >= SUNDAY + timedelta(hours=8)


def test_a_day_has_the_number_of_cases_of_the_public_figures() -> None:
    week = calls_between(SUNDAY, SUNDAY + timedelta(days=7), 5, 1.0, SAMUS)
    by_department = Counter(call.samu.department for call in week)
    for department, samu in SAMUS.items():
        expected = samu.cases_per_year / 365 * 7
        assert abs(by_department[department] - expected) < 5 * expected**0.5, department


def test_nights_are_calm_evenings_are_busy_and_sundays_above_tuesdays() -> None:
    week = calls_between(SUNDAY, SUNDAY + timedelta(days=7), 5, 1.0, SAMUS)
    hours = Counter(call.opened_at.hour for call in week)
    assert {hour for hour, _ in hours.most_common()[-4:]} <= {2, 3, 4, 5, 6}
    assert {hour for hour, _ in hours.most_common(3)} <= {10, 11, 18, 19, 20}
    days = Counter(call.opened_at.weekday() for call in week)
    assert days[6] > 1.2 * days[1]


def test_the_rhythms_are_shares_of_a_whole() -> None:
    assert sum(calibration.HOURS) == pytest.approx(1)
    assert len(calibration.HOURS) == 24
    assert sum(calibration.WEEK) / 7 == pytest.approx(1)
    assert sum(calibration.DECISIONS.values()) == pytest.approx(1)


def test_the_share_of_smur_is_computed_from_the_public_outings(shared: Path) -> None:
    outings: Counter[str] = Counter()
    with (shared / "data/urgences/smur-samu-occitanie-2023.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column in ("sorties_terrestres_primaires", "sorties_aeriennes_primaires"):
                outings[row["departement"]] += int(row[column] or 0)
    assert dict(outings) == calibration.PRIMARY_OUTINGS


def test_smur_leave_as_often_as_the_public_figures_say(calm: list[Sending]) -> None:
    """Within five standard deviations of the expected number for that day of the week."""
    engaged = [
        sending
        for sending in calm
        if sending.key == "resourcesInfo"
        and any(row["vehicleType"].startswith("SMUR") for row in object_of(sending)["resource"])
    ]
    day = calibration.WEEK[SUNDAY.weekday()] / 365
    expected = sum(samu.cases_per_year * day * calibration.smur_ratio(one) for one, samu in SAMUS.items())
    assert abs(len(engaged) - expected) < 5 * expected**0.5


def test_patients_go_to_departments_in_proportion_to_their_public_visits(calm: list[Sending]) -> None:
    """Rank correlation between announced arrivals and visits, and most big houses receive someone."""
    arrivals: Counter[str] = Counter()
    for sending in calm:
        for decision in object_of(sending).get("decision", []) if "CaseHealth" in sending.key else []:
            for place in decision.get("destination", {}).get("externalLocationId", []):
                arrivals[place["value"]] += 1
    assert set(arrivals) <= set(EMERGENCY_SITES)
    sites = sorted(EMERGENCY_SITES, key=lambda eg: EMERGENCY_SITES[eg].visits_per_year, reverse=True)
    first, second = (sum(arrivals[eg] for eg in half) for half in (sites[:32], sites[32:]))
    assert first > 1.8 * second


def test_a_destination_names_a_service_that_the_site_really_has(morning: list[Sending]) -> None:
    labels = {
        f"{SERVICE_LABELS[s.type]} {site.short_name}": eg for eg, site in EMERGENCY_SITES.items() for s in site.services
    }
    seen = 0
    for sending in morning:
        for decision in object_of(sending).get("decision", []) if "CaseHealth" in sending.key else []:
            if "destination" in decision:
                seen += 1
                assert (
                    labels[decision["destination"]["freetext"]]
                    == decision["destination"]["externalLocationId"][0]["value"]
                )
    assert seen > 100


def test_the_statuses_of_a_vehicle_are_in_order_and_called_back_is_the_end(calm: list[Sending]) -> None:
    missions: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for sending in calm:
        if sending.key == "resourcesStatus":
            body = object_of(sending)
            missions[body["caseId"], body["resourceId"]].append((body["state"]["datetime"], body["state"]["status"]))
    assert len(missions) > 200
    assert any(states[-1][1] == "ANNULE" for states in missions.values())
    for states in missions.values():
        in_time = [status for _, status in sorted(states, key=lambda state: (state[0], STATUS_ORDER.index(state[1])))]
        assert in_time == sorted(in_time, key=STATUS_ORDER.index)
        assert "ANNULE" not in in_time[:-1]


def test_a_smur_vehicle_is_on_one_mission_at_a_time(calm: list[Sending]) -> None:
    missions: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for sending in calm:
        if (
            sending.key == "resourcesStatus"
            and "samu" in object_of(sending)["resourceId"]
            and ".tsu." not in object_of(sending)["resourceId"]
        ):
            body = object_of(sending)
            missions[body["resourceId"]][body["caseId"]].append(body["state"]["datetime"])
    assert missions
    for cases in missions.values():
        spans = sorted((min(times), max(times)) for times in cases.values())
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_every_decision_of_the_trade_is_met(calm: list[Sending]) -> None:
    kinds: Counter[str] = Counter()
    for sending in calm:
        if "CaseHealth" in sending.key:
            for decision in object_of(sending).get("decision", []):
                kinds[decision["decisionType"]] += 1
                kinds[decision.get("orientationType", "")] += 1
    assert {"CONSEIL", "PMT", "INTER", "ORIENT", "PASPLUS", "URGENCES", "REA-USI", "SANTE", "DOMICILE"} <= set(kinds)


def test_some_patients_are_redirected(calm: list[Sending]) -> None:
    orientations: Counter[str] = Counter()
    for sending in calm:
        for decision in object_of(sending).get("decision", []) if "CaseHealth" in sending.key else []:
            if "destination" in decision:
                orientations[sending.case_id] += 1
    assert 0 < sum(count > 1 for count in orientations.values()) < 0.1 * len(orientations)


def test_imperfections_are_few_and_of_the_three_kinds(morning: list[Sending]) -> None:
    faults = Counter(sending.fault for sending in morning if sending.fault)
    assert set(faults) == {LATE, DUPLICATE, OVERTAKEN}
    assert faults.total() < 0.04 * len(morning)
    ids = Counter(sending.envelope["distributionID"] for sending in morning)
    assert max(ids.values()) == 2
    assert sum(count == 2 for count in ids.values()) <= faults[DUPLICATE]


def test_no_case_number_is_shared_by_two_cases(calm: list[Sending]) -> None:
    opened = [sending.case_id for sending in calm if sending.key == "createCaseHealth"]
    assert len(opened) == len(set(opened))


def test_motives_facts_and_places_bear_their_official_labels(shared: Path) -> None:
    def labels(name: str) -> dict[str, str]:
        with (shared / f"specs/hub-sante/nomenclatures/HubSante.{name}.csv").open(encoding="utf-8", newline="") as file:
            return {
                row["code"]: next(
                    (row[column].strip() for column in row if column and ("label" in column or "ibell" in column) and row[column].strip()), ""
                )
                for row in csv.DictReader(file)
            }  # fmt: skip

    motives, facts, kinds = labels("motif"), labels("fait"), labels("lieu")
    for reason in REASONS:
        assert motives[reason.motive[0]] == reason.motive[1]
        assert facts[reason.fact[0]] == reason.fact[1]
    for code, label in PLACES.values():
        assert " ".join(kinds[code].split()) == label
