"""The pages of the letters, and documents read in the journal: who sees what, and what each reading leaves."""

from __future__ import annotations

import pytest
from django.urls import reverse

from maison.formats.cda.builder import document_type, unstructured
from maison.formats.cda.writer import write as write_cda
from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.interop.exchanges.models import Exchange
from maison.interop.hl7v2 import intake as door
from maison.interop.hl7v2 import integration
from maison.interop.letters import intake
from maison.interop.letters.models import Leg, Letter
from maison.interop.letters.reading import documents_of
from maison_region.facilities import RANGUEIL
from maison_region.hospitals import APPLICATION
from maison_region.letters import message_of
from tests.factories import StructureFactory
from tests.formats.cda.documents import envelope
from tests.interop import mllp, wires
from tests.interop.letters.conftest import mllp_arrival
from tests.interop.letters.outside import PATIENT, letter

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\npdfaid\n%%EOF\n"


@pytest.fixture
def agency(db):
    return wires.agency()


@pytest.fixture
def structure(db):
    found = StructureFactory(name="CHU fictif")
    mllp.declare("gam.fictif", application=APPLICATION, facility=RANGUEIL.finess_eg, structure=found)
    return found


@pytest.fixture
def received(structure):
    def receive(message=None):
        door.receive([mllp_arrival(message or message_of(letter()))])
        integration.lanes.work()
        return Letter.objects.first()

    return receive


def traces(code):
    return Entry.objects.filter(code=code).count()


def test_an_admissions_agent_reads_who_the_letter_is_about_and_leaves_a_trace(received, signed_in_client, structure):
    found = received()
    browser = signed_in_client("admissions", structure)
    page = browser.get(reverse("letters:letter", args=[found.id])).content.decode()
    assert PATIENT.family_name.upper() in page
    assert "Dr Yanis MARJOLAINE" in page
    assert traces("letters.header_read") == 1
    text = browser.get(reverse("letters:document", args=[found.id])).content.decode()
    assert "Évolution favorable" in text
    assert "maison/cda.css" in text
    assert traces("letters.document_read") == 1


def test_support_follows_the_ways_of_a_letter_without_a_name_nor_a_content(received, signed_in_client, agency):
    found = received()
    browser = signed_in_client("support", agency)
    page = browser.get(reverse("letters:letter", args=[found.id])).content.decode()
    assert "sans identité ni contenu" in page
    assert PATIENT.family_name.upper() not in page
    assert traces("letters.header_read") == 0
    assert browser.get(reverse("letters:document", args=[found.id])).status_code == 403
    listed = browser.get(reverse("letters:export")).getvalue().decode()
    assert "Lettre de liaison" in listed
    assert PATIENT.family_name.upper() not in listed.upper()


def test_people_of_another_hospital_do_not_know_that_the_letter_exists(received, signed_in_client):
    found = received()
    browser = signed_in_client("admissions", StructureFactory())
    assert browser.get(reverse("letters:letter", args=[found.id])).status_code == 404
    assert browser.get(reverse("letters:document", args=[found.id])).status_code == 404
    assert "CHU fictif" not in browser.get(reverse("letters:list")).content.decode()


def test_a_refresh_of_the_ways_reads_nobody(received, signed_in_client, structure):
    found = received()
    part = signed_in_client("admissions", structure).get(
        reverse("letters:letter", args=[found.id]), headers={"HX-Request": "true"}
    )
    assert PATIENT.family_name.upper() not in part.content.decode()
    assert traces("letters.header_read") == 0


def test_the_list_asks_as_much_of_the_database_for_twenty_letters_as_for_one(received, signed_in_client, structure):
    browser = signed_in_client("admissions", structure)
    received()

    def asked():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("letters:list"))
        return len(queries)

    one = asked()
    for rank in range(8):
        found = received(message_of(letter(f"20{rank}")))
        Leg.objects.create(letter=found, kind="dmp", delivery_id=found.id, state="held")
    assert asked() == one


def test_a_letter_in_the_journal_is_read_as_people_read_it_and_a_stranger_cannot(
    received, signed_in_client, agency, structure
):
    received()
    exchange = Exchange.objects.get(message_type__startswith="MDM")
    page = (
        signed_in_client("integrateur", agency).get(reverse("exchanges:payload", args=[exchange.id])).content.decode()
    )
    assert '<article class="maison-cda"' in page
    assert "Évolution favorable" in page
    assert "maison-print-identity" in page
    assert traces("exchanges.payload_read") == 1
    assert signed_in_client("support", agency).get(reverse("exchanges:payload", args=[exchange.id])).status_code == 403


def test_the_file_of_an_unstructured_letter_is_downloaded_never_run_and_traced(
    received, signed_in_client, agency, structure
):
    document = unstructured(envelope("PDF-1"), code=document_type("11490-0"), title="Lettre de liaison", data=PDF)
    received(message_of(letter(), write_cda(document, identity_status="QUAL", production=False)))
    exchange = Exchange.objects.get(message_type__startswith="MDM")
    browser = signed_in_client("integrateur", agency)
    answer = browser.get(reverse("exchanges:document", args=[exchange.id, 1]))
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert traces("exchanges.payload_read") == 1
    assert browser.get(reverse("exchanges:document", args=[exchange.id, 2])).status_code == 404
    mine = signed_in_client("secretaire", structure).get(reverse("letters:file", args=[Letter.objects.get().id]))
    assert mine.content == PDF
    assert traces("letters.document_read") == 1


def test_markup_inside_a_document_is_shown_as_text(received, signed_in_client, structure):
    found = received(message_of(letter(summary="<script>alert(1)</script> & suite")))
    page = signed_in_client("admissions", structure).get(reverse("letters:document", args=[found.id])).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; suite" in page


def test_an_address_outside_the_space_of_trust_is_refused_beside_its_field(
    received, signed_in_client, structure, settings
):
    settings.MSSANTE = settings.MSSANTE | {"domains": frozenset({"mssante.fr"})}
    found = received()
    answer = signed_in_client("secretaire", structure).post(
        reverse("letters:give_address", args=[found.id]), {"adresse": "pas une adresse"}
    )
    assert answer.status_code == 422


def test_every_official_message_with_a_document_is_a_letter_to_follow(shared, structure):
    paths = [
        path
        for path in sorted((shared / "specs/hl7v2").rglob("*"))
        if path.suffix in (".er7", ".hl7") and "message_" in path.name
    ]
    assert len(paths) > 8
    for path in paths:
        payload = path.read_bytes()
        carried = documents_of(payload)
        assert carried, path.name
        assert all(one.key or one.fault for one in carried)


def test_the_same_message_integrated_twice_is_one_letter(received, structure):
    found = received()
    exchange = Exchange.objects.get(message_type__startswith="MDM")
    actor = Actor.software("gam.fictif", "GAM", structure_id=structure.id, exchange_id=exchange.id)
    intake.record(actor, exchange, documents_of(message_of(letter())))
    assert list(Letter.objects.values_list("id", flat=True)) == [found.id]
    assert traces("letters.received") == 1
