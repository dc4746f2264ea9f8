"""`./maison send`: what leaves for the door, and what the exit code says."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl

import jwt
import pytest
from lxml import etree

from maison.cli import send, send_cda, send_fhir, send_mllp
from maison.cli.house import free_port
from maison.formats.hl7v2.ack import acknowledge
from maison.formats.hl7v2.faults import Fault
from maison.formats.hl7v2.mllp import frame
from maison.formats.hl7v2.wire import read_message, typed, validate, write
from maison_region.sending import demonstration_private_key


class Door(HTTPServer):
    """Answers what it is told to, and keeps what it got."""

    status, answer = 202, b'{"state": "recu"}'

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *words: object) -> None:
        """Silent: pytest shows enough."""


@pytest.fixture
def door() -> Iterator[Door]:
    server = Door()
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def message(tmp_path: Path) -> Path:
    file = tmp_path / "message"
    file.write_text(json.dumps({"distributionID": "fr.health.samu99_1", "senderID": "fr.health.samu99"}))
    return file


def test_an_accepted_message_exits_0_and_shows_the_answer(
    door: Door, message: Path, capsys: pytest.CaptureFixture[str]
):
    assert send.main([str(message), "--url", door.url, "--key", "k"]) == 0
    assert '"state": "recu"' in capsys.readouterr().out


def test_a_refused_message_exits_1_with_the_reasons(door: Door, message: Path, capsys: pytest.CaptureFixture[str]):
    door.status, door.answer = 422, b'{"errors": ["createCaseHealth.caseId est absent"]}'
    assert send.main([str(message), "--url", door.url, "--key", "k"]) == 1
    assert "caseId est absent" in capsys.readouterr().out


def test_one_refusal_among_several_is_told_by_the_exit_code(door: Door, message: Path, tmp_path: Path):
    (tmp_path / "odd").write_text("MSH|^~")
    assert send.main([str(tmp_path / "odd"), str(message), "--url", door.url, "--key", "k"]) == 1
    assert len(door.got) == 1


def test_no_house_exits_2(message: Path, capsys: pytest.CaptureFixture[str]):
    assert send.main([str(message), "--url", f"http://127.0.0.1:{free_port()}", "--key", "k"]) == 2
    assert "./maison up" in capsys.readouterr().err


def test_an_envelope_leaves_to_the_byte_under_the_name_and_key_of_its_sender(door: Door, message: Path):
    assert send.main([str(message), "--url", door.url]) == 0
    path, headers, body = door.got[0]
    assert path == "/hub-sante/messages"
    assert body == message.read_bytes()
    assert headers["X-Hub-Client"] == "fr.health.samu99"
    assert headers["Authorization"] == f"Bearer {send.demonstration_key('fr.health.samu99')}"


def test_the_address_and_the_key_of_the_simulator_are_the_same():
    from maison_region import sending

    assert sending.MESSAGES_PATH.strip("/") == send.HUB_SANTE
    assert send.demonstration_key("fr.health.samu31") == sending.demonstration_key("fr.health.samu31")


def test_a_bare_json_object_is_put_in_an_envelope(door: Door, shared: Path):
    file = shared / "specs/hub-sante/examples/RC-REF/RC-REF.json"
    assert send.main([str(file), "--url", door.url, "--key", "k"]) == 0
    sent = json.loads(door.got[0][2])
    inside = sent["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    assert inside["messageId"] == sent["distributionID"]
    assert inside["sender"]["name"] == sent["senderID"] == send.DEMONSTRATION_SENDER
    assert inside["reference"] == json.loads(file.read_text())["reference"]


def test_every_official_example_leaves_well_formed(shared: Path):
    examples = sorted((shared / "specs/hub-sante/examples").rglob("*.*"))
    assert examples
    for file in examples:
        parcel = send.recognise(file.read_bytes())
        if parcel.media_type == send.JSON:
            assert json.loads(parcel.body)["senderID"], file
        else:
            root = etree.fromstring(parcel.body, etree.XMLParser(resolve_entities=False, no_network=True))
            assert root.tag.endswith("}edxlDistribution"), file
            assert root.findtext("{*}senderID"), file


@pytest.mark.parametrize("content", [b'{"cut": ', b"<edxlDistribution><cut", b"{}", b"[1]"])
def test_broken_content_goes_as_it_is_for_the_house_to_say_what_is_wrong(content: bytes):
    assert send.recognise(content).body == content


def test_a_content_of_no_known_kind_stays_here():
    with pytest.raises(send.NotRecognised):
        send.recognise(b"%PDF-1.7")


# -- HL7v2

MESSAGE = b"MSH|^~\\&|GAM|CHU|MAISON|GRADES|20260304||ADT^A28|M1|P|2.5\rPID|1||1^^^X&1.2&ISO^PI\r"


class Mllp:
    """An MLLP door that answers what it is told to, or hangs up."""

    def __init__(self, code: str) -> None:
        self.code, self.got = code, b""
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        line, _ = self.server.accept()
        with line:
            while not self.got.endswith(b"\x1c\r"):
                self.got += line.recv(65_536)
            if self.code:
                message = read_message(self.got[1:-2])
                faults = [Fault("PID-3", "required", "Le patient n’a pas d’identifiant.")] if self.code == "AE" else []
                line.sendall(frame(write(acknowledge(message, self.code, faults))))

    def close(self) -> None:
        self.thread.join(5)
        self.server.close()


@pytest.mark.parametrize(("code", "outcome"), [("AA", 0), ("AE", 1), ("", 2)])
def test_an_hl7v2_message_goes_to_the_byte_through_the_mllp_door(code, outcome, tmp_path, capsys):
    file = tmp_path / "message"
    file.write_bytes(MESSAGE)
    door = Mllp(code)
    try:
        assert send.main([str(file), "--url", f"mllp://127.0.0.1:{door.port}"]) == outcome
    finally:
        door.close()
    assert door.got == b"\x0b" + MESSAGE + b"\x1c\r"
    if code == "AE":
        assert "PID-3" in capsys.readouterr().out


def test_the_mllp_door_of_a_house_stands_beside_its_pages():
    assert send_mllp.door_of("http://127.0.0.1:8000") == ("127.0.0.1", 8002)


# -- FHIR, CDA, RPU


class Facade(HTTPServer):
    """A FHIR façade that gives a token to the demonstration software, and answers what it is told to."""

    def __init__(self, *, known: bool = True, status: int = 201) -> None:
        super().__init__(("127.0.0.1", 0), FacadeHandler)
        self.known, self.status = known, status
        self.got: list[tuple[str, str, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class FacadeHandler(BaseHTTPRequestHandler):
    server: Facade

    def answer(self, status: int, body: dict[str, object]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self) -> None:
        self.answer(200, {"token_endpoint": "https://maison.test/fhir/auth/token"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/fhir/auth/token":
            form = dict(parse_qsl(body.decode()))
            jwt.decode(form["client_assertion"], demonstration_private_key(send_fhir.SOFTWARE).public_key(), algorithms=["ES384"],
                       audience="https://maison.test/fhir/auth/token")  # fmt: skip
            self.answer(200 if self.server.known else 401, {"access_token": "jeton"} if self.server.known else {"error": "invalid_client"})  # fmt: skip
            return
        self.server.got.append((self.path, self.headers["Authorization"], body))
        self.answer(self.server.status, {"resourceType": "OperationOutcome"})

    def log_message(self, *words: object) -> None:
        """Silent."""


@contextmanager
def facade(**options: object) -> Iterator[Facade]:
    server = Facade(**options)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b'{"resourceType": "Patient"}', "/fhir/Patient"),
        (b'{"resourceType": "Bundle", "type": "transaction"}', "/fhir/"),
        (b'{"resourceType": "Bundle", "type": "searchset"}', "/fhir/Bundle"),
        (b'{"resourceType": "Patient"', "/fhir/"),
    ],
)
def test_fhir_leaves_to_the_byte_for_the_facade_with_a_token_of_the_demonstration(tmp_path: Path, content: bytes, path: str):  # fmt: skip
    file = tmp_path / "ressource"
    file.write_bytes(content)
    with facade() as door:
        assert send.main([str(file), "--url", door.url]) == 0
    assert door.got == [(path, "Bearer jeton", content)]


@pytest.mark.parametrize(("options", "word"), [({"status": 422}, "refusé"), ({"known": False}, "demonstration.fhir")])
def test_a_refused_resource_and_a_house_that_does_not_know_the_software_exit_1(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict[str, object], word: str):  # fmt: skip
    file = tmp_path / "ressource"
    file.write_text('{"resourceType": "Patient"}')
    with facade(**options) as door:
        assert send.main([str(file), "--url", door.url]) == 1
    assert word in capsys.readouterr().err


def test_fhir_without_a_house_exits_2(tmp_path: Path):
    file = tmp_path / "ressource"
    file.write_text('{"resourceType": "Patient"}')
    assert send.main([str(file), "--url", f"http://127.0.0.1:{free_port()}"]) == 2


def test_every_official_cda_leaves_whole_inside_a_message_the_house_reads_without_error(shared: Path):
    refused = {}
    examples = [path for path in sorted((shared / "specs/cda/examples").rglob("*")) if path.suffix.lower() == ".xml"]
    for path in examples:
        content = path.read_bytes()
        try:
            message = read_message(send_cda.wrapped(content))
        except send_cda.NotWrapped as problem:
            refused[path.name] = str(problem)
            continue
        assert [fault for fault in validate(message) if fault.severity == "error"] == [], path.name
        (document,) = typed(message).documents
        assert document.content() == content
    assert len(examples) == 26
    assert refused == {}


def test_a_broken_document_exits_1_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "document"
    file.write_text('<ClinicalDocument xmlns="urn:hl7-org:v3">')
    assert send.main([str(file), "--url", "http://127.0.0.1:1"]) == 1
    assert capsys.readouterr().err


@pytest.mark.parametrize("content", ["<OSCOUR/>", '<Patient xmlns="http://hl7.org/fhir"/>'])
def test_a_format_without_a_public_door_says_so_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str):  # fmt: skip
    file = tmp_path / "fichier"
    file.write_text(content)
    assert send.main([str(file), "--url", "http://127.0.0.1:1"]) == 1
    assert "aucune porte publique pour ce format dans cette version" in capsys.readouterr().err
