"""Asking for a subscription: what is understood, what is refused and where, who owns it, what is never given back."""

from __future__ import annotations

import pytest

from maison.foundations.audit.models import Entry
from maison.interop.fhir.subscriptions.models import Subscription
from tests.interop.fhir.software import Partner, document, patient
from tests.interop.fhir.subscriptions.story import BACKPORT, asked
from tests.interop.fhir.test_reading_and_writing import code_of

pytestmark = pytest.mark.django_db
SECRET = "Authorization: Bearer tres-secret"


def places(answer):
    return {(one["expression"][0], one.get("diagnostics")) for one in answer.json()["issue"] if one.get("expression")}


def test_a_subscription_is_read_back_with_its_state_and_without_its_secrets(partner, receiver):
    made = partner.post("Subscription", asked(receiver, headers=(SECRET,)))
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["status"] == "requested"
    read = partner.get(f"Subscription/{body['id']}")
    assert read.json() == body
    assert "secret" not in read.content.decode()
    assert body["channel"]["_header"][0]["extension"][0]["valueCode"] == "masked"
    row = Subscription.objects.get()
    assert b"secret" not in bytes(row.headers)
    assert "secret" not in row.body
    assert Entry.objects.filter(code="fhir.create", target_type="fhir.Subscription", target_id=str(row.id)).count() == 1
    assert partner.ids("Subscription?status=requested") == [body["id"]]
    assert partner.ids("Subscription?url=http://ailleurs.test/") == []


def test_a_topic_is_served_as_a_basic_and_said_by_the_capability_statement(partner, receiver):
    bundle = partner.get("Basic?code=http://hl7.org/fhir/fhir-types|SubscriptionTopic").json()
    urls = {ext["valueUri"] for one in bundle["entry"] for ext in one["resource"]["extension"] if ext["url"].endswith(".url")}  # fmt: skip
    statement = partner.get("metadata").json()
    (mine,) = [one for one in statement["rest"][0]["resource"] if one["type"] == "Subscription"]
    told = {one["valueCanonical"] for one in mine["extension"]}
    assert told == urls
    assert {"status", "events"} == {one["name"] for one in mine["operation"]}
    assert {"create", "update", "delete", "read", "search-type"} == {one["code"] for one in mine["interaction"]}
    judged = partner.post("$validate", bundle["entry"][0]["resource"]).json()
    assert [one for one in judged["issue"] if one["severity"] == "error"] == []
    made = partner.post("Subscription", asked(receiver, "DocumentReference", filters=("DocumentReference?status=current", "type=http://loinc.org|34133-9")))  # fmt: skip
    assert made.status_code == 201, made.content
    assert Subscription.objects.get().query == [["status", "current"], ["type", "http://loinc.org|34133-9"]]


@pytest.mark.parametrize(
    ("change", "place", "rule"),
    [
        ({"criteria": "https://ailleurs.test/SubscriptionTopic/x"}, "Subscription.criteria", "topic"),
        ({"criteria": "Practitioner?name=x"}, "Subscription.criteria", "topic"),
        ({"criteria": "AuditEvent?date=2026"}, "Subscription.criteria", "topic"),
        ({"criteria": "DocumentReference?inconnu=1"}, "Subscription.criteria", "filter"),
        ({"criteria": "DocumentReference?date=demain"}, "Subscription.criteria", "filter"),
        ({"criteria": "DocumentReference?patient.name=x"}, "Subscription.criteria", "filter"),
        ({"criteria": "DocumentReference?_has:List:item:code=1"}, "Subscription.criteria", "filter"),
        ({"criteria": "DocumentReference?_count=3"}, "Subscription.criteria", "filter"),
        ({"criteria": "DocumentReference?type:in=http://a.test/vs"}, "Subscription.criteria", "filter"),
        ({"criteria": "DocumentReference?status"}, "Subscription.criteria", "filter"),
        ({"end": "2027-13-45"}, "Subscription.end", "base"),
    ],
)
def test_what_cannot_be_followed_is_refused_at_its_place(partner, receiver, change, place, rule):
    refused = partner.post("Subscription", {**asked(receiver), **change})
    assert (refused.status_code, code_of(refused)) == (422, "FHR-005"), refused.content
    assert (place, rule) in places(refused)
    assert Subscription.objects.count() == 0


@pytest.mark.parametrize(
    ("channel", "place"),
    [
        ({"endpoint": "https://ailleurs.test/avis"}, "Subscription.channel.endpoint"),
        ({"endpoint": "http://ailleurs.test/avis"}, "Subscription.channel.endpoint"),
        ({"endpoint": "https://moi:motdepasse@127.0.0.1/avis"}, "Subscription.channel.endpoint"),
        ({"endpoint": "https://127.0.0.1:99999/"}, "Subscription.channel.endpoint"),
        ({"type": "websocket"}, "Subscription.channel.type"),
        ({"header": ["Host: ailleurs.test"]}, "Subscription.channel.header[0]"),
        ({"header": ["X-A: b\r\nX-C: d"]}, "Subscription.channel.header[0]"),
        ({"_payload": {"extension": [{"url": f"{BACKPORT}payload-content", "valueCode": "tout"}]}}, "Subscription.channel.payload"),
        ({"payload": "application/fhir+xml"}, "Subscription.channel.payload"),
        ({"_payload": {"id": "sans-contenu"}}, "Subscription.channel.payload"),
        ({"extension": [{"url": f"{BACKPORT}timeout", "valueUnsignedInt": 3600}]}, "Subscription.channel.extension"),
    ],
)  # fmt: skip
def test_a_channel_that_may_not_be_used_is_refused_at_its_place(partner, receiver, channel, place):
    wanted = asked(receiver)
    wanted["channel"] |= channel
    refused = partner.post("Subscription", wanted)
    assert (refused.status_code, code_of(refused)) == (422, "FHR-005"), refused.content
    assert place in {where for where, _ in places(refused)}
    assert "motdepasse" not in refused.content.decode()


def test_nobody_subscribes_to_what_its_token_may_not_read(receiver):
    partner = Partner("fr.health.logiciel-a", scopes=("system/Subscription.cruds", "system/Patient.rs"))
    refused = partner.post("Subscription", asked(receiver))
    assert (refused.status_code, code_of(refused)) == (403, "FHR-002")
    assert partner.post("Subscription", asked(receiver, "Patient?active=true")).status_code == 201
    reader = Partner("fr.health.logiciel-b", scopes=("system/*.rs",))
    assert reader.post("Subscription", asked(receiver)).status_code == 403


def test_a_subscription_is_its_owner_s_only(partner, receiver):
    other = Partner("fr.health.logiciel-b", structure=partner.structure)
    made = partner.post("Subscription", asked(receiver)).json()
    address = f"Subscription/{made['id']}"
    assert other.get(address).status_code == 404
    assert other.ids("Subscription") == []
    assert other.put(address, made).status_code == 404
    assert other.send("DELETE", address).status_code == 404
    assert other.get(f"{address}/$status").status_code == 404
    assert other.get(f"{address}/$events").status_code == 404
    assert partner.get(f"{address}/$status").status_code == 200


def test_a_new_version_keeps_the_secrets_only_for_the_same_receiver(partner, receiver):
    made = partner.post("Subscription", asked(receiver, headers=(SECRET,))).json()
    address = f"Subscription/{made['id']}"
    made["reason"] = "Autre raison"
    changed = partner.put(address, made, if_match='W/"1"')
    assert (changed.status_code, changed.json()["meta"]["versionId"]) == (200, "2"), changed.content
    assert bytes(Subscription.objects.get().headers)
    assert partner.put(address, made, if_match='W/"1"').status_code == 412
    made["channel"]["endpoint"] = f"{receiver.address}/ailleurs"
    assert "_header" not in partner.put(address, made).json()["channel"]
    assert bytes(Subscription.objects.get().headers) == b""
    assert partner.send("DELETE", address).status_code == 204
    assert partner.get(address).status_code == 404
    row = Subscription.objects.get()
    assert (row.status, row.reason, row.deleted_at is not None) == ("off", "owner", True)
    assert Entry.objects.filter(code="fhir.subscription_off").count() == 1


def test_what_is_not_served_for_subscriptions_is_said(partner, receiver):
    made = partner.post("Subscription", asked(receiver)).json()
    address = f"Subscription/{made['id']}"
    assert partner.send("PATCH", address, [], "application/json-patch+json").status_code == 405
    assert partner.put("Subscription?status=active", made).status_code == 405
    assert partner.get(f"{address}/_history").status_code == 405
    assert partner.put("Subscription/choisi-par-moi", {**made, "id": "choisi-par-moi"}).status_code == 404
    batch = {"resourceType": "Bundle", "type": "batch", "entry": [
        {"resource": asked(receiver), "request": {"method": "POST", "url": "Subscription"}},
        {"request": {"method": "GET", "url": f"{address}/$status"}},
        {"resource": patient(), "request": {"method": "POST", "url": "Patient"}}]}  # fmt: skip
    answer = partner.post("", batch).json()
    assert [one["response"]["status"][:3] for one in answer["entry"]] == ["201", "200", "201"]
    transaction = {**batch, "type": "transaction", "entry": batch["entry"][:1] + batch["entry"][2:]}
    assert partner.post("", transaction).status_code == 405
    assert partner.ids("Patient") == [answer["entry"][2]["response"]["location"].split("/")[-3]]


def test_a_subscription_by_mail_is_kept_and_says_how_its_events_are_read(partner, receiver):
    wanted = asked(receiver)
    wanted["channel"] = {"type": "email", "endpoint": "mailto:equipe@exemple.test"}
    made = partner.post("Subscription", wanted)
    assert (made.status_code, made.json()["status"]) == (201, "error")
    assert "$events" in made.json()["error"]


def test_the_official_example_of_nde_is_kept_and_already_over(partner, receiver, example):
    made = partner.post("Subscription", example("notification-evenements/examples/Subscription-sub1.json"))
    assert (made.status_code, made.json()["status"]) == (201, "off"), made.content
    assert "fin" in made.json()["error"]


def test_an_nde_subscription_names_people_that_can_be_recognised(partner, receiver, example):
    wanted = example("notification-evenements/examples/Subscription-sub1.json")
    wanted["channel"] = asked(receiver)["channel"]
    wanted["end"] = "2090-01-01T00:00:00Z"
    refused = partner.post("Subscription", wanted)
    assert (refused.status_code, {rule for _, rule in places(refused)}) == (422, {"subject", "declarant"})
    for inner in wanted["contained"]:
        inner["identifier"] = [{"system": "urn:oid:1.2.3", "value": inner["id"]}]
    made = partner.post("Subscription", wanted)
    assert made.status_code == 201, made.content
    row = Subscription.objects.get()
    assert row.narrowing == {"subject": ["urn:oid:1.2.3|pat1"], "declarant": ["urn:oid:1.2.3|org1"]}
    assert ["event-type", "https://mos.esante.gouv.fr/NOS/TRE_R254-TypeEvenement/FHIR/TRE-R254-TypeEvenement|SOR"] in row.query  # fmt: skip


def test_a_software_has_a_bounded_number_of_subscriptions(partner, receiver, monkeypatch):
    monkeypatch.setattr("maison.interop.fhir.subscriptions.acts.MOST", 1)
    assert partner.post("Subscription", asked(receiver)).status_code == 201
    refused = partner.post("Subscription", asked(receiver))
    assert (refused.status_code, code_of(refused)) == (409, "FHR-041")


def test_a_search_on_subscriptions_of_a_document_hospital_finds_no_document(partner, receiver):
    partner.create(**document())
    assert partner.ids("Subscription") == []
