"""A fictional person at a browser: signs in with the sandbox of Pro Santé Connect and confirms what waits on a wall.

Only what a page shows is used: links and forms, as without JavaScript. Nothing is known of the house but its door.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx
from lxml import html

from maison_region.people import Activity, Professional, professionals

SIGN_IN = "/connexion/psc/"
BOARDS = "/urgences/tableau/"
RECEIVED, CONFIRM, SEEN = "/recus/", "/confirmer/", "/vu/"
STEPS = 8


class CannotSignIn(RuntimeError):
    """The person did not get through the door; the message says at which page."""


def confirming_people() -> list[tuple[Professional, Activity]]:
    """Nurses of reception, each with the situation in which they watch a wall."""
    return [
        (person, activity)
        for person in professionals()
        for activity in person.open_activities
        if any(role.role == "ioa" for role in activity.roles)
    ]


@dataclass(slots=True)
class Page:
    url: str
    tree: html.HtmlElement

    def form(self, ending: str) -> html.FormElement | None:
        return next(iter(self.forms(ending)), None)

    def forms(self, ending: str) -> list[html.FormElement]:
        return [form for form in self.tree.forms if (form.action or "").endswith(ending)]


@dataclass(slots=True)
class Visitor:
    person: Professional
    activity: Activity
    client: httpx.Client
    confirmed: set[str] = field(default_factory=set)

    def close(self) -> None:
        self.client.close()

    def _page(self, answer: httpx.Response) -> Page:
        answer.raise_for_status()
        return Page(str(answer.url), html.fromstring(answer.text or "<html/>", base_url=str(answer.url)))

    def _open(self, url: str) -> Page:
        return self._page(self.client.get(url))

    def _send(self, page: Page, form: html.FormElement, **answers: str) -> Page:
        target = urljoin(page.url, form.action or "")
        fields: dict[str, list[str] | str] = {}
        for name, value in form.form_values():
            known = fields.setdefault(name, [])
            if isinstance(known, list):
                known.append(str(value))
        return self._page(self.client.post(target, data={**fields, **answers}, headers={"Referer": page.url}))

    def sign_in(self) -> Page:
        """Through the sandbox, then whatever the house asks at a first visit: terms, situation d'exercice."""
        page = self._open(SIGN_IN)
        for _ in range(STEPS):
            if page.tree.xpath("//button[@name='identite']"):
                page = self._send(page, page.forms("auth")[-1], identite=self.person.idnat)
            elif (terms := page.form("/conditions/")) is not None:
                page = self._send(page, terms, accepted="on")
            elif (situation := page.form("/connexion/situation/")) is not None:
                page = self._send(page, situation, situation=self._situation(page))
            elif page.tree.xpath("//form[contains(@action, '/sortie/')]"):
                return page
            else:
                break
        raise CannotSignIn(page.url)

    def _situation(self, page: Page) -> str:
        for choice in page.tree.xpath("//input[@name='situation']"):
            label = "".join(page.tree.xpath("//label[@for=$id]//text()", id=choice.get("id")))
            if self.activity.name in label:
                return str(choice.get("value"))
        raise CannotSignIn(page.url)

    def confirm_what_waits(self) -> int:
        """Open each wall, say « reçu », then confirm every announcement and acknowledge every change; returns how many."""
        done = 0
        boards = self._open(BOARDS)
        links = {urljoin(boards.url, link) for link in boards.tree.xpath("//main//a/@href")}
        for link in sorted(link for link in links if BOARDS in link and not link.endswith(BOARDS)):
            page = self._open(link)
            if (received := page.form(RECEIVED)) is not None:
                self._send(page, received)
            for form in [*page.forms(CONFIRM), *page.forms(SEEN)]:
                self._send(page, form)
                self.confirmed.add(str(form.action))
                done += 1
        return done


def visitor_at(
    url: str, person: Professional, activity: Activity, *, transport: httpx.BaseTransport | None = None
) -> Visitor:
    client = httpx.Client(base_url=url, timeout=30, follow_redirects=True, transport=transport)
    return Visitor(person, activity, client)


@dataclass(slots=True)
class Rounds:
    """Every nurse looks at the walls every so often, until told to stop; who cannot sign in is counted and left out."""

    url: str
    stopping: threading.Event
    every_seconds: float = 15.0
    confirmed: int = 0
    people: int = 0
    kept_out: list[str] = field(default_factory=list)

    def run(self) -> None:
        visitors = []
        for person, activity in confirming_people():
            visitor = visitor_at(self.url, person, activity)
            try:
                visitor.sign_in()
            except (CannotSignIn, httpx.HTTPError):
                self.kept_out.append(person.full_name)
                visitor.close()
            else:
                visitors.append(visitor)
        self.people = len(visitors)
        while visitors and not self.stopping.is_set():
            self.look(visitors)
            self.stopping.wait(self.every_seconds)
        for visitor in visitors:
            visitor.close()

    def look(self, visitors: list[Visitor]) -> None:
        for visitor in visitors:
            try:
                self.confirmed += visitor.confirm_what_waits()
            except httpx.HTTPError:
                # Someone confirmed first, or the house is restarting: the next round sees how things stand.
                continue
