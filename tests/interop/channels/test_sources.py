"""Sources on the real wire: AMQP, SFTP, a mailbox, the HTTPS door. What comes is committed before the other end is told, and counts once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from email.message import EmailMessage
from uuid import uuid4

import aio_pika
import pytest
from django.db.models import F
from django.urls import reverse

from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.foundations.relay.models import Relay
from maison.interop.channels import arrivals, execution
from maison.interop.channels.actions import versions
from maison.interop.channels.errors import NotReady
from maison.interop.channels.models import Passage, SourceState
from maison.interop.channels.ports import mailbox as mailbox_port
from maison.interop.channels.ports import remote
from maison.interop.channels.ports.background import background
from maison.interop.exchanges.actions import register_client
from maison.interop.exchanges.models import Exchange
from tests.factories import StructureFactory
from tests.interop.authorities import Authority
from tests.interop.channels import servers
from tests.interop.channels.fictional import adt
from tests.interop.channels.servers import SftpPeer
from tests.interop.channels.workshop import COPY

pytestmark = pytest.mark.django_db

SOURCE = 'type = "dossier"\ncalme_secondes = 0\nchemin = "{code}/entree"'


def from_(source: str) -> str:
    assert SOURCE in COPY
    return COPY.replace(SOURCE, source)


def look() -> int:
    """One look at every distant source, whatever its pause; in this thread, which holds the test's transaction."""
    gone = timedelta(hours=2)
    SourceState.objects.update(paused_until=F("paused_until") - gone, lent_until=F("lent_until") - gone)
    return sum(remote.look(channel, config) for channel, config in remote._running())


def controls() -> list[str]:
    return list(
        Exchange.objects.filter(direction="in", state="integrated")
        .order_by("seq")
        .values_list("distribution_id", flat=True)
    )


class Crash(BaseException):
    """The worker dies here."""


# -- SFTP


@pytest.fixture
def sftp(workshop, tmp_path):
    (tmp_path / "sftp" / "sortie").mkdir(parents=True)
    with background("test-sftp") as run:
        peer = SftpPeer(run, tmp_path / "sftp")
        workshop.open_access("labo", **peer.access())
        workshop.live(from_('type = "sftp"\nacces = "labo"\ndossier = "sortie"\ncalme_secondes = 0'))
        yield peer
        peer.stop()


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_of_an_sftp_server_is_held_then_put_away(workshop, sftp):
    folder = sftp.root / "sortie"
    (folder / "un.hl7").write_bytes(adt("M1"))
    (folder / "deux.hl7.part").write_bytes(adt("M2"))
    (folder / ".trois").write_bytes(adt("M3"))
    assert look() == 1
    workshop.turn()
    assert controls() == ["M1"]
    assert len(workshop.out("copie/sortie")) == 1
    assert names(folder / "archive") == ["un.hl7"]
    assert names(folder) == [".trois", "deux.hl7.part", "un.hl7"]
    assert SourceState.objects.get().down_since is None


@pytest.mark.parametrize("accident", ["before the commit", "after the commit", "while it is put away"])
def test_a_file_seen_again_after_a_crash_counts_once(workshop, sftp, monkeypatch, accident):
    folder = sftp.root / "sortie"
    (folder / "un.hl7").write_bytes(adt("M1"))
    if accident == "while it is put away":
        sftp.cut = "move"
        assert look() == 1
        assert SourceState.objects.get().down_since is not None
    else:
        with monkeypatch.context() as patch:

            def dies(*arguments):
                if accident == "after the commit":
                    arrivals.receive(*arguments)
                raise Crash

            patch.setattr(remote, "receive", dies)
            with pytest.raises(Crash):
                look()
    assert names(folder) == ["un.hl7"]
    assert not (folder / "archive").exists() or not names(folder / "archive")
    look()
    workshop.turn()
    assert controls() == ["M1"]
    assert Passage.objects.count() == 1
    assert names(folder / "archive") == ["un.hl7"]


def test_another_content_under_the_same_identity_is_put_apart_and_told(workshop, sftp):
    folder = sftp.root / "sortie"
    for name, sex in (("un.hl7", "M"), ("autre.hl7", "F")):
        (folder / name).write_bytes(adt("M1", sex=sex))
        look()
    assert names(folder / "erreur") == ["autre.hl7"]
    assert Relay.objects.filter(kind_code="interop.mend", waiting=True).count() == 1


def test_a_file_is_taken_once_it_is_the_same_at_two_looks(workshop, sftp):
    said = from_('type = "sftp"\nacces = "labo"\ndossier = "sortie"\ncalme_secondes = 1').replace("{code}", "copie")
    versions.write_draft(actor=workshop.author, code="copie", said=said)
    workshop.into_service("copie")
    source = remote.source("sftp")
    (sftp.root / "sortie" / "un.hl7").write_bytes(adt("M1")[:40])
    assert look() == 0
    (sftp.root / "sortie" / "un.hl7").write_bytes(adt("M1"))
    assert look() == 0
    source._seen = {  # a second goes by
        channel: {name: (about, since - 5) for name, (about, since) in seen.items()}
        for channel, seen in source._seen.items()
    }
    assert look() == 1


def test_a_mute_source_is_said_and_left_alone_longer_and_longer(workshop, sftp):
    sftp.stop()
    look()
    first = SourceState.objects.get()
    look()
    state = SourceState.objects.get()
    assert (state.failures, state.down_since) == (2, first.down_since)
    assert "ne répond pas" in state.words
    assert state.next_try_at > first.next_try_at
    sftp.start()
    (sftp.root / "sortie" / "un.hl7").write_bytes(adt("M1"))
    assert look() == 1
    assert (SourceState.objects.get().failures, SourceState.objects.get().words) == (0, "")


def test_a_source_is_read_by_one_worker_at_a_time_and_not_beyond_what_the_channel_can_hold(workshop, sftp, monkeypatch):
    (sftp.root / "sortie" / "un.hl7").write_bytes(adt("M1"))
    ((channel, config),) = remote._running()
    loan = remote._borrow(channel)
    assert loan is not None
    assert remote.look(channel, config) == 0
    remote._give_back(channel, loan, "", pause=0)
    monkeypatch.setattr(execution, "HIGH_WATER", 0)
    assert remote.look(channel, config) == 0
    assert names(sftp.root / "sortie") == ["un.hl7"]


@pytest.mark.django_db(transaction=True)
def test_the_loop_reads_several_sources_at_once_and_a_mute_one_holds_no_other(workshop, sftp):
    workshop.open_access("muet", **sftp.access(machine="127.0.0.1:1"))
    workshop.live(from_('type = "sftp"\nacces = "muet"\ndossier = "sortie"'), code="muet")
    (sftp.root / "sortie" / "un.hl7").write_bytes(adt("M1"))
    assert remote.turn() == 1
    assert remote.turn() == 0  # both wait for their next look
    states = {
        state.channel.code: state.down_since is not None for state in SourceState.objects.select_related("channel")
    }
    assert states == {"copie": False, "muet": True}
    assert Passage.objects.get().channel.code == "copie"


# -- AMQP


@pytest.fixture
def queue(workshop, broker):
    name = f"entree-{uuid4().hex[:8]}"

    async def talk(act):
        connection = await aio_pika.connect(broker.url)
        async with connection:
            channel = await connection.channel()
            made = await channel.declare_queue(name, durable=True)
            return await act(channel, made)

    async def count(channel, made):
        return made.declaration_result.message_count

    def publish(*payloads: bytes, **properties) -> None:
        async def act(channel, made):
            for payload in payloads:
                await channel.default_exchange.publish(aio_pika.Message(payload, **properties), routing_key=name)

        asyncio.run(talk(act))

    workshop.open_access(
        "courtier", type="amqp", adresse=broker.url.replace("guest:guest@", ""), utilisateur="guest", secret="guest"
    )
    workshop.live(from_(f'type = "amqp"\nacces = "courtier"\nfile = "{name}"'))
    asyncio.run(talk(count))
    return publish, lambda: asyncio.run(talk(count))


@pytest.mark.rabbitmq
def test_a_message_of_a_queue_is_acknowledged_once_it_is_committed(workshop, queue, monkeypatch):
    publish, left = queue
    publish(adt("M1"), adt("M2"))
    with monkeypatch.context() as patch:
        patch.setattr(remote, "receive", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            look()
    assert left() == 2
    assert look() == 2
    publish(adt("M2"))
    assert look() == 1
    workshop.turn()
    assert left() == 0
    assert controls() == ["M1", "M2"]
    assert Exchange.objects.filter(direction="in", state="duplicate").count() == 1


# -- a mailbox


@pytest.fixture(scope="module")
def imap(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("ca"), "autorite")
    with servers.dovecot(authority.issue("boite")[0]) as (port, _):
        yield port, authority.file


@pytest.fixture
def letterbox(workshop, imap):
    port, authority = imap
    workshop.open_access("boite", type="imap", machine=f"127.0.0.1:{port}", utilisateur="maison", secret="motdepasse", autorite=str(authority),
                         domaines=["chu.mssante.example"])  # fmt: skip
    workshop.live(from_('type = "courriel"\nacces = "boite"'))
    with servers.mailbox(port, authority) as box:
        for folder in ("INBOX", mailbox_port.DONE, mailbox_port.REFUSED):
            if counted(box, folder) != [0]:
                box.store("1:*", "+FLAGS", r"(\Deleted)")
                box.expunge()
        yield box


def letter(*payloads: bytes, sender: str = "Admissions <adt@chu.mssante.example>", identity: str = "") -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "maison@grades.mssante.example", "essai"
    made["Message-ID"] = f"<{identity or uuid4()}@chu.mssante.example>"
    made.set_content("Bonjour")
    for payload in payloads:
        made.add_attachment(payload, maintype="application", subtype="octet-stream", filename="message.hl7")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    return made.as_bytes()


def counted(box, *folders: str) -> list[int]:
    return [int(box.select(folder)[1][0] or 0) if box.select(folder)[0] == "OK" else 0 for folder in folders]


@pytest.mark.dovecot
def test_the_attachments_of_a_trusted_mail_are_messages_and_the_mail_is_put_away(workshop, letterbox, monkeypatch):
    letterbox.append("INBOX", None, None, letter(adt("M1"), adt("M2")))
    letterbox.append("INBOX", None, None, letter(adt("M3")))
    with monkeypatch.context() as patch:
        patch.setattr(remote, "receive", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            look()
    assert counted(letterbox, "INBOX", mailbox_port.DONE) == [2, 0]
    assert look() == 3
    workshop.turn()
    assert controls() == ["M1", "M2", "M3"]
    assert counted(letterbox, "INBOX", mailbox_port.DONE) == [0, 2]
    assert look() == 0


@pytest.mark.dovecot
def test_a_mail_of_a_stranger_is_put_apart_told_and_not_read(workshop, letterbox):
    letterbox.append("INBOX", None, None, letter(adt("M1"), sender="adt@chu.example"))
    letterbox.append("INBOX", None, None, letter(adt("M2"), sender="adt@chu.mssante.example <x@ailleurs.example>"))
    assert look() == 0
    assert counted(letterbox, "INBOX", mailbox_port.REFUSED) == [0, 2]
    refused = Exchange.objects.filter(direction="in", state="refused", fault_code=mailbox_port.STRANGER)
    assert [one.has_payload for one in refused] == [False, False]
    assert Relay.objects.filter(kind_code="interop.mend", waiting=True).count() == 1


@pytest.mark.dovecot
def test_a_mail_without_a_message_stops_in_its_channel_before_a_person(workshop, letterbox):
    letterbox.append("INBOX", None, None, letter())
    assert look() == 1
    workshop.turn()
    assert Passage.objects.get().state == "stopped"
    assert counted(letterbox, "INBOX", mailbox_port.DONE) == [0, 1]


@pytest.mark.dovecot
def test_a_mailbox_that_refuses_the_house_is_a_mute_source(workshop, letterbox):
    workshop.open_access("boite", **(workshop.accesses["boite"] | {"secret": "autre"}))
    look()
    assert "refuse la maison" in SourceState.objects.get().words


# -- the HTTPS door of a channel


@pytest.fixture
def key(workshop):
    return software(workshop.agency, "gam.essai")


def software(structure, name: str, doors=("http",)) -> str:
    return register_client(
        actor=Actor.system("tests"), client_id=name, name=name, structure_id=structure.id, doors=doors
    )[1]


CALLED = from_('type = "appel"\nlogiciels = ["gam.essai"]')


def give(
    client,
    payload: bytes,
    key: str = "",
    *,
    code: str = "copie",
    identity: str = "",
    kind: str = "application/hl7-v2+er7",
):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= {"Idempotency-Key": identity} if identity else {}
    return client.post(
        reverse("channels:deposit", args=[code]), payload, content_type=kind, headers=headers, CONTENT_TYPE=kind
    )


def test_software_gives_a_message_at_the_door_and_it_is_held_before_the_answer(workshop, client, key):
    workshop.live(CALLED)
    answer = give(client, adt("M1"), key)
    assert (answer.status_code, answer.json()["etat"]) == (202, "garde")
    assert Passage.objects.count() == 1
    assert give(client, adt("M1"), key).status_code == 200
    assert give(client, adt("M1", sex="F"), key).status_code == 409
    workshop.turn()
    assert len(workshop.out("copie/sortie")) == 1
    assert Exchange.objects.filter(client_id__isnull=False, direction="in").count() == 3


def test_a_synchronous_channel_answers_what_its_target_did(workshop, client, key):
    workshop.live(CALLED.replace('format = "hl7v2"', 'format = "hl7v2"\nmode = "synchrone"'))
    assert give(client, adt("M1"), key).json() == {"etat": "remis", "message": "Remis à la cible."}
    answer = give(client, adt("M2", sex="X"), key)
    assert (answer.status_code, answer.json()["etat"]) == (422, "arrete")


def test_a_fhir_resource_is_answered_by_an_operation_outcome(workshop, client, key):
    said = (
        'canal = "copie"\ntitre = "Ressources"\nformat = "json"\n\n[source]\ntype = "appel"\nlogiciels = ["gam.essai"]\n'
        + CALLED[CALLED.index("[[routes]]") :]
    )
    workshop.live(said)
    resource = json.dumps({"resourceType": "Patient"}).encode()
    taken = give(client, resource, key, identity="p1", kind="application/fhir+json")
    refused = give(client, b"{}", key, identity="p1", kind="application/fhir+json")
    assert [answer.json()["issue"][0]["code"] for answer in (taken, refused)] == ["informational", "duplicate"]
    assert taken["Content-Type"].startswith("application/fhir+json")


def test_strangers_shut_doors_and_other_channels_are_refused_with_a_trace(workshop, client, key, monkeypatch):
    workshop.live(CALLED)
    other = software(workshop.agency, "autre.essai")
    shut = software(workshop.agency, "gam.ferme", doors=("amqp",))
    for answer, status in (
        (give(client, adt(), "x" * 40), 401), (give(client, adt()), 401), (give(client, adt(), other), 404), (give(client, adt(), key, code="absent"), 404),
        (give(client, adt(), shut), 401), (give(client, adt(), key, kind="image/png"), 415), (give(client, b"", key), 400),
    ):  # fmt: skip
        assert answer.status_code == status, answer.content
    assert not Passage.objects.exists()
    assert Entry.objects.filter(code="channels.deposit_refused").count() == 7
    monkeypatch.setattr("maison.interop.channels.views.door.MAX_BYTES", 10)
    assert give(client, adt(), key).status_code == 413
    assert Exchange.objects.get(direction="in").state == "refused"
    versions.suspend(actor=workshop.approver, code="copie", suspended=True, reason="essai")
    assert give(client, adt(), key).status_code == 503


def test_an_entity_hears_the_software_of_its_sites_and_of_no_other(workshop, client):
    entity = StructureFactory(legal_entity=True)
    key = software(StructureFactory(parent=entity), "gam.essai")
    workshop.live(CALLED, structure=entity)
    assert give(client, adt("M1"), key).status_code == 202
    with pytest.raises(NotReady, match="n'est pas déclaré pour la structure"):
        workshop.live(CALLED, code="voisin", structure=StructureFactory())
