"""The HTTPS door with a client certificate: real TLS, a real authority made for the test."""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path

import pytest

from maison.formats.hub_sante import wire
from maison.foundations.audit.models import Entry
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange
from maison.interop.hub_sante.mtls import CertificateDoor, tls_context
from tests.interop import wires
from tests.interop.authorities import Authority
from tests.interop.conftest import until

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/hub-sante/messages/"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"), "autorite")


@pytest.fixture
def door(background, authority):
    file, _ = authority.issue("maison")
    running = CertificateDoor(
        "127.0.0.1", 0, tls_context(certificate=str(file), key=str(file), authority=str(authority.file))
    )
    background.listen(running)
    until(running.listening.is_set)
    return running


class Software:
    def __init__(self, door, authority, certificate: Path | None):
        self.context = ssl.create_default_context(cafile=str(authority.file))
        if certificate is not None:
            self.context.load_cert_chain(str(certificate))
        self.connection = http.client.HTTPSConnection("127.0.0.1", door.port, context=self.context, timeout=30)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str):
        self.connection.request(method, path, body, {"Content-Type": "application/json"} | headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.connection.close()


@pytest.fixture
def declared(authority):
    file, fingerprint = authority.issue("samu31")
    wires.declare(key="", doors=("https-mtls",), certificate_fingerprint=fingerprint)
    return file


def test_a_declared_certificate_opens_the_door_and_its_messages_are_held(door, authority, declared):
    with Software(door, authority, declared) as samu:
        for _ in range(3):  # the connection serves several messages
            body = wires.dumps(wires.envelope(wires.technical()))
            status, answer = samu.ask("POST", PATH, body)
            assert status == 202
            assert wire.read_envelope(answer).message.step == "RECU"
    held = Exchange.objects.filter(direction="in", door="https-mtls").order_by("seq")
    assert held.count() == 3
    assert journal.payload_of(held.last()) == body


def test_answers_come_by_the_mailbox_and_leave_it_once_taken(door, authority, declared):
    with Software(door, authority, declared) as samu:
        samu.ask("POST", PATH, wires.dumps(wires.envelope(wires.headed(wires.case()))))
        wires.integrate_all()
        status, answer = samu.ask("GET", PATH)
        assert status == 200
        (told,) = json.loads(answer)["messages"]
        assert (
            told["message"]["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["reference"]["step"]
            == "INTEGRE"
        )
        assert samu.ask("DELETE", f"{PATH}{told['id']}/") == (204, b"")
        assert json.loads(samu.ask("GET", PATH)[1])["messages"] == []
        assert samu.ask("PUT", PATH)[0] == 405
        assert samu.ask("GET", "/echanges/")[0] == 404


def test_a_certificate_of_the_authority_that_nobody_declared_is_refused_and_traced(door, authority):
    file, _ = authority.issue("inconnu")
    with Software(door, authority, file) as stranger:
        status, _ = stranger.ask("POST", PATH, wires.dumps(wires.envelope(wires.technical())))
    assert status == 403
    kept = Exchange.objects.get()
    assert (kept.fault_code, kept.door) == ("HUB-014", "https-mtls")
    assert Entry.objects.filter(code="exchanges.refused").count() == 1


def test_another_client_of_the_authority_may_not_speak_for_this_one(door, authority, declared):
    file, fingerprint = authority.issue("samu81")
    wires.declare("fr.health.samu81", key="", doors=("https-mtls",), certificate_fingerprint=fingerprint)
    with Software(door, authority, file) as other:
        status, _ = other.ask("POST", PATH, wires.dumps(wires.envelope(wires.technical())))
    assert status == 403
    assert Exchange.objects.get(direction="in").fault_code == "HUB-011"


@pytest.mark.parametrize("which", ["none", "expired", "other authority"])
def test_a_certificate_that_is_absent_expired_or_of_another_authority_never_connects_and_is_traced(
    door, authority, tmp_path, which
):
    certificate = {
        "none": lambda: None,
        "expired": lambda: authority.issue("ancien", days=-1)[0],
        "other authority": lambda: Authority(tmp_path, "ailleurs").issue("samu31")[0],
    }[which]()
    with (
        Software(door, authority, certificate) as stranger,
        pytest.raises((ssl.SSLError, OSError, http.client.HTTPException)),
    ):
        stranger.ask("POST", PATH, b"{}")
    kept = until(lambda: Exchange.objects.first())
    assert (kept.state, kept.fault_code) == ("refused", "HUB-014")
    assert {"none": "certificate", "expired": "expired", "other authority": "issuer"}[which] in kept.note
    assert Entry.objects.filter(code="exchanges.refused").count() == 1


def test_a_body_too_large_is_refused_without_being_held(door, authority, declared, settings):
    settings.EXCHANGE_MAX_BYTES = 1000
    with Software(door, authority, declared) as samu:
        status, _ = samu.ask("POST", PATH, b" " * 5000)
    assert status == 413
    assert journal.payload_of(Exchange.objects.get(direction="in")) is None


def test_a_connection_that_sends_nonsense_ends_and_the_others_go_on(door, authority, declared):
    with Software(door, authority, declared) as rude, Software(door, authority, declared) as samu:
        rude.connection.connect()
        rude.connection.sock.sendall(b"\x00\x01nonsense\r\n\r\n")
        assert rude.connection.sock.recv(100) == b""
        assert samu.ask("POST", PATH, wires.dumps(wires.envelope(wires.technical())))[0] == 202
