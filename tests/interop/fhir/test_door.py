"""The short way in gives what the pages of the house give, to nobody else, and sends back to them whatever is not usual."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client

from maison.foundations.audit.models import Entry
from maison.interop.fhir import asgi, authentication, queues, rounds
from maison.interop.fhir.views import base
from tests.interop.fhir.software import FHIR, Partner, patient

pytestmark = pytest.mark.django_db(transaction=True)

PAGES_ADD = {
    "django.middleware.security.SecurityMiddleware": "its headers are asked of the house; a redirection shuts the short way",
    "django.middleware.csp.ContentSecurityPolicyMiddleware": "its header is asked of the house",
    "django.contrib.sessions.middleware.SessionMiddleware": "a request with a cookie goes to the pages",
    "maison.foundations.accounts.middleware.IdleMiddleware": "no session without a cookie",
    "django.middleware.csrf.CsrfViewMiddleware": "the view is exempt: a token opens it, never a cookie",
    "django.contrib.auth.middleware.AuthenticationMiddleware": "nobody is signed in without a session",
    "django.contrib.messages.middleware.MessageMiddleware": "no page, no message",
    "django.middleware.clickjacking.XFrameOptionsMiddleware": "its header is asked of the house",
    "django_htmx.middleware.HtmxMiddleware": "no page",
    "allauth.account.middleware.AccountMiddleware": "no page, no session",
    "maison.foundations.access.middleware.ActorMiddleware": "the caller comes from the token; refusals are traced by the engine",
}


def test_every_middleware_of_the_house_has_its_reason_not_to_run_on_the_short_way():
    assert set(settings.MIDDLEWARE) == set(PAGES_ADD), "say here why the short way of /fhir/ may do without it"


class Pages:
    """The house behind the door: Django with its whole stack. `asked` says what was left to it."""

    def __init__(self):
        self.asked = []

    async def __call__(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            assert message["type"] == "http.request"
            body, more = body + message.get("body", b""), message.get("more_body", False)
        address = scope["path"] + ("?" + scope["query_string"].decode() if scope["query_string"] else "")
        self.asked.append(f"{scope['method']} {address}")
        answer = await asyncio.to_thread(self.play, scope, address, body)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.items()]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})

    @staticmethod
    def play(scope, address, body):
        try:
            said = {name.decode(): value.decode() for name, value in scope["headers"]}
            kind = said.pop("content-type", "")
            return Client(raise_request_exception=False).generic(scope["method"], address, body, kind, headers=said)
        finally:
            connections.close_all()


class House:
    def __init__(self):
        self.pages = Pages()
        self.door = asgi.Door(self.pages)

    def ask(self, *requests):
        """Answers of requests that arrive together: (status, headers, body)."""
        return asyncio.run(self._all(requests))

    async def _all(self, requests):
        return await asyncio.gather(*(self._one(self.door, **one) for one in requests))

    def by_the_pages(self, request):
        return asyncio.run(self._one(Pages(), **request))

    @staticmethod
    async def _one(application, method, path, headers, body=b""):
        path, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
                 "scheme": "http", "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
                 "client": ("127.0.0.1", 1), "server": ("localhost", 8000), "http_version": "1.1"}  # fmt: skip
        pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
        heard = []

        async def receive():
            return {"type": "http.request", "body": pieces.pop(0) if pieces else b"", "more_body": bool(pieces)}

        async def send(message):
            heard.append(message)

        await application(scope, receive, send)
        start, *rest = heard
        return start["status"], dict(start["headers"]), b"".join(one.get("body", b"") for one in rest)


@pytest.fixture
def house():
    made = House()
    yield made
    made.door.close()


@pytest.fixture
def known(partner):
    """A partner this process has met: its token is in memory."""
    authentication.caller_of(f"Bearer {partner.token}", base=base())
    return partner


def request(partner, path, method="GET", resource=None, **more):
    headers = [("host", "localhost"), ("authorization", f"Bearer {partner.token}")]
    body = b""
    if resource is not None:
        body = json.dumps(resource).encode()
        headers += [("content-type", FHIR), ("content-length", str(len(body)))]
    headers += [(name.replace("_", "-"), value) for name, value in more.items()]
    return {"method": method, "path": f"/fhir/{path}", "headers": headers, "body": body}


def comparable(answer):
    status, headers, body = answer
    headers = {name: value for name, value in headers.items() if name not in {b"last-modified", b"location"}}
    content = json.loads(body) if body else None
    if content and content["resourceType"] != "OperationOutcome":
        content = {key: value for key, value in content.items() if key not in {"id", "meta", "link"}}
        headers.pop(b"content-length")  # links of pages are sealed anew
    return status, headers, content


def test_the_short_way_answers_as_the_pages_do_with_the_same_headers(house, known):
    made = known.create(**patient(family="Martin"))
    one = f"Patient/{made['id']}"
    asked = [
        request(known, one),
        request(known, f"{one}/"),
        request(known, one, if_none_match='W/"1"'),
        request(known, one, if_modified_since="Wed, 01 Jan 2098 00:00:00 GMT"),
        request(known, f"{one}?_elements=name"),
        request(known, "Patient?family=martin"),
        request(known, "Patient?family=%C3%A9t%C3%A9&_count=1"),
        request(known, "Patient?family=x%00"),
        request(known, "Patient/absent"),
        request(known, "Patient?inconnu=1"),
        request(known, "Patient?inconnu=1", prefer="handling=lenient"),
        request(known, one, accept="application/xml"),
        request(known, "Patient", "POST", patient()),
        request(known, "Patient", "POST", patient(), prefer="return=minimal"),
        request(known, "Patient", "POST", {"resourceType": "Patient", "gender": "?"}),
        request(known, "Patient", "POST", {"resourceType": "Slot"}),
    ]
    for number, each in enumerate(asked):
        ours = house.ask(each)[0]
        assert comparable(ours) == comparable(house.by_the_pages(each)), f"request {number}"
    assert house.pages.asked == ["GET /fhir/metadata"], "the house was only asked which headers it adds"
    assert ours[1][b"x-content-type-options"] == b"nosniff"
    assert b"default-src 'none'" in ours[1][b"content-security-policy"]
    assert ours[1][b"cache-control"] == b"no-store"


def test_whatever_is_not_usual_goes_to_the_pages_as_it_came(house, known):
    made = known.create(**patient())
    one = f"Patient/{made['id']}"
    stranger = request(known, one)
    stranger["headers"][1] = ("authorization", "Bearer abc")
    elsewhere = request(known, one)
    elsewhere["headers"][0] = ("host", "ailleurs.test")
    asked = [
        (request(known, "metadata"), 200),
        (request(known, f"{one}/_history"), 200),
        (request(known, "Patient/_history"), 200),
        (request(known, "Patient/$validate", "POST", patient()), 200),
        (request(known, one, "PUT", {**made, "gender": "female"}), 200),
        (request(known, "Patient", "POST", patient(), if_none_exist="family=exemple"), 200),
        (request(known, one, cookie="maison_session=abc"), 200),
        (request(known, one, content_length="3"), 200),
        (request(known, one, "DELETE"), 204),
        (request(known, "Unknown/1"), 404),
        (stranger, 401),
    ]
    for each, status in asked:
        assert house.ask(each)[0][0] == status, each["path"]
    refused, _, _ = house.ask(elsewhere)[0]
    assert len(house.pages.asked) == len(asked) + 1
    assert refused == house.by_the_pages(elsewhere)[0]


def test_a_caller_forgotten_by_the_process_is_asked_of_the_base_again(house, known):
    made = known.create(**patient())
    authentication.forget()
    each = request(known, f"Patient/{made['id']}")
    assert house.ask(each)[0][0] == 200
    assert house.pages.asked == [f"GET /fhir/Patient/{made['id']}"]
    assert house.ask(each)[0][0] == 200
    assert house.pages.asked[1:] == ["GET /fhir/metadata"]


def test_requests_that_arrive_together_are_one_transaction_and_as_many_traces(house, known):
    made = known.create(**patient())
    answers = house.ask(*[request(known, f"Patient/{made['id']}")] * 9)
    assert {status for status, _, _ in answers} == {200}
    assert house.pages.asked == ["GET /fhir/metadata"], "asked once, however many wait for it"
    read = Entry.objects.filter(code="fhir.read")
    assert read.count() == 9
    assert len(set(read.values_list("position", flat=True))) == 1


def test_a_call_that_undoes_a_round_is_taken_alone_by_the_pages_and_then_kept_apart(house, known, monkeypatch):
    made = known.create(**patient())
    good, bad = request(known, f"Patient/{made['id']}"), request(known, "Patient/mauvais")
    read = asgi.engine.usual_steps

    def steps(call, caller):
        if call.path.endswith("mauvais"):
            raise ZeroDivisionError
        return read(call, caller)

    monkeypatch.setattr(asgi.engine, "usual_steps", steps)
    answers = house.ask(good, bad, good)
    assert [status for status, _, _ in answers] == [200, 500, 200]
    assert house.pages.asked.count(f"GET /fhir/Patient/{made['id']}") == 2, "its neighbours were served, alone"
    taken = []
    take = rounds.take
    monkeypatch.setattr(rounds, "take", lambda asked: taken.append(len(asked)) or take(asked))
    other = request(known, "DocumentReference?status=current")
    answers = house.ask(other, bad)
    assert [status for status, _, _ in answers] == [200, 500]
    assert taken == [1], "what failed alone is not put with others for a while"


def test_a_round_that_breaks_by_itself_leaves_nobody_waiting(house, known, monkeypatch):
    made = known.create(**patient())
    each = request(known, f"Patient/{made['id']}")
    house.ask(each)
    monkeypatch.setattr(rounds, "take", lambda asked: 1 / 0)
    assert [status for status, _, _ in house.ask(each, each)] == [503, 503]
    monkeypatch.undo()
    assert house.ask(each)[0][0] == 200


def test_when_too_many_wait_the_next_ones_are_told_to_come_back_and_one_caller_leaves_room(house, known, monkeypatch):
    monkeypatch.setattr(queues, "MOST_WAITING", 6)
    monkeypatch.setattr(queues, "MOST_OF_ONE", 4)
    other = Partner("fr.health.logiciel-b")
    authentication.caller_of(f"Bearer {other.token}", base=base())
    made, theirs = known.create(**patient()), other.create(**patient())
    house.ask(request(known, f"Patient/{made['id']}"))
    before = Entry.objects.filter(code="fhir.read").count()
    free = threading.Event()
    house.door.queues["read"]._thread.submit(free.wait, 60)  # the base answers nobody for now

    async def storm():
        mine = [
            asyncio.ensure_future(house._one(house.door, **request(known, f"Patient/{made['id']}"))) for _ in range(7)
        ]
        await asyncio.sleep(0)
        its = [
            asyncio.ensure_future(house._one(house.door, **request(other, f"Patient/{theirs['id']}"))) for _ in range(3)
        ]
        done, _ = await asyncio.wait([*mine, *its], return_when=asyncio.FIRST_COMPLETED)
        assert all(one.result()[0] == 503 for one in done)
        free.set()
        return await asyncio.gather(*mine), await asyncio.gather(*its)

    mine, its = asyncio.run(storm())
    turned_away = [answer for answer in (*mine, *its) if answer[0] == 503]
    assert turned_away
    assert [status for status, _, _ in its].count(200) >= 2, "the other hospital is served"
    assert all(headers[b"retry-after"] == b"5" for _, headers, _ in turned_away)
    assert json.loads(turned_away[0][2])["issue"][0]["details"]["coding"][0]["code"] == "FHR-043"
    served = len([1 for answer in (*mine, *its) if answer[0] == 200])
    assert Entry.objects.filter(code="fhir.read").count() == before + served
