from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interop.fhir.software import document, patient
from tests.interop.fhir.test_reading_and_writing import code_of

pytestmark = pytest.mark.django_db
LOINC = "http://loinc.org"


def coded(code, system=LOINC):
    return {"coding": [{"system": system, "code": code}]}


@pytest.fixture
def people(partner):
    """Three patients: their ids by given name."""
    rows = [
        patient("Émilie-Exemple", "Zoé", gender="female", birthDate="1980-05-17", active=True,
                identifier=[{"system": "urn:dossier", "value": "1,5|a", "type": coded("PI", "urn:types")}],
                telecom=[{"system": "phone", "value": "0102"}], address=[{"city": "Foix"}]),
        patient("Essai", "Lou", gender="male", birthDate="1980-05", active=False, identifier=[{"value": "2"}]),
        patient("Fictive", "Max", birthDate="1990", deceasedBoolean=True),
    ]  # fmt: skip
    return {row["name"][0]["given"][0]: partner.create(**row)["id"] for row in rows}


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", "Max Lou Zoé"),
        ("family=emilie", "Zoé"),
        ("family=Émilie-Exemple", "Zoé"),
        ("family:exact=emilie-exemple", ""),
        ("family:exact=Émilie-Exemple", "Zoé"),
        ("family:contains=EXEM", "Zoé"),
        ("name=lou", "Lou"),
        ("family=%25", ""),
        ("family=essai,fictive", "Max Lou"),
        ("family=essai&gender=female", ""),
        ("gender=female,male", "Lou Zoé"),
        ("gender:not=female", "Max Lou"),
        ("gender:missing=true", "Max"),
        ("gender:missing=false", "Lou Zoé"),
        ("active=true", "Zoé"),
        (r"identifier=urn:dossier|1\,5\|a", "Zoé"),
        (r"identifier=1\,5\|a", "Zoé"),
        ("identifier=urn:dossier|", "Zoé"),
        ("identifier=|2", "Lou"),
        ("identifier=urn:autre|2", ""),
        (r"identifier:of-type=urn:types|PI|1\,5\|a", "Zoé"),
        ("phone=0102", "Zoé"),
        ("address-city=foix", "Zoé"),
        ("deceased=true", "Max"),
        ("birthdate=1980-05", "Lou Zoé"),
        ("birthdate=1980-05-17", "Zoé"),
        ("birthdate=ne1980-05", "Max"),
        ("birthdate=gt1980-05-17", "Max Lou"),
        ("birthdate=ge1980-05-17", "Max Lou Zoé"),
        ("birthdate=lt1980-05-17", "Lou"),
        ("birthdate=sa1980-05-31", "Max"),
        ("birthdate=eb1980-06", "Lou Zoé"),
        ("birthdate=ge1980&birthdate=lt1981", "Lou Zoé"),
        ("_sort=birthdate", "Lou Zoé Max"),
        ("_sort=-birthdate,_id", "Max Zoé Lou"),
        ("_sort=family", "Zoé Lou Max"),
        ("_sort=-gender", "Lou Zoé Max"),
        ("_lastUpdated=gt2090", ""),
        ("_lastUpdated=ge2020&_sort=_lastUpdated", "Zoé Lou Max"),
    ],
)
def test_questions_and_their_answers(partner, people, question, found):
    names = {identifier: name for name, identifier in people.items()}
    assert [names[one] for one in partner.ids(f"Patient?{question}")] == found.split()


def test_several_ids_may_be_asked(partner, people):
    assert set(partner.ids(f"Patient?_id={people['Zoé']},{people['Lou']},rien")) == {people["Zoé"], people["Lou"]}


@pytest.fixture
def file(partner, people):
    """Documents of two patients, one of them by an author who is a contained practitioner."""
    zoe, lou = f"Patient/{people['Zoé']}", f"Patient/{people['Lou']}"
    made = [
        partner.create(**document(subject={"reference": zoe}, type=coded("34133-9"), date="2026-01-10T10:00:00Z",
                                  description="Synthèse", meta={"tag": [{"system": "urn:t", "code": "a"}]})),
        partner.create(**document(subject={"reference": lou}, type=coded("11488-4"), date="2026-02-10T10:00:00Z",
                                  context={"period": {"start": "2026-02-01"}})),
        partner.create(**document(subject={"identifier": {"system": "urn:ipp", "value": "9"}})),
    ]  # fmt: skip
    return [one["id"] for one in made]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("patient:Patient.family=emilie", [0]),
        ("patient.birthdate=1980-05", [1, 0]),
        ("subject:Patient.gender=male", [1]),
        ("patient.identifier=|2", [1]),
        ("subject:identifier=urn:ipp|9", [2]),
        ("subject:missing=true", []),
        ("date:missing=true", [2]),
        ("type=http://loinc.org|34133-9,11488-4", [1, 0]),
        ("type:not=34133-9", [2, 1]),
        ("period=gt2026-06", [1]),
        ("_tag=urn:t|a", [0]),
        ("relatesto.patient.family=emilie", []),
    ],
)
def test_chains_lead_to_other_resources(partner, file, question, found):
    assert partner.ids(f"DocumentReference?{question}") == [file[place] for place in found]


def test_a_reference_is_asked_by_type_by_id_or_by_address(partner, people, file):
    zoe = people["Zoé"]
    for question in (f"subject=Patient/{zoe}", f"patient={zoe}", f"subject:Patient={zoe}", f"subject={zoe}"):
        assert partner.ids(f"DocumentReference?{question}") == [file[0]], question
    assert partner.ids(f"DocumentReference?subject=Group/{zoe}") == []


def test_a_patient_is_found_by_what_points_at_it(partner, people, file):
    assert partner.ids("Patient?_has:DocumentReference:patient:type=34133-9") == [people["Zoé"]]
    assert partner.ids("Patient?_has:DocumentReference:patient:_has:List:item:status=current") == []
    partner.create(resourceType="List", status="current", mode="working", entry=[{"item": {"reference": f"DocumentReference/{file[1]}"}}])  # fmt: skip
    assert partner.ids("Patient?_has:DocumentReference:patient:_has:List:item:status=current") == [people["Lou"]]


def test_included_resources_come_once_and_say_what_they_are(partner, people, file):
    bundle = partner.get("DocumentReference?_include=DocumentReference:patient&_sort=date").json()
    modes = [(one["search"]["mode"], one["resource"]["id"]) for one in bundle["entry"]]
    assert {one for mode, one in modes if mode == "include"} == {people["Zoé"], people["Lou"]}
    assert bundle["total"] == 3
    assert all(
        one["fullUrl"].endswith(f"{one['resource']['resourceType']}/{one['resource']['id']}") for one in bundle["entry"]
    )
    back = partner.get(f"Patient?_id={people['Zoé']}&_revinclude=DocumentReference:subject").json()
    assert [one["resource"]["id"] for one in back["entry"]] == [people["Zoé"], file[0]]


def test_iteration_follows_what_was_included(partner, people, file):
    partner.create(resourceType="List", status="current", mode="working", entry=[{"item": {"reference": f"DocumentReference/{file[0]}"}}])  # fmt: skip
    once = partner.get("List?_include=List:item").json()
    again = partner.get("List?_include=List:item&_include:iterate=DocumentReference:patient").json()
    assert [one["resource"]["resourceType"] for one in once["entry"]] == ["List", "DocumentReference"]
    assert [one["resource"]["resourceType"] for one in again["entry"]] == ["List", "DocumentReference", "Patient"]


def pages(partner, address):
    while address:
        bundle = partner.get(address).json()
        yield bundle
        address = next((one["url"].partition("/fhir/")[2] for one in bundle["link"] if one["relation"] == "next"), None)


@pytest.mark.parametrize(
    "sort", ["", "&_sort=family", "&_sort=-birthdate", "&_sort=-_lastUpdated", "&_sort=gender,-family"]
)
def test_pages_lose_and_repeat_nothing_while_others_write(partner, sort):
    expected = {
        partner.create(**patient(f"Exemple{n % 3}", birthDate=f"19{n + 60}", gender=["male", "female"][n % 2]))["id"]
        for n in range(7)
    }
    seen = []
    for number, bundle in enumerate(pages(partner, f"Patient?_count=3&_total=accurate{sort}")):
        seen += [one["resource"]["id"] for one in bundle["entry"]]
        assert bundle["total"] == 7
        partner.create(**patient("Aaa", birthDate=f"{1900 + number}"))
    assert len(seen) == len(set(seen))
    assert expected <= set(seen)


def test_the_link_of_a_page_is_its_caller_s_own_and_hides_what_was_asked(partner):
    from tests.interop.fhir.software import Partner

    for n in range(3):
        partner.create(**patient(f"Exemple{n}"))
    bundle = partner.get("Patient?_count=2&family=exemple").json()
    link = next(one["url"].partition("/fhir/")[2] for one in bundle["link"] if one["relation"] == "next")
    assert "exemple" not in link.lower()
    stranger = Partner("fr.health.logiciel-b")
    for answer in (stranger.get(link), partner.get(link[:-6] + "abcdef"), partner.get("Patient?_page=xx")):
        assert (answer.status_code, code_of(answer)) == (400, "FHR-014")


def test_totals_are_given_or_not_as_asked(partner, people):
    assert partner.get("Patient?_count=1").json()["total"] == 3
    assert "total" not in partner.get("Patient?_count=1&_total=none").json()
    counted = partner.get("Patient?_summary=count").json()
    assert counted["total"] == 3
    assert "entry" not in counted
    assert partner.get("Patient?_count=0").json()["total"] == 3


def test_elements_and_summaries_are_marked_as_cut(partner, file):
    read = partner.get(f"DocumentReference/{file[0]}?_elements=description").json()
    assert set(read) == {"resourceType", "id", "meta", "status", "content", "description"}
    assert read["meta"]["tag"][-1]["code"] == "SUBSETTED"
    found = partner.get("DocumentReference?_elements=id&_sort=date").json()["entry"][0]["resource"]
    assert set(found) == {"resourceType", "id", "meta", "status", "content"}
    summary = partner.get(f"DocumentReference/{file[0]}?_summary=true").json()
    assert summary["description"] == "Synthèse"
    assert "text" not in partner.get(f"DocumentReference/{file[0]}?_summary=data").json()


def test_a_search_by_post_keeps_its_values_out_of_addresses(partner, people):
    form = urlencode({"family": "emilie", "_count": "1"})
    answer = partner.send("POST", "Patient/_search", form, "application/x-www-form-urlencoded")
    assert [one["resource"]["id"] for one in answer.json()["entry"]] == [people["Zoé"]]
    assert answer.json()["link"][0]["url"].endswith("/fhir/Patient")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("couleur=rouge", "FHR-012"),
        ("family:sounds=x", "FHR-013"),
        ("gender:exact=x", "FHR-013"),
        ("birthdate=hier", "FHR-013"),
        ("birthdate=2026-13-45", "FHR-013"),
        ("gender:missing=peut-etre", "FHR-013"),
        ("family.name=x", "FHR-013"),
        ("general-practitioner.name=x", "FHR-013"),
        ("_has:Patient=x", "FHR-013"),
        ("_has:Licorne:patient:x=1", "FHR-013"),
        ("_has:DocumentReference:type:status=current", "FHR-013"),
        ("_sort=couleur", "FHR-012"),
        ("_count=beaucoup", "FHR-013"),
        ("_include=Patient", "FHR-013"),
        ("_include=Patient:family", "FHR-013"),
        ("_total=tout", "FHR-013"),
        ("_summary=oui", "FHR-013"),
        ("identifier=a|b|c", "FHR-013"),
        ("gender:in=http://exemple.test/jeu", "FHR-013"),
        ("family=" + ",".join(["a"] * 300), "FHR-013"),
    ],
)
def test_a_search_that_is_not_understood_is_refused_rather_than_widened(partner, people, question, code):
    answer = partner.get(f"Patient?{question}")
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert "rouge" not in answer.content.decode()


def test_a_lenient_search_drops_what_is_not_served_and_says_so(partner, people):
    bundle = partner.get("Patient?couleur=rouge&gender=male", prefer="handling=lenient").json()
    assert [one["search"]["mode"] for one in bundle["entry"]] == ["match", "outcome"]
    assert "couleur" not in bundle["link"][0]["url"]


def test_quantities_are_compared_with_their_unit_and_precision(partner):
    unit = {"unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    made = partner.create(
        resourceType="Observation", status="final", code=coded("x"), valueQuantity={"value": 5.4, **unit}
    )["id"]
    for question, matches in {
        "5.4": True, "5.4|http://unitsofmeasure.org|mg": True, "5.40": True, "5.44": False, "ge5.4": True, "gt5.4": False, "gt5": True, "lt5": False, "5.4||g": False,
        "ap5": True, "5.4||mg": True,
    }.items():  # fmt: skip
        assert partner.ids(f"Observation?value-quantity={question}") == ([made] if matches else []), question


def test_an_update_replaces_what_is_indexed(partner):
    made = partner.create(**patient("Ancienne", gender="male", birthDate="1980"))
    partner.put(
        f"Patient/{made['id']}", {**made, "name": [{"family": "Nouvelle"}], "gender": "female", "birthDate": "1990"}
    )
    for old, new in (
        ("family=ancienne", "family=nouvelle"),
        ("gender=male", "gender=female"),
        ("birthdate=1980", "birthdate=1990"),
    ):
        assert partner.ids(f"Patient?{old}") == []
        assert partner.ids(f"Patient?{new}") == [made["id"]]


def test_a_search_takes_a_bounded_number_of_queries(partner, people, file, django_assert_max_num_queries):
    partner.get("Patient")
    with django_assert_max_num_queries(6):  # savepoint, rows, references, included rows, traces, end
        partner.get("DocumentReference?_include=DocumentReference:patient&patient.family=emilie")


@pytest.mark.parametrize("order", ["date", "-date"])
def test_rows_without_the_sort_key_are_on_a_page_too(partner, order):
    made = [partner.create(**document(date=f"2026-11-0{day}T10:00:00Z"))["id"] for day in (1, 2)]
    made += [partner.create(**document())["id"] for _ in range(3)]

    seen, address = [], f"DocumentReference?_sort={order}&_count=1"
    while address:
        page = partner.get(address).json()
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        address = next((one["url"].partition("/fhir/")[2] for one in page["link"] if one["relation"] == "next"), "")

    assert len(seen) == 5
    assert set(seen) == set(made)


@pytest.mark.parametrize(
    "question", ["_id=a%00b", "a%00b=1", "_count=²", "_count=" + "9" * 5000, "_sort=a%00b", "_include=a%00b"]
)
def test_no_question_makes_the_door_fail(partner, question):
    partner.token  # noqa: B018 -- asked before
    answer = partner.http.get(f"/fhir/DocumentReference?{question}", HTTP_AUTHORIZATION=f"Bearer {partner.token}")
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


NAMES = (
    "identifier",
    "type",
    "subject",
    "patient",
    "date",
    "description",
    "location",
    "relatesto",
    "_id",
    "_lastUpdated",
)
MODIFIERS = [
    "",
    ":missing",
    ":not",
    ":exact",
    ":contains",
    ":identifier",
    ":of-type",
    ":in",
    ":below",
    ":Patient",
    ".name",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(NAMES),
    modifier=st.sampled_from(MODIFIERS),
    value=st.text(st.characters(codec="utf-8"), max_size=12)
    | st.from_regex(r"(gt|le|ne|ap)?[0-9]{1,5}(-[01][0-9])?(\|[a-z]*)?", fullmatch=True),
)
def test_whatever_is_asked_is_answered_or_refused(partner, name, modifier, value):
    address = "/fhir/DocumentReference?" + urlencode({name + modifier: value})
    answer = partner.http.get(address, HTTP_AUTHORIZATION=f"Bearer {partner.token}")
    assert answer.status_code in {200, 400}
    assert answer.json()["resourceType"] in {"Bundle", "OperationOutcome"}
