"""What the floors above hang on the frame. They call these functions once, in `AppConfig.ready()`.

The frame never asks who registered: it calls what it was given with the request and shows the answer. Every reading
function is called at most once a page, and only when a whole page is drawn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.urls import reverse


def everyone(request: HttpRequest) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of a room's navigation, of the person's menu or of the foot. `post` draws a form: it changes something."""

    label: str
    url_name: str
    visible: Callable[[HttpRequest], bool] = everyone
    post: bool = False

    @property
    def url(self) -> str:
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Room:
    code: str
    label: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A band under the bar: crisis level, sign-on down, planned outage. `kind` is info, warn or danger."""

    title: str
    text: str = ""
    kind: str = "warn"
    since: dt.datetime | None = None
    url: str = ""
    link: str = "En savoir plus"


@dataclass(slots=True)
class _Frame:
    rooms: dict[str, Room] = field(default_factory=dict)
    menu: list[tuple[int, Place]] = field(default_factory=list)
    foot: list[tuple[int, Place]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    notices: list[Callable[[HttpRequest], Notice | None]] = field(default_factory=list)
    crisis: Callable[[HttpRequest], Notice | None] | None = None
    waiting: list[Callable[[HttpRequest], int]] = field(default_factory=list)
    waiting_url: str = ""
    search_url: str = ""
    search_label: str = "Rechercher"
    sign_in: str = ""
    sign_out: str = ""
    change: str = ""


_frame = _Frame()


def register_room(code: str, label: str, places: Iterable[Place]) -> None:
    """The few places of a room, in their order; a template draws them with `{% room_nav "code" %}`."""
    _frame.rooms[code] = Room(code, label, tuple(places))


def register_menu(place: Place, *, order: int = 50) -> None:
    """An entry of the menu under "Vous agissez comme"."""
    _frame.menu = sorted([*_frame.menu, (order, place)], key=lambda entry: entry[0])


def register_foot(place: Place, *, order: int = 50) -> None:
    _frame.foot = sorted([*_frame.foot, (order, place)], key=lambda entry: entry[0])


def register_head(template: str) -> None:
    """A template drawn in the head of every page of the frame, walls included: the script of a floor above."""
    _frame.heads.append(template)


def register_waiting(count: Callable[[HttpRequest], int], url_name: str = "") -> None:
    """A counter of what waits for the actor: counters add up; the last `url_name` given is where the bar leads."""
    _frame.waiting.append(count)
    _frame.waiting_url = url_name or _frame.waiting_url


def register_crisis(read: Callable[[HttpRequest], Notice | None]) -> None:
    """The crisis level of the moment, or None when life is ordinary."""
    _frame.crisis = read


def register_notice(read: Callable[[HttpRequest], Notice | None]) -> None:
    _frame.notices.append(read)


def register_search(url_name: str, label: str = "Rechercher") -> None:
    """Where the bar's search goes: a page that reads `?q=`."""
    _frame.search_url, _frame.search_label = url_name, label


def register_identity(*, sign_in: str, sign_out: str, change: str = "") -> None:
    """URL names of the ways in and out (sign-out is a POST) and of the choice of another situation."""
    _frame.sign_in, _frame.sign_out, _frame.change = sign_in, sign_out, change


def rooms() -> list[Room]:
    return list(_frame.rooms.values())


def room(code: str) -> Room | None:
    return _frame.rooms.get(code)


def menu(request: HttpRequest) -> list[Place]:
    return [place for _, place in _frame.menu if place.visible(request)]


def foot(request: HttpRequest) -> list[Place]:
    return [place for _, place in _frame.foot if place.visible(request)]


def heads() -> list[str]:
    return list(_frame.heads)


def notices(request: HttpRequest) -> list[Notice]:
    return [notice for read in _frame.notices if (notice := read(request)) is not None]


def crisis(request: HttpRequest) -> Notice | None:
    return _frame.crisis(request) if _frame.crisis else None


def has_waiting() -> bool:
    return bool(_frame.waiting)


def waiting(request: HttpRequest) -> int:
    return sum(count(request) for count in _frame.waiting)


def url_of(what: str) -> str:
    """The address of `waiting`, `search`, `sign_in`, `sign_out` or `change`; empty when no floor gave one."""
    name = {
        "waiting": _frame.waiting_url,
        "search": _frame.search_url,
        "sign_in": _frame.sign_in,
        "sign_out": _frame.sign_out,
        "change": _frame.change,
    }[what]
    return reverse(name) if name else ""


def search_label() -> str:
    return _frame.search_label
