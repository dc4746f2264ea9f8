import pytest

from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from tests.interop.fhir.software import document, patient
from tests.interop.fhir.test_reading_and_writing import code_of

pytestmark = pytest.mark.django_db
ZOE, DOC = "urn:uuid:0c6a2f5e-6c53-4c4e-9a9c-000000000001", "urn:uuid:0c6a2f5e-6c53-4c4e-9a9c-000000000002"


def bundle(*entries, kind="transaction"):
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(method, url, resource=None, full_url="", **request):
    found = {"request": {"method": method, "url": url, **request}}
    if resource:
        found["resource"] = resource
    if full_url:
        found["fullUrl"] = full_url
    return found


def test_references_between_entries_become_the_ids_given(partner):
    answer = partner.post("", bundle(
        entry("POST", "DocumentReference", document(subject={"reference": ZOE}, relatesTo=[{"code": "replaces", "target": {"reference": DOC}}]), "urn:uuid:x"),
        entry("POST", "DocumentReference", document(subject={"reference": ZOE}), DOC),
        entry("POST", "Patient", patient(), ZOE),
    ))  # fmt: skip
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert found["type"] == "transaction-response"
    assert [one["response"]["status"] for one in found["entry"]] == ["201 Created"] * 3
    first, second, sick = (one["resource"] for one in found["entry"])
    assert first["subject"]["reference"] == second["subject"]["reference"] == f"Patient/{sick['id']}"
    assert first["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{second['id']}"
    assert found["entry"][2]["response"]["location"].endswith(f"Patient/{sick['id']}/_history/1")
    assert found["entry"][2]["response"]["etag"] == 'W/"1"'
    assert partner.ids(f"DocumentReference?patient={sick['id']}&_sort=_id") == sorted([first["id"], second["id"]])
    traces = Entry.objects.filter(code="fhir.create")
    assert {trace.patient_id for trace in traces} == {sick["id"]}


def test_a_transaction_with_one_wrong_entry_leaves_nothing(partner):
    before = StoredEvent.objects.count()
    answer = partner.post("", bundle(
        entry("POST", "Patient", patient(), ZOE),
        entry("POST", "DocumentReference", document(status="perdu")),
    ))  # fmt: skip
    assert (answer.status_code, code_of(answer)) == (422, "FHR-005")
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].resource.status"]
    assert partner.ids("Patient") == []
    assert StoredEvent.objects.count() == before
    assert Entry.objects.get(code="fhir.refused").details["error"] == "FHR-005"


def test_every_verb_runs_in_its_order_and_is_answered_in_the_order_given(partner):
    old, kept = partner.create(**patient("Ancienne")), partner.create(**patient("Gardée"))
    answer = partner.post("", bundle(
        entry("GET", "Patient?family=nouvelle"),
        entry("PUT", f"Patient/{kept['id']}", {**kept, "active": True}, ifMatch='W/"1"'),
        entry("POST", "Patient", patient("Nouvelle")),
        entry("DELETE", f"Patient/{old['id']}"),
        entry("GET", f"Patient/{kept['id']}"),
    )).json()  # fmt: skip
    statuses = [one["response"]["status"] for one in answer["entry"]]
    assert statuses == ["200 OK", "200 OK", "201 Created", "204 No Content", "200 OK"]
    assert answer["entry"][0]["resource"]["total"] == 1
    assert answer["entry"][4]["resource"]["active"] is True


def test_conditional_entries_and_references_are_resolved(partner):
    known = partner.create(**patient(identifier=[{"system": "urn:ipp", "value": "1"}]))
    answer = partner.post("", bundle(
        entry("POST", "Patient", patient(), ZOE, ifNoneExist="identifier=urn:ipp|1"),
        entry("POST", "DocumentReference", document(subject={"reference": ZOE})),
        entry("POST", "DocumentReference", document(subject={"reference": "Patient?identifier=urn:ipp|1"})),
        entry("PUT", "Patient?identifier=urn:ipp|2", patient(identifier=[{"system": "urn:ipp", "value": "2"}])),
    ))  # fmt: skip
    assert answer.status_code == 200, answer.content
    found = answer.json()["entry"]
    assert [one["response"]["status"][:3] for one in found] == ["200", "201", "201", "201"]
    assert {found[1]["resource"]["subject"]["reference"], found[2]["resource"]["subject"]["reference"]} == {
        f"Patient/{known['id']}"
    }
    assert len(partner.ids("Patient")) == 2


@pytest.mark.parametrize(
    ("entries", "status", "code"),
    [
        ([entry("POST", "DocumentReference", document(subject={"reference": ZOE}))], 422, "FHR-021"),
        (
            [entry("POST", "DocumentReference", document(subject={"reference": "Patient?identifier=rien"}))],
            422,
            "FHR-021",
        ),
        ([entry("POST", "Patient", patient(), ZOE), entry("POST", "Patient", patient(), ZOE)], 400, "FHR-020"),
        ([entry("PUT", "Patient/a", {**patient(), "id": "a"}), entry("DELETE", "Patient/a")], 400, "FHR-020"),
        ([entry("POST", "Licorne", patient())], 404, "FHR-010"),
        ([entry("POST", "Patient")], 400, "FHR-020"),
        ([entry("POST", "Patient/$merge", patient())], 400, "FHR-020"),
        ([{"resource": patient()}], 400, "FHR-020"),
        ([entry("PUT", "Patient/a", {**patient(), "id": "a"}, ifMatch='W/"3"')], 412, "FHR-008"),
        ([entry("DELETE", "Patient/rien")], 404, "FHR-006"),
    ],
)
def test_a_transaction_that_cannot_be_run_says_which_entry_stops_it(partner, entries, status, code):
    answer = partner.post("", bundle(*entries))
    assert answer.status_code == status, answer.content
    assert code_of(answer) == code
    assert any("Bundle.entry[" in place for one in answer.json()["issue"] for place in one.get("expression", []))
    assert partner.ids("Patient") == []


def test_each_entry_of_a_batch_is_for_itself(partner):
    answer = partner.post("", bundle(
        entry("POST", "Patient", patient()),
        entry("POST", "DocumentReference", document(status="perdu")),
        entry("GET", "Patient/rien"),
        entry("GET", "Patient"),
        kind="batch",
    ))  # fmt: skip
    assert answer.status_code == 200
    found = answer.json()
    assert found["type"] == "batch-response"
    assert [one["response"]["status"][:3] for one in found["entry"]] == ["201", "422", "404", "200"]
    assert found["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert found["entry"][3]["resource"]["total"] == 1
    assert Entry.objects.filter(code="fhir.refused").count() == 2


def test_a_transaction_of_many_creations_is_written_at_once(partner, django_assert_max_num_queries):
    partner.get("Patient")
    many = bundle(*(entry("POST", "Patient", patient(f"Exemple{n}")) for n in range(40)))
    with django_assert_max_num_queries(12):
        answer = partner.post("", many, prefer="return=minimal")
    assert all("resource" not in one for one in answer.json()["entry"])
    assert len(partner.ids("Patient")) == 40


def test_what_is_not_a_batch_nor_a_transaction_is_refused(partner):
    for body in ({"resourceType": "Bundle", "type": "collection"}, patient()):
        assert code_of(partner.post("", body)) == "FHR-020"
