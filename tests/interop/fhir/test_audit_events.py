"""The house's trail as TdE AuditEvents: one truth, for those allowed only, and itself traced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maison.formats.fhir.profiles import Library, check
from maison.foundations.audit.models import Entry
from maison.interop.fhir.resources.audit_event import TDE
from tests.factories import StructureFactory
from tests.interop.fhir.software import Partner, document, patient
from tests.interop.fhir.test_reading_and_writing import code_of

pytestmark = pytest.mark.django_db
TRACES = ("system/*.cruds", "system/AuditEvent.crs")


@pytest.fixture
def auditor(partner):
    """Software of the hospital whose registration names the traces: `*` does not cover them."""
    return Partner("fr.health.traces", structure=partner.structure, scopes=TRACES)


@pytest.fixture(scope="module")
def tde() -> Library:
    folder = Path(__file__).resolve().parents[4] / "shared" / "specs" / "fhir"
    files = [*folder.glob("tracabilite-evenements/conformance/*.json"), *folder.glob("core-annuaire-mhd/conformance/*.json")]  # fmt: skip
    return Library(json.loads(path.read_text(encoding="utf-8")) for path in files)


def events(software, question):
    answer = software.get(f"AuditEvent?{question}")
    assert answer.status_code == 200, answer.content
    return [one["resource"] for one in answer.json().get("entry", []) if one["search"]["mode"] == "match"]


def test_every_access_of_a_patient_s_data_is_read_as_an_event_that_conforms(shared, partner, auditor, tde):
    person = partner.create(**patient())
    reference = f"Patient/{person['id']}"
    made = partner.create(**document(subject={"reference": reference}))
    partner.get(f"DocumentReference/{made['id']}")
    partner.ids(f"DocumentReference?patient={reference}")
    found = events(auditor, f"patient={reference}")
    assert [one["subtype"][0]["code"] for one in found] == ["search-type", "read", "create", "create"]
    for one in found:
        assert [fault for fault in check(tde, one, [TDE]) if fault.is_error] == []
        assert one["entity"][0]["what"]["reference"] == reference
        assert one["agent"][0]["who"]["identifier"]["value"] == "software:fr.health.logiciel-a"
    assert auditor.get(f"AuditEvent/{found[0]['id']}").json() == found[0]


def test_a_system_trace_conforms_too(shared, partner, auditor, tde):
    partner.create(**patient())
    told = events(auditor, "subtype=fhir.token_issued")
    assert told
    for one in told:
        assert [fault for fault in check(tde, one, [TDE]) if fault.is_error] == []


def test_events_are_found_by_agent_date_action_and_entity(partner, auditor):
    made = partner.create(**document())
    partner.get(f"DocumentReference/{made['id']}")
    partner.get("DocumentReference/inconnu")
    who = "agent:identifier=urn:maison-esante:auteurs|software:fr.health.logiciel-a"
    assert [one["action"] for one in events(auditor, f"{who}&entity=DocumentReference/{made['id']}")] == ["R", "C"]
    assert [one["action"] for one in events(auditor, f"entity=DocumentReference/{made['id']}&action=C")] == ["C"]
    assert events(auditor, f"{who}&outcome=8&action=E")[0]["outcome"] == "8"
    assert events(auditor, f"{who}&period-start=ge2000&date=le2100-01-01")
    assert events(auditor, f"{who}&period-start=lt2000") == []
    assert events(auditor, "altid=software:personne") == []
    assert auditor.get("AuditEvent?agent=Practitioner/1").status_code == 400
    first = auditor.get(f"AuditEvent?{who}&_count=2&_sort=date").json()
    following = next(one["url"] for one in first["link"] if one["relation"] == "next").partition("/fhir/")[2]
    pages = [{one["resource"]["id"] for one in page["entry"]} for page in (first, auditor.get(following).json())]
    assert pages[0].isdisjoint(pages[1])


def test_reading_the_traces_leaves_its_own(partner, auditor):
    person = partner.create(**patient())
    events(auditor, f"patient=Patient/{person['id']}")
    trace = Entry.objects.get(code="fhir.search", target_type="fhir.AuditEvent")
    assert (trace.subject, trace.patient_id) == ("software:fr.health.traces", person["id"])


def test_traces_are_for_those_named_only_and_for_their_own_structures(partner, auditor):
    person = partner.create(**patient())
    assert partner.get("AuditEvent").status_code == 403
    stranger = Partner("fr.health.ailleurs", scopes=TRACES)
    assert events(stranger, f"patient=Patient/{person['id']}") == []
    (mine,) = events(auditor, f"patient=Patient/{person['id']}")
    assert stranger.get(f"AuditEvent/{mine['id']}").status_code == 404
    agency = Partner("fr.health.agence", structure=StructureFactory(agency=True), scopes=TRACES)
    assert mine in events(agency, f"patient=Patient/{person['id']}")


def test_a_trace_of_another_system_joins_the_trail_sealed_and_comes_back_whole(shared, partner, auditor, example):
    sent = example("tracabilite-evenements/examples/AuditEvent-TDEAuditEventExample.json")
    sent["agent"][0]["name"] = "Camille Fictive"
    sent["entity"] = [{"what": {"reference": "Patient/p-12"}}]
    made = auditor.post("AuditEvent", sent)
    assert made.status_code == 201, made.content
    row = Entry.objects.get(code="tde.received")
    assert "Fictive" not in json.dumps(row.details)
    assert row.patient_id == "p-12"
    (found,) = events(auditor, "patient=Patient/p-12&period-start=2026-01-07&action=E")
    left_out = {"id", "meta", "text"}
    assert {k: v for k, v in found.items() if k not in left_out} == {k: v for k, v in sent.items() if k not in left_out}
    assert found["meta"]["profile"] == sent["meta"]["profile"]
    assert auditor.get(f"AuditEvent/{row.id}").json() == found
    assert partner.post("AuditEvent", sent).status_code == 403


def test_a_trace_is_neither_changed_nor_deleted(auditor, partner):
    partner.create(**patient())
    one = events(auditor, "")[0]
    assert auditor.put(f"AuditEvent/{one['id']}", one).status_code == 405
    assert auditor.send("DELETE", f"AuditEvent/{one['id']}").status_code == 405
    refused = auditor.post("AuditEvent", {"resourceType": "AuditEvent"})
    assert (refused.status_code, code_of(refused)) == (422, "FHR-005")
