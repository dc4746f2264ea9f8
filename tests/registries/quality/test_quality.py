from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from maison.foundations.audit.models import Entry
from maison.registries.facilities.models import Facility
from maison.registries.professionals.models import Activity, Professional
from maison.registries.quality import running, selectors
from maison.registries.quality.actions import run_rules
from maison.registries.quality.models import Anomaly, Score
from maison.registries.sources.models import Anomaly as FileAnomaly
from maison.registries.sources.models import Loading, Row
from maison.registries.terminology.models import Concept, System

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
OLD = TODAY - dt.timedelta(days=400)


def site(finess, **more):
    fields = {"kind": "EG", "name": f"Site {finess}", "state": "publie", "latitude": 43.6, "longitude": 1.4, "updated_on": TODAY}  # fmt: skip
    return Facility.objects.create(finess=finess, **(fields | more))


def person(idnat, *, phone="0199000000", mode="S", finess="", structure="Cabinet fictif", **more):
    fields = {"identifier": idnat[1:], "name": f"Specimen {idnat}", "profession": "10", "said_on": TODAY}
    found = Professional.objects.create(idnat=idnat, **(fields | more))
    Activity.objects.create(professional=found, source="rpps-activites", key=idnat, mode=mode, finess=finess, phone=phone,
                            structure_name=structure, said_on=TODAY)  # fmt: skip
    return found


def wrong_key():
    found = site("310000001")
    loading = Loading.objects.create(source="finess-etalab", source_name="FINESS", file_name="a", state="applique")
    FileAnomaly.objects.create(loading=loading, key="structureet:310000001", code="DQ-1", text="SIRET : mauvaise clé")
    return found


def same_siren():
    site("310000002", kind="EJ", siren="263100125")
    return site("310000003", kind="EJ", siren="263100125")


def closed_parent():
    parent = site("310000004", kind="EJ", state="inactif", closed_on=OLD)
    return site("310000005", parent=parent)


def other_commune():
    found = site("310000006", city_code="31555")
    Row.objects.create(source="sirene-etablissements", key="x", entity="EG:310000006", digest=b"x", body={"city_code": "31395"}, since=TODAY, said_on=TODAY)  # fmt: skip
    return found


def unknown_category():
    system = System.objects.create(url="urn:r66", title="TRE_R66-CategorieEtablissement")
    Concept.objects.create(system=system, code="355", display="CH", since=OLD)
    site("310000007", category="355")
    return site("310000008", category="999")


def ended_profession():
    system = System.objects.create(url="urn:g15", title="TRE_G15-ProfessionSante")
    Concept.objects.create(system=system, code="10", display="Médecin", since=OLD)
    Concept.objects.create(system=system, code="69", display="Infirmier psychiatrique", since=OLD, ends_on=OLD)
    person("899000000001")
    return person("899000000002", profession="69")


def in_a_closed_site():
    site("310000009", state="inactif", closed_on=OLD)
    return person("899000000003", finess="310000009")


def twice():
    person("899000000004")
    return person("099000000004", identifier="99000000004")


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("DQ-1", wrong_key), ("DQ-2", same_siren), ("DQ-2", twice), ("DQ-3", lambda: person("899000000005", phone="")),
        ("DQ-3", lambda: person("899000000006", profession="")), ("DQ-4", closed_parent), ("DQ-4", in_a_closed_site),
        ("DQ-5", other_commune), ("DQ-6", lambda: site("310000010", updated_on=OLD)),
        ("DQ-7", lambda: site("310000011", latitude=None)), ("DQ-8", unknown_category), ("DQ-8", ended_profession),
        ("DQ-9", lambda: person("899000000007", mode="L")),
    ],
    ids=["wrong key", "same SIREN", "same person twice", "no contact", "no profession", "closed entity", "closed site",
         "other commune", "not confirmed", "no coordinates", "unknown category", "ended profession", "no mailbox"],
)  # fmt: skip
def test_each_rule_finds_its_fault_and_says_who_mends_it(code, make):
    faulty = make()
    run_rules()
    found = Anomaly.objects.filter(target_id=faulty.id, rule=code)
    assert found.count() == 1
    assert found.get().owner
    assert found.get().detail


def test_a_registry_without_fault_has_a_score_of_one_and_an_empty_one_has_none():
    site("310000012")
    run_rules()
    structures, people = selectors.scores()
    assert (structures.score, people.score) == (1.0, None)
    assert not Anomaly.objects.exists()


def test_an_anomaly_mended_in_the_source_ends_by_itself_and_running_twice_opens_one():
    faulty = site("310000013", latitude=None)
    run_rules()
    run_rules()
    anomaly = Anomaly.objects.get()
    assert anomaly.state == "ouverte"
    Facility.objects.filter(id=faulty.id).update(latitude=43.6)
    run_rules()
    anomaly.refresh_from_db()
    assert (anomaly.state, anomaly.answer) == ("corrigee", "Corrigée dans la source")
    assert Score.objects.filter(rule="DQ-7").count() == 3


def test_weights_make_the_score():
    for n in range(9):
        site(f"31000010{n}")
    site("310000200", latitude=None)
    run_rules()
    assert selectors.scores()[0].score == pytest.approx(1 - 0.2 / 10)


def test_rules_run_after_a_file_and_once_a_day_and_never_on_an_empty_house():
    running.when_due()
    assert not Score.objects.exists()
    Loading.objects.create(source="x", source_name="X", file_name="x", state="applique", ended_at=timezone.now() - dt.timedelta(hours=1))  # fmt: skip
    running.when_due()
    first = Score.objects.count()
    running.when_due()
    assert Score.objects.count() == first > 0
    Loading.objects.create(source="x", source_name="X", file_name="x", state="applique", ended_at=timezone.now())
    running.when_due()
    assert Score.objects.count() == 2 * first


def test_a_professional_signals_an_error_once_and_reads_the_answer(signed_in_client):
    target = site("310000014")
    nurse, steward = signed_in_client("ioa"), signed_in_client("gestionnaire_ror")
    address = f"/referentiels/qualite/signaler/structure/{target.id}/"
    assert nurse.post(address, {"text": ""}).status_code == 422
    assert nurse.post(address, {"text": "Le téléphone est celui du standard de nuit."}).status_code == 303
    assert nurse.post(address, {"text": "Encore."}).status_code == 409
    anomaly = Anomaly.objects.get()
    assert nurse.get(f"/referentiels/qualite/anomalies/{anomaly.id}/").status_code == 403
    page = steward.get(f"/referentiels/qualite/anomalies/{anomaly.id}/").content.decode()
    assert "standard de nuit" in page
    answer = {"mended": "oui", "answer": "Corrigé par la cellule FINESS."}
    assert steward.post(f"/referentiels/qualite/anomalies/{anomaly.id}/terminer/", answer).status_code == 303
    assert steward.post(f"/referentiels/qualite/anomalies/{anomaly.id}/terminer/", answer).status_code == 409
    assert "Corrigé par la cellule FINESS." in nurse.get("/referentiels/qualite/mes-signalements/").content.decode()
    assert Entry.objects.filter(code="quality.anomaly_moved", target_id=str(anomaly.id)).count() == 1


def test_an_anomaly_is_assigned_filtered_and_exported(signed_in_client):
    site("310000015", latitude=None)
    run_rules()
    steward = signed_in_client("gestionnaire_ror")
    anomaly = Anomaly.objects.get()
    assert steward.post(f"/referentiels/qualite/anomalies/{anomaly.id}/assigner/", {"owner": "Cellule FINESS, Mme X"}).status_code == 303  # fmt: skip
    anomaly.refresh_from_db()
    assert (anomaly.state, anomaly.owner) == ("assignee", "Cellule FINESS, Mme X")
    run_rules()
    assert Anomaly.objects.count() == 1
    assert "Site 310000015" in steward.get("/referentiels/qualite/anomalies/?regle=DQ-7").content.decode()
    assert "Site 310000015" not in steward.get("/referentiels/qualite/anomalies/?regle=DQ-1").content.decode()
    csv = b"".join(steward.get("/referentiels/qualite/anomalies/export.csv").streaming_content).decode()
    assert "DQ-7;structures;Site 310000015" in csv
