import pytest

from maison.foundations.audit.models import Entry
from tests.interop.fhir.software import Partner, document, patient

pytestmark = pytest.mark.django_db
PATCH = "application/json-patch+json"


def code_of(answer):
    """The house's own code in an OperationOutcome."""
    return next(c["code"] for one in answer.json()["issue"] for c in one["details"].get("coding", []))


@pytest.fixture
def other(partner):
    return Partner("fr.health.logiciel-b")


def test_what_is_created_is_read_back_whole_with_its_version(partner):
    made = partner.post("Patient", patient(birthDate="1990-02"))
    assert made.status_code == 201
    body = made.json()
    assert made["Location"].endswith(f"/fhir/Patient/{body['id']}/_history/1")
    assert made["ETag"] == 'W/"1"'
    read = partner.get(f"Patient/{body['id']}")
    assert read.status_code == 200
    assert read.json() == body
    assert read["ETag"] == 'W/"1"'
    assert body["meta"]["versionId"] == "1"
    assert read["Content-Type"].startswith("application/fhir+json")


def test_decimals_and_extensions_of_primitives_survive(partner):
    sent = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"poids"},"valueQuantity":{"value":72.50},'
        b'"_effectiveDateTime":{"extension":[{"url":"http://a.test","valueCode":"inconnu"}]}}'
    )
    made = partner.send("POST", "Observation", sent)
    assert made.status_code == 201, made.content
    assert b'"value":72.50' in partner.get(f"Observation/{made.json()['id']}").content
    assert made.json()["_effectiveDateTime"]["extension"][0]["valueCode"] == "inconnu"


def test_a_caller_that_holds_the_version_receives_only_a_304(partner):
    made = partner.create(**patient())
    answer = partner.get(f"Patient/{made['id']}", if_none_match='W/"1"')
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", 'W/"1"')
    since = partner.get(f"Patient/{made['id']}")["Last-Modified"]
    assert partner.get(f"Patient/{made['id']}", if_modified_since=since).status_code == 304


def test_each_update_is_a_version_and_all_of_them_stay(partner):
    made = partner.create(**patient())
    address = f"Patient/{made['id']}"
    changed = partner.put(address, {**made, "gender": "female"}, if_match='W/"1"')
    assert (changed.status_code, changed["ETag"]) == (200, 'W/"2"')
    assert "gender" not in partner.get(f"{address}/_history/1").json()
    assert partner.get(f"{address}/_history/2").json()["gender"] == "female"
    assert partner.get(f"{address}/_history/3").status_code == 404
    bundle = partner.get(f"{address}/_history").json()
    assert (bundle["type"], bundle["total"]) == ("history", 2)
    assert [one["request"]["method"] for one in bundle["entry"]] == ["PUT", "POST"]
    assert [one["response"]["etag"] for one in bundle["entry"]] == ['W/"2"', 'W/"1"']


def test_an_update_on_an_older_version_is_refused_and_changes_nothing(partner):
    made = partner.create(**patient())
    partner.put(f"Patient/{made['id']}", {**made, "gender": "female"})
    late = partner.put(f"Patient/{made['id']}", {**made, "gender": "male"}, if_match='W/"1"')
    assert (late.status_code, code_of(late)) == (412, "FHR-008")
    assert partner.get(f"Patient/{made['id']}").json()["gender"] == "female"


def test_an_id_nobody_has_is_taken_by_an_update(partner):
    answer = partner.put("Patient/dossier-12", {**patient(), "id": "dossier-12"})
    assert answer.status_code == 201
    assert partner.get("Patient/dossier-12").json()["id"] == "dossier-12"
    assert partner.put("Patient/autre", {**patient(), "id": "dossier-12"}).status_code == 400
    assert partner.put("Patient/autre", {**patient(), "id": "autre"}, if_match='W/"1"').status_code == 412


def test_a_deletion_is_a_version_too_and_nothing_is_erased(partner):
    made = partner.create(**patient())
    address = f"Patient/{made['id']}"
    assert partner.send("DELETE", address).status_code == 204
    assert partner.send("DELETE", address).status_code == 204
    gone = partner.get(address)
    assert (gone.status_code, code_of(gone)) == (410, "FHR-007")
    assert partner.ids("Patient") == []
    assert partner.get(f"{address}/_history/1").json()["id"] == made["id"]
    methods = [one["request"]["method"] for one in partner.get(f"{address}/_history").json()["entry"]]
    assert methods == ["DELETE", "POST"]
    back = partner.put(address, {**made, "active": True})
    assert (back.status_code, back["ETag"]) == (201, 'W/"3"')
    assert partner.get(address).json()["active"] is True


def test_both_patches_change_one_element_and_keep_the_rest(partner):
    made = partner.create(**patient(gender="female"))
    address = f"Patient/{made['id']}"
    by_json = partner.send(
        "PATCH", address, [{"op": "replace", "path": "/gender", "value": "male"}], PATCH, if_match='W/"1"'
    )
    assert (by_json.status_code, by_json.json()["gender"]) == (200, "male")
    parts = [{"name": "type", "valueCode": "add"}, {"name": "path", "valueString": "Patient"},
             {"name": "name", "valueString": "birthDate"}, {"name": "value", "valueDate": "1990-02-01"}]  # fmt: skip
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    by_path = partner.send("PATCH", address, body)
    assert by_path.json() == {**by_json.json(), "birthDate": "1990-02-01", "meta": by_path.json()["meta"]}
    assert by_path["ETag"] == 'W/"3"'


@pytest.mark.parametrize(
    ("patch", "status", "code"),
    [
        ([{"op": "remove", "path": "/birthDate"}], 422, "FHR-015"),
        ([{"op": "replace", "path": "/id", "value": "x"}], 422, "FHR-015"),
        ([{"op": "replace", "path": "/gender", "value": "garcon"}], 422, "FHR-005"),
        ([{"op": "vole", "path": "/gender"}], 400, "FHR-004"),
        ({"op": "remove"}, 400, "FHR-004"),
    ],
)
def test_a_patch_that_does_not_apply_leaves_the_resource_as_it_was(partner, patch, status, code):
    made = partner.create(**patient(gender="female"))
    answer = partner.send("PATCH", f"Patient/{made['id']}", patch, PATCH)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert partner.get(f"Patient/{made['id']}").json() == made


def test_conditional_creation_creates_once(partner):
    body = patient(identifier=[{"system": "urn:dossier", "value": "12"}])
    first = partner.post("Patient", body, if_none_exist="identifier=urn:dossier|12")
    again = partner.post("Patient", body, if_none_exist="identifier=urn:dossier|12")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    partner.create(**body)
    several = partner.post("Patient", body, if_none_exist="identifier=urn:dossier|12")
    assert (several.status_code, code_of(several)) == (412, "FHR-009")
    assert partner.post("Patient", body, if_none_exist="").status_code == 400


def test_conditional_update_patch_and_deletion_find_their_resource(partner):
    question = "Patient?identifier=urn:dossier|13"
    body = patient(identifier=[{"system": "urn:dossier", "value": "13"}])
    made = partner.put(question, body)
    assert made.status_code == 201
    changed = partner.put(question, {**body, "gender": "male"})
    assert (changed.status_code, changed.json()["id"]) == (200, made.json()["id"])
    patched = partner.send("PATCH", question, [{"op": "add", "path": "/active", "value": True}], PATCH)
    assert patched.json()["active"] is True
    assert partner.send("DELETE", question).status_code == 204
    assert partner.ids(question) == []
    assert partner.send("PATCH", question, [{"op": "add", "path": "/active", "value": True}], PATCH).status_code == 404
    assert partner.send("DELETE", "Patient").status_code == 400


def test_prefer_says_what_comes_back(partner):
    minimal = partner.post("Patient", patient(), prefer="return=minimal")
    assert (minimal.status_code, minimal.content) == (201, b"")
    told = partner.post("Patient", patient(), prefer="return=OperationOutcome")
    assert told.json()["resourceType"] == "OperationOutcome"


def test_a_resource_of_another_structure_is_neither_seen_nor_changed(partner, other):
    made = partner.create(**patient())
    address = f"Patient/{made['id']}"
    assert other.ids("Patient") == []
    assert other.get(address).status_code == 404
    assert other.get(f"{address}/_history").status_code == 404
    assert other.get(f"{address}/_history/1").status_code == 404
    assert other.get("Patient/_history").json().get("entry", []) == []
    assert other.put(address, {**made, "active": False}).status_code == 403
    assert other.send("PATCH", address, [{"op": "remove", "path": "/name"}], PATCH).status_code == 404
    assert other.send("DELETE", address).status_code == 404
    assert partner.get(address).json() == made


def test_each_access_leaves_a_trace_with_its_patient_and_no_value(partner):
    sick = partner.create(**patient())
    made = partner.create(**document(subject={"reference": f"Patient/{sick['id']}"}, description="Compte rendu secret"))
    partner.get(f"DocumentReference/{made['id']}")
    partner.get("DocumentReference?description:contains=secret")
    read, search = Entry.objects.filter(code__in=["fhir.read", "fhir.search"]).order_by("seq")
    assert (read.code, read.target_type, read.target_id, read.patient_id) == ("fhir.read", "fhir.DocumentReference", made["id"], sick["id"])  # fmt: skip
    assert (search.code, search.patient_id, search.details["ids"]) == ("fhir.search", sick["id"], [made["id"]])
    assert search.details["parameters"] == ["description:contains"]
    assert read.subject == "software:fr.health.logiciel-a"
    assert "secret" not in str(list(Entry.objects.values_list("details", flat=True)))


def test_what_is_not_conform_is_refused_with_each_place_and_leaves_only_its_trace(partner):
    answer = partner.post("DocumentReference", document(status="perdu", inconnu="Mme Exemple"))
    assert answer.status_code == 422
    issues = answer.json()["issue"]
    assert {one["expression"][0] for one in issues} == {"DocumentReference.status", "DocumentReference.inconnu"}
    assert "Exemple" not in answer.content.decode()
    assert code_of(answer) == "FHR-005"
    assert partner.ids("DocumentReference") == []
    trace = Entry.objects.get(code="fhir.refused")
    assert (trace.outcome, trace.details["error"], trace.target_type) == (
        "refused",
        "FHR-005",
        "fhir.DocumentReference",
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "status", "code"),
    [
        ("POST", "Patient", b"{", "application/fhir+json", 400, "FHR-004"),
        ("POST", "Patient", b" ", "application/fhir+json", 400, "FHR-004"),
        ("POST", "Patient", b"<Patient/>", "application/fhir+xml", 415, "FHR-017"),
        ("POST", "Patient", b'{"resourceType":"Slot"}', "application/json", 400, "FHR-019"),
        ("POST", "Licorne", b"{}", "application/json", 404, "FHR-010"),
        ("GET", "Licorne/1", b"", "", 404, "FHR-010"),
        ("GET", "Patient/12?_format=xml", b"", "", 406, "FHR-016"),
        ("GET", "Patient/12", b"", "", 404, "FHR-006"),
        ("PUT", "Patient/12", b'{"resourceType":"Patient"}', "application/json", 400, "FHR-004"),
        ("PUT", "Patient/a_b", b'{"resourceType":"Patient","id":"a_b"}', "application/json", 400, "FHR-019"),
        ("POST", "Patient/12", b"{}", "application/json", 405, "FHR-011"),
        ("GET", "Patient/$everything", b"", "", 405, "FHR-011"),
        ("OPTIONS", "Patient", b"", "", 405, "FHR-011"),
    ],
)
def test_a_request_that_cannot_be_served_is_told_why(partner, method, path, body, content_type, status, code):
    answer = partner.send(method, path, body, content_type)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_body_beyond_the_limit_is_refused(partner, settings):
    settings.EXCHANGE_MAX_BYTES = 1000
    answer = partner.post("Patient", patient("x" * 2000))
    assert (answer.status_code, code_of(answer)) == (413, "FHR-018")


def ins_patient(system, *, status):
    reliability = {
        "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability",
        "extension": [{"url": "identityStatus", "valueCoding": {"system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445", "code": status}}],
    }  # fmt: skip
    return patient(
        extension=[reliability],
        identifier=[{"system": f"urn:oid:1.2.250.1.213.1.4.{system}", "value": "255081416802538"}],
    )


def test_an_ins_travels_only_with_a_qualified_identity(partner, settings):
    assert partner.post("Patient", ins_patient("10", status="VALI")).status_code == 201
    provisional = partner.post("Patient", ins_patient("10", status="PROV"))
    assert (provisional.status_code, code_of(provisional)) == (422, "FHR-025")
    settings.PRODUCTION = True
    tested = partner.post("Patient", ins_patient("10", status="VALI"))
    assert (tested.status_code, code_of(tested)) == (422, "FHR-024")


def test_history_of_a_type_and_of_the_house_come_by_pages(partner):
    ids = [partner.create(**patient(f"Exemple{n}"))["id"] for n in range(5)]
    seen, address = [], "Patient/_history?_count=2"
    while address:
        bundle = partner.get(address).json()
        seen += [one["resource"]["id"] for one in bundle["entry"]]
        address = next((one["url"].partition("/fhir/")[2] for one in bundle["link"] if one["relation"] == "next"), None)
    assert seen == ids[::-1]
    everything = partner.get("_history?_count=50").json()
    assert len(everything["entry"]) == 5
    assert partner.get("_history?_since=2090-01-01T00:00:00Z").json().get("entry", []) == []


def test_the_history_of_a_patient_is_an_access_to_that_patient(partner):
    made = partner.create(**patient())
    partner.get(f"Patient/{made['id']}/_history")
    trace = Entry.objects.get(code="fhir.history")
    assert (trace.target_id, trace.patient_id) == (made["id"], made["id"])


def test_if_none_match_star_only_creates(partner):
    body = {**patient(), "id": "a-moi"}
    assert partner.put("Patient/a-moi", body, if_none_match="*").status_code == 201
    again = partner.put("Patient/a-moi", {**body, "gender": "female"}, if_none_match="*")
    assert (again.status_code, code_of(again)) == (412, "FHR-008")
    assert partner.get("Patient/a-moi").json()["meta"]["versionId"] == "1"
    assert partner.put("Patient?_id=a-moi", body, if_none_match="*").status_code == 412
    assert partner.send("DELETE", "Patient/a-moi").status_code == 204
    assert partner.put("Patient/a-moi", body, if_none_match="*").status_code == 201, "what was deleted may come back"
    version = partner.put("Patient/a-moi", body, if_none_match='W/"1"')
    assert (version.status_code, code_of(version)) == (400, "FHR-004")
