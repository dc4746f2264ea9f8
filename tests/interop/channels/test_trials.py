"""A version tried on past traffic: a handful at once, a week by the worker, places and counts only, in bounded memory (HUB-09)."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from maison.interop.channels import live, trial
from maison.interop.channels.actions import trials, versions
from maison.interop.channels.errors import NotReady
from maison.interop.channels.models import Channel, Trial, Version
from maison.interop.channels.trial import Period, Report
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange
from tests.interop.channels.fictional import adt
from tests.interop.channels.test_screens import author, url  # noqa: F401

pytestmark = pytest.mark.django_db
TRAFFIC = 12


@pytest.fixture
def busy(workshop, monkeypatch):
    """A channel in service, its past traffic in the journal, and a draft; more than a handful of messages."""
    monkeypatch.setattr(trial, "HANDFUL", 5)
    monkeypatch.setattr(trial, "PAGE", 4)
    channel = workshop.live()
    journal.write(
        [
            journal.Entry(
                channel=channel.journal_channel, door="dossier", state="integrated", distribution_id=f"M{number}",
                payload=adt(f"M{number}", ipp=str(number), sex="X" if number % 6 == 0 else "M"),
                at=timezone.now() - timedelta(days=number % 3, minutes=10),
            )
            for number in range(TRAFFIC)
        ]
    )  # fmt: skip
    said = live.live_version(channel.id).text.replace('inconnu = "refuser"', 'inconnu = "signaler"')
    versions.write_draft(actor=workshop.author, code="copie", said=said)
    return channel


def asked(workshop, **options) -> Trial:
    versions.try_version(actor=workshop.author, code="copie", **options)
    return Trial.objects.latest("asked_at")


def test_more_than_a_handful_is_tried_by_the_worker_and_the_version_is_tested_at_the_end(workshop, busy):
    waiting = asked(workshop)
    (job,) = ProcrastinateJob.objects.filter(task_name="channels.try_version")
    assert job.args == {"trial_id": str(waiting.id)}
    with pytest.raises(NotReady, match="essayée"):
        versions.submit(actor=workshop.author, code="copie", comment="trop tôt")
    trials.run(UUID(job.args["trial_id"]))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.total, waiting.looked) == ("done", TRAFFIC, TRAFFIC)
    version = versions.draft_of(busy)
    assert (version.state, version.report["messages"], version.report["signales"]) == ("tested", TRAFFIC, {"PID-8": 2})
    assert version.report["autrement"] == 2  # refused by the version in service
    assert "FICTIVE" not in json.dumps(version.report)
    versions.submit(actor=workshop.author, code="copie", comment="essai")


def test_the_worker_that_falls_in_the_middle_of_a_trial_lets_another_begin_again(workshop, busy, monkeypatch):
    waiting = asked(workshop)
    go_on = trials._go_on

    def fall(one, looked, **changes):
        go_on(one, looked, **changes)
        if looked:
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(trials, "_go_on", fall)
        with pytest.raises(SystemExit):
            trials.run(waiting.id)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.looked) == ("running", 4)
    trials.run(waiting.id)
    trials.run(waiting.id)
    waiting.refresh_from_db()
    assert waiting.state == "done"
    assert versions.draft_of(busy).report["messages"] == TRAFFIC


def test_a_draft_changed_meanwhile_is_not_tested_by_a_trial_of_its_old_text(workshop, busy):
    waiting = asked(workshop)
    said = versions.draft_of(busy).text.replace("Copie", "Double")
    versions.write_draft(actor=workshop.author, code="copie", said=said)
    trials.run(waiting.id)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.words) == ("stopped", trials.CHANGED)
    assert versions.draft_of(busy).report == {}
    again = asked(workshop)
    replaced = asked(workshop)
    trials.run(again.id)
    assert versions.draft_of(busy).state == "draft"
    trials.run(replaced.id)
    assert versions.draft_of(busy).state == "tested"


def test_only_the_messages_of_the_period_are_tried_and_the_newest_when_there_are_too_many(workshop, busy, monkeypatch):
    config = live.configuration(live.live_version(busy.id))
    now = timezone.now()
    yesterday = Period(now - timedelta(days=1, hours=1), now - timedelta(hours=23))
    assert trial.run(busy, config, yesterday).total == 4
    monkeypatch.setattr(trial, "MOST", 8)
    report = trial.run(busy, config, Period.last(7))
    assert (report.total, report.left_out) == (8, 1)
    newest = Exchange.objects.filter(channel=busy.journal_channel).order_by("-seq").values_list("id", flat=True)[:8]
    assert {row["echange"] for row in report.rows} == {str(one) for one in newest}


def test_what_a_trial_remembers_is_bounded_whatever_the_traffic(monkeypatch):
    monkeypatch.setattr(trial, "SHOWN", 3)
    monkeypatch.setattr(trial, "PLACES", 10)
    report = Report(Period.last(1))
    for number in range(200):
        report.rows.append({"issue": "refused" if number == 0 else "routed", "echange": str(number)})
        report.paths.update([f"OBX[{number}]-5", "PID-8"])
        report.trim()
    assert len(report.rows) <= 12
    assert len(report.paths) <= 20
    assert report.kept()["lignes"][0]["echange"] == "0"
    assert report.kept()["chemins"]["PID-8"] == 200


def test_the_page_shows_how_far_a_trial_is_then_its_report(author, workshop, busy):  # noqa: F811
    assert author.post(url("trial", "copie"), {"jours": "7"}).status_code == 303
    waiting = Trial.objects.get()
    page = author.get(url("trial", "copie"))
    assert "attend son tour" in page.text
    Trial.objects.update(state="running", total=12, looked=4)
    follow = url("trial", "copie") + "?suivi=1"
    part = author.get(follow, headers={"HX-Request": "true"})
    assert ('value="4" max="12"' in part.text, "<h1" in part.text) == (True, False)
    Trial.objects.update(moved_at=timezone.now() - timedelta(minutes=5))
    assert "n'avance plus" in author.get(follow, headers={"HX-Request": "true"}).text.replace("&#x27;", "'")
    Trial.objects.update(moved_at=timezone.now())
    trials.run(waiting.id)
    assert author.get(follow, headers={"HX-Request": "true"})["HX-Redirect"] == url("trial", "copie")
    assert "Essai en cours" not in author.get(url("trial", "copie")).text
    day = timezone.localdate().isoformat()
    assert author.post(url("trial", "copie"), {"jours": day}).status_code == 303
    assert author.post(url("trial", "copie"), {"jours": "2020-01-01"}).status_code == 422
    assert Channel.objects.count() == Version.objects.filter(state="live").count() == 1
