"""Contents are forgotten after their time, headers stay, and what waits is never forgotten."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from maison.config.environment import SettingsError, days_by_name
from maison.foundations.audit.models import Entry
from maison.foundations.ledger import create_month
from maison.interop.exchanges import journal
from maison.interop.exchanges.models import Exchange, Payload
from maison.interop.exchanges.purging import purge

pytestmark = pytest.mark.django_db


def write(*, days, channel="hl7v2", state="integrated", **fields):
    entry = journal.Entry(
        direction="in", channel=channel, door="http", state=state, payload=b"contenu",
        at=timezone.now() - timedelta(days=days), **fields,
    )  # fmt: skip
    journal.write([entry])
    return entry.id


def kept():
    return set(Payload.objects.values_list("id", flat=True))


def test_each_channel_forgets_after_its_own_time_and_keeps_its_headers():
    old, young = write(days=100), write(days=80)
    other = write(days=100, channel="hub-sante")
    assert purge(keeping={"*": 365, "hl7v2": 90}) == {"hl7v2": 1}
    assert kept() == {young, other}
    assert Exchange.objects.filter(id=old).exists()
    assert Entry.objects.get(code="exchanges.payloads_purged").details == {"hl7v2": 1}


def test_zero_keeps_for_ever_and_nothing_due_leaves_no_trace():
    write(days=4000)
    assert purge(keeping={"*": 0}) == {}
    assert len(kept()) == 1
    assert not Entry.objects.filter(code="exchanges.payloads_purged").exists()


def test_what_waits_for_the_house_or_for_a_person_is_kept_whatever_its_age():
    waiting = {
        write(days=500, state="received"),
        write(days=500, state="waiting"),
        write(days=500, state="refused", needs_mending=True),
    }
    write(days=500, state="refused")
    purge(keeping={"*": 365})
    assert kept() == waiting


def test_a_month_that_is_over_for_every_channel_goes_with_its_partition():
    month = date(2025, 3, 1)
    create_month("exchanges_exchange", month)
    create_month("exchanges_payload", month)
    now = timezone.now()
    age = (now.date() - date(2025, 3, 15)).days
    for _ in range(3):
        write(days=age)
    assert purge(now=now, keeping={"*": 90}) == {"*": 1}
    assert not kept()
    assert Exchange.objects.count() == 3
    assert purge(now=now, keeping={"*": 90}) == {}


def test_a_month_where_something_waits_loses_only_the_rest():
    month = date(2025, 3, 1)
    create_month("exchanges_exchange", month)
    create_month("exchanges_payload", month)
    age = (timezone.now().date() - date(2025, 3, 15)).days
    waits = write(days=age, state="waiting")
    write(days=age)
    assert purge(keeping={"*": 90}) == {"hl7v2": 1}
    assert kept() == {waits}


def test_outside_the_purge_nobody_deletes_a_content():
    write(days=500)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM exchanges_payload")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maison.purge = 'on'; UPDATE exchanges_payload SET body = '\\x00'")
    assert len(kept()) == 1


def test_the_setting_is_read_once_and_a_wrong_one_stops_the_start(monkeypatch):
    monkeypatch.setenv("MAISON_EXCHANGE_KEEP_DAYS", "365, hl7v2=90")
    assert days_by_name("MAISON_EXCHANGE_KEEP_DAYS", "1") == {"*": 365, "hl7v2": 90}
    monkeypatch.setenv("MAISON_EXCHANGE_KEEP_DAYS", "un an")
    with pytest.raises(SettingsError, match="un an"):
        days_by_name("MAISON_EXCHANGE_KEEP_DAYS", "1")
