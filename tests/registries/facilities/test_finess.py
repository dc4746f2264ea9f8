from __future__ import annotations

import datetime as dt
import json

import pytest

from maison.foundations.access.actor import Actor
from maison.registries.facilities import selectors
from maison.registries.facilities.following import FINESS_ETALAB, FINESS_PLUS, SIRENE_SITES
from maison.registries.facilities.models import Facility
from maison.registries.sources.errors import FileRefused, TooMuchGone
from maison.registries.sources.loading import load
from maison.registries.sources.models import Loading

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("import")
ET = "structureet;310783048;310781406;HOPITAL FICTIF;HOPITAL FICTIF DE LA HALLE;;;1;R;DU PUITS;;;555;31;HAUTE GARONNE;31059 TOULOUSE CEDEX 9;0536490001;;101;C.H.R.;1101;C.H.R.;;8610Z;;;1;Public;1966-11-24;;2020-09-16;"  # fmt: skip
GEO = "geolocalisation;310783048;574000.0;6279000.0;1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93;2020-09-16"
OTHER = ET.replace("310783048", "310783055").replace("HOPITAL FICTIF", "CLINIQUE DES BRIQUES")


def extract(path, *lines, day="2021-01-08", encoding="iso-8859-15"):
    path.write_text("\n".join((f"finess;etalab;0;{day}", *lines)) + "\n", encoding)
    return path


def site(finess="310783048"):
    return Facility.objects.get(kind="EG", finess=finess)


def test_the_whole_official_extract_of_the_region_is_read_and_a_second_time_changes_nothing(shared):
    path = shared / "data" / "finess" / "etalab-cs1100507-occitanie-20210108-reconstitue.csv"
    done = load(ACTOR, FINESS_ETALAB, path)
    assert (done.lines, done.new, done.refused) == (18_026, 18_026, 0)
    assert Facility.objects.filter(kind="EG").count() == 9_013
    assert Facility.objects.filter(kind="EJ", state="candidat").count() == 4_869
    purpan = site("310783048")
    assert purpan.parent.finess == "310781406"
    assert (purpan.department, purpan.city_code, purpan.state) == ("31", "31555", "publie")
    assert 43.5 < purpan.latitude < 43.7
    assert purpan.provenance["name"] == ["finess-etalab", "2021-01-08", 1.0]
    again = load(ACTOR, FINESS_ETALAB, path)
    assert (again.state, again.same) == (Loading.State.UNCHANGED, 18_026)


@pytest.mark.parametrize("habit", ["direction", "coordonnee"])
def test_finess_plus_gives_legal_entities_their_names_in_both_habits_of_coordinates(shared, habit):
    path = shared / "data" / "finess" / f"finess-plus-structures-occitanie-extrait-{habit}-wgs84.json"
    done = load(ACTOR, FINESS_PLUS, path)
    assert (done.new, done.refused) == (445, 0)
    chu = Facility.objects.get(kind="EJ", finess="310781406")
    assert (chu.name, chu.siren, chu.state) == ("CHU TOULOUSE", "263100125", "publie")
    saint_jacques = site("310000484")
    assert (round(saint_jacques.latitude, 3), round(saint_jacques.longitude, 3)) == (43.599, 1.437)
    closed = site("310784913")
    assert (closed.closed_on, closed.state) == (dt.date(2019, 3, 3), "inactif")
    assert closed not in list(selectors.search("esat catic"))
    assert closed in list(selectors.search("esat catic", with_closed=True))


def test_the_more_recent_finess_is_believed_and_sirene_gives_the_unit(tmp_path):
    siret = "26310012500016"
    load(ACTOR, FINESS_ETALAB, extract(tmp_path / "a.csv", ET.replace(";8610Z", f"{siret};8610Z", 1).replace("C.H.R.;;8", "C.H.R.;8"), GEO))  # fmt: skip
    Facility.objects.filter(finess="310783048").update(siret=siret)
    newer = {"schemaVersion": "v1.0.0", "generatedAt": "2026-01-01T00:00:00Z", "pmej": [{
        "informationsGeneralesPMEJ": {"numFinessPm": "310781406", "denominationPm": "CHU FICTIF"}, "etatObjet": "A",
        "ege": [{"informationsGeneralesEGE": {"numFinessEge": "310783048", "nomEgeCourt": "HOPITAL NEUF", "siret": siret}, "etatObjet": "A"}]}]}  # fmt: skip
    path = tmp_path / "b.json"
    path.write_text(json.dumps(newer))
    load(ACTOR, FINESS_PLUS, path)
    assert site().name == "HOPITAL NEUF"
    assert site().city == "TOULOUSE CEDEX 9"
    assert site().provenance["name"][0] == "finess-plus"
    stock = tmp_path / "StockEtablissement_utf8.csv"
    stock.write_text(
        "siren,siret,dateDebut,etatAdministratifEtablissement,activitePrincipaleEtablissement,libelleVoieEtablissement\n"
        f"263100125,{siret},2020-01-01,A,86.10Z,AILLEURS\n552100554,55210055400013,2020-01-01,A,47.11F,INCONNU\n"
    )
    assert load(ACTOR, SIRENE_SITES, stock).new == 1
    assert (site().siren, site().line) == ("263100125", "1 R DU PUITS")
    assert site().provenance["siren"][0] == "sirene-etablissements"


def test_a_site_gone_from_finess_is_closed_and_kept(tmp_path):
    load(ACTOR, FINESS_ETALAB, extract(tmp_path / "a.csv", ET, OTHER))
    with pytest.raises(TooMuchGone):
        load(ACTOR, FINESS_ETALAB, extract(tmp_path / "b.csv", ET, day="2021-03-08"))
    load(ACTOR, FINESS_ETALAB, extract(tmp_path / "b.csv", ET, day="2021-03-08"), accept_losses="fermeture confirmée")
    gone = site("310783055")
    assert (gone.closed_on, gone.state, gone.long_name) == (dt.date(2021, 3, 8), "inactif", "CLINIQUE DES BRIQUES DE LA HALLE")  # fmt: skip
    assert site().is_open


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (ET.replace("310783048", "10783048"), "DQ-1", "tableur"),
        (ET.replace("310783048", "310783049"), "DQ-1", "FINESS"),
        (ET.removesuffix(";"), "FIN-CHAMPS", "31 champs au lieu de 32"),
        (ET.replace("structureet", "structureej"), "FIN-SECTION", "inconnue"),
        (ET.replace("1966-11-24", "1966-13-45"), "FIN-DATE", "1966-13-45"),
        (ET.replace("C.H.R.;;8610Z", "C.H.R.;26310012500017;8610Z"), "DQ-1", "n'est pas reprise"),
        (GEO.replace("LAMBERT_93", "UTM_N20"), "FIN-GEO", "projection"),
    ],
    ids=[
        "leading zero lost",
        "wrong key",
        "cut line",
        "other section",
        "impossible date",
        "wrong SIRET",
        "other projection",
    ],
)
def test_a_bad_line_is_named_and_the_rest_of_the_file_is_used(tmp_path, line, code, words):
    done = load(ACTOR, FINESS_ETALAB, extract(tmp_path / "a.csv", OTHER, line))
    (anomaly,) = done.anomalies.all()
    assert anomaly.code == code
    assert words in anomaly.text
    assert site("310783055").state == "publie"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", "nofinesset;rs\n1;2\n", "finess;etalab"),
        ("a.csv", "finess;etalab;0;hier\n", "illisible"),
        ("a.json", '{"schemaVersion": "v9"}', "Version"),
        ("a.json", '{"schemaVersion": "v1.0.0", "generatedAt": "2026-01-01", "pmej": [{"informationsGen', "tronqué"),
    ],
    ids=["not an extract", "no date", "unknown version", "truncated"],
)
def test_a_file_that_is_not_finess_or_is_cut_is_refused_whole(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_text(content)
    source = FINESS_PLUS if name.endswith("json") else FINESS_ETALAB
    with pytest.raises(FileRefused, match=words):
        load(ACTOR, source, path)
    assert not Facility.objects.exists()


def test_a_site_and_a_legal_entity_of_one_number_are_never_mixed():
    ej = Facility.objects.create(kind="EJ", finess="310781406", name="Entité", state="publie")
    eg = Facility.objects.create(kind="EG", finess="310781406", name="Établissement", state="publie", parent=ej)
    assert selectors.facility_by_finess("EG", "310781406") == eg
    assert selectors.facility_by_finess("EJ", "310781406") == ej


def test_pages_find_a_structure_with_a_typo_and_say_where_each_field_comes_from(signed_in_client, tmp_path):
    load(ACTOR, FINESS_ETALAB, extract(tmp_path / "a.csv", ET, GEO, OTHER))
    nurse = signed_in_client("ioa")
    page = nurse.get("/referentiels/structures/?q=clinike briques").content.decode()
    assert "CLINIQUE DES BRIQUES DE LA HALLE" in page
    assert "HOPITAL FICTIF" not in page
    sheet = nurse.get(f"/referentiels/structures/{site().id}/").content.decode()
    assert "FINESS, établissements (extrait)" in sheet
    assert "0536490001" in sheet
    parent = nurse.get(f"/referentiels/structures/{site().parent_id}/").content.decode()
    assert "pas encore décrite" in parent
    assert "HOPITAL FICTIF DE LA HALLE" in parent
