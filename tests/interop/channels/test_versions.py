"""The life of versions and tables: two people, frozen texts, trials, restoring."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from maison.foundations.audit.models import Entry
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.events.models import StoredEvent
from maison.interop.channels import live, trial
from maison.interop.channels.actions import tables, versions
from maison.interop.channels.errors import (
    ChannelExists,
    ConfigurationRefused,
    NothingToRestore,
    NotReady,
    ReasonNeeded,
    SamePerson,
    TableRefused,
    TestsFail,
    VersionFrozen,
)
from maison.interop.channels.models import Channel, TableVersion, Version
from maison.interop.channels.permissions import P
from tests.factories import StructureFactory
from tests.interop.channels.fictional import adt
from tests.interop.channels.workshop import COPY, person

pytestmark = pytest.mark.django_db
SAID = COPY.replace("{code}", "copie")


def submitted(workshop) -> Version:
    workshop.table()
    workshop.draft(SAID)
    versions.try_version(actor=workshop.author, code="copie", days=7)
    return versions.submit(actor=workshop.author, code="copie", comment="première version")


def test_a_version_goes_from_draft_to_service_with_a_trace_and_a_fact_at_each_step(workshop):
    version = submitted(workshop)
    versions.approve(actor=workshop.approver, code="copie", number=1)
    version.refresh_from_db()
    assert (version.state, version.approver_name) == ("live", "Lou")
    moves = [
        (entry.details["from"], entry.details["to"])
        for entry in Entry.objects.filter(code__startswith="channels.version").order_by("seq")
    ]
    assert moves == [("draft", "draft"), ("draft", "tested"), ("tested", "submitted"), ("submitted", "live")]
    assert [event.payload["state"] for event in StoredEvent.objects.filter(name="channels.version_moved").order_by("seq")] == [
        "draft", "tested", "submitted", "live",
    ]  # fmt: skip


def test_nobody_approves_what_they_wrote_and_the_database_says_so_too(workshop):
    version = submitted(workshop)
    with pytest.raises(SamePerson):
        versions.approve(actor=workshop.author, code="copie", number=1)
    with pytest.raises(IntegrityError, match="version_two_people"), transaction.atomic():
        Version.objects.filter(id=version.id).update(approved_by=workshop.author.subject, state="live")
    with pytest.raises(IntegrityError, match="version_live_is_approved"), transaction.atomic():
        Version.objects.filter(id=version.id).update(state="live")


def test_whoever_touched_the_draft_is_one_of_its_authors(workshop):
    workshop.table()
    workshop.draft(SAID)
    versions.write_draft(actor=workshop.approver, code="copie", said=SAID.replace("Copie", "Double"))
    versions.try_version(actor=workshop.author, code="copie", days=7)
    versions.submit(actor=workshop.author, code="copie", comment="à deux")
    with pytest.raises(SamePerson):
        versions.approve(actor=workshop.approver, code="copie", number=1)


def test_a_submitted_text_is_frozen_even_for_the_database(workshop):
    version = submitted(workshop)
    with pytest.raises(VersionFrozen):
        versions.write_draft(actor=workshop.author, code="copie", said=SAID.replace("Copie", "Double"))
    with pytest.raises(ProgrammingError, match="keeps its text"), transaction.atomic():
        Version.objects.filter(id=version.id).update(text="autre")
    versions.send_back(actor=workshop.approver, code="copie", reason="le titre")
    versions.write_draft(actor=workshop.author, code="copie", said=SAID.replace("Copie", "Double"))


def test_a_test_is_of_a_text_and_changing_it_asks_for_another(workshop):
    workshop.table()
    workshop.draft(SAID)
    versions.try_version(actor=workshop.author, code="copie", days=7)
    version = versions.write_draft(actor=workshop.author, code="copie", said=SAID.replace("Copie", "Double"))
    assert (version.state, version.report) == ("draft", {})
    with pytest.raises(NotReady, match="essayée"):
        versions.submit(actor=workshop.author, code="copie", comment="x")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sexe@1", "sexe@9", "n'est pas approuvée"),
        ('chemin = "copie/sortie"', 'chemin = "absent/sortie"', "n'est pas parmi ceux"),
        ('type = "dossier"\nchemin = "copie/sortie"', 'type = "courriel"\nacces = "mssante"\nadresse = "a@b.example"', "n'est pas dans le fichier"),
        ('type = "dossier"\nchemin = "copie/sortie"', 'type = "mllp"\ncible = "inconnue"', "Aucune cible MLLP"),
        ('type = "dossier"\nchemin = "copie/sortie"', 'type = "fhir"\nadresse = "https://ailleurs.example/"', "écrites en JSON"),
        ('type = "dossier"\nchemin = "copie/sortie"', 'type = "https"\nadresse = "https://ailleurs.example/"', "MAISON_CHANNEL_HOSTS"),
        ('titre = "Copie d\'essai"', 'titre = ""', "titre"),
    ],
)  # fmt: skip
def test_what_cannot_work_here_is_said_before_the_approval(workshop, old, new, words):
    workshop.table()
    workshop.draft(SAID)
    assert old in SAID
    version = versions.write_draft(actor=workshop.author, code="copie", said=SAID.replace(old, new))
    assert any(words in said for said in versions.obstacles(version)), versions.obstacles(version)


def test_restoring_is_one_act_and_makes_a_new_version(workshop):
    workshop.live()
    versions.write_draft(
        actor=workshop.author,
        code="copie",
        said=live.live_version(Channel.objects.get().id).text.replace("Copie", "Double"),
    )
    workshop.into_service("copie")
    on_call = person("Camille", workshop.agency)
    restored = versions.roll_back(actor=on_call, code="copie", number=1)
    assert (restored.number, restored.state, restored.based_on, restored.restored_by) == (3, "live", 1, "Camille")
    assert list(Version.objects.order_by("number").values_list("state", flat=True)) == ["replaced", "replaced", "live"]
    assert Channel.objects.get().title == "Copie d'essai"
    with pytest.raises(NothingToRestore):
        versions.roll_back(actor=on_call, code="copie", number=3)
    with pytest.raises(Forbidden):
        versions.roll_back(actor=person("Rien", workshop.agency, rights=(P.VIEW, P.EDIT)), code="copie", number=2)


def test_a_structure_sees_and_changes_its_own_channels_only(workshop):
    one, other = StructureFactory(), StructureFactory()
    workshop.live(structure=one)
    here, there = person("Ici", one), person("Ailleurs", other)
    assert Channel.objects.visible_to(here).count() == 1
    assert not Channel.objects.visible_to(there).exists()
    with pytest.raises(NotFound):
        versions.write_draft(actor=there, code="copie", said=SAID)
    workshop.author = there
    with pytest.raises(Forbidden):
        workshop.draft(SAID.replace('canal = "copie"', 'canal = "autre"'), structure=one)
    assert versions.write_draft(actor=here, code="copie", said=SAID.replace("Copie", "Double")).number == 2


def test_a_text_of_another_channel_and_a_code_taken_are_refused(workshop):
    workshop.draft(SAID)
    with pytest.raises(ConfigurationRefused):
        versions.write_draft(
            actor=workshop.author, code="copie", said=SAID.replace('canal = "copie"', 'canal = "autre"')
        )
    with pytest.raises(ChannelExists):
        workshop.draft(SAID)
    with pytest.raises(ReasonNeeded):
        versions.drop_draft(actor=workshop.author, code="copie", reason="")
    assert versions.drop_draft(actor=workshop.author, code="copie", reason="essai").state == "retired"


def test_a_trial_tells_paths_and_counts_and_keeps_no_value(workshop):
    channel = workshop.live()
    for number, options in enumerate([{}, {"sex": "X"}, {"sex": "F"}]):
        workshop.drop("copie/entree", f"{number}.hl7", adt(f"M{number}", ipp=str(number), **options))
    workshop.turn()
    changed = live.live_version(channel.id).text.replace(
        "[[etapes]]", '[[etapes]]\ntype = "poser"\nchemin = "MSH-5"\nvaleur = "ROR"\n\n[[etapes]]', 1
    )
    versions.write_draft(actor=workshop.author, code="copie", said=changed)
    version = versions.try_version(actor=workshop.author, code="copie", days=7)
    report = version.report
    assert (report["messages"], report["transmis"], report["refuses"], report["autrement"]) == (3, 2, 1, 2)
    assert report["chemins"] == {"MSH-5": 2, "PID-8": 2}
    assert report["motifs"] == {"code-inconnu": 1}
    assert "FICTIVE" not in str(report)
    exchange = report["lignes"][-1]["echange"]
    with pytest.raises(Forbidden):
        trial.show(
            actor=person("Sans", workshop.agency, rights=(P.VIEW,)), code="copie", number=2, exchange_id=exchange
        )
    shown = trial.show(actor=workshop.author, code="copie", number=2, exchange_id=exchange)
    assert ("MSH-5", "MAISON", "ROR") in shown.outcome.changes
    assert Entry.objects.filter(code="channels.values_shown", subject=workshop.author.subject).count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_delivery")
        assert cursor.fetchone()[0] == 2  # a trial delivers nothing


# -- tables


def test_a_table_is_approved_by_someone_else_once_its_tests_pass(workshop):
    version = workshop.table(approve=False, tests=(("M", "female"),))
    with pytest.raises(TestsFail, match="M"):
        tables.approve_table(actor=workshop.approver, code="sexe", number=1)
    workshop.table(approve=False, tests=())
    with pytest.raises(TestsFail, match="au moins un essai"):
        tables.approve_table(actor=workshop.approver, code="sexe", number=1)
    workshop.table(approve=False, tests=(("M", "male"), ("Z", "")))
    with pytest.raises(SamePerson):
        tables.approve_table(actor=workshop.author, code="sexe", number=1)
    tables.approve_table(actor=workshop.approver, code="sexe", number=1)
    with pytest.raises(ProgrammingError, match="keeps its content"), transaction.atomic():
        TableVersion.objects.filter(id=version.id).update(entries={})
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        TableVersion.objects.filter(id=version.id).update(approved_by=workshop.author.subject)
    assert workshop.table(approve=False).number == 2


def test_a_table_is_read_from_csv_and_its_faults_name_their_line():
    read = tables.read_csv("\ufeffsource;cible;libellé\nM;male;Masculin\nF;female\n\n;x\nM;autre\n")
    assert read.entries == {"M": ["male", "Masculin"], "F": ["female", ""]}
    assert [fault.split(" :")[0] for fault in read.faults] == ["Ligne 5", "Ligne 6"]
    assert tables.read_csv("M,male").entries == {"M": ["male", ""]}
    assert tables.read_tests("M = male\n\nZ =\nrien") == (
        [["M", "male"], ["Z", ""]],
        ["Essai 4 : écrivez « code reçu = code attendu »."],
    )


def test_a_table_with_a_bad_code_or_nothing_inside_is_refused(workshop):
    with pytest.raises(TableRefused):
        tables.create_table(actor=workshop.author, code="Été", title="x", structure_id=workshop.agency.id)
    tables.create_table(actor=workshop.author, code="vide", title="x", structure_id=workshop.agency.id)
    with pytest.raises(TableRefused):
        tables.write_table(actor=workshop.author, code="vide", entries={}, tests=[], origin="")
