"""The tables of places say what the public files say."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from maison_region.facilities import (
    EMERGENCY_SITES,
    OPERATOR_FINESS_EJ,
    SAMUS,
    SERVICE_LABELS,
    SMUR_BASES,
    legal_entities,
)
from maison_region.geography import COMMUNES, DEPARTMENTS, Point, distance_km, flight_minutes, road_minutes
from maison_region.people import luhn_key


def read(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@pytest.fixture(scope="module")
def sites(shared: Path) -> dict[str, dict[str, str]]:
    return {row["nofinesset"]: row for row in read(shared / "data/urgences/sites-urgences-occitanie.csv")}


def test_the_thirteen_departments_and_every_commune_are_those_of_the_official_code(shared: Path) -> None:
    official = {row["code_insee"]: row for row in read(shared / "data/cog/communes-occitanie.csv")}
    assert {code: (d.name, d.chief_town, d.population) for code, d in DEPARTMENTS.items()} == {
        row["code"]: (row["nom"], row["chef_lieu"], int(row["population"]))
        for row in read(shared / "data/cog/departements-occitanie.csv")
    }
    for commune in COMMUNES.values():
        row = official[commune.insee]
        assert commune.name == row["nom"]
        assert commune.postal_code in row["codes_postaux"].split("|")
        assert commune.population == int(row["population"])
        assert abs(commune.latitude - float(row["mairie_lat"] or row["point_lat"])) < 0.001
        assert abs(commune.longitude - float(row["mairie_lon"] or row["point_lon"])) < 0.001


def test_the_emergency_departments_are_the_sixty_four_of_the_region(sites: dict[str, dict[str, str]]) -> None:
    assert set(EMERGENCY_SITES) == set(sites)
    for eg, site in EMERGENCY_SITES.items():
        row = sites[eg]
        assert site.finess_ej == row["nofinessej"]
        assert site.insee == row["commune_insee"]
        assert abs(site.latitude - float(row["latitude"])) < 0.001
        assert abs(site.longitude - float(row["longitude"])) < 0.001
        assert abs(site.visits_per_year - int(row["passages_2023"])) <= 50
        assert abs(site.under_18_ratio - float(row["part_moins_18_2023"])) <= 0.006
        assert abs(site.over_80_ratio - float(row["part_80_plus_2023"])) <= 0.006
        assert (site.service("urgences_adultes") is not None) == (row["adultes"] == "1")
        assert (site.service("urgences_pediatriques") is not None) == (row["pediatrie"] == "1")


def test_every_samu_and_smur_of_the_region_is_there_with_its_public_volume(shared: Path) -> None:
    rows = read(shared / "data/urgences/smur-samu-occitanie-2023.csv")
    assert set(SMUR_BASES) == {row["nofinesset"] for row in rows if row["smur"] == "1"}
    for row in rows:
        if row["smur"] == "1":
            base = SMUR_BASES[row["nofinesset"]]
            assert base.outings_per_year == int(row["sorties_total"])
            assert base.antenna == (row["antenne"] == "1")
            assert base.insee == row["commune_insee"]
    assert {(s.department, s.finess_eg, s.cases_per_year, s.commune) for s in SAMUS.values()} == {
        (row["departement"], row["nofinesset"], int(row["samu_dossiers_regulation_medicale"]), row["commune_insee"])
        for row in rows
        if row["samu"] == "1"
    }


@pytest.mark.parametrize(
    "number",
    sorted({*EMERGENCY_SITES, *SMUR_BASES, *legal_entities(), *(samu.finess_eg for samu in SAMUS.values()), OPERATOR_FINESS_EJ}),
)  # fmt: skip
def test_a_finess_number_has_its_luhn_key(number: str) -> None:
    assert len(number) == 9
    assert luhn_key(number[:8]) == number[8]


def test_the_agency_bears_a_number_that_no_establishment_can_have(shared: Path) -> None:
    assert OPERATOR_FINESS_EJ[:2] not in {row["code"] for row in read(shared / "data/cog/departements-france.csv")}


def test_every_place_is_inside_the_region(shared: Path) -> None:
    outline = json.loads((shared / "data/geo/region-occitanie.geojson").read_text())
    shapes = outline["features"] if outline["type"] == "FeatureCollection" else [outline]
    rings = [ring for shape in shapes for ring in _rings(shape["geometry"])]
    places = [site.point for site in EMERGENCY_SITES.values()] + [base.point for base in SMUR_BASES.values()]
    outside = [point for point in places if not any(_inside(point, ring) for ring in rings)]
    assert outside == []


def _rings(geometry: dict[str, list]) -> list[list[list[float]]]:  # type: ignore[type-arg]
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [polygon[0] for polygon in polygons]


def _inside(point: Point, ring: list[list[float]]) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > point.latitude) != (y2 > point.latitude):
            inside ^= point.longitude < (x2 - x1) * (point.latitude - y1) / (y2 - y1) + x1
    return inside


def test_services_are_told_by_known_types_and_a_university_hospital_has_about_ten() -> None:
    for site in EMERGENCY_SITES.values():
        types = [service.type for service in site.services]
        assert len(types) == len(set(types))
        assert set(types) <= set(SERVICE_LABELS)
        assert {"urgences_adultes", "urgences_pediatriques"} & set(types)
    assert len(EMERGENCY_SITES["300782117"].services) == 10


def test_every_telephone_number_is_fictional_and_used_once() -> None:
    numbers = [service.phone for site in EMERGENCY_SITES.values() for service in site.services]
    numbers += [site.phone for site in EMERGENCY_SITES.values()] + [samu.phone for samu in SAMUS.values()]
    assert {number[:8] for number in numbers} == {"+3353649", "+3346571"}
    assert all(len(number) == 12 for number in numbers)
    assert [number for number, count in Counter(numbers).items() if count > 1] == []


def test_every_vehicle_has_an_official_type_and_its_own_name_on_the_hub(shared: Path) -> None:
    official = {row["code"] for row in read(shared / "specs/hub-sante/nomenclatures/HubSante.typeVecteur.csv")}
    vehicles = [vehicle for base in SMUR_BASES.values() for vehicle in base.vehicles]
    assert {vehicle.type for vehicle in vehicles} <= official
    assert len({vehicle.id for vehicle in vehicles}) == len(vehicles)
    assert all(base.vehicles for base in SMUR_BASES.values())


def test_distances_and_times_are_those_of_the_road_and_of_the_sky() -> None:
    revel, rangueil = COMMUNES["31451"].point, EMERGENCY_SITES["310783055"].point
    assert distance_km(revel, revel) == 0
    assert 44 < distance_km(revel, rangueil) < 48
    assert 45 < road_minutes(revel, rangueil) < 65
    assert flight_minutes(revel, rangueil) < 20
    assert road_minutes(revel, revel) == 4
