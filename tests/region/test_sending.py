"""The simulator at the door of a house: keys, order, perseverance, and its answer to the terminal."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from maison_region import sending as door
from maison_region.__main__ import NO_HOUSE, REFUSED, main, parser, window
from maison_region.messages import PARIS
from maison_region.script import Sending
from maison_region.sending import NoHouse, NotLoopback, deliver, demonstration_key, must_be_loopback
from maison_region.simulation import life
from maison_region.visitor import CannotSignIn, confirming_people, visitor_at

NOON = datetime(2026, 3, 3, 12, tzinfo=PARIS)


@pytest.fixture(scope="module")
def half_an_hour() -> list[Sending]:
    return list(life(NOON, NOON + timedelta(minutes=30), seed=1, share=0.5, imperfect=False))


class House:
    """Answers like the door, and remembers what came."""

    def __init__(self, status: int = 202, *, silent_first: int = 0) -> None:
        self.status, self.silent = status, silent_first
        self.requests: list[httpx.Request] = []
        self.lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            if self.silent:
                self.silent -= 1
                raise httpx.ConnectError("closed")
            self.requests.append(request)
        return httpx.Response(self.status, json={"code": "HUB-002"} if self.status >= 400 else {})


def test_everything_is_sent_with_the_key_of_its_samu_and_each_case_in_its_order(half_an_hour: list[Sending]) -> None:
    house = House()
    tally = deliver(half_an_hour, "http://localhost", transport=httpx.MockTransport(house))
    assert tally.total == len(half_an_hour) == len(house.requests)
    received: dict[str, list[str]] = defaultdict(list)
    for request in house.requests:
        document = json.loads(request.content)
        message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        case_id = next(value["caseId"] for value in message.values() if isinstance(value, dict) and "caseId" in value)
        received[case_id].append(document["distributionID"])
        assert request.url.path == "/hub-sante/messages/"
        assert request.headers["Authorization"] == f"Bearer {demonstration_key(document['senderID'])}"
    sent: dict[str, list[str]] = defaultdict(list)
    for one in half_an_hour:
        sent[one.case_id].append(one.envelope["distributionID"])
    assert received == sent


def test_a_refusal_is_counted_by_its_code_and_does_not_stop_the_region(half_an_hour: list[Sending]) -> None:
    tally = deliver(half_an_hour[:20], "http://localhost", transport=httpx.MockTransport(House(422)))
    assert tally.refused == {"422 HUB-002": 20}


def test_a_starting_house_is_asked_again(half_an_hour: list[Sending], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.time, "sleep", lambda seconds: None)
    house = House(silent_first=3)
    assert deliver(half_an_hour[:1], "http://localhost", transport=httpx.MockTransport(house)).total == 1
    assert len(house.requests) == 1


def test_no_house_at_all_is_said(half_an_hour: list[Sending], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door.time, "sleep", lambda seconds: None)
    with pytest.raises(NoHouse):
        deliver(half_an_hour[:5], "http://localhost", transport=httpx.MockTransport(House(silent_first=10**6)))


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://127.0.0.1:8140", "http://[::1]:8000"])
def test_this_machine_is_where_fictional_cases_go(url: str) -> None:
    must_be_loopback(url)


@pytest.mark.parametrize(
    "url", ["https://maison.example", "http://192.0.2.7:8000", "http://localhost.example", "nowhere"]
)
def test_elsewhere_is_refused_unless_asked(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotLoopback):
        must_be_loopback(url)
    assert main(["simulate", "--url", url, "--hours", "1"]) == REFUSED
    assert "--remote" in capsys.readouterr().err


def test_a_dry_run_counts_without_a_house(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--dry-run", "--day", "2026-03-07", "--hours", "2", "--share", "0.2"]) == 0
    said = capsys.readouterr().out
    assert "07/03/2026 00:00 au 07/03/2026 02:00" in said
    assert "rien envoyé" in said
    assert "dossiers ouverts (RS-EDA)" in said


def test_an_unknown_department_is_refused_in_french(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--dry-run", "--departments", "31,75"]) == REFUSED
    assert "Département inconnu dans la région : 75." in capsys.readouterr().err


def test_silence_at_the_address_is_an_exit_code_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "ATTEMPTS", 1)
    monkeypatch.setattr("maison_region.__main__._stop_on_signals", lambda stopping: None)
    assert main(["simulate", "--warmup", "--hours", "1", "--url", "http://127.0.0.1:9"]) == NO_HOUSE
    assert "Aucune maison ne répond" in capsys.readouterr().err


def test_an_accelerated_region_ends_now_and_a_real_time_one_begins_now() -> None:
    def played(*words: str) -> tuple[datetime, datetime]:
        return window(parser().parse_args(["simulate", *words]), NOON)

    assert played("--hours", "6") == (NOON - timedelta(hours=6), NOON)
    assert played("--speed", "1", "--hours", "6") == (NOON, NOON + timedelta(hours=6))
    assert played("--warmup") == (NOON - timedelta(hours=3), NOON)
    assert played("--day", "2026-01-15") == (datetime(2026, 1, 15, tzinfo=PARIS), datetime(2026, 1, 16, tzinfo=PARIS))


PAGES = {
    "/connexion/psc/": '<form method="post" action="/sandbox/auth"><input type="hidden" name="state" value="s1">'
    '<button name="identite" value="{idnat}">Choisir</button></form>',
    "/sandbox/auth": '<form method="post" action="/connexion/conditions/"><input type="hidden" name="csrf" value="c1">'
    '<input type="checkbox" name="accepted"></form>',
    "/connexion/conditions/": '<form method="post" action="/connexion/situation/">'
    '<input type="radio" name="situation" id="a" value="other"><label for="a">Ailleurs</label>'
    '<input type="radio" name="situation" id="b" value="here"><label for="b">Hôpital Rangueil, infirmier</label></form>',
    "/connexion/situation/": '<form method="post" action="/connexion/sortie/"></form>',
    "/urgences/tableau/": '<main><a href="/urgences/tableau/1/">Urgences adultes Rangueil</a></main>',
    "/urgences/tableau/1/": '<form method="post" action="/urgences/tableau/1/recus/"><input name="arrivee" value="7">'
    '<input name="arrivee" value="8"></form><form method="post" action="/urgences/arrivees/7/confirmer/">'
    '<input name="csrf" value="c2"></form><form method="post" action="/urgences/arrivees/8/vu/"></form>',
}


def test_a_nurse_signs_in_as_a_person_would_and_confirms_what_waits() -> None:
    person, activity = next(pair for pair in confirming_people() if pair[0].family_name == "Romarin")
    posted: list[tuple[str, dict[str, list[str]]]] = []

    def house(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posted.append((request.url.path, parse_qs(request.content.decode(), keep_blank_values=True)))
        return httpx.Response(200, html=PAGES.get(request.url.path, "<p>Fait</p>").replace("{idnat}", person.idnat))

    visitor = visitor_at("http://localhost", person, activity, transport=httpx.MockTransport(house))
    visitor.sign_in()
    assert visitor.confirm_what_waits() == 2
    assert posted == [
        ("/sandbox/auth", {"state": ["s1"], "identite": [person.idnat]}),
        ("/connexion/conditions/", {"csrf": ["c1"], "accepted": ["on"]}),
        ("/connexion/situation/", {"situation": ["here"]}),
        ("/urgences/tableau/1/recus/", {"arrivee": ["7", "8"]}),
        ("/urgences/arrivees/7/confirmer/", {"csrf": ["c2"]}),
        ("/urgences/arrivees/8/vu/", {}),
    ]


def test_a_closed_door_is_said_and_not_insisted_upon() -> None:
    person, activity = confirming_people()[0]
    transport = httpx.MockTransport(lambda request: httpx.Response(200, html="<p>Pro Santé Connect ne répond pas</p>"))
    with pytest.raises(CannotSignIn):
        visitor_at("http://localhost", person, activity, transport=transport).sign_in()
