"""The tables of a narrative, understood before they are shown: what names the columns, the rows, the table, and what is no table.

Document makers lay text out in tables. A single column is a paragraph or a list; a first line that spans everything is a caption;
two columns without a head are names and values.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from maison.formats.cda.narrative import Inline, Node, plain

MOST_SPAN = 100
Shape = Literal["list", "pairs", "grid"]


class Cell(Struct, frozen=True):
    content: tuple[Inline, ...]
    is_head: bool = False
    colspan: int = 1
    rowspan: int = 1

    @property
    def is_empty(self) -> bool:
        return not plain(self.content) and not any(
            isinstance(part, Node) and part.kind == "renderMultiMedia" for part in self.content
        )


class Table(Struct, frozen=True):
    """`shape`: `list` is one column of text, `pairs` names and values, `grid` the rest. `labels` name the columns of plain grids."""

    shape: Shape
    caption: tuple[Inline, ...]
    head: tuple[tuple[Cell, ...], ...]
    rows: tuple[tuple[Cell, ...], ...]
    width: int
    labels: tuple[str, ...]


def understood(node: Node) -> Table:
    caption = next((one.children for one in node.all("caption")), ())
    head = [_row(line) for part in node.all("thead") for line in part.all("tr")]
    bodies = [part for part in node.children if isinstance(part, Node) and part.kind in ("tbody", "tfoot", "tr")]
    # The foot stands before the body in CDA and after it for a reader.
    ordered = sorted(bodies, key=lambda part: part.kind == "tfoot")
    rows = [_row(line) for part in ordered for line in ([part] if part.kind == "tr" else part.all("tr"))]
    if (
        not head
        and len(rows) > 1
        and all(cell.is_head for cell in rows[0])
        and not all(cell.is_head for cell in rows[1])
    ):
        head, rows = rows[:1], rows[1:]
    width = max((sum(cell.colspan for cell in row) for row in (*head, *rows)), default=0)
    if not caption and head and len(head[0]) == 1 and (head[0][0].colspan >= width or width == 1):
        caption, head = head[0][0].content, head[1:]
    head = [row for row in head if any(not cell.is_empty for cell in row)]
    plain_rows = all(cell.colspan == 1 and cell.rowspan == 1 for row in rows for cell in row)
    if width <= 1 and not head:
        return Table("list", caption, (), tuple(rows), width, ())
    if width == 2 and not head and all(len(row) == 2 for row in rows) and plain_rows:
        return Table("pairs", caption, (), tuple(rows), width, ())
    labels: tuple[str, ...] = ()
    if len(head) == 1 and len(head[0]) == width and plain_rows and all(len(row) == width for row in rows):
        labels = tuple(plain(cell.content) for cell in head[0])
    return Table("grid", caption, tuple(head), tuple(rows), width, labels)


def _row(line: Node) -> tuple[Cell, ...]:
    return tuple(
        Cell(part.children, part.kind == "th", _span(part.get("colspan")), _span(part.get("rowspan")))
        for part in line.children
        if isinstance(part, Node) and part.kind in ("th", "td")
    )


def _span(text: str) -> int:
    return min(max(int(text), 1), MOST_SPAN) if text.isascii() and text.isdigit() and len(text) < 5 else 1
