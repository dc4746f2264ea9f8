"""The sheets of senders and targets: declared, changed, closed, opened again by those who may, each act with both states."""

from __future__ import annotations

import pytest
from django.urls import reverse

from maison.foundations.audit.models import Entry
from maison.interop.exchanges.models import Client, Exchange
from maison.interop.hl7v2 import intake, outbound
from maison.interop.hl7v2.models import SenderProfile, Target
from maison.interop.hl7v2.senders import Peer
from tests.factories import StructureFactory
from tests.interop import mllp, wires
from tests.interop.channels.certificates import pem_and_fingerprint

pytestmark = pytest.mark.django_db
LIST = "/echanges/logiciels/"


@pytest.fixture
def agency():
    return wires.agency()


@pytest.fixture
def browser(signed_in_client, agency):
    return signed_in_client("integrateur", agency)


def sender_said(structure, /, **changes):
    return {
        "code": "gam.chu-x", "nom": "GAM du CHU X", "structure": structure.id, "application": "GAM", "etablissement": "CHU-X", "port": "",
        "certificat": "", "types": ["ADT"], "versions": ["2.5"], "autorites": mllp.DOMAIN, "jeu": "utf-8", "reponses": "",
    } | changes  # fmt: skip


def target_said(structure, /, **changes):
    return {
        "code": "dpi.chu-x", "nom": "DPI du CHU X", "structure": structure.id, "hote": "127.0.0.1", "port": "2599", "certificat": "",
        "application": "DPI", "etablissement": "CHU-X", "version": "2.5", "jeu": "", "types": ["ADT"],
    } | changes  # fmt: skip


def come(message):
    (answer,) = intake.receive([intake.Arrival(Peer("127.0.0.1", 2575), message)])
    return mllp.code(answer[1:-2].decode())


def sheet(client):
    return reverse("hl7v2:sender", args=[client.id])


def declare(browser, structure, **changes):
    answer = browser.post(reverse("hl7v2:new_sender"), sender_said(structure, **changes))
    assert answer.status_code == 303, answer.text
    return Client.objects.get(client_id=changes.get("code", "gam.chu-x"))


def test_software_that_is_declared_is_heard_at_once_and_its_sheet_says_when(browser):
    structure = StructureFactory(name="CHU X")
    assert come(mllp.adt("A28")) == "AR"
    client = declare(browser, structure)
    assert "jamais entendu" in browser.get(sheet(client)).text
    assert come(mllp.adt("A28")) == "AA"
    page = browser.get(sheet(client)).text
    assert "à jour" in page
    assert "jamais entendu" not in page
    listed = browser.get(LIST).text
    assert sheet(client) in listed
    assert "GAM du CHU X" in listed


def test_each_change_is_traced_with_both_states_and_shown(browser):
    client = declare(browser, StructureFactory())
    answer = browser.post(
        reverse("hl7v2:edit_sender", args=[client.id]),
        sender_said(client.structure, types=["ADT", "MDM"], jeu="iso8859-15"),
    )
    assert answer.status_code == 303
    trace = Entry.objects.filter(code="hl7v2.sender_declared").order_by("position", "seq").last()
    assert (trace.details["before"]["kinds"], trace.details["after"]["kinds"]) == (["ADT"], ["ADT", "MDM"])
    assert (trace.details["before"]["charset"], trace.details["after"]["charset"]) == ("utf-8", "iso8859-15")
    page = browser.get(sheet(client)).text
    assert "messages : ADT → ADT, MDM" in page
    assert "jeu de caractères : utf-8 → iso8859-15" in page


def test_a_closed_door_refuses_at_once_and_opens_again_without_losing_the_rest(browser):
    client = declare(browser, StructureFactory())
    Client.objects.filter(id=client.id).update(doors=["http", "mllp"])
    switch = reverse("hl7v2:switch_sender", args=[client.id])
    assert browser.post(switch, {"motif": ""}).status_code == 422
    assert come(mllp.adt("A28")) == "AA"
    assert browser.post(switch, {"motif": "Remplacé par un autre logiciel"}).status_code == 303
    assert come(mllp.adt("A28", control="APRES")) == "AR"
    assert Client.objects.get(id=client.id).doors == ["http"]
    assert "Remplacé par un autre logiciel" in browser.get(sheet(client)).text
    assert browser.post(switch, {"ouvrir": "oui"}).status_code == 303
    assert come(mllp.adt("A28", control="APRES")) == "AA"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"code": "GAM X"}, "minuscules"),
        ({"application": "", "etablissement": ""}, "au moins l&#x27;application"),
        ({"application": "GAM^1.2"}, "sans séparateur HL7"),
        ({"certificat": "abc"}, "64 chiffres"),
        ({"certificat": "-----BEGIN CERTIFICATE-----"}, "ne se lit pas"),
        ({"autorites": "1.2|3"}, "une par ligne"),
        ({"structure": ""}, "obligatoire"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_written(browser, changes, words):
    answer = browser.post(reverse("hl7v2:new_sender"), sender_said(StructureFactory(), **changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert not Client.objects.exists()


def test_two_software_do_not_share_a_name_nor_a_code(browser):
    structure = StructureFactory()
    declare(browser, structure)
    again = browser.post(reverse("hl7v2:new_sender"), sender_said(structure))
    assert (again.status_code, "déjà celui" in again.text) == (422, True)
    other = browser.post(reverse("hl7v2:new_sender"), sender_said(structure, code="autre.gam"))
    assert other.status_code == 422
    assert "déjà celle d&#x27;un autre logiciel" in other.text
    assert Client.objects.count() == 1
    assert SenderProfile.objects.count() == 1


def test_a_certificate_is_declared_by_its_pem_or_its_fingerprint(browser):
    pem, fingerprint = pem_and_fingerprint(30)
    client = declare(browser, StructureFactory(), certificat=pem, application="", etablissement="")
    assert client.certificate_fingerprint == fingerprint
    assert "CN=essai" in client.certificate_subject
    answer = browser.post(
        reverse("hl7v2:edit_sender", args=[client.id]), sender_said(client.structure, certificat=fingerprint)
    )
    assert answer.status_code == 303
    assert "CN=essai" in Client.objects.get().certificate_subject


def test_the_integrator_of_a_hospital_declares_its_own_software_only(signed_in_client):
    own, other = StructureFactory(name="CH du Gué"), StructureFactory(name="CH d'ailleurs")
    local = signed_in_client("integrateur", own)
    client = declare(local, own)
    elsewhere = local.post(reverse("hl7v2:new_sender"), sender_said(other, code="ailleurs.gam"))
    assert elsewhere.status_code == 422
    assert Client.objects.count() == 1
    stranger = mllp.declare("autre.gam", application="AUTRE", structure=other)
    assert local.get(sheet(stranger)).status_code == 404
    assert local.post(reverse("hl7v2:switch_sender", args=[stranger.id]), {"motif": "x"}).status_code == 404
    assert local.post(reverse("hl7v2:edit_sender", args=[stranger.id]), sender_said(own)).status_code == 404
    page = local.get(LIST).text
    assert client.name in page
    assert stranger.name not in page
    # Nobody moves a software to a structure that is not his.
    assert local.post(reverse("hl7v2:edit_sender", args=[client.id]), sender_said(other)).status_code == 422


def test_support_sees_and_changes_nothing(signed_in_client, agency):
    client = mllp.declare()
    support = signed_in_client("support", agency)
    page = support.get(sheet(client))
    assert page.status_code == 200
    assert "Modifier" not in page.text
    assert "Déclarer un émetteur" not in support.get(LIST).text
    assert support.post(reverse("hl7v2:switch_sender", args=[client.id]), {"motif": "x"}).status_code == 403


# -- targets


def new_target(browser, structure, **changes):
    answer = browser.post(reverse("hl7v2:new_target"), target_said(structure, **changes))
    assert answer.status_code == 303, answer.text
    return Target.objects.get()


def test_a_target_is_declared_changed_closed_and_opened_again_with_both_states(browser):
    structure = StructureFactory()
    found = new_target(browser, structure)
    url = reverse("hl7v2:target", args=[found.id])
    edit = reverse("hl7v2:edit_target", args=[found.id])
    assert browser.post(edit, target_said(structure, port="2600", applicatif="on")).status_code == 303
    switch = reverse("hl7v2:switch_target", args=[found.id])
    assert browser.post(switch, {"motif": "Arrêt du DPI"}).status_code == 303
    page = browser.get(url).text
    for words in (
        "port : 2599 → 2600",
        "réponse applicative : non → oui",
        "ouvert : oui → non",
        "Arrêt du DPI",
        "Fermée",
    ):
        assert words in page
    assert browser.post(switch, {"ouvrir": "oui"}).status_code == 303
    assert Target.objects.get().active
    assert url in browser.get(LIST).text


def test_the_sheet_of_a_target_says_what_waits_for_it(browser):
    found = new_target(browser, StructureFactory())
    outbound.queue(mllp.adt("A31"), target=found.code)
    page = browser.get(reverse("hl7v2:target", args=[found.id])).text
    assert "<dt>En attente</dt><dd>1, depuis" in page
    assert Exchange.objects.get().state == "to_send"


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "un hôte", "dpi:2575/x", "fe80::1"])
def test_an_address_that_is_no_machine_of_a_hospital_is_refused(browser, host):
    answer = browser.post(reverse("hl7v2:new_target"), target_said(StructureFactory(), hote=host))
    assert answer.status_code == 422
    assert not Target.objects.exists()


def test_in_production_nothing_leaves_in_clear(browser, settings):
    settings.PRODUCTION = True
    answer = browser.post(reverse("hl7v2:new_target"), target_said(StructureFactory(), hote="10.1.2.3"))
    assert (answer.status_code, "en TLS" in answer.text) == (422, True)
    assert new_target(browser, StructureFactory(), hote="10.1.2.3", tls="on").secured


def test_trying_the_line_sends_nothing_and_says_what_is_wrong(browser, listening):
    port, connections = listening
    found = new_target(browser, StructureFactory(), port=str(port))
    attempt = reverse("hl7v2:try_target", args=[found.id])
    assert "La cible répond : la connexion s&#x27;ouvre." in browser.post(attempt, follow=True).text
    assert connections.get(timeout=10) == b""
    Target.objects.update(secured=True)
    assert "TLS échoue" in browser.post(attempt, follow=True).text
    connections.close()
    Target.objects.update(secured=False)
    page = browser.post(attempt, follow=True).text
    assert "vérifiez le port" in page
    assert "a essayé la connexion : elle ne répond pas" in page
    assert [
        entry.details["outcome"]
        for entry in Entry.objects.filter(code="hl7v2.target_tried").order_by("position", "seq")
    ] == [
        "ok",
        "tls",
        "refused",
    ]


@pytest.fixture
def listening():
    """A server that keeps what each connection said before it left."""
    import queue
    import socket
    import threading

    server = socket.create_server(("127.0.0.1", 0))
    said = queue.Queue()

    def serve():
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                data = line.recv(1000)
                said.put(data)
                if data:
                    line.sendall(b"pas du TLS")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def close():
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)

    said.close = close
    yield server.getsockname()[1], said
    if thread.is_alive():
        close()
