from __future__ import annotations

import csv

import pytest

from maison.formats.finess import etalab, plus
from maison.formats.finess.lambert import to_wgs84


def test_lambert_93_is_the_published_latitude_and_longitude_of_each_site(shared):
    folder = shared / "data" / "finess"
    with (folder / "finess-et-occitanie.csv").open(encoding="utf-8") as file:
        flat = {row["nofinesset"]: row for row in csv.DictReader(file)}
    compared = 0
    for cut in etalab.lines(folder / "etalab-cs1100507-occitanie-20210108-reconstitue.csv"):
        told = flat[cut.cells[1]]
        if cut.section == "geolocalisation" and told["coord_source"] == "FINESS 2021":
            assert etalab.position(cut.cells) == pytest.approx((float(told["latitude"]), float(told["longitude"])), abs=2e-6)  # fmt: skip
            compared += 1
    assert compared == 8_949


@pytest.mark.parametrize("point", [(0.0, 0.0), (574_000.0, 1.4), (6_279_000.0, 574_000.0)], ids=["zero", "degrees", "turned over"])  # fmt: skip
def test_what_is_not_lambert_93_is_refused(point):
    with pytest.raises(ValueError, match="Lambert"):
        to_wgs84(*point)


def test_both_habits_of_coordinates_give_the_same_points(shared):
    folder = shared / "data" / "finess"
    first, second = (
        {one.finess: one.place for one in plus.establishments(folder / f"finess-plus-structures-occitanie-extrait-{habit}-wgs84.json")}
        for habit in ("direction", "coordonnee")
    )  # fmt: skip
    assert first.keys() == second.keys()
    for finess, place in first.items():
        other = second[finess]
        assert (place.latitude, place.longitude) == pytest.approx((other.latitude, other.longitude), abs=1e-5)


def test_overseas_departments_give_a_five_character_commune():
    cells = ["structureet", "970100001", "970100002", "CH", *[""] * 28]
    cells[12], cells[13], cells[15] = "105", "9A", "97100 BASSE TERRE"
    assert etalab.establishment(cells).place.city_code == "97105"
