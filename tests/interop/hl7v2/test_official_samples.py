"""Every HL7v2 message of the reference texts, whole: through the door, kept to the byte, shown in the journal, dealt with; and
the acknowledgements they show are the ones the house gives."""

from __future__ import annotations

import pytest
from django.urls import reverse

from maison.formats.hl7v2.reader import read_message
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange
from maison.interop.hl7v2 import intake, integration
from maison.interop.hl7v2.senders import Peer
from maison.interop.hl7v2.subjects import PRODUCTION_INS, subject_of
from maison.registries.stays.models import Stay
from tests.factories import StructureFactory
from tests.interop import mllp, wires

pytestmark = pytest.mark.django_db
FIRST_PORT = 3000
KEPT = frozenset({"ORM^O01", "ACK^T02", "ACK^T10", "ACK^R01"})
"""No room takes imaging requests and results from this door yet: kept whole, for channels and for the rooms to come."""
IMAGING = b"CISIS_TLR_HL7_V2"


@pytest.fixture
def samples(shared):
    found = sorted(path for path in (shared / "specs").rglob("*") if path.suffix.lower() in (".er7", ".hl7"))
    assert len(found) >= 22
    return {path: path.read_bytes() for path in found}


def name_of(message, field):
    return message.header.raw(field).partition("^")[0]


def send(samples, settings):
    """Each by a port of its own, where its software is declared: samples share their identifiers. Some carry (fictional) INS of
    production: they go to a house in production, the others to one of test."""
    structure = StructureFactory(name="Établissement des exemples")
    arrivals = {False: {}, True: {}}
    for rank, (path, data) in enumerate(samples.items()):
        message = read_message(data)
        mllp.declare(
            f"exemple.{rank:02d}", application=name_of(message, 3), facility=name_of(message, 4), port=FIRST_PORT + rank,
            structure=structure,
        )  # fmt: skip
        arrivals[bool(subject_of(message).ins_oids & PRODUCTION_INS)][path] = intake.Arrival(
            Peer("127.0.0.1", FIRST_PORT + rank), data
        )
    answers = {}
    for settings.PRODUCTION, mine in arrivals.items():
        answers |= dict(zip(mine, intake.receive(list(mine.values())), strict=True))
    settings.PRODUCTION = False
    while integration.lanes.work():
        pass
    return answers


def test_every_sample_is_read_kept_shown_and_integrated_where_it_has_a_room(samples, signed_in_client, settings):
    answers = send(samples, settings)
    wrong = {}
    rows = {journal.payload_of(row): row for row in Exchange.objects.filter(direction="in")}
    for path, data in samples.items():
        row, kind = rows.get(data), read_message(data).structure
        answer = mllp.code(answers[path][1:-2].decode()) if answers[path] else ""
        expected = (
            "kept" if kind in KEPT or IMAGING in data else "integrated",
            "" if kind.startswith("ACK") else "AA",
            kind,
        )
        if row is None or (row.state, answer, row.message_type) != expected:
            wrong[path.name] = row and (row.state, row.note, row.faults), answer
    assert wrong == {}, wrong
    assert {row.state for row in rows.values() if row.message_type.startswith("ADT")} == {"integrated"}
    assert Stay.objects.exists()
    browser = signed_in_client("integrateur", wires.agency())
    shown = "".join(browser.get(f"{reverse('exchanges:journal')}?periode=24&page={page}").text for page in (1, 2))
    for row in rows.values():
        assert reverse("exchanges:detail", args=[row.id]) in shown
    largest = max(rows.values(), key=lambda row: row.size)
    assert browser.get(reverse("exchanges:detail", args=[largest.id])).status_code == 200


def test_the_house_acknowledges_documents_as_the_samples_do(samples, settings):
    """CI-SIS shows one acknowledgement of documents, that of HL7: MSH and MSA AA, without ERR nor local segment."""
    answers = send(samples, settings)
    official = {read_message(data).structure: read_message(data) for data in samples.values() if b"|ACK^" in data[:200]}
    assert set(official) == {"ACK^T02", "ACK^T10", "ACK^R01"}
    compared = 0
    for path, data in samples.items():
        question = read_message(data)
        shown = official.get(f"ACK^{question.event}")
        if shown is None or question.kind not in ("MDM", "ORU"):
            continue
        mine = read_message(answers[path][1:-2])
        assert [row[0] for row in mine.rows] == [row[0] for row in shown.rows] == ["MSH", "MSA"]
        assert mine.header.raw(9) == shown.header.raw(9)
        assert mine.segment("MSA").row[:2] == shown.segment("MSA").row[:2] == ["MSA", "AA"]
        assert mine.value("MSA-2") == question.control_id
        assert mine.value("MSH-18") == shown.value("MSH-18")
        compared += 1
    assert compared >= 8
