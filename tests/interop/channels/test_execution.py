"""Messages through channels: order, faults, targets that go down and come back, nothing lost (HUB-01, HUB-02, HUB-03)."""

from __future__ import annotations

import json
import threading
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from maison.foundations.audit.models import Entry
from maison.foundations.errors import NotFound
from maison.foundations.events import publish
from maison.foundations.events.models import StoredEvent
from maison.foundations.relay.models import Relay
from maison.interop.channels import calls, delivery, desks, execution, live, writing
from maison.interop.channels.actions import mending, versions
from maison.interop.channels.errors import NothingToMend, NotReady, ReasonNeeded
from maison.interop.channels.events import ChannelSuspended
from maison.interop.channels.language import engine, formats
from maison.interop.channels.language.configuration import Item
from maison.interop.channels.models import Delivery, Passage, TargetState, Version
from maison.interop.channels.permissions import P
from maison.interop.channels.ports import folders
from maison.interop.channels.ports import https as https_port
from maison.interop.channels.ports.base import Parcel, Receipt
from maison.interop.channels.ports.house import JournalSource
from maison.interop.exchanges.models import Client, Exchange
from tests.factories import StructureFactory
from tests.interop import wires
from tests.interop.channels.fictional import adt
from tests.interop.channels.workshop import COPY, person

pytestmark = pytest.mark.django_db


def controls(payloads: list[bytes]) -> list[str]:
    return [formats.read("hl7v2", payload).values("MSH-10")[0] for payload in payloads]


def send(workshop, number: int, code: str = "copie", **options) -> None:
    workshop.drop(f"{code}/entree", f"{number:04d}.hl7", adt(f"M{number:04d}", **options), age=1000 - number)


def test_a_file_goes_from_its_folder_through_the_channel_to_the_target(workshop):
    workshop.live()
    workshop.drop("copie/entree", "un.hl7", adt())
    workshop.drop("copie/entree", "deux.hl7.part", adt("M2"))
    workshop.drop("copie/entree", ".cache", adt("M3"))
    workshop.turn()
    (payload,) = workshop.out("copie/sortie")
    assert b"|male|" in payload
    assert [path.name for path in (workshop.root / "copie/entree/archive").rglob("*.hl7")] == ["un.hl7"]
    assert {path.name for path in (workshop.root / "copie/entree").glob("*") if path.is_file()} == {
        "deux.hl7.part",
        ".cache",
    }
    passage = Passage.objects.get()
    assert (passage.state, passage.version) == ("done", 1)
    received, sent = Exchange.objects.get(direction="in"), Exchange.objects.get(direction="out")
    assert (received.state, received.distribution_id, received.sender) == ("integrated", "M1", "GAM|CHU")
    assert (sent.state, sent.answers, sent.attempts) == ("acknowledged", received.id, 1)


def test_a_file_still_growing_is_left_until_it_is_calm(workshop):
    workshop.live(COPY.replace("calme_secondes = 0", "calme_secondes = 60"))
    workshop.drop("copie/entree", "un.hl7", adt(), age=0)
    workshop.turn()
    assert not Passage.objects.exists()
    workshop.drop("copie/entree", "un.hl7", adt(), age=61)
    workshop.turn()
    assert len(workshop.out("copie/sortie")) == 1


def test_a_message_seen_twice_counts_once_and_another_body_under_its_name_is_refused_and_told(workshop):
    """F12.2, and a crash between the journal and the move of the file."""
    workshop.live()
    for name in ("un.hl7", "encore.hl7"):
        workshop.drop("copie/entree", name, adt())
        workshop.turn()
    workshop.drop("copie/entree", "autre.hl7", adt(sex="F"))
    workshop.turn()
    assert len(workshop.out("copie/sortie")) == 1
    assert sorted(Exchange.objects.filter(direction="in").values_list("state", flat=True)) == [
        "duplicate",
        "integrated",
        "refused",
    ]
    assert StoredEvent.objects.filter(name="exchanges.identity_reused").count() == 1
    assert Relay.objects.filter(kind_code="interop.mend", waiting=True).count() == 1
    assert [path.name for path in (workshop.root / "copie/entree/erreur").rglob("*.hl7")] == ["autre.hl7"]


def test_a_folder_never_leads_outside_the_root(workshop):
    for words in ("../ailleurs", "/etc", ".", "a/../../b"):
        assert folders.place(words) is None


@pytest.mark.parametrize("folder", ["copie/entree", "copie", "copie/sortie/archive"])
def test_a_hospital_takes_no_folder_that_serves_another(workshop, folder):
    workshop.live(structure=StructureFactory())
    said = COPY.replace("{code}/entree", folder)
    with pytest.raises(NotReady, match="sert déjà à un canal d'une autre structure"):
        workshop.live(said, code="voisin", structure=StructureFactory())


def test_the_target_is_down_one_hour_then_everything_leaves_in_the_order_of_each_patient(workshop):
    """F12.1 with a folder: nothing lost, nothing doubled, each patient in order; one attempt at a time meanwhile."""
    channel = workshop.live()
    output = workshop.root / "copie/sortie"
    output.rmdir()
    for number in range(1, 41):
        send(workshop, number, ipp=str(700000 + number % 4))
    tries = 0
    for _ in range(12):
        workshop.turn()
        tries += TargetState.objects.get(channel=channel).failures
        workshop.later(minutes=6)
    state = TargetState.objects.get(channel=channel)
    assert state.down_since is not None
    assert Delivery.objects.filter(state="pending").count() == 40
    assert sum(Delivery.objects.values_list("attempts", flat=True)) == state.failures
    live._read.cache_clear()  # the process started again meanwhile
    output.mkdir()
    workshop.later(hours=1)
    workshop.turn()
    sent = workshop.out("copie/sortie")
    assert len(sent) == 40
    for patient in range(4):
        mine = [name for name in controls(sent) if int(name[1:]) % 4 == patient]
        assert mine == sorted(mine)
    assert Passage.objects.filter(state="done").count() == 40
    assert TargetState.objects.get(channel=channel).down_since is None


def test_what_waits_for_a_target_stays_out_of_memory_and_the_source_is_held_back(workshop, monkeypatch):
    channel = workshop.live()
    monkeypatch.setattr(execution, "HIGH_WATER", 10)
    versions.suspend(actor=workshop.approver, code="copie", suspended=True, reason="essai")
    assert workshop.turn() == 0
    versions.suspend(actor=workshop.approver, code="copie", suspended=False)
    for number in range(1, 31):
        send(workshop, number, ipp=str(number))
    version = live.live_version(channel.id)
    while execution.collect(channel, version, 4):
        pass
    assert Passage.objects.count() == 12  # the batch that crossed the line is whole
    monkeypatch.setattr(delivery, "WINDOW", 3)
    monkeypatch.setattr(delivery, "BATCH", 3)
    execution.process(channel, version, 50)
    claimed = delivery._claim(TargetState.objects.get().pk, None)
    assert sum(map(len, claimed.groups)) == 3


def test_a_mute_target_is_left_to_a_person_after_a_day_in_one_task(workshop):
    workshop.live()
    (workshop.root / "copie/sortie").rmdir()
    for number in range(1, 4):
        send(workshop, number, ipp=str(number))
    workshop.turn()
    workshop.later(hours=25)
    workshop.turn()
    assert Delivery.objects.filter(state="stopped", reason=desks.TRANSPORT).count() == 3
    task = Relay.objects.get(kind_code="channels.mend_integrateur")
    assert task.to_structure_id == workshop.agency.id
    assert set(Exchange.objects.filter(direction="out").values_list("state", flat=True)) == {"failed"}
    workshop.folder("copie/sortie")
    workshop.later(hours=2)
    assert mending.replay_all(actor=workshop.author, task_id=task.id) == 3
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0001", "M0002", "M0003"]
    task.refresh_from_db()
    assert task.ending == "closed"


def test_an_unknown_code_stops_its_patient_only_and_goes_on_once_the_table_is_mended(workshop):
    channel = workshop.live()
    send(workshop, 1, ipp="1", sex="X")
    send(workshop, 2, ipp="1")
    send(workshop, 3, ipp="2")
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0003"]
    stopped = Passage.objects.get(state="stopped")
    assert (stopped.reason, stopped.path) == ("code-inconnu", "PID-8")
    task = Relay.objects.get(kind_code="channels.mend_terminologie")
    steward = person("Sacha", workshop.agency, rights=(P.CODES, P.TABLES))
    workshop.table(entries={"M": ["male", ""], "F": ["female", ""], "X": ["other", ""]}, tests=(("X", "other"),))
    said = versions.draft_of(channel)
    assert said is None
    versions.write_draft(
        actor=workshop.author, code="copie", said=live.live_version(channel.id).text.replace("sexe@1", "sexe@2")
    )
    workshop.into_service("copie")
    mending.replay(actor=steward, kind=Passage, stopped_id=stopped.id)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0003", "M0001", "M0002"]
    assert b"|other|" in workshop.out("copie/sortie")[1]
    task.refresh_from_db()
    assert task.ending == "closed"
    assert Entry.objects.filter(code="channels.message_replayed").exists()


def test_a_missing_identity_goes_to_the_admissions_of_the_hospital_and_may_be_abandoned_with_a_reason(workshop):
    hospital = StructureFactory(name="CHU fictif")
    said = COPY.replace(
        "[[etapes]]", "[[exigences]]\nsi = 'PID-3[5=INS].1 présent'\nmotif = \"ins-absent\"\n\n[[etapes]]"
    )
    workshop.live(said, structure=hospital)
    send(workshop, 1, ipp="1", ins="")
    send(workshop, 2, ipp="1")
    workshop.turn()
    task = Relay.objects.get(kind_code="channels.mend_admissions")
    assert task.to_structure_id == hospital.id
    stopped = Passage.objects.get(state="stopped")
    clerk, stranger = (
        person("Maxime", hospital, rights=(P.ADMISSIONS,)),
        person("Dominique", hospital, rights=(P.IDENTITY,)),
    )
    with pytest.raises(NotFound):
        mending.replay(actor=stranger, kind=Passage, stopped_id=stopped.id)
    with pytest.raises(ReasonNeeded):
        mending.abandon(actor=clerk, kind=Passage, stopped_id=stopped.id, reason=" ")
    mending.abandon(actor=clerk, kind=Passage, stopped_id=stopped.id, reason="passage saisi par erreur")
    with pytest.raises(NothingToMend):
        mending.replay(actor=workshop.author, kind=Passage, stopped_id=stopped.id)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0002"]


def test_the_desk_of_a_reason_is_chosen_by_the_agency(workshop):
    mending.choose_desk(actor=workshop.approver, reason="code-inconnu", desk="integrateur")
    workshop.live()
    send(workshop, 1, sex="X")
    workshop.turn()
    assert Relay.objects.filter(kind_code="channels.mend_integrateur").count() == 1


def test_a_storm_of_bad_messages_is_one_task(workshop):
    workshop.live()
    for number in range(1, 6):
        send(workshop, number, ipp=str(number), sex="X")
    workshop.turn()
    assert Passage.objects.filter(state="stopped").values("relay_id").distinct().count() == 1


def test_a_merge_waits_for_both_patients_and_both_wait_for_it(workshop):
    workshop.live()
    send(workshop, 1, ipp="1", sex="X")
    send(workshop, 2, ipp="2")
    send(workshop, 3, ipp="2", trigger="A40", extra="MRG|1^^^CHU")
    send(workshop, 4, ipp="2")
    send(workshop, 5, ipp="3")
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0002", "M0005"]
    mending.abandon(
        actor=workshop.author, kind=Passage, stopped_id=Passage.objects.get(state="stopped").id, reason="essai"
    )
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0002", "M0005", "M0003", "M0004"]


@pytest.mark.parametrize(
    "poison", [b"", b"\x00\xff", b"MSH|^~\\&|", adt()[:40], b"{}" * 10, adt().replace(b"\rPID", b"\rP|D")]
)
def test_a_poisoned_message_goes_to_a_person_and_stops_nobody(workshop, poison):
    workshop.live()
    workshop.drop("copie/entree", "poison.hl7", poison, age=100)
    send(workshop, 999)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0999"]
    assert Passage.objects.exclude(state="done").get().state == "stopped"


def test_a_message_too_large_is_told_and_put_apart(workshop, monkeypatch):
    monkeypatch.setattr(folders, "MAX_BYTES", 100)
    workshop.live()
    send(workshop, 1)
    workshop.turn()
    assert Exchange.objects.get().fault_code == "CAN-TAILLE"
    assert len(list((workshop.root / "copie/entree/erreur").rglob("*.hl7"))) == 1


def test_a_defect_of_the_house_is_retried_then_told_and_loses_nothing(workshop, monkeypatch):
    workshop.live()
    send(workshop, 1)

    def broken(*args, **kwargs):
        raise ZeroDivisionError("FICTIVE")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "run", broken)
        for _ in range(execution.ATTEMPTS + 1):
            workshop.turn()
            workshop.later(hours=2)
    stopped = Passage.objects.get()
    assert (stopped.state, stopped.reason, stopped.attempts) == ("stopped", desks.HOUSE, execution.ATTEMPTS)
    assert "FICTIVE" not in stopped.words
    mending.replay(actor=workshop.author, kind=Passage, stopped_id=stopped.id)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0001"]


def test_a_defect_while_deliveries_are_written_loses_nothing_and_sends_once(workshop, monkeypatch):
    workshop.live()
    send(workshop, 1)

    def broken(*args, **kwargs):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_delivery", broken)
        workshop.turn()
    held = Passage.objects.get()
    assert (held.state, held.reason, Delivery.objects.count()) == ("received", desks.HOUSE, 0)
    workshop.later(hours=2)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0001"]


def test_a_crash_after_the_target_took_it_sends_again_under_the_same_name(workshop, monkeypatch):
    workshop.live()
    send(workshop, 1)
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "settle", lambda *args: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            workshop.turn()
    assert Delivery.objects.get().state == "pending"
    assert workshop.turn() == 0  # still lent to the one that fell
    workshop.later(minutes=5)
    workshop.turn()
    assert len(workshop.out("copie/sortie")) == 1
    assert Delivery.objects.get().state == "delivered"


def test_a_retired_channel_still_delivers_what_it_owes(workshop):
    workshop.live()
    (workshop.root / "copie/sortie").rmdir()
    send(workshop, 1)
    workshop.turn()
    versions.retire(actor=workshop.approver, code="copie", reason="essai")
    workshop.folder("copie/sortie")
    send(workshop, 2)
    workshop.later(hours=2)
    workshop.turn()
    assert controls(workshop.out("copie/sortie")) == ["M0001"]


# -- other sources


JOURNAL = """canal = "journal"
titre = "Copie des alertes"
format = "json"

[source]
type = "journal"
nature = "TECHNICAL_NOREQ"

[[routes]]
nom = "tout"
cibles = ["sortie"]

[[cibles]]
nom = "sortie"
type = "dossier"
chemin = "journal/sortie"
"""


def test_a_channel_takes_from_the_journal_what_its_source_says_and_never_a_refusal(workshop, client):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical()))
    wires.post(client, wires.envelope(wires.headed(wires.case(owner=None))))
    config = live.configuration(live.live_version(workshop.live(JOURNAL, code="journal").id))
    assert {row.message_type for row in Exchange.objects.all() if JournalSource.takes(row, config, {})} == {
        "TECHNICAL_NOREQ"
    }
    other = config.with_(source=Item("journal", {"porte": "amqp", "logiciel": "", "nature": ""}))
    assert not any(JournalSource.takes(row, other, {}) for row in Exchange.objects.all())


@pytest.mark.django_db(transaction=True)
def test_a_hospital_hears_its_own_software_and_never_that_of_another_nor_the_events_of_the_house(workshop, client):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical(optionalStringField="avant")))
    other = StructureFactory()
    workshop.live(JOURNAL, code="journal", structure=other)
    assert Version.objects.get().report["messages"] == 0
    workshop.turn()
    wires.post(client, wires.envelope(wires.technical(optionalStringField="après")))
    workshop.turn()
    assert workshop.out("journal/sortie") == []
    Client.objects.update(structure=other)
    wires.post(client, wires.envelope(wires.technical(optionalStringField="le sien")))
    workshop.turn()
    (own,) = workshop.out("journal/sortie")
    assert "le sien" in own.decode()
    events = JOURNAL.replace('canal = "journal"', 'canal = "faits"').replace("journal/sortie", "faits/sortie")
    events = events.replace(
        'type = "journal"\nnature = "TECHNICAL_NOREQ"', 'type = "evenements"\nnoms = ["channels.suspended"]'
    )
    with pytest.raises(NotReady, match="seul un canal de l'agence"):
        workshop.live(events, code="faits", structure=other)


@pytest.mark.django_db(transaction=True)
def test_the_journal_and_the_events_of_the_house_feed_channels(workshop, client):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical(optionalStringField="avant")))
    workshop.live(JOURNAL, code="journal")
    events = JOURNAL.replace('canal = "journal"', 'canal = "faits"').replace("journal/sortie", "faits/sortie")
    events = events.replace(
        'type = "journal"\nnature = "TECHNICAL_NOREQ"', 'type = "evenements"\nnoms = ["channels.suspended"]'
    )
    channel = workshop.live(events, code="faits")
    workshop.turn()
    wires.post(client, wires.envelope(wires.technical(optionalStringField="après")))
    publish(ChannelSuspended(channel.id, suspended=True))
    workshop.turn()
    (copied,) = workshop.out("journal/sortie")
    assert "après" in copied.decode()
    (fact,) = workshop.out("faits/sortie")
    assert json.loads(fact)["event"] == "channels.suspended"
    assert json.loads(fact)["channel_id"] == str(channel.id)


CALL = COPY.replace('type = "dossier"\ncalme_secondes = 0\nchemin = "{code}/entree"', 'type = "appel"').replace(
    'format = "hl7v2"', 'format = "hl7v2"\nmode = "synchrone"'
)


def test_a_synchronous_channel_answers_what_its_target_did(workshop):
    workshop.live(CALL)

    def call(payload):
        return calls.call("copie", payload, sender="GAM", identity="", door="mllp")

    assert call(adt("A")).verdict == "delivered"
    assert call(adt("A")).verdict == "duplicate"
    assert call(adt("A", sex="F")).verdict == "refused"
    assert call(adt("B", ipp="2", sex="X")).reason == "code-inconnu"
    assert call(adt("C", ipp="2")).verdict == "held"
    (workshop.root / "copie/sortie").rename(workshop.root / "copie/ailleurs")
    answer = call(adt("D", ipp="3"))
    assert (answer.verdict, "dossier" in answer.words) == ("held", True)
    assert len(list((workshop.root / "copie/ailleurs").iterdir())) == 1


# -- HTTPS


class Service:
    """A target of the tests, over plain HTTP on this machine."""

    def __init__(self) -> None:
        self.status: list[int] = []
        self.taken: list[tuple[str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.status.pop(0) if outer.status else 200
                if status == 200:
                    outer.taken.append((self.headers["Idempotency-Key"], body))
                if status == 0:
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service(workshop, settings):
    running = Service()
    settings.CHANNEL_HOSTS = [running.host]
    yield running
    running.close()


def https(service, **extra) -> str:
    more = "".join(f"\n{name} = {json.dumps(value)}" for name, value in extra.items())
    return COPY.replace(
        'type = "dossier"\nchemin = "{code}/sortie"', f'type = "https"\nadresse = "http://{service.host}/adt"{more}'
    )


def test_an_https_target_down_then_back_receives_everything_in_order(workshop, service):
    workshop.live(https(service))
    service.status = [503] * 3
    for number in range(1, 11):
        send(workshop, number, ipp="1")
    workshop.turn()
    for _ in range(3):
        workshop.later(hours=1)
        workshop.turn()
    assert controls([body for _, body in service.taken]) == [f"M{number:04d}" for number in range(1, 11)]
    assert len({key for key, _ in service.taken}) == 10


def test_a_refused_content_goes_to_a_person_and_a_refusal_of_the_moment_is_tried_again(workshop, service):
    workshop.live(https(service, simultanes=1))
    service.status = [422, 409]
    send(workshop, 1, ipp="1")
    send(workshop, 2, ipp="2")
    send(workshop, 3, ipp="1")
    send(workshop, 4, ipp="3")
    workshop.turn()
    assert controls([body for _, body in service.taken]) == ["M0004"]
    assert Delivery.objects.get(state="stopped").reason == desks.REFUSED
    workshop.later(minutes=1)
    workshop.turn()
    assert controls([body for _, body in service.taken]) == ["M0004", "M0002"]
    mending.replay(actor=workshop.author, kind=Delivery, stopped_id=Delivery.objects.get(state="stopped").id)
    workshop.turn()
    assert controls([body for _, body in service.taken]) == ["M0004", "M0002", "M0001", "M0003"]


@pytest.mark.parametrize(("idempotent", "state"), [(False, "stopped"), (True, "pending")])
def test_a_send_whose_issue_is_unknown_is_repeated_only_to_a_target_that_knows_its_key(
    workshop, service, idempotent, state
):
    workshop.live(https(service, idempotent=idempotent))
    service.status = [0]
    send(workshop, 1)
    workshop.turn()
    assert Delivery.objects.get().state == state
    assert Delivery.objects.get().reason == ("" if idempotent else desks.UNKNOWN)


@pytest.mark.parametrize(
    "address", ["http://ailleurs.example/", "https://ailleurs.example/", "https://a:b@127.0.0.1/", "file:///x"]
)
def test_only_hosts_the_operator_named_are_called(workshop, address):
    assert https_port.allowed(address)


def test_an_adapter_that_breaks_is_a_target_that_does_not_work(workshop, monkeypatch):
    workshop.live()
    send(workshop, 1)

    def break_(self, item):
        def send_(parcel: Parcel) -> Receipt:
            raise RuntimeError("FICTIVE")

        return nullcontext(send_)

    with monkeypatch.context() as patch:
        patch.setattr(folders.FolderTarget, "opened", break_)
        workshop.turn()
    assert Delivery.objects.get().state == "pending"
    assert "FICTIVE" not in TargetState.objects.get().words
    workshop.later(minutes=1)
    workshop.turn()
    assert Delivery.objects.get().state == "delivered"
