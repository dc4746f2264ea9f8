"""A small official file of fiction: bakeries, one line each, `code|name|town`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from maison.registries.sources.catalogue import Fault, Line, Opened, Source, Understood, Unreadable
from maison.registries.sources.errors import FileRefused
from maison.registries.sources.selectors import rows_of


class Bakeries:
    """The source and what it shows: `shown` holds open bakeries by code, rebuilt from the rows at each projection."""

    def __init__(self) -> None:
        self.shown: dict[str, str] = {}
        self.projected: list[str] = []
        self.fail_on = ""
        self.understood = 0
        self.source = Source(code="bakeries", name="Boulangeries", publisher="Fiction", licence="libre",
                             open=self.open, project=self.project, shown=("name", "town"))  # fmt: skip

    def open(self, path: Path) -> Opened:
        text = path.read_text("utf-8")
        head, _, body = text.partition("\n")
        if not head.startswith("boulangeries;"):
            raise FileRefused("La première ligne « boulangeries;date » manque.")
        return Opened(dt.date.fromisoformat(head.split(";")[1]), lambda: self.lines(body), self.understand)

    def lines(self, body):
        for number, line in enumerate(body.splitlines(), 2):
            cells = line.split("|")
            if len(cells) != 3:
                yield Unreadable(f"ligne {number}", "BLG-COL", f"{len(cells)} champs au lieu de 3.")
            else:
                yield Line(cells[0], cells[0], line.encode())

    def understand(self, line: Line) -> Understood:
        self.understood += 1
        code, name, town = line.raw.decode().split("|")
        if not name:
            return Understood(None, [Fault("BLG-NOM", "name", "Le nom manque.")])
        faults = [] if town else [Fault("BLG-COMMUNE", "town", "La commune manque.", blocking=False)]
        return Understood({"code": code, "name": name, "town": town}, faults)

    def project(self, source, entities):
        if self.fail_on in entities:
            raise RuntimeError("the power went out")
        for entity, rows in rows_of(source, entities).items():
            self.projected.append(entity)
            alive = [row["name"] for row in rows if row["_closed_on"] is None]
            if alive:
                self.shown[entity] = alive[0]
            else:
                self.shown.pop(entity, None)


def write(path: Path, rows: dict[str, tuple[str, str]], day: str = "2026-11-01", extra: str = "") -> Path:
    path.write_text(f"boulangeries;{day}\n" + "".join(f"{code}|{name}|{town}\n" for code, (name, town) in rows.items()) + extra, "utf-8")  # fmt: skip
    return path
