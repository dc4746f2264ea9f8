"""The FHIR door under noise: whatever is asked or sent, an answer of FHIR comes back, never a failure of the house."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from maison.interop.fhir.registry import declared
from tests.interop.fhir.software import Partner, document, patient

pytestmark = pytest.mark.django_db
NOISY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
KINDS = sorted(declared())
NAMES = sorted({name for one in declared().values() for name in one.parameters} | {"_id", "_lastUpdated", "_sort", "_count", "_include",
               "_revinclude", "_has:List:item:code", "_elements", "_summary", "_total", "_page", "_format"})  # fmt: skip
MODIFIERS = ["", ":missing", ":not", ":exact", ":contains", ":identifier", ":below", ":in", ":of-type", ":Patient", ":Patient.name", ".family", ":text", ":"]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["", "true", "2026-02-30", "ge2026", "gt", "|", "a|b|c", "Patient/", "Patient/1", "-date", "*", "%00", "\\", "\\,", ",", "1e400", "0.0.0", "null", "$", "List:item", "Patient:*"]),
    st.text(max_size=12),
    st.integers().map(str),
)  # fmt: skip
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["id", "meta", "status", "name", "subject", "reference", "extension", "url", "coding", "identifier", "system", "value", "contained", "period", "start", "channel", "criteria", "agent", "content"]), inner, max_size=4)),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture
def noisy(db: None) -> Partner:
    partner = Partner("fr.health.bruit", scopes=("system/*.cruds", "system/AuditEvent.crs"))
    partner.create(**patient())
    partner.create(**document())
    return partner


def answered(answer) -> None:
    """Said in FHIR, by an answer or a refusal; a refusal carries its business code."""
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        body = answer.json()
        assert body["resourceType"] == "OperationOutcome"
        assert any(one["details"].get("coding") for one in body["issue"])


@NOISY
@given(kind=st.sampled_from(KINDS), asked=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(MODIFIERS), VALUES), min_size=1, max_size=3))  # fmt: skip
@example(kind="AuditEvent", asked=[("patient", ".name", "x")])
@example(kind="AuditEvent", asked=[("_has:List:item:code", "", "x")])
@example(kind="Subscription", asked=[("url", ":below", "http")])
@example(kind="Basic", asked=[("_lastUpdated", "", "ge2026")])
@example(kind="Patient", asked=[("_lastUpdated", "", "le9999-12-31")])
@example(kind="AuditEvent", asked=[("date", "", "le9999-12-31"), ("_lastUpdated", "", "ap9999")])
def test_no_search_breaks_the_house(noisy: Partner, kind, asked):
    query = "&".join(f"{quote(name + modifier)}={quote(value)}" for name, modifier, value in asked)
    answered(noisy.http.get(f"/fhir/{kind}?{query}", HTTP_AUTHORIZATION=f"Bearer {noisy.token}"))


@NOISY
@given(kind=st.sampled_from(KINDS), body=JSON, known=st.booleans())
@example(kind="Subscription", body={"status": "requested", "channel": {"type": "rest-hook", "endpoint": "http://[::1"}, "criteria": "x"}, known=True)  # fmt: skip
@example(
    kind="Subscription", body={"channel": [], "criteria": {}, "_criteria": 3, "extension": [{"url": 3}]}, known=True
)
@example(kind="AuditEvent", body={"agent": 3, "entity": [3], "period": "x"}, known=True)
def test_no_resource_breaks_the_house(noisy: Partner, kind, body, known):
    resource = {"resourceType": kind, **(body if isinstance(body, dict) else {})} if known else body
    answered(noisy.post(kind, resource))
    answered(noisy.post("$validate", resource))


OPERATIONS = st.fixed_dictionaries({"op": st.sampled_from(["add", "replace", "remove", "move", "copy", "test", "x"]), "path": st.sampled_from(["", "/", "/name", "/name/0/given/9", "/name/-", "/id", "/resourceType", "/a~2", "//"]), "value": JSON}, optional={"from": st.sampled_from(["/name", "/x", 3])})  # fmt: skip


@NOISY
@given(patch=st.one_of(st.lists(OPERATIONS, max_size=3), JSON))
def test_no_patch_breaks_the_house(noisy: Partner, patch):
    identifier = noisy.ids("Patient?_count=1")[0]
    answered(noisy.send("PATCH", f"Patient/{identifier}", patch if isinstance(patch, list) else [patch], "application/json-patch+json"))  # fmt: skip
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [{"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": json.dumps(patch)[:40]}]}]}  # fmt: skip
    answered(noisy.send("PATCH", f"Patient/{identifier}", parameters))


ENTRIES = st.fixed_dictionaries(
    {"request": st.fixed_dictionaries({"method": st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"]), "url": st.sampled_from(["Patient", "Patient/1", "Patient?name=x", "Subscription", "AuditEvent", "Basic", "", "/", "Subscription/$status", "Patient/$validate", "metadata", "Patient/1/_history/1"])}, optional={"ifMatch": JSON, "ifNoneExist": st.text(max_size=6)})},
    optional={"resource": st.one_of(JSON, st.just(patient()), st.just(document())), "fullUrl": st.sampled_from(["urn:uuid:1", "x", 3])},
)  # fmt: skip


@NOISY
@given(kind=st.sampled_from(["batch", "transaction", "collection", None]), entries=st.lists(ENTRIES, max_size=3))
def test_no_lot_breaks_the_house(noisy: Partner, kind, entries):
    answered(noisy.post("", {"resourceType": "Bundle", "type": kind, "entry": entries}))


@NOISY
@given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]), tail=st.text(alphabet="abAB019-._$/", max_size=20), body=st.binary(max_size=20))  # fmt: skip
def test_no_address_breaks_the_house(noisy: Partner, method, tail, body):
    answer = noisy.http.generic(method, f"/fhir/{tail}", body, "application/fhir+json", HTTP_AUTHORIZATION=f"Bearer {noisy.token}")  # fmt: skip
    assert answer.status_code < 500, answer.content


@pytest.mark.parametrize("asked", ["_at=9999-12-31", "_since=9999-12-31T23:59:59Z", "_since=0001-01-01", "_at=le0001"])
def test_a_history_of_the_end_of_times_is_answered(noisy: Partner, asked):
    answered(noisy.get(f"Patient/_history?{asked}"))
