"""Targets on the real wire: MLLP, AMQP, FHIR, SFTP, mail, HTTPS with a client certificate. A cut is never a blind second send."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from email import message_from_bytes
from email.policy import default
from uuid import UUID, uuid4

import aio_pika
import pytest

from maison.foundations.access.actor import Actor
from maison.interop.channels import desks
from maison.interop.channels.actions import versions
from maison.interop.channels.errors import NotReady
from maison.interop.channels.language.configuration import Item
from maison.interop.channels.models import Delivery, TargetState
from maison.interop.channels.ports import base, fhir, mail
from maison.interop.channels.ports.background import background
from maison.interop.channels.ports.base import Parcel
from maison.interop.hl7v2.targets import register_target
from tests.factories import StructureFactory
from tests.interop.authorities import Authority
from tests.interop.channels.fictional import adt
from tests.interop.channels.servers import HttpPeer, MllpPeer, SftpPeer, SmtpPeer
from tests.interop.channels.workshop import COPY
from tests.interop.conftest import until

pytestmark = pytest.mark.django_db

TARGET = 'type = "dossier"\nchemin = "{code}/sortie"'


def parcel(payload: bytes = b"", content_type: str = "application/hl7-v2+er7", number: int = 1) -> Parcel:
    return Parcel(uuid4(), str(UUID(int=number)), number, payload or adt(f"M{number}"), content_type, "ADT^A01")


def resource(kind: str = "Patient", **fields) -> Parcel:
    said = {"resourceType": kind, "identifier": [{"system": "urn:oid:1.2.250.1.999.1", "value": "700,1"}]} | fields
    return parcel(json.dumps(said).encode(), "application/json")


@contextmanager
def opened(kind: str, **values):
    """The send function of a target, as the channel would say it."""
    adapter = base.target(kind)
    said = {field.name: field.empty for field in adapter.shape.fields} | values
    with adapter.opened(Item(kind, said, None, "cible")) as send:
        yield send


def sent(kind: str, *parcels: Parcel, **values) -> list[tuple[str, str]]:
    with opened(kind, **values) as send:
        return [(receipt.result, receipt.words) for receipt in map(send, parcels)]


def results(found: list[tuple[str, str]]) -> list[str]:
    return [result for result, _ in found]


@pytest.fixture
def closing():
    with ExitStack() as stack:
        yield lambda peer: (stack.callback(peer.close), peer)[1]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"), "autorite")


# -- MLLP


@pytest.fixture
def application(workshop, closing):
    peer = closing(MllpPeer())
    declare(workshop.agency, peer.port)
    return peer


def declare(structure, port: int, **fields) -> None:
    register_target(
        actor=Actor.system("tests"),
        code="dpi",
        name="DPI",
        structure_id=structure.id,
        host="127.0.0.1",
        port=port,
        **fields,
    )


def test_an_mllp_target_tells_accepted_refused_and_refused_for_now_apart(application):
    application.script = ["AA", "CA", "AE", "AR", "CE", "CR"]
    found = sent("mllp", *(parcel(number=number) for number in range(1, 7)), cible="dpi")
    assert results(found) == ["delivered", "delivered", "rejected", "later", "rejected", "later"]
    assert "PID-3" in found[2][1]
    assert application.lines == 1


def test_the_decision_of_the_application_may_be_waited_for_after_the_reception(application):
    application.script = ["CA+AA", "CA+AE", "CE"]
    found = sent("mllp", *(parcel(number=number) for number in range(1, 4)), cible="dpi", accuse="application")
    assert results(found) == ["delivered", "rejected", "rejected"]


@pytest.mark.parametrize(("idempotent", "result"), [(False, "unknown"), (True, "down")])
@pytest.mark.parametrize("accident", ["cut", "other", "mute"])
def test_a_line_that_breaks_before_the_answer_leaves_the_issue_unknown(application, accident, idempotent, result):
    application.script = [accident]
    assert results(sent("mllp", parcel(), cible="dpi", idempotent=idempotent, attente_secondes=1)) == [result]


def test_a_peer_that_hangs_up_after_each_answer_is_called_again(workshop, closing):
    peer = closing(MllpPeer(once=True))
    declare(workshop.agency, peer.port)
    with opened("mllp", cible="dpi") as send:
        for number in range(1, 4):
            assert send(parcel(number=number)).result == "delivered"
            until(lambda ended=number: peer.ended == ended)
    assert peer.lines == 3


def test_mllp_over_tls_asks_and_shows_certificates(workshop, closing, authority, settings):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file))
    context.load_cert_chain(authority.issue("dpi")[0])
    context.verify_mode = ssl.CERT_REQUIRED
    peer = closing(MllpPeer(context))
    declare(workshop.agency, peer.port, secured=True)
    settings.MLLP_AUTHORITY, settings.MLLP_CERTIFICATE, settings.MLLP_KEY = str(authority.file), "", ""
    assert results(sent("mllp", parcel(), cible="dpi"))[0] in ("down", "unknown")
    settings.MLLP_CERTIFICATE = settings.MLLP_KEY = str(authority.issue("maison")[0])
    assert results(sent("mllp", parcel(), cible="dpi")) == ["delivered"]


def test_a_channel_sends_each_patient_in_order_by_mllp_and_a_refusal_holds_its_own_lane_only(workshop, application):
    workshop.live(COPY.replace(TARGET, 'type = "mllp"\ncible = "dpi"\nsimultanes = 4'))
    application.script = ["AA", "AE"]
    for number in range(1, 9):
        workshop.drop("copie/entree", f"{number}.hl7", adt(f"M{number}", ipp=str(number % 2)), age=100 - number)
    workshop.turn()
    assert Delivery.objects.filter(state="stopped", reason=desks.REFUSED).count() == 1
    stopped = Delivery.objects.get(state="stopped")
    held = Delivery.objects.filter(state="pending", lanes=stopped.lanes).count()
    delivered = Delivery.objects.filter(state="delivered").count()
    assert held + delivered == 7
    assert held > 0
    assert Delivery.objects.filter(state="pending").exclude(lanes=stopped.lanes).count() == 0


def test_a_hospital_sends_to_the_applications_of_its_own_sites_only(workshop, application):
    said = COPY.replace(TARGET, 'type = "mllp"\ncible = "dpi"')
    entity = StructureFactory(legal_entity=True)
    with pytest.raises(NotReady, match="pas celle d'un logiciel de la structure"):
        workshop.live(said, structure=entity)
    declare(StructureFactory(parent=entity), application.port)
    workshop.into_service("copie")


# -- AMQP


@pytest.fixture
def queue(broker, request):
    """An exchange of the broker's operator, bound to a queue with a limit."""
    name = f"essai-{uuid4().hex[:8]}"

    async def declared(act):
        connection = await aio_pika.connect(broker.url)
        async with connection:
            channel = await connection.channel()
            return await act(channel)

    async def make(channel):
        exchange = await channel.declare_exchange(name, aio_pika.ExchangeType.TOPIC, durable=True)
        made = await channel.declare_queue(
            name, durable=True, arguments={"x-max-length": 3, "x-overflow": "reject-publish"}
        )
        await made.bind(exchange, "adt.#")

    async def drain(channel):
        made = await channel.get_queue(name)
        found = []
        while (message := await made.get(fail=False)) is not None:
            await message.ack()
            found.append(message)
        return found

    asyncio.run(declared(make))
    return name, lambda: asyncio.run(declared(drain))


@pytest.mark.rabbitmq
def test_an_amqp_target_is_delivered_once_the_broker_confirmed_and_says_what_it_refused(workshop, broker, queue):
    name, drain = queue
    workshop.open_access(
        "courtier", type="amqp", adresse=broker.url.replace("guest:guest@", ""), utilisateur="guest", secret="guest"
    )
    values = {"acces": "courtier", "echange": name}
    assert (
        results(sent("amqp", *(parcel(number=number) for number in range(1, 4)), cle="adt.a01", **values))
        == ["delivered"] * 3
    )
    full, nowhere, absent = (
        sent("amqp", parcel(number=4), cle="adt.a01", **values), sent("amqp", parcel(number=5), cle="oru", **values),
        sent("amqp", parcel(number=6), cle="x", acces="courtier", echange="absent"),
    )  # fmt: skip
    assert [one[0][0] for one in (full, nowhere, absent)] == ["down"] * 3
    assert "pleine" in full[0][1]
    assert "aucune file" in nowhere[0][1]
    assert "échange de ce nom" in absent[0][1]
    messages = drain()
    assert [message.message_id for message in messages] == [str(UUID(int=number)) for number in range(1, 4)]
    assert {message.delivery_mode for message in messages} == {2}
    assert messages[0].body == adt("M1")


class SilentBroker:
    """Speaks to a real broker, and swallows what the broker says once a message was published: a cut before the confirmation."""

    def __init__(self, port: int) -> None:
        import socket

        self.real, self.server = port, socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        import socket

        try:
            while True:
                client, _ = self.server.accept()
                broker = socket.create_connection(("127.0.0.1", self.real))
                threading.Thread(target=self._pass, args=(client, broker, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(broker, client, False), daemon=True).start()
        except OSError:
            return

    def _pass(self, source, target, from_client: bool) -> None:
        try:
            while data := source.recv(65_536):
                if from_client and b"ADT^A01" in data:
                    target.sendall(data)
                    break
                target.sendall(data)
        except OSError:
            return
        for wire in (source, target):
            wire.close()

    def close(self) -> None:
        self.server.close()


@pytest.mark.rabbitmq
@pytest.mark.parametrize(("idempotent", "result"), [(False, "unknown"), (True, "down")])
def test_a_broker_lost_before_it_confirmed_leaves_the_issue_unknown(
    workshop, broker, queue, closing, idempotent, result
):
    between = closing(SilentBroker(broker.port))
    workshop.open_access(
        "courtier", type="amqp", adresse=f"amqp://127.0.0.1:{between.port}/", utilisateur="guest", secret="guest"
    )
    values = {"acces": "courtier", "echange": queue[0], "cle": "adt.a01"}
    assert results(sent("amqp", parcel(), idempotent=idempotent, **values)) == [result]


@pytest.mark.parametrize(
    ("address", "words"),
    [("amqp://courtier.example:5672/", "amqps://"), ("https://courtier.example/", "amqps://"), ("amqps://a:b@courtier.example/", "sans identifiant")],
)  # fmt: skip
def test_a_broker_elsewhere_is_joined_by_tls_and_its_secret_is_not_in_the_address(workshop, address, words):
    workshop.open_access("courtier", type="amqp", adresse=address, utilisateur="maison")
    item = Item("amqp", {"acces": "courtier", "cle": "x"})
    assert words in base.target("amqp").faults(item)[0]
    assert results(sent("amqp", parcel(), acces="courtier", cle="x")) == ["down"]


# -- FHIR


@pytest.fixture
def server(workshop, closing, settings):
    peer = closing(HttpPeer())
    settings.CHANNEL_HOSTS = [peer.host]
    return peer


def outcome(code: str, place: str = "", diagnostics: str = "M. FICTIVE") -> dict:
    issue = {"severity": "error", "code": code, "diagnostics": diagnostics} | ({"expression": [place]} if place else {})
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def test_a_resource_is_created_once_whatever_the_number_of_times_it_is_sent(workshop, server):
    workshop.open_access("dossier", type="fhir", jeton="SECRET")
    server.answers = [(201, {}), (200, {})]
    found = sent("fhir", resource(), resource(), adresse=f"{server.address}/fhir/", acces="dossier")
    assert results(found) == ["delivered", "delivered"]
    method, path, headers, body = server.taken[0]
    assert (method, path, json.loads(body)["resourceType"]) == ("POST", "/fhir/Patient", "Patient")
    assert headers["If-None-Exist"] == r"identifier=urn:oid:1.2.250.1.999.1|700%5C%2C1"
    assert headers["Authorization"] == "Bearer SECRET"
    assert headers["Content-Type"].startswith("application/fhir+json")


def test_what_an_operation_outcome_says_is_read_and_its_own_words_are_not_repeated(server):
    server.answers = [
        (422, outcome("invalid", "Patient.birthDate")),
        (409, outcome("lock-error")),
        (400, outcome("throttled")),
        (503, {}),
        (404, {}),
    ]
    found = sent("fhir", *(resource() for _ in range(5)), adresse=server.address)
    assert results(found) == ["rejected", "later", "later", "down", "rejected"]
    assert "invalid en Patient.birthDate" in found[0][1]
    assert "FICTIVE" not in str(found)


def test_a_resource_is_replaced_at_its_own_address(server):
    found = sent("fhir", resource(id="p1"), resource(), adresse=server.address, interaction="remplacer")
    assert results(found) == ["delivered", "rejected"]
    assert [(method, path) for method, path, *_ in server.taken] == [("PUT", "/Patient/p1")]


def test_a_transaction_is_all_or_nothing_and_a_batch_tells_the_entry_that_was_refused(server):
    entries = [
        {"request": {"method": "PUT", "url": "Patient/p1"}},
        {"request": {"method": "POST", "url": "Observation", "ifNoneExist": "x"}},
    ]
    batch = parcel(
        json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode(), "application/json"
    )
    responses = [
        {"response": {"status": "200 OK"}},
        {"response": {"status": "422", "outcome": outcome("code-invalid")}},
    ]
    server.answers = [
        (200, {"resourceType": "Bundle", "entry": responses}),
        (200, {"resourceType": "Bundle", "entry": responses[:1]}),
    ]
    found = sent("fhir", batch, batch, resource(), adresse=server.address, interaction="transaction")
    assert results(found) == ["rejected", "delivered", "rejected"]
    assert "la 2" in found[0][1]
    assert "code-invalid" in found[0][1]


@pytest.mark.parametrize(
    ("interaction", "said", "result"),
    [("creer", resource(), "down"), ("creer-toujours", resource(), "unknown"), ("remplacer", resource(id="p1"), "down"),
     ("transaction", resource("Bundle", type="transaction", entry=[{"request": {"method": "POST", "url": "Observation"}}]), "unknown"),
     ("transaction", resource("Bundle", type="transaction", entry=[{"request": {"method": "PUT", "url": "Observation/1"}}]), "down")],
    ids=["conditional", "plain", "update", "transaction of creations", "transaction of updates"],
)  # fmt: skip
def test_a_cut_is_asked_again_only_when_asking_twice_counts_once(server, interaction, said, result):
    server.answers = [(0, {})]
    assert results(sent("fhir", said, adresse=server.address, interaction=interaction)) == [result]


def test_what_could_be_created_twice_is_not_sent(server):
    found = sent("fhir", resource(identifier=[]), parcel(b"[1]"), parcel(b"\xff"), adresse=server.address)
    assert results(found) == ["rejected"] * 3
    assert not server.taken
    assert fhir.counts_once({"entry": []})


# -- HTTPS with a client certificate


@pytest.mark.parametrize("kind", ["https", "fhir"])
def test_a_target_that_asks_for_a_certificate_is_shown_the_one_of_its_access(
    workshop, closing, authority, settings, kind
):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority.file))
    context.load_cert_chain(authority.issue("serveur")[0])
    context.verify_mode = ssl.CERT_REQUIRED
    peer = closing(HttpPeer(context))
    settings.CHANNEL_HOSTS = [peer.host]
    workshop.open_access("sans", autorite=str(authority.file))
    workshop.open_access("avec", autorite=str(authority.file), certificat=str(authority.issue("maison")[0]))
    workshop.open_access("ailleurs", certificat=str(authority.issue("maison")[0]))
    assert results(sent(kind, resource(), adresse=peer.address, acces="sans"))[0] in ("down", "unknown")
    assert results(sent(kind, resource(), adresse=peer.address, acces="ailleurs")) == [
        "down"
    ]  # the server's authority is not known
    assert not peer.taken
    assert results(sent(kind, resource(), adresse=peer.address, acces="avec")) == ["delivered"]
    assert base.target(kind).certificate_files(Item(kind, {"acces": "avec"})) == [
        str(authority.file.parent / "autorite-maison.pem")
    ]


# -- SFTP


@pytest.fixture
def sftp(workshop, tmp_path):
    (tmp_path / "sftp" / "entree").mkdir(parents=True)
    with background("test-sftp") as run:
        peer = SftpPeer(run, tmp_path / "sftp")
        workshop.open_access("labo", **peer.access())
        yield peer
        peer.stop()


def test_a_file_appears_whole_under_its_name_and_twice_the_same_is_once(sftp):
    with opened("sftp", acces="labo", dossier="entree", prefixe="m-") as send:
        receipts = [send(parcel(number=1)), send(parcel(number=2)), send(parcel(number=1))]
    assert [receipt.result for receipt in receipts] == ["delivered"] * 3
    files = sorted((sftp.root / "entree").iterdir())
    assert [file.name for file in files] == [f"m-{number:012d}-{UUID(int=number)}.hl7" for number in (1, 2)]
    assert files[0].read_bytes() == adt("M1")


@pytest.mark.parametrize("kind", ["sftp", "mllp"])
def test_several_lanes_leave_at_once_on_one_connection(workshop, sftp, application, kind):
    values = {"acces": "labo", "dossier": "entree"} if kind == "sftp" else {"cible": "dpi"}
    with opened(kind, **values) as send, ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(send, [parcel(number=number) for number in range(1, 21)]))
    assert {receipt.result for receipt in receipts} == {"delivered"}
    taken = len(list((sftp.root / "entree").glob("*.hl7"))) if kind == "sftp" else len(application.taken)
    assert taken == 20
    assert application.lines <= 1


def test_a_server_that_is_not_the_pinned_one_receives_nothing(workshop, sftp):
    other = SftpPeer(sftp.run, sftp.root)
    other.stop()
    workshop.open_access("labo", **sftp.access(cles_hote=[other.host_key]))
    ((result, words),) = sent("sftp", parcel(), acces="labo", dossier="entree")
    assert result == "down"
    assert "clé du serveur" in words
    assert not list((sftp.root / "entree").iterdir())
    workshop.open_access("labo", **sftp.access(cles_hote=[]))
    assert "cles_hote" in base.target("sftp").faults(Item("sftp", {"acces": "labo"}))[0]


def test_a_wrong_login_a_missing_folder_and_a_server_away_are_a_target_that_does_not_answer(workshop, sftp):
    assert results(sent("sftp", parcel(), acces="labo", dossier="absent")) == ["down"]
    workshop.open_access("labo", **sftp.access(secret="autre"))
    ((result, words),) = sent("sftp", parcel(), acces="labo", dossier="entree")
    assert (result, "identification" in words) == ("down", True)
    workshop.open_access("labo", **sftp.access(machine="127.0.0.1:1"))
    assert results(sent("sftp", parcel(), acces="labo", dossier="entree")) == ["down"]


@pytest.mark.parametrize(("cut", "files"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(("idempotent", "result"), [(False, "unknown"), (True, "down")])
def test_a_deposit_cut_while_it_takes_its_name_is_not_repeated_blindly(sftp, cut, files, idempotent, result):
    sftp.cut = cut
    assert results(sent("sftp", parcel(), acces="labo", dossier="entree", idempotent=idempotent)) == [result]
    assert len([file for file in (sftp.root / "entree").iterdir() if not file.name.startswith(".")]) == files


def test_a_channel_deposits_by_sftp_once_the_server_is_back(workshop, sftp):
    workshop.live(COPY.replace(TARGET, 'type = "sftp"\nacces = "labo"\ndossier = "entree"'))
    sftp.stop()
    for number in range(1, 4):
        workshop.drop("copie/entree", f"{number}.hl7", adt(f"M{number}", ipp="1"), age=10 - number)
    workshop.turn()
    assert TargetState.objects.get().down_since is not None
    sftp.start()
    workshop.later(hours=1)
    workshop.turn()
    assert len(list((sftp.root / "entree").glob("*.hl7"))) == 3
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


# -- mail


@pytest.fixture
def post(workshop, closing, authority):
    peer = closing(SmtpPeer(authority.issue("messagerie")[0]))
    secure(workshop, peer, authority)
    return peer


def secure(workshop, peer, authority, **values) -> None:
    said = {"type": "courriel", "machine": f"127.0.0.1:{peer.port}", "utilisateur": "maison", "secret": "motdepasse", "autorite": str(authority.file),
            "expediteur": "maison@grades.mssante.example", "domaines": ["chu.mssante.example", ".medecin.mssante.example"]}  # fmt: skip
    workshop.open_access("mssante", **(said | values))


LETTERS = {"acces": "mssante", "adresse": "accueil@chu.mssante.example"}


def test_a_mail_says_nothing_of_the_message_it_carries(post):
    assert results(sent("courriel", parcel(), parcel(number=2), **LETTERS)) == ["delivered", "delivered"]
    envelope = post.mails[0]
    made = message_from_bytes(envelope.content, policy=default)
    (attachment,) = made.iter_attachments()
    assert attachment.get_payload(decode=True) == adt("M1")
    outside = (
        made.get_body().get_content()
        + "".join(f"{name}{value}" for name, value in made.items())
        + str(attachment.get_filename())
    )
    for word in ("FICTIVE", "Alix", "700001", "M1|", "017512345642"):
        assert word not in outside
    assert made["Message-ID"] == f"<{UUID(int=1)}@grades.mssante.example>"
    assert (envelope.mail_from, envelope.rcpt_tos) == ("maison@grades.mssante.example", ["accueil@chu.mssante.example"])


@pytest.mark.parametrize(
    "address", ["a@gmail.example", "a@mssante.example", "a@fauxchu.mssante.example", "a@chu.mssante.example.evil.example", "chu.mssante.example", "a b@chu.mssante.example"]
)  # fmt: skip
def test_a_message_never_leaves_to_a_domain_that_is_not_of_the_trust_space(workshop, post, address):
    values = {"acces": "mssante", "adresse": address}
    assert base.target("courriel").faults(Item("courriel", values))
    assert results(sent("courriel", parcel(), **values)) == ["down"]
    assert not post.mails


def test_a_named_domain_opens_what_is_under_it_only_when_it_says_so(workshop):
    secrets = {"domaines": [".medecin.mssante.example"]}
    assert mail.is_trusted("dr@toulouse.medecin.mssante.example", secrets)
    assert not mail.is_trusted("dr@medecin.mssante.example", secrets)


def test_a_server_without_the_expected_certificate_or_that_refuses_the_login_takes_nothing(
    workshop, post, authority, tmp_path
):
    secure(workshop, post, authority, autorite=str(Authority(tmp_path, "ailleurs").file))
    assert results(sent("courriel", parcel(), **LETTERS)) == ["down"]
    secure(workshop, post, authority, secret="autre")
    ((result, words),) = sent("courriel", parcel(), **LETTERS)
    assert (result, "identification" in words) == ("down", True)
    assert not post.mails


def test_refusals_of_the_messagerie_are_told_apart_and_a_cut_leaves_the_issue_unknown(workshop, post):
    post.codes = ["451 plus tard", "554 non"]
    assert results(sent("courriel", parcel(number=1), parcel(number=2), parcel(number=3), **LETTERS)) == [
        "later",
        "rejected",
        "delivered",
    ]
    post.cut = True
    assert results(sent("courriel", parcel(), **LETTERS)) == ["unknown"]
    post.cut = True
    assert results(sent("courriel", parcel(), **LETTERS, idempotent=True)) == ["down"]


# -- the operator's list


def test_an_access_serves_the_structures_it_names_and_their_sites(workshop):
    entity = StructureFactory(legal_entity=True)
    site, other = StructureFactory(parent=entity), StructureFactory()
    workshop.open_access("labo", type="sftp", machine="127.0.0.1:1", utilisateur="m", secret="x", structures=[entity.finess],
                         cles_hote=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"])  # fmt: skip
    said = COPY.replace(TARGET, 'type = "sftp"\nacces = "labo"\ndossier = "x"')
    workshop.live(said, code="site", structure=site)
    with pytest.raises(NotReady, match="n'est pas ouvert à la structure"):
        workshop.live(said, code="autre", structure=other)
    workshop.open_access("labo", type="imap")
    workshop.draft(said.replace("{code}", "faux"), site)
    versions.try_version(actor=workshop.author, code="faux", days=7)
    with pytest.raises(NotReady, match="il faut un serveur SFTP"):
        versions.submit(actor=workshop.author, code="faux", comment="x")
