"""INSi over the wire: the sandbox in its own process, every way of not answering, lots, and our recorded samples."""

from __future__ import annotations

import ssl
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from maison.formats import insi as wire
from maison.formats.insi import InsiUnreadable, Person, Query
from maison.foundations.events.models import StoredEvent
from maison.registries.identity import probes
from maison.registries.identity.actions import acts, batches, insi_calls
from maison.registries.identity.insi import InsiFailure, InsiRefusal, NotConnected, use_insi
from maison.registries.identity.insi.soap import SoapInsi
from maison.registries.identity.models import BatchLine, Identity, InsiBatch, InsiCall, WorkItem
from tests.interop.gateway.test_certificate_door import Authority
from tests.registries.identity.conftest import DOMINIQUE, MATRICULE
from tests.sandbox.process import running_sandbox

SAMPLES = Path(__file__).parent / "samples"
CLAUDE = Query("ABRICOT", ("CLAUDE",), date(1958, 7, 14), "M")


@pytest.fixture(scope="module")
def sandbox():
    with running_sandbox() as running:
        yield running


@pytest.fixture
def soap(sandbox):
    yield SoapInsi(f"{sandbox.url}/insi", timeout_seconds=5)
    play(sandbox)


def play(sandbox, *faults):
    assert sandbox.browser.post(f"{sandbox.url}/insi/pannes", data={"faute": " ".join(faults)}).json() == {
        "active": sorted(faults)
    }


# -- the wire


def test_a_search_finds_one_none_or_several_and_narrows(soap):
    assert soap.search(Query("PAT-TROIS", ("DOMINIQUE",), date(1979, 3, 28), "F")).person == Person(
        MATRICULE, DOMINIQUE.oid, "PAT-TROIS", "DOMINIQUE", "DOMINIQUE MARIE", "1979-03-28", "F", "51215"
    )
    assert soap.search(Query("PERSONNE", ("SACHA",), date(1979, 3, 28), "F")).code == "01"
    assert soap.search(CLAUDE).code == "02"
    narrowed = soap.search(Query("ABRICOT", ("CLAUDE", "RENE"), date(1958, 7, 14), "M"))
    assert (narrowed.code, narrowed.person.first_names) == ("00", "CLAUDE RENE")


def test_a_card_gives_its_bearer_and_corsican_matricules_hold(soap):
    found = soap.search(Query("D'AVOINE", ("BERENICE",), date(1986, 11, 30), "F")).person
    assert found.matricule.startswith("286112A004")
    assert soap.search_by_card(found.matricule[:13]).person == found


def test_a_verification_says_right_or_wrong(soap, sandbox):
    person = soap.search(Query("LUCIOLE", ("NADIA",), date(1965, 5, 17), "F")).person
    assert soap.verify(person) is True
    sandbox.browser.post(f"{sandbox.url}/insi/fin", data={"matricule": person.matricule})
    assert soap.verify(person) is False


def test_a_lot_is_sent_then_asked_about_until_it_is_ready(soap):
    person = soap.search(Query("ZESTE", ("CAMILLE",), date(1990, 6, 15), "F")).person
    lot = soap.submit(
        [
            ("a", person),
            ("b", DOMINIQUE),
            ("c", Person(person.matricule, person.oid, "AUTRE", "X", "X", "1990-06-15", "F", "")),
        ]
    )
    assert soap.result(lot) is None
    assert {one.id: one.is_right for one in soap.result(lot)} == {"a": True, "b": True, "c": False}


@pytest.mark.parametrize(("fault", "code"), [("down", "panne"), ("fault", "panne"), ("garbage", "illisible")])
def test_each_way_of_not_answering_has_its_code(soap, sandbox, fault, code):
    play(sandbox, fault)
    with pytest.raises(InsiFailure) as failure:
        soap.search(CLAUDE)
    assert failure.value.code == code


def test_a_slow_answer_is_waited_for_and_a_mute_service_is_given_up(sandbox):
    play(sandbox, "slow")
    assert SoapInsi(f"{sandbox.url}/insi", timeout_seconds=10).search(CLAUDE).code == "02"
    play(sandbox, "mute")
    with pytest.raises(InsiFailure) as failure:
        SoapInsi(f"{sandbox.url}/insi", timeout_seconds=1).search(CLAUDE)
    assert failure.value.code == "muet"
    play(sandbox)


def test_nobody_at_the_address_is_said():
    with pytest.raises(InsiFailure) as failure:
        SoapInsi("http://127.0.0.1:9/insi", timeout_seconds=1).search(CLAUDE)
    assert failure.value.code == "injoignable"


def test_a_request_it_refuses_is_not_asked_again(soap):
    with pytest.raises(InsiRefusal):
        soap.result("LOT-INCONNU")


@pytest.fixture
def tls_service(tmp_path):
    """A service that answers only those who show a certificate of its authority."""
    authority = Authority(tmp_path, "autorite")
    certificate, _ = authority.issue("insi.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(authority.file)
    context.verify_mode = ssl.CERT_REQUIRED
    server = HTTPServer(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield authority, f"https://127.0.0.1:{server.server_port}/insi"
    server.shutdown()
    server.server_close()
    thread.join(timeout=20)


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = sample("reponse-une")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


def test_the_service_is_reached_with_the_certificate_of_the_settings_and_not_without(tls_service):
    authority, url = tls_service
    certificate, _ = authority.issue("maison.test")
    port = SoapInsi(url, certificate=str(certificate), authority=str(authority.file), timeout_seconds=5)
    assert port.search(CLAUDE).person == DOMINIQUE
    with pytest.raises(InsiFailure) as failure:
        SoapInsi(url, timeout_seconds=5).search(CLAUDE)
    assert failure.value.code == "injoignable"


def test_our_recorded_messages_are_written_and_read_the_same():
    assert wire.search_request(Query("PAT-TROIS", ("DOMINIQUE", "MARIE"), date(1979, 3, 28), "F", "51215")) == sample(
        "recherche"
    )
    assert wire.verify_request(DOMINIQUE) == sample("verification")
    assert wire.batch_request([("1", DOMINIQUE)]) == sample("lot")
    assert wire.read_answer(sample("reponse-une")).person == DOMINIQUE
    assert wire.read_answer(sample("reponse-plusieurs")).code == "02"
    assert [one.is_right for one in wire.read_verdicts(sample("verdicts"))] == [True, False]
    assert wire.fault_of(sample("faute")) == "soap:Receiver"


def sample(name):
    return (SAMPLES / f"insi-{name}.xml").read_bytes().strip()


@pytest.mark.parametrize(
    "data", [b"", b"<a/>", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", b"\xff\xfe"]
)
def test_what_is_no_answer_is_unreadable_and_opens_no_file(data):
    with pytest.raises(InsiUnreadable):
        wire.read_answer(data)


# -- calls


@pytest.fixture
def asked(desk):
    identity = desk.register()
    return identity, insi_calls.ask_by_traits(actor=desk.agent, identity_id=identity.id)


@pytest.mark.django_db
def test_a_call_is_a_job_of_its_act_and_says_only_its_id(asked):
    _, call = asked
    job = ProcrastinateJob.objects.get(task_name="identity.call_insi")
    assert job.args == {"call_id": str(call.id)}


@pytest.mark.django_db
def test_a_mute_service_leaves_the_identity_as_it_was_and_is_tried_again(asked, insi):
    identity, call = asked
    insi.then(InsiFailure("muet"), InsiFailure("panne"))
    for code in ("muet", "panne"):
        with pytest.raises(InsiFailure):
            insi_calls.put(call.id)
        call.refresh_from_db()
        assert (call.state, call.failure) == ("attente", code)
    assert call.attempts == 2
    assert Identity.objects.get(id=identity.id).status == "PROV"
    insi.then(wire.Answer("00", DOMINIQUE))
    insi_calls.put(call.id)
    call.refresh_from_db()
    assert call.can_be_taken
    assert [
        row.payload["code"] for row in StoredEvent.objects.filter(name="identity.insi_answered").order_by("seq")
    ] == ["muet", "panne", "00"]


@pytest.mark.django_db
def test_after_the_last_attempt_the_call_ends_without_an_answer(asked, insi):
    _, call = asked
    InsiCall.objects.update(attempts=insi_calls.ATTEMPTS - 1)
    insi.then(InsiFailure("muet"))
    insi_calls.put(call.id)
    call.refresh_from_db()
    assert (call.state, call.failure) == ("echec", "muet")


@pytest.mark.django_db
def test_a_job_that_runs_twice_asks_once(asked, insi):
    _, call = asked
    insi.then(wire.Answer("01"))
    insi_calls.put(call.id)
    insi_calls.put(call.id)
    assert len(insi.asked) == 1


@pytest.mark.django_db
def test_asking_again_while_one_waits_asks_nothing_more(desk, asked):
    identity, call = asked
    assert insi_calls.ask_by_traits(actor=desk.agent, identity_id=identity.id).id == call.id


@pytest.mark.django_db
def test_a_house_that_is_not_connected_says_so(asked):
    _, call = asked
    use_insi(NotConnected())
    insi_calls.put(call.id)
    use_insi(None)
    call.refresh_from_db()
    assert (call.state, call.failure) == ("echec", "non-raccorde")


@pytest.mark.django_db
def test_what_the_card_gave_is_forgotten_once_answered(desk, insi):
    identity = desk.register()
    call = insi_calls.ask_by_card(actor=desk.agent, identity_id=identity.id, beneficiary="LECTURE")
    insi.then(wire.Answer("00", DOMINIQUE))
    insi_calls.put(call.id)
    call.refresh_from_db()
    assert (insi.asked, call.criteria, call.can_be_taken) == (["LECTURE"], {}, True)


@pytest.mark.django_db
def test_supervision_hears_of_calls_that_wait(asked):
    assert probes.insi_reading().state == "ok"
    InsiCall.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    assert probes.insi_reading().state == "failed"


# -- verification by lots


def qualify(desk, rank):
    person = Person(
        f"{MATRICULE[:-2]}{MATRICULE[-2:]}",
        DOMINIQUE.oid,
        f"ESSAI{'ABC'[rank]}",
        "SACHA",
        "SACHA",
        f"197{rank}-03-28",
        "F",
        "51215",
    )
    identity = desk.register(
        birth_name=person.birth_name, first_names="SACHA", born=date.fromisoformat(person.birth_date)
    )
    acts.take_apcv(actor=desk.nurse, identity_id=identity.id, answer=person.as_json())
    return identity


@pytest.mark.django_db
def test_a_lot_that_says_ko_for_one_withdraws_that_ins_only(desk, insi):
    """F1.3"""
    rows = [qualify(desk, rank) for rank in range(3)]
    old = timezone.now() - timedelta(days=4 * 365)
    Identity.objects.update(ins_verified_at=old)
    batch = batches.verify_due(actor=desk.steward)
    insi.then("LOT-1")
    batches.send(batch.id)
    wrong = BatchLine.objects.get(identity=rows[1])
    insi.then(None, lambda: [wire.Verdict(str(line.id), line.id != wrong.id) for line in BatchLine.objects.all()])
    with pytest.raises(batches.LotNotReady):
        batches.read(batch.id)
    batches.read(batch.id)
    batches.read(batch.id)
    found = [Identity.objects.get(id=row.id) for row in rows]
    assert [one.status for one in found] == ["QUAL", "VALI", "QUAL"]
    assert [bool(one.ins_matricule) for one in found] == [True, False, True]
    assert all(one.ins_verified_at > old for one in (found[0], found[2]))
    assert WorkItem.objects.get(reason="ins-ko").identity_id == rows[1].id
    assert StoredEvent.objects.filter(name="identity.ins_withdrawn").count() == 1
    assert InsiBatch.objects.get().state == "termine"
    assert batches.verify_due(actor=desk.steward) is None


@pytest.mark.django_db
def test_a_lot_killed_half_way_is_finished_and_never_applied_twice(desk, insi):
    rows = [qualify(desk, rank) for rank in range(2)]
    batch = batches.verify(actor=desk.steward, ids=[row.id for row in rows])
    insi.then("LOT-1")
    batches.send(batch.id)
    batches.send(batch.id)
    first = BatchLine.objects.order_by("id").first()
    batches._apply(first.id, True)
    versions = Identity.objects.get(id=first.identity_id).version
    insi.then([wire.Verdict(str(line.id), True) for line in BatchLine.objects.all()])
    batches.read(batch.id)
    assert Identity.objects.get(id=first.identity_id).version == versions
    assert len(insi.asked) == 2


@pytest.mark.django_db
def test_a_verdict_on_an_ins_that_changed_meanwhile_is_of_another_one(desk, insi):
    identity = qualify(desk, 0)
    batch = batches.verify(actor=desk.steward, ids=[identity.id])
    acts.invalidate_ins(actor=desk.steward, identity_id=identity.id, reason="Erreur")
    insi.then("LOT-1")
    batches.send(batch.id)
    assert insi.asked == [[]]
    insi.then([wire.Verdict(str(BatchLine.objects.get().id), False)])
    batches.read(batch.id)
    assert not WorkItem.objects.filter(reason="ins-ko").exists()


@pytest.mark.django_db
def test_only_what_is_known_is_verified_never_searched(desk):
    assert batches.verify(actor=desk.steward, ids=[desk.register().id]) is None
