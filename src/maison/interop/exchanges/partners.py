"""What the list of software shows beyond the software that sends: where the house sends, the sheet of a door, what may be
declared. Rooms above register themselves; the list stays one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from maison.foundations.access.actor import Actor


@dataclass(frozen=True, slots=True)
class Partner:
    """One line: software that sends, or a place the house sends to. `url` is its sheet, `journal_url` its messages."""

    name: str
    code: str
    structure: str
    way: str
    last_at: datetime | None
    to_mend: int
    active: bool
    url: str = ""
    journal_url: str = ""


type Source = Callable[[Actor], list[Partner]]

_sources: list[Source] = []
_sheets: dict[str, str] = {}
_makers: list[tuple[str, str]] = []


def register_source(source: Source) -> None:
    """What a room declares besides software, for the lines the actor may see."""
    _sources.append(source)


def register_sheet(door: str, url_name: str) -> None:
    """The page of the settings of software at this door; it takes the id of the software."""
    _sheets[door] = url_name


def register_maker(label: str, url_name: str) -> None:
    """A page where something new is declared."""
    _makers.append((label, url_name))


def others(actor: Actor) -> list[Partner]:
    return [partner for source in _sources for partner in source(actor)]


def sheet_of(doors: list[str]) -> str:
    return next((_sheets[door] for door in doors if door in _sheets), "")


def makers() -> list[tuple[str, str]]:
    return list(_makers)
