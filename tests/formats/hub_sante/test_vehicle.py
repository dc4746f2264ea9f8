"""The statuses of a vehicle stand in one place, in the official order."""

import pytest

from maison.formats.hub_sante import vehicle
from maison.formats.hub_sante.vehicle import STATUSES, rank_of


def test_the_eighteen_statuses_are_ordered():
    assert len(STATUSES) == 18
    assert [rank_of(status) for status in ("DECISION", "DEPART", "TRANSP", "DESTIN", "REN-BASE")] == [0, 2, 8, 13, 17]


def test_what_statuses_mean_covers_them_once_in_their_order():
    """The two stops on the way are the only ones that mean nothing more."""
    told = [
        *vehicle.ENGAGED, vehicle.LEFT_BASE, vehicle.CANCELLED, *vehicle.ON_SCENE, *vehicle.DEPARTURES_WITH_PATIENT,
        vehicle.AT_DESTINATION, *vehicle.DONE,
    ]  # fmt: skip
    assert told == [status for status in STATUSES if not status.startswith("ETAPE")]


def test_an_unknown_status_has_no_place():
    with pytest.raises(KeyError):
        rank_of("AILLEURS")
