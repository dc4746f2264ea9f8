"""The integrator's screens, played as a browser without JavaScript does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maison.foundations.audit.models import Entry
from maison.foundations.notifications.models import Notification
from maison.foundations.relay.models import Relay
from maison.foundations.supervision.probes import read_probes
from maison.interop.channels import alerts, live, selectors
from maison.interop.channels.actions import versions
from maison.interop.channels.models import Certificate, Channel, MappingTable, Passage, TargetState, Version
from tests.factories import HabilitationFactory, StructureFactory, UserFactory
from tests.interop import wires
from tests.interop.channels.fictional import adt
from tests.interop.channels.workshop import COPY

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(workshop, signed_in_client):
    return signed_in_client("integrateur", workshop.agency)


@pytest.fixture
def approver(workshop, signed_in_client):
    return signed_in_client("integrateur", workshop.agency)


def url(name: str, *args) -> str:
    return reverse(f"channels:{name}", args=args)


def conditions(*rows, mode: str = "toutes") -> dict[str, str]:
    fields = {"si-mode": mode}
    for rank, (path, test, value) in enumerate(rows, start=1):
        fields |= {f"si-chemin_{rank}": path, f"si-test_{rank}": test, f"si-valeur_{rank}": value}
    return fields


def said(browser) -> str:
    return Version.objects.latest("created_at").text


def test_a_channel_is_written_tried_approved_and_restored_without_a_script(author, approver, workshop):
    workshop.table()
    for name in ("adt/entree", "adt/sortie"):
        workshop.folder(name)
        workshop.open_folder(name, workshop.agency)
    answer = author.post(
        url("new"),
        {"code": "adt", "titre": "Mouvements", "structure": workshop.agency.id, "format": "hl7v2", "source": "dossier"},
    )
    assert answer.status_code == 303
    page = author.get(url("editor", "adt")).text
    assert "Il reste à compléter" in page

    def save(section, rank="nouveau", **fields):
        answer = author.post(url("item", "adt", section, rank), fields)
        assert answer.status_code == 303, answer.text

    save(
        "source", "1", **{"type": "dossier", "item-chemin": "adt/entree", "item-motif": "*", "item-calme_secondes": "0"}
    )
    save("filtre", "1", **conditions(("MSH-9.1", "égal", "ADT"), ("PV1-2", "parmi", "I ; E")))
    save("exigences", motif="ins-absent", consigne="", **conditions(("PID-3[5=INS].1", "présent", "")))
    save(
        "etapes",
        type="traduire",
        **{"item-chemin": "PID-8", "item-table": "sexe@1", "item-inconnu": "refuser", **conditions()},
    )
    save("etapes", type="poser", **{"item-chemin": "MSH-5", "item-valeur": "ROR", **conditions(("PV1-2", "égal", "E"))})
    save(
        "cibles",
        type="dossier",
        **{"item-nom": "sortie", "item-chemin": "adt/sortie", "item-abandon_heures": "24", "item-simultanes": "4"},
    )
    save("routes", nom="tout", cibles="sortie", **conditions())
    config = selectors.understood(said(author)).configuration
    assert [step.kind for step in config.steps] == ["traduire", "poser"]
    author.post(url("gesture", "adt"), {"section": "etapes", "rang": "2", "geste": "monter"})
    config = selectors.understood(said(author)).configuration
    assert [step.kind for step in config.steps] == ["poser", "traduire"]
    assert selectors.understood(said(author)).faults == []

    assert author.post(url("trial", "adt"), {"jours": "7"}).status_code == 303
    assert "Aucun message de cette source" in author.get(url("trial", "adt")).text
    assert (
        author.post(url("decide", "adt"), {"acte": "soumettre", "soumettre-motif": "première version"}).status_code
        == 303
    )
    mine = author.get(url("approval", "adt")).text
    assert "Vous avez écrit cette version" in mine
    assert author.post(url("decide", "adt"), {"acte": "approuver", "version": "1"}).status_code == 409
    theirs = approver.get(url("approval", "adt")).text
    assert "Approuver et mettre en service" in theirs
    assert "PID-8" in theirs  # what is not administrative is shown to the approver
    assert approver.post(url("decide", "adt"), {"acte": "approuver", "version": "1"}).status_code == 303
    workshop.drop("adt/entree", "un.hl7", adt(patient_class="E"))
    workshop.turn()
    assert b"|ROR|" in workshop.out("adt/sortie")[0]

    save("reglages", "1", titre="Mouvements des urgences", objet="", format="hl7v2", mode="asynchrone", ordre="PID-3.1", barriere="", ins="refuser",
         routage="premiere", sans_route="refuser", rythme_minutes="0", erreurs_pourcent="5")  # fmt: skip
    workshop.author, workshop.approver = workshop.approver, workshop.author
    workshop.into_service("adt")
    assert approver.post(url("restore", "adt", 1)).status_code == 303
    assert live.live_version(Channel.objects.get().id).number == 3
    history = author.get(url("history", "adt") + "?de=1&a=2").text
    assert "Mouvements des urgences" in history
    assert "rétablie par" in history


@pytest.mark.parametrize(
    ("section", "fields", "words"),
    [
        ("etapes", {"type": "poser", "item-chemin": "OBX-5", "item-valeur": "x"}, "contenu clinique"),
        ("etapes", {"type": "poser", "item-chemin": "OBX5", "item-valeur": "x"}, "n&#x27;est pas un chemin HL7"),
        ("etapes", {"type": "traduire", "item-chemin": "PID-8", "item-table": "", "item-inconnu": "refuser"}, "obligatoire"),
        ("exigences", {"motif": "ins-absent"}, "Dites ce que le message doit vérifier"),
        ("cibles", {"type": "https", "item-nom": "É", "item-adresse": "https://x.example/", "item-methode": "POST", "item-attente_secondes": "15",
                    "item-abandon_heures": "24", "item-simultanes": "4"}, "minuscules"),
        ("routes", {"nom": "r"}, "Choisissez une cible"),
        ("filtre", conditions(("MSH9", "égal", "A")), "n&#x27;est pas un chemin HL7"),
        ("filtre", conditions(("", "égal", "A")), "à quel endroit"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_beside_its_field(author, workshop, section, fields, words):
    workshop.live()
    rank = "1" if section == "filtre" else "nouveau"
    answer = author.post(url("item", "copie", section, rank), {**conditions(), **fields})
    assert answer.status_code == 422
    assert words in answer.text
    assert Version.objects.count() == 1


def test_the_text_and_the_editor_write_the_same_draft(author, workshop):
    workshop.live()
    text = live.live_version(Channel.objects.get().id).text
    assert (
        author.post(url("text", "copie"), {"texte": text.replace("Copie", "Double").replace("\n", "\r\n")}).status_code
        == 303
    )
    assert said(author) == text.replace("Copie", "Double")
    assert author.post(url("text", "copie"), {"texte": text.replace("PID-8", "PID.8")}).status_code == 303
    page = author.get(url("text", "copie")).text
    assert "Ligne" in page
    assert "PID.8" in page
    assert author.get(url("editor", "copie")).status_code == 200
    answer = author.get(url("item", "copie", "etapes", "1"))
    assert answer.status_code == 200
    broken = author.post(url("text", "copie"), {"texte": "canal = "})
    assert broken.status_code == 303
    assert author.get(url("item", "copie", "etapes", "1")).status_code == 303
    assert "ne se lit pas" in author.get(url("editor", "copie")).text


def test_nested_conditions_stay_editable_as_words(author, workshop):
    workshop.live(
        COPY.replace(
            "[source]", 'filtre = \'toutes(MSH-9.1 égal "ADT"; une(PV1-2 égal "I"; PV1-2 égal "E"))\'\n\n[source]', 1
        )
    )
    assert "une(PV1-2" in author.get(url("item", "copie", "filtre", "1")).text
    assert author.post(url("item", "copie", "filtre", "1"), {"si-texte": 'MSH-9.1 égal "ADT"'}).status_code == 303
    assert "filtre = 'MSH-9.1 égal \"ADT\"'" in said(author)


def test_every_page_of_a_channel_stands_with_real_traffic_and_stays_light(author, workshop, client):
    workshop.live()
    for number in range(1, 8):
        workshop.drop(
            "copie/entree", f"{number}.hl7", adt(f"M{number}", ipp=str(number), sex="X" if number > 5 else "M")
        )
    workshop.turn()
    versions.write_draft(
        actor=workshop.author,
        code="copie",
        said=live.live_version(Channel.objects.get().id).text.replace("Copie", "Double"),
    )
    versions.try_version(actor=workshop.author, code="copie", days=7)
    task = Relay.objects.get(kind_code="channels.mend_terminologie")
    pages = [url("list"), url("channel", "copie"), url("messages", "copie"), url("messages", "copie") + "?etat=stopped", url("editor", "copie"), url("text", "copie"),
             url("trial", "copie"), url("approval", "copie"), url("history", "copie"), url("report", "copie"), url("flow"), url("tables"), url("table", "sexe"),
             url("desks"), url("task", task.id), url("item", "copie", "etapes", "1"), url("item", "copie", "reglages", "1"), url("item", "copie", "source", "1"),
             url("new"), url("new_table"), url("report", "copie") + "?version=1"]  # fmt: skip
    for address in pages:
        answer = author.get(address)
        assert answer.status_code == 200, address
        assert answer.text.count("<h1") == 1, address
        assert "FICTIVE" not in answer.text, address
    for address in (url("export"), url("flow_export"), url("export_table", "sexe", 1)):
        assert b"".join(author.get(address).streaming_content).startswith(b"\xef\xbb\xbf")


def test_the_list_and_the_map_ask_the_same_number_of_questions_whatever_they_hold(author, workshop):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(address):
        with CaptureQueriesContext(connection) as queries:
            author.get(address)
        return len(queries)

    workshop.live()
    count(url("list")), count(url("flow"))
    few = count(url("list")), count(url("flow"))
    for code in ("deux", "trois", "quatre"):
        workshop.live(code=code)
        workshop.drop(f"{code}/entree", "un.hl7", adt())
    workshop.turn()
    live._read.cache_clear()
    assert (count(url("list")), count(url("flow"))) == few


def test_values_of_a_trial_are_for_strong_sign_in_and_traced(author, workshop, signed_in_client):
    workshop.live()
    workshop.drop("copie/entree", "un.hl7", adt())
    workshop.turn()
    versions.write_draft(
        actor=workshop.author,
        code="copie",
        said=live.live_version(Channel.objects.get().id).text.replace("Copie", "Double"),
    )
    version = versions.try_version(actor=workshop.author, code="copie", days=7)
    address = url("values", "copie", 2, version.report["lignes"][0]["echange"])
    assert "FICTIVE" in author.get(address).text
    assert Entry.objects.filter(code="channels.values_shown", subject=author.user.subject).exists()
    assert signed_in_client("integrateur", workshop.agency, auth="local").get(address).status_code == 403
    assert signed_in_client("support", workshop.agency).get(address).status_code == 403


def test_a_desk_takes_its_task_and_mends_it(workshop, signed_in_client):
    hospital = StructureFactory(name="CHU fictif")
    workshop.live(
        COPY.replace(
            "[[etapes]]", "[[exigences]]\nsi = 'PID-3[5=INS].1 présent'\nmotif = \"ins-absent\"\n\n[[etapes]]", 1
        ),
        structure=hospital,
    )
    for number in (1, 2, 3):
        workshop.drop("copie/entree", f"{number}.hl7", adt(f"M{number}", ipp=str(number), ins=""), age=10 - number)
    workshop.turn()
    task = Relay.objects.get(kind_code="channels.mend_admissions")
    clerk = signed_in_client("admissions", hospital)
    assert signed_in_client("admissions", StructureFactory()).get(url("task", task.id)).status_code == 404
    page = clerk.get(url("task", task.id)).text
    assert "Complétez l&#x27;identité" in page
    assert "FICTIVE" not in page
    assert clerk.post(url("mend", task.id), {"acte": "prendre"}).status_code == 303
    first = Passage.objects.order_by("seq").first()
    assert (
        clerk.post(url("mend", task.id), {"acte": "rejouer-un", "nature": "passage", "message": first.id}).status_code
        == 303
    )
    assert clerk.post(url("mend", task.id), {"acte": "rejouer-un", "message": "rien"}).status_code == 422
    assert clerk.post(url("mend", task.id), {"acte": "abandonner"}).status_code == 422
    assert clerk.post(url("mend", task.id), {"acte": "abandonner", "motif": "essai"}).status_code == 303
    assert sorted(Passage.objects.values_list("state", flat=True)) == ["abandoned", "abandoned", "received"]
    assert "Plus rien n'attend" in clerk.get(url("task", task.id)).text


def test_suspending_asks_why_and_resuming_does_not(author, workshop):
    workshop.live()
    assert author.post(url("act", "copie"), {"acte": "suspendre"}).status_code == 422
    assert (
        author.post(url("act", "copie"), {"acte": "suspendre", "suspendre-motif": "flot d'erreurs"}).status_code == 303
    )
    assert "Suspendu" in author.get(url("list")).text
    assert author.post(url("act", "copie"), {"acte": "reprendre"}).status_code == 303
    assert author.post(url("act", "copie"), {"acte": "retirer", "retirer-motif": "fin"}).status_code == 303
    assert "Pas en service" in author.get(url("list")).text


def test_a_newer_table_is_proposed_and_prepares_a_version(author, workshop):
    workshop.live()
    workshop.table(entries={"M": ["M", ""]}, tests=(("M", "M"),))
    assert "sexe@2" in author.get(url("channel", "copie")).text
    assert author.post(url("act", "copie"), {"acte": "tables"}).status_code == 303
    assert 'table = "sexe@2"' in said(author)


def test_a_table_is_made_imported_and_approved_from_its_page(author, approver, workshop):
    from django.core.files.uploadedfile import SimpleUploadedFile

    assert (
        author.post(
            url("new_table"), {"code": "modes", "titre": "Modes d'entrée", "structure": workshop.agency.id}
        ).status_code
        == 303
    )
    bad = author.post(url("write_table", "modes"), {"lignes": "6\n", "essais": "6", "origine": ""})
    assert bad.status_code == 422
    assert "Ligne 1" in bad.text
    file = SimpleUploadedFile("modes.csv", "source;cible;libellé\n6;TRANSFERT;Mutation à côté\n".encode("cp1252"))
    assert (
        author.post(
            url("write_table", "modes"), {"fichier": file, "essais": "6 = TRANSFERT", "origine": "nomenclature 2026"}
        ).status_code
        == 303
    )
    assert author.post(url("approve_table", "modes", 1)).status_code == 409
    assert approver.post(url("approve_table", "modes", 1)).status_code == 303
    assert MappingTable.objects.get().versions.get().entries == {"6": ["TRANSFERT", "Mutation à côté"]}


def test_the_desks_are_chosen_on_their_page(author, workshop, signed_in_client):
    assert author.post(url("choose_desk"), {"motif": "code-inconnu", "bureau": "integrateur"}).status_code == 303
    assert (
        signed_in_client("integrateur", StructureFactory())
        .post(url("choose_desk"), {"motif": "code-inconnu", "bureau": "terminologie"})
        .status_code
        == 403
    )
    assert author.post(url("choose_desk"), {"motif": "x", "bureau": "y"}).status_code == 409


# -- the map, silence, errors, certificates


def test_the_map_says_who_talks_to_whom_and_how_it_goes(author, workshop, client):
    wires.declare()
    wires.post(client, wires.envelope(wires.technical()))
    workshop.live()
    workshop.drop("copie/entree", "un.hl7", adt())
    workshop.turn()
    page = author.get(url("flow")).text
    assert "Logiciel de fr.health.samu31" in page
    assert page.count("<svg") >= 1
    assert "sortie" in page
    (workshop.root / "copie/sortie").rename(workshop.root / "copie/ailleurs")
    workshop.drop("copie/entree", "deux.hl7", adt("M2"))
    workshop.turn()
    assert "Cible muette" in author.get(url("flow")).text


def test_silence_errors_and_a_mute_target_alert_once_and_feed_supervision(workshop):
    hospital = StructureFactory(name="CHU fictif")
    watcher = UserFactory()
    HabilitationFactory(subject=watcher.subject, structure=hospital, role="integrateur")
    channel = workshop.live(
        COPY.replace('format = "hl7v2"', 'format = "hl7v2"\nrythme_minutes = 30'), structure=hospital
    )
    assert alerts.watch() == 0
    Version.objects.update(live_at=timezone.now() - timedelta(hours=1))
    assert alerts.watch() == 1
    assert alerts.watch() == 0
    assert "Aucun message depuis" in Notification.objects.get(subject=watcher.subject).text
    for number in range(6):
        workshop.drop("copie/entree", f"{number}.hl7", adt(f"M{number}", ipp=str(number), sex="X"))
    workshop.turn()
    TargetState.objects.update_or_create(
        channel=channel, target="sortie", defaults={"down_since": timezone.now() - timedelta(minutes=20)}
    )
    assert alerts.watch() == 2
    readings = {reading.label: reading for code, reading in read_probes() if code == "channels.flows"}
    assert readings["Canal « Copie d'essai »"].state == "failed"
    assert "ne répond plus" in readings["Canal « Copie d'essai »"].value


def test_a_certificate_that_ends_is_told_before_it_does(author, workshop):
    from tests.interop.channels.certificates import pem_and_fingerprint

    pem, fingerprint = pem_and_fingerprint(days=5)
    wires.declare(
        "fr.health.samu34",
        doors=("https-mtls",),
        key=None,
        certificate_fingerprint=fingerprint,
        certificate_subject="CN=essai",
    )
    client_id = wires.Client.objects.get(client_id="fr.health.samu34").id
    assert "n&#x27;est pas surveillée" in author.get(url("flow")).text
    other, _ = pem_and_fingerprint(days=500)
    assert author.post(url("certificate"), {"logiciel": client_id, "pem": "rien"}).status_code == 422
    assert "empreinte est différente" in author.post(url("certificate"), {"logiciel": client_id, "pem": other}).text
    assert author.post(url("certificate"), {"logiciel": client_id, "pem": pem}).status_code == 303
    assert Certificate.objects.get().subject == "CN=essai"
    assert "il expire dans" in author.get(url("flow")).text
    assert alerts.watch() >= 1
    assert [reading.state for code, reading in read_probes() if code == "channels.certificates"] == ["failed"]


def test_old_finished_passages_are_forgotten_and_the_journal_stays(workshop):
    from maison.interop.exchanges.models import Exchange

    workshop.live()
    workshop.drop("copie/entree", "un.hl7", adt())
    workshop.turn()
    assert alerts.forget() == 0
    Passage.objects.update(done_at=timezone.now() - timedelta(days=91))
    assert alerts.forget() == 1
    assert Exchange.objects.count() == 2
