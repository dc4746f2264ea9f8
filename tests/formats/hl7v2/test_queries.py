"""PDQ and PIX: the question, the answer."""

from datetime import UTC, datetime

import pytest
from msgspec import structs

from maison.formats.hl7v2.ack import Ack
from maison.formats.hl7v2.datatypes import Authority, Identifier
from maison.formats.hl7v2.faults import InvalidMessage
from maison.formats.hl7v2.header import MessageHeader
from maison.formats.hl7v2.queries import Answer, Criterion, Match, Query, write_answer, write_query
from maison.formats.hl7v2.wire import Header, Party, read_message, typed, validate, write
from tests.formats.hl7v2.test_documents import PATIENT

HEADER = Header(
    sender=Party("MAISON"),
    receiver=Party("SRRI"),
    kind=("X",),
    sent_at=datetime(2026, 3, 4, tzinfo=UTC),
    control_id="Q1",
)
DOMAIN = Identifier(None, Authority("CHU-X", "1.2.250.9", "ISO"))
PDQ = Query(
    header=MessageHeader(),
    kind="demographics",
    tag="T-1",
    criteria=(Criterion("PID.5.1", "D|ES^SAI*"), Criterion("PID.7", "19790328")),
    domains=(DOMAIN,),
    limit=10,
    continuation="suite-2",
)
PIX = Query(
    header=MessageHeader(),
    kind="identifiers",
    tag="T-2",
    identifier=Identifier("000003", Authority("CHU-X", "1.2.250.9", "ISO"), "PI"),
    domains=(DOMAIN,),
)


@pytest.mark.parametrize(("query", "event"), [(PDQ, "Q22"), (PIX, "Q23")])
def test_a_question_is_read_as_it_was_written(query, event):
    wired = read_message(write(write_query(query, HEADER)))
    assert (wired.structure, validate(wired)) == (f"QBP^{event}", [])
    assert structs.replace(typed(wired), header=query.header) == query


def test_a_trait_is_found_however_deep_it_is_named():
    deep = structs.replace(PDQ, criteria=(Criterion("PID.5.1.1", "ESSAI"),))
    assert deep.asked("PID.5.1") == deep.asked("PID.5.1.1") == "ESSAI"
    assert deep.asked("PID.8") is None


@pytest.mark.parametrize(("query", "event"), [(PDQ, "K22"), (PIX, "K23")])
def test_an_answer_is_read_as_it_was_written(query, event):
    answer = Answer(
        header=MessageHeader(),
        kind=query.kind,
        ack=Ack("AA", "Q1"),
        tag=query.tag,
        status="OK",
        hits=2,
        matches=(Match(PATIENT, 95.0), Match(structs.replace(PATIENT, sex="M"))),
        continuation="suite-3" if query is PDQ else None,
    )
    wired = read_message(write(write_answer(answer, query, HEADER)))
    assert (wired.structure, validate(wired)) == (f"RSP^{event}", [])
    assert structs.replace(typed(wired), header=answer.header) == answer


def test_nothing_found_is_an_answer():
    answer = Answer(header=MessageHeader(), kind="identifiers", ack=Ack("AA", "Q1"), tag="T-2", status="NF")
    found = typed(write_answer(answer, PIX, HEADER))
    assert (found.status, found.matches, found.ack.is_accepted) == ("NF", (), True)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("QPD|IHE PDQ Query|T1|@PID.5.1^X\r", "RCP"),
        ("QPD|IHE PDQ Query||@PID.5.1^X\rRCP|I\r", "QPD-2"),
        ("QPD|IHE PDQ Query|T1\rRCP|I\r", "QPD-3"),
        ("QPD|IHE PDQ Query|T1|PID.5.1=X\rRCP|I\r", "QPD-3"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(body, place):
    data = f"MSH|^~\\&|A|B|C|D|20260304||QBP^Q22^QBP_Q21|1|P|2.5\r{body}".encode()
    assert place in {fault.place for fault in validate(read_message(data)) if fault.severity == "error"}


def test_a_question_without_identifier_or_of_another_event_is_refused():
    with pytest.raises(InvalidMessage):
        write_query(structs.replace(PIX, identifier=Identifier("1")), HEADER)
    data = b"MSH|^~\\&|A|B|C|D|20260304||QBP^Q11|1|P|2.5\rQPD|X|T|1^^^A\rRCP|I\r"
    assert ("MSH-9.2", "event") in {(fault.place, fault.code) for fault in validate(read_message(data))}
