import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.fhir.patching import PatchConflict, UnreadablePatch, fhirpath_patch, json_patch
from maison.formats.fhir.wire import UnreadableJson, read, write

PATIENT = {
    "resourceType": "Patient",
    "id": "a",
    "name": [{"family": "Exemple", "given": ["Camille", "Lou"]}],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
    "extension": [{"url": "http://a.test", "valueString": "z"}],
}
JSON = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3), max_leaves=8)  # fmt: skip


def operations(*parts):
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": list(one)} for one in parts]}


def part(name, value, kind="String"):
    return {"name": name, f"value{kind}": value}


def operation(kind, path, *more):
    return [part("type", kind, "Code"), part("path", path), *more]


def patched(*parts):
    before = copy.deepcopy(PATIENT)
    found = fhirpath_patch(PATIENT, operations(*parts))
    assert before == PATIENT, "the resource given is never touched"
    return found


def test_a_value_is_replaced_where_a_condition_finds_it():
    found = patched(operation("replace", "Patient.telecom.where(system = 'email').value", part("value", "9")))
    assert [one["value"] for one in found["telecom"]] == ["1", "9"]


def test_an_extension_is_found_by_its_address():
    found = patched(operation("replace", "Patient.extension('http://a.test').value", part("value", "9")))
    assert found["extension"] == [{"url": "http://a.test", "valueString": "9"}]


def test_a_choice_takes_the_name_of_its_new_type():
    found = patched(operation("replace", "Patient.extension('http://a.test').value", part("value", True, "Boolean")))
    assert found["extension"] == [{"url": "http://a.test", "valueBoolean": True}]
    assert (
        patched(operation("add", "Patient", part("name", "deceased"), part("value", True, "Boolean")))[
            "deceasedBoolean"
        ]
        is True
    )


def test_the_first_occurrence_of_a_repeated_element_opens_its_list():
    found = patched(
        operation("add", "Patient", part("name", "identifier"), {"name": "value", "valueIdentifier": {"value": "1"}})
    )
    assert found["identifier"] == [{"value": "1"}]
    assert (
        patched(operation("add", "Patient.name[0]", part("name", "given"), part("value", "Max")))["name"][0]["given"][
            -1
        ]
        == "Max"
    )
    assert patched(operation("add", "Patient.name[0]", part("name", "suffix"), part("value", "III")))["name"][0][
        "suffix"
    ] == ["III"]


def test_an_element_may_be_said_part_by_part():
    value = {"name": "value", "part": [part("system", "phone", "Code"), part("value", "3")]}
    assert patched(operation("add", "Patient", part("name", "telecom"), value))["telecom"][-1] == {
        "system": "phone",
        "value": "3",
    }


def test_insert_move_and_delete_keep_the_order_asked():
    found = patched(
        operation("insert", "Patient.name[0].given", part("index", 1, "Integer"), part("value", "Max")),
        operation("move", "Patient.telecom", part("source", 1, "Integer"), part("destination", 0, "Integer")),
        operation("delete", "Patient.name[0].given[0]"),
    )
    assert found["name"][0]["given"] == ["Max", "Lou"]
    assert [one["system"] for one in found["telecom"]] == ["email", "phone"]


def test_deleting_what_is_not_there_succeeds_and_nothing_empty_is_left():
    assert patched(operation("delete", "Patient.birthDate")) == PATIENT
    assert "extension" not in patched(operation("delete", "Patient.extension('http://a.test')"))


@pytest.mark.parametrize(
    "bad",
    [
        operation("replace", "Patient.birthDate", part("value", "2000")),
        operation("replace", "Patient.telecom.value", part("value", "2000")),
        operation("insert", "Patient.telecom", part("index", 9, "Integer"), part("value", "x")),
        operation("move", "Patient.telecom", part("source", 5, "Integer"), part("destination", 0, "Integer")),
    ],
)
def test_a_place_that_is_not_there_or_not_alone_is_a_conflict(bad):
    with pytest.raises(PatchConflict):
        patched(bad)


@pytest.mark.parametrize(
    "bad", [operation("fly", "Patient.name"), operation("delete", "Patient.name.count()"), [part("type", "delete")]]
)
def test_a_patch_that_makes_no_sense_is_unreadable(bad):
    with pytest.raises(UnreadablePatch):
        patched(bad)


def test_json_patch_follows_rfc_6902():
    found = json_patch(PATIENT, [
        {"op": "test", "path": "/telecom/0/value", "value": "1"},
        {"op": "add", "path": "/telecom/-", "value": {"value": "3"}},
        {"op": "replace", "path": "/name/0/family", "value": "Essai"},
        {"op": "move", "from": "/telecom/0", "path": "/telecom/1"},
        {"op": "copy", "from": "/name/0/family", "path": "/name/0/text"},
        {"op": "remove", "path": "/extension"},
    ])  # fmt: skip
    assert [one["value"] for one in found["telecom"]] == ["2", "1", "3"]
    assert found["name"][0]["text"] == "Essai"
    assert "extension" not in found


@pytest.mark.parametrize("operation", [{"op": "remove", "path": "/rien"}, {"op": "test", "path": "/id", "value": "b"},
                                       {"op": "add", "path": "/telecom/7", "value": 1}, {"op": "replace", "path": "/telecom/-", "value": 1},
                                       {"op": "move", "from": "/name", "path": "/name/0/x"}, {"op": "remove", "path": ""}])  # fmt: skip
def test_json_patch_never_half_applies(operation):
    before = copy.deepcopy(PATIENT)
    with pytest.raises(PatchConflict):
        json_patch(PATIENT, [{"op": "replace", "path": "/id", "value": "z"}, operation])
    assert before == PATIENT


@settings(max_examples=60)
@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), JSON)
def test_what_is_added_is_there_and_what_is_removed_is_gone(document, value):
    added = json_patch(document, [{"op": "add", "path": "/neuf", "value": value}])
    assert added["neuf"] == value
    assert json_patch(added, [{"op": "remove", "path": "/neuf"}]) == {
        key: item for key, item in document.items() if key != "neuf"
    }


@settings(max_examples=80)
@given(JSON)
def test_whatever_is_sent_as_a_patch_is_applied_or_refused(document):
    for apply in (json_patch, lambda resource, body: fhirpath_patch(resource, body if isinstance(body, dict) else {})):
        try:
            apply(PATIENT, document)
        except (PatchConflict, UnreadablePatch) as refusal:
            assert str(refusal).endswith(".")  # noqa: PT017 -- either end is right


def test_decimals_keep_every_digit():
    body = b'{"resourceType":"Observation","valueQuantity":{"value":72.50},"x":1e400}'
    assert b'"value":72.50' in write(read(body))


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b"{", b'{"a":"\\u0000"}', b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", b"\xff\xfe"]
)
def test_what_is_no_resource_is_refused_without_being_repeated(body):
    with pytest.raises(UnreadableJson):
        read(body)
