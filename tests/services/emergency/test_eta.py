from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from maison.services.emergency.eta import TravelModel, estimate, parse_travel_model, straight_km

AT = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
REVEL, RANGUEIL = (43.458, 2.004), (43.558, 1.454)
MODEL = TravelModel()


def vehicle(*codes: str) -> dict[str, datetime]:
    return {code: AT + timedelta(minutes=10 * rank) for rank, code in enumerate(codes)}


def basis_of(*vehicles: dict[str, datetime]) -> str | None:
    eta = estimate(vehicles, REVEL, RANGUEIL, MODEL)
    return eta.basis if eta else None


def test_distance_from_revel_to_rangueil_is_about_46_kilometres_as_the_crow_flies() -> None:
    assert straight_km(REVEL, RANGUEIL) == pytest.approx(45.8, abs=0.6)


def test_an_estimate_rests_on_the_surest_status_known() -> None:
    assert basis_of(vehicle("DECLENCHE")) == "engage"
    assert basis_of(vehicle("DECLENCHE", "DEPART")) == "depart"
    assert basis_of(vehicle("DECLENCHE", "DEPART", "ARRIVEE", "PEC")) == "sur_place"
    assert basis_of(vehicle("DECLENCHE", "DEPART", "ARRIVEE", "TRANSP")) == "transport"
    assert basis_of(vehicle("DECLENCHE", "TRANSP", "DESTIN")) == "destination"


def test_the_estimate_only_comes_closer_to_the_truth_as_the_mission_goes_on() -> None:
    leaving = estimate([vehicle("DECLENCHE", "DEPART", "ARRIVEE", "TRANSP")], REVEL, RANGUEIL, MODEL)
    assert leaving is not None
    assert leaving.at == AT + timedelta(minutes=30) + MODEL.travel(REVEL, RANGUEIL)
    arrived = estimate([vehicle("TRANSP", "DESTIN")], REVEL, RANGUEIL, MODEL)
    assert arrived is not None
    assert arrived.at == AT + timedelta(minutes=10)


def test_a_cancelled_vehicle_and_a_crew_gone_without_the_patient_say_nothing() -> None:
    assert basis_of(vehicle("DECLENCHE", "ANNULE")) is None
    assert basis_of(vehicle("DECLENCHE", "ARRIVEE", "FINPEC", "RET-BASE")) is None
    assert basis_of() is None


def test_the_vehicle_furthest_along_speaks_for_the_case() -> None:
    assert basis_of(vehicle("DECLENCHE"), vehicle("DECLENCHE", "DEPART", "TRANSP")) == "transport"


def test_an_unknown_place_falls_back_on_the_usual_travel_time() -> None:
    eta = estimate([vehicle("TRANSP")], None, RANGUEIL, MODEL)
    assert eta is not None
    assert eta.at == AT + timedelta(minutes=MODEL.default_travel_minutes)


def test_the_travel_model_is_a_setting_and_refuses_what_it_does_not_know() -> None:
    assert parse_travel_model("kilometres_an_hour=50, scene_minutes=20").kilometres_an_hour == 50
    with pytest.raises(ValueError, match="vitesse"):
        parse_travel_model("vitesse=3")
