from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.registries.sources import applying, loading, probes
from maison.registries.sources.command import report
from maison.registries.sources.errors import FileRefused, LoadingRunning, OlderThanServed, TooMuchGone
from maison.registries.sources.models import Loading, Row
from tests.registries.sources.parish import Bakeries, write

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("import")
TWENTY = {f"b{n:02}": (f"Au bon pain {n}", "Revel") for n in range(20)}


@pytest.fixture
def bakeries():
    return Bakeries()


def load(bakeries, path, **options):
    return loading.load(ACTOR, bakeries.source, path, **options)


def test_a_first_file_is_told_then_applied_and_leaves_a_trace_and_an_event(bakeries, tmp_path):
    done = load(bakeries, write(tmp_path / "b.txt", TWENTY))
    assert (done.state, done.new, done.changed, done.gone, done.lines) == ("applique", 20, 0, 0, 20)
    assert bakeries.shown == {code: name for code, (name, _) in TWENTY.items()}
    assert Entry.objects.filter(code="sources.applied", target_id=str(done.id)).exists()
    assert StoredEvent.objects.filter(name="sources.applied").count() == 1
    assert "20 nouvelle(s)" in report(done)[0]


def test_the_same_file_again_changes_nothing_and_reads_no_row_for_good(bakeries, tmp_path):
    path = write(tmp_path / "b.txt", TWENTY)
    load(bakeries, path)
    read, projected = bakeries.understood, len(bakeries.projected)
    again = load(bakeries, path)
    assert (again.state, again.same) == ("inchange", 20)
    assert (bakeries.understood, len(bakeries.projected)) == (read, projected)


def test_a_line_changed_is_shown_before_and_after_and_only_its_entity_is_rebuilt(bakeries, tmp_path):
    load(bakeries, write(tmp_path / "b.txt", TWENTY))
    bakeries.projected.clear()
    changed = {**TWENTY, "b03": ("La tourte", "Revel")}
    done = load(bakeries, write(tmp_path / "b2.txt", changed, "2026-11-08"))
    assert (done.new, done.changed, done.same) == (0, 1, 19)
    assert done.samples["changed"] == [{"key": "b03", "what": "name : Au bon pain 3 → La tourte"}]
    assert bakeries.projected == ["b03"]
    row = Row.objects.get(source="bakeries", key="b03")
    assert (row.since, row.said_on) == (dt.date(2026, 11, 1), dt.date(2026, 11, 8))


def test_what_is_no_longer_in_the_file_is_closed_and_comes_back_open(bakeries, tmp_path):
    load(bakeries, write(tmp_path / "b.txt", TWENTY))
    without = {code: value for code, value in TWENTY.items() if code != "b19"}
    done = load(bakeries, write(tmp_path / "b2.txt", without, "2026-11-08"))
    assert done.gone == 1
    assert "b19" not in bakeries.shown
    assert Row.objects.get(source="bakeries", key="b19").closed_on == dt.date(2026, 11, 8)
    back = load(bakeries, write(tmp_path / "b3.txt", TWENTY, "2026-11-09"))
    assert (back.new, back.same) == (1, 19)
    assert bakeries.shown["b19"] == "Au bon pain 19"


def test_a_file_that_loses_thirty_percent_is_aborted_and_the_last_good_one_stays(bakeries, tmp_path):
    """F2.1."""
    load(bakeries, write(tmp_path / "b.txt", TWENTY))
    fourteen = dict(list(TWENTY.items())[:14])
    with pytest.raises(TooMuchGone, match=r"6 lignes sur 20 \(30 %\)"):
        load(bakeries, write(tmp_path / "b2.txt", fourteen, "2026-11-08"))
    assert len(bakeries.shown) == 20
    assert Row.objects.filter(closed_on=None).count() == 20
    aborted = Loading.objects.get(state="abandonne")
    assert aborted.gone == 6
    assert "trop de lignes" in aborted.reason
    assert StoredEvent.objects.filter(name="sources.aborted").count() == 1
    alert = next(one for one in probes.freshness() if one.label == "Boulangeries")
    assert (alert.state, alert.value) == ("failed", "fichier refusé")


def test_a_person_who_says_why_may_load_a_file_that_really_lost_that_much(bakeries, tmp_path):
    load(bakeries, write(tmp_path / "b.txt", TWENTY))
    done = load(bakeries, write(tmp_path / "b2.txt", dict(list(TWENTY.items())[:14]), "2026-11-08"),
                accept_losses="Fermeture annoncée par l'éditeur")  # fmt: skip
    assert done.gone == 6
    assert len(bakeries.shown) == 14
    assert Entry.objects.get(code="sources.applied", target_id=str(done.id)).reason.startswith("Fermeture")


def test_a_trial_shows_everything_and_writes_nothing(bakeries, tmp_path):
    done = load(bakeries, write(tmp_path / "b.txt", TWENTY), apply=False)
    assert (done.state, done.new) == ("essai", 20)
    assert not bakeries.shown
    assert not Row.objects.exists()


def test_a_bad_line_is_refused_alone_and_its_last_good_version_stays(bakeries, tmp_path):
    load(bakeries, write(tmp_path / "b.txt", TWENTY))
    bad = {**TWENTY, "b01": ("", "Revel"), "b02": ("Au bon pain 2", "")}
    done = load(bakeries, write(tmp_path / "b2.txt", bad, "2026-11-08", extra="b99|trop|de|champs\nb05|Deux fois|Revel\n"))  # fmt: skip
    assert (done.refused, done.warned, done.changed, done.gone) == (3, 1, 1, 0)
    assert bakeries.shown["b01"] == "Au bon pain 1"
    assert bakeries.shown["b05"] == "Au bon pain 5"
    told = {(one.key, one.code, one.blocking) for one in done.anomalies.all()}
    assert told == {("b01", "BLG-NOM", True), ("b02", "BLG-COMMUNE", False), ("ligne 22", "BLG-COL", True), ("b05", "SRC-DOUBLE", True)}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "refusal", "words"),
    [
        ("n'importe quoi\n", FileRefused, "première ligne"),
        ("boulangeries;2026-11-01\n", FileRefused, "aucune ligne"),
        ("boulangeries;2126-11-01\nb1|a|b\n", FileRefused, "futur"),
        ("boulangeries;2026-10-01\nb1|a|b\n", OlderThanServed, "01/11/2026"),
    ],
    ids=["not the file", "empty", "dated in the future", "older than served"],
)
def test_a_file_that_is_not_the_next_one_is_refused_whole(bakeries, tmp_path, content, refusal, words):
    load(bakeries, write(tmp_path / "b.txt", TWENTY))
    path = tmp_path / "odd.txt"
    path.write_text(content, "utf-8")
    with pytest.raises(refusal, match=words):
        load(bakeries, path)
    assert len(bakeries.shown) == 20
    assert words in Loading.objects.get(state="abandonne").reason


def test_power_cut_in_the_middle_leaves_whole_batches_and_the_next_run_finishes(bakeries, tmp_path, monkeypatch):
    monkeypatch.setattr(applying, "BATCH_ENTITIES", 5)
    bakeries.fail_on = "b12"
    path = write(tmp_path / "b.txt", TWENTY)
    with pytest.raises(RuntimeError):
        load(bakeries, path)
    assert sorted(Row.objects.values_list("key", flat=True)) == sorted(list(TWENTY)[:10])
    assert set(bakeries.shown) == set(list(TWENTY)[:10])
    assert "reprendra" in Loading.objects.get(state="abandonne").reason
    bakeries.fail_on = ""
    done = load(bakeries, path)
    assert (done.state, done.new, done.same) == ("applique", 10, 10)
    assert len(bakeries.shown) == 20


def test_two_loadings_of_one_source_do_not_run_together_but_a_dead_one_gives_way(bakeries, tmp_path):
    path = write(tmp_path / "b.txt", TWENTY)
    other = Loading.objects.create(source="bakeries", source_name="Boulangeries", file_name="autre.txt")
    with pytest.raises(LoadingRunning):
        load(bakeries, path)
    Loading.objects.filter(id=other.id).update(heard_at=timezone.now() - loading.SILENT_AFTER * 2)
    assert load(bakeries, path).state == "applique"
    other.refresh_from_db()
    assert (other.state, other.reason) == ("abandonne", "Interrompu sans un mot.")


def test_the_page_follows_the_files_of_rooms_and_what_was_refused_not_each_nomenclature(signed_in_client):
    for code, state in (("rpps-activites", "applique"), ("cs:urn:pains", "applique"), ("vs:urn:matin", "abandonne")):
        Loading.objects.create(source=code, source_name=f"Source {code}", file_name="a", state=state, vintage="2026-01-01",
                               ended_at=timezone.now())  # fmt: skip
    page = signed_in_client("gestionnaire_ror").get("/referentiels/chargements/").content.decode()
    followed = page.partition("Sources suivies")[2].partition("<h2>Chargements</h2>")[0]
    assert "Source rpps-activites" in followed
    assert "Source vs:urn:matin" in followed
    assert "Source cs:urn:pains" not in followed
