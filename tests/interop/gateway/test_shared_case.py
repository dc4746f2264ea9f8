"""A case opened by a regulator in the house leaves by a door, and the recipient's RC-REF closes the exchange.

Asked through the page, read as its recipient would, judged by the published schemas and by nothing of ours.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from django.urls import reverse

from maison.formats.hub_sante import wire
from maison.foundations.structures.models import Structure
from maison.interop.exchanges.models import Exchange
from maison.interop.hub_sante import outbound
from maison.services.emergency.models import Case
from tests.factories import StructureFactory
from tests.fixtures import SignIn
from tests.interop import wires
from tests.interop.conftest import until

BOX = "/hub-sante/messages/"
FACTS = {
    "priority": "P1", "motive": "M06.03", "place_kind": "L01.02.00", "city_name": "Revel", "city_code": "31451", "address": "12 chemin des Fictions",
    "access_note": "Portail bleu", "patient_name": "Claude Exemple", "sex": "F", "age_years": "82", "caller_phone": "05 36 49 11 22",
    "caller_name": "Alix Exemple", "observation": "Chute, restée au sol deux heures.",
}  # fmt: skip


@pytest.fixture(scope="module")
def official(shared: Any) -> Any:
    """What the published schemas say against a whole envelope that carries one message of this code."""

    def schema(code: str) -> Any:
        document = json.loads((shared / f"specs/hub-sante/json-schema/{code}.schema.json").read_text())
        document.pop("$id", None)
        return jsonschema_rs.Draft7Validator(document, validate_formats=True)

    envelope, header = schema("EDXL-DE-envelope-only"), schema("RC-DE")
    objects = {"createCaseHealth": schema("RS-EDA"), "createCaseHealthUpdate": schema("RS-EDA-MAJ")}

    def faults(document: dict[str, Any], key: str) -> list[str]:
        message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        found = [*envelope.iter_errors(document), *header.iter_errors(message), *objects[key].iter_errors(message[key])]
        return [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in found]

    return faults


@pytest.fixture
def samu31(db: None) -> Structure:
    site = StructureFactory(name="Hôpital fictif")
    return StructureFactory(
        service=True, parent=site, name="SAMU 31 fictif", short_name="SAMU 31", service_type="samu", hub_id=wires.SAMU
    )


def opened(signed_in_client: SignIn, samu: Structure, **facts: str) -> Case:
    browser = signed_in_client("regulateur", samu)
    answer = browser.post(reverse("emergency:new_case"), {**FACTS, **facts})
    assert answer.status_code == 303
    return Case.objects.get()


def noted(signed_in_client: SignIn, samu: Structure, case: Case) -> None:
    browser = signed_in_client("regulateur", samu)
    assert browser.post(reverse("emergency:add_note", args=[case.id]), {"text": "Rappel famille"}).status_code == 303


def out(case: Case, message_type: str = "RS-EDA") -> Exchange:
    return Exchange.objects.get(direction="out", case_ref=case.case_ref, message_type=message_type)


def told_by(document: dict[str, Any], key: str) -> dict[str, Any]:
    message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    value: dict[str, Any] = message[key]
    return value


def assert_tells_the_case(told: dict[str, Any], case: Case) -> None:
    """Nothing the regulator typed is lost on the way, and the case is his SAMU's."""
    assert told == case.document
    assert (told["caseId"], told["owner"]) == (case.case_ref, wires.SAMU)
    for typed in ("M06.03", "L01.02.00", "31451", "12 chemin des Fictions", "Portail bleu", "Claude Exemple", "P82Y"):
        assert typed in json.dumps(told, ensure_ascii=False)
    assert told["medicalNote"][0]["freetext"] == FACTS["observation"]


@pytest.mark.django_db(transaction=True)
def test_by_the_mailbox_of_a_software_that_only_posts(
    client: Any, official: Any, signed_in_client: SignIn, samu31: Structure
) -> None:
    wires.declare(structure=samu31, doors=("http", "mailbox"))
    case = opened(signed_in_client, samu31)
    wires.answer_all()
    assert outbound.answer_events() == 0, "told once, however often the facts are read"
    (waiting,) = json.loads(client.get(BOX, headers=wires.bearer()).content)["messages"]
    sent = waiting["message"]
    assert official(sent, "createCaseHealth") == []
    assert (sent["senderID"], sent["distributionKind"]) == (wires.HOUSE, "Report")
    assert sent["descriptor"]["explicitAddress"]["explicitAddressValue"] == wires.SAMU
    assert_tells_the_case(told_by(sent, "createCaseHealth"), case)

    received = wire.read_envelope(wires.dumps(sent))
    for step in ("RECU", "INTEGRE"):
        answer = wires.post(client, wire.write(wire.acknowledgement(received, step, sender=wires.SAMU)))
        assert answer.status_code == 202, answer.content.decode()
    wires.integrate_all()
    exchange = out(case)
    assert (exchange.state, exchange.confirmed_step) == ("acknowledged", "INTEGRE")
    assert client.delete(f"{BOX}{waiting['id']}/", headers=wires.bearer()).status_code == 204
    assert out(case).confirmed_step == "INTEGRE"


@pytest.mark.django_db(transaction=True)
def test_an_update_follows_its_case_in_the_mailbox_and_a_refusal_asks_for_a_person(
    client: Any, official: Any, signed_in_client: SignIn, samu31: Structure
) -> None:
    wires.agency()
    wires.declare(structure=samu31, doors=("http", "mailbox"))
    case = opened(signed_in_client, samu31)
    noted(signed_in_client, samu31, case)
    wires.answer_all()
    first, second = (it["message"] for it in json.loads(client.get(BOX, headers=wires.bearer()).content)["messages"])
    assert official(first, "createCaseHealth") == official(second, "createCaseHealthUpdate") == []
    assert second["distributionKind"] == "Update"
    assert told_by(second, "createCaseHealthUpdate")["medicalNote"][0]["freetext"] == "Rappel famille"

    report = wire.error_report(
        sender=wires.SAMU, recipient=wires.HOUSE, referenced=second["distributionID"], code=301,
        title="INVALID_MESSAGE", cause="Le logiciel du SAMU ne reprend pas les notes.",
    )  # fmt: skip
    assert wires.post(client, wire.write(report)).status_code == 202
    wires.integrate_all()
    assert out(case).state == "sent", "read from the mailbox; it waits for its own answer"
    refused = out(case, "RS-EDA-MAJ")
    assert (refused.state, refused.needs_mending) == ("failed", True)
    assert refused.relay_id is not None


@pytest.mark.rabbitmq
@pytest.mark.django_db(transaction=True)
def test_by_the_broker_and_the_national_hub(
    door: Any, hub: Any, samu: Any, official: Any, signed_in_client: SignIn
) -> None:
    """`samu` declared the software and its structure; a regulator of that structure opens the case in the house."""
    structure = Structure.objects.get(hub_id=wires.SAMU)
    case = opened(signed_in_client, structure)
    noted(signed_in_client, structure, case)
    wires.answer_all()
    received = samu.receive("message", 2)
    sent = [json.loads(wire.write(envelope)) for envelope in received]
    assert official(sent[0], "createCaseHealth") == official(sent[1], "createCaseHealthUpdate") == []
    assert_tells_the_case(told_by(sent[0], "createCaseHealth"), case_at_opening(case))
    assert hub.counts["routed RS-EDA"] == hub.counts["routed RS-EDA-MAJ"] == 1
    until(lambda: not Exchange.objects.filter(direction="out", state="to_send").exists())

    for envelope in received:
        samu.publish(wire.write(wire.acknowledgement(envelope, "INTEGRE", sender=wires.SAMU)))

    def closed() -> bool:
        wires.integrate_all()
        rows = Exchange.objects.filter(direction="out", case_ref=case.case_ref)
        return set(rows.values_list("state", "confirmed_step")) == {("acknowledged", "INTEGRE")}

    until(closed)


def case_at_opening(case: Case) -> Case:
    """The case as its first message told it, before the note."""
    case.document = case.messages.get(kind="RS-EDA").body
    return case
