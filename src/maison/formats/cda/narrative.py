"""The text people read in a section: a small tree of the elements the CDA narrative block allows, and nothing else.

A `Node` is inert: its attributes are the few below, its text is text. What the reader meets beside them becomes a node of
kind `unknown`, whose text is kept. Source: HL7 CDA R2, NarrativeBlock.xsd.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

INLINE = frozenset({"content", "linkHtml", "sub", "sup", "br", "footnote", "footnoteRef", "renderMultiMedia"})
CONTAINERS = frozenset({"list", "table", "colgroup", "thead", "tfoot", "tbody", "tr"})
"""Elements that hold only elements: white space between them means nothing."""
KINDS = INLINE | CONTAINERS | {"paragraph", "item", "caption", "col", "th", "td"}
ATTRIBUTES = {
    "ID": KINDS - {"sub", "sup", "br"},
    "styleCode": KINDS - {"sub", "sup", "br"},
    "listType": frozenset({"list"}),
    "href": frozenset({"linkHtml"}),
    "IDREF": frozenset({"footnoteRef"}),
    "referencedObject": frozenset({"renderMultiMedia"}),
    "revised": frozenset({"content"}),
    "colspan": frozenset({"th", "td"}),
    "rowspan": frozenset({"th", "td"}),
    "scope": frozenset({"th", "td"}),
    "align": frozenset({"th", "td", "tr", "thead", "tbody", "tfoot", "col", "colgroup"}),
}
LAYOUT = frozenset(
    {"border", "width", "frame", "rules", "cellspacing", "cellpadding", "valign", "char", "charoff", "language"}
)
"""Attributes of appearance the house does without."""


class Node(Struct, frozen=True):
    """`attributes` are pairs in alphabetical order, of the names of `ATTRIBUTES` only; `name` is that of an unknown element."""

    kind: str
    children: tuple[Node | str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    name: str = ""

    def get(self, attribute: str) -> str:
        return next((value for name, value in self.attributes if name == attribute), "")

    def all(self, kind: str) -> list[Node]:
        return [child for child in self.children if isinstance(child, Node) and child.kind == kind]


Inline = Node | str


def paragraph(*content: Inline) -> Node:
    return Node("paragraph", _lines(content))


def bullets(items: Iterable[Inline | tuple[Inline, ...]], *, ordered: bool = False) -> Node:
    """One item or more."""
    children = tuple(Node("item", _lines(item if isinstance(item, tuple) else (item,))) for item in items)
    if not children:
        raise ValueError("a list needs an item")
    return Node("list", children, (("listType", "ordered" if ordered else "unordered"),))


def table(head: Iterable[str], rows: Iterable[Iterable[Inline]], *, caption: str = "", row_heads: bool = False) -> Node:
    """One row or more, each as wide as the head. `row_heads`: the first cell of each row names it."""
    heads = tuple(head)
    lines: list[Node] = []
    for row in rows:
        cells = tuple(row)
        if heads and len(cells) != len(heads):
            raise ValueError("each row must be as wide as the head of the table")
        lines.append(Node("tr", tuple(_cell(cell, is_head=row_heads and not rank) for rank, cell in enumerate(cells))))
    if not lines:
        raise ValueError("a table needs a row")
    parts: list[Node] = []
    if caption:
        parts.append(Node("caption", (_spaces(caption).strip(" "),)))  # a caption is one line in CDA
    if heads:
        parts.append(
            Node("thead", (Node("tr", tuple(Node("th", _lines((head,)), (("scope", "col"),)) for head in heads)),))
        )
    parts.append(Node("tbody", tuple(lines)))
    return Node("table", tuple(parts))


def facts(rows: Iterable[tuple[str, Inline]], *, caption: str = "") -> Node:
    """Names and values, one by line: a table of two columns whose first cell is a head."""
    return table((), rows, caption=caption, row_heads=True)


def marked(text: str, mark: str) -> Node:
    """Text an entry points to: `mark` is its ID, unique in the document."""
    return Node("content", _lines((text,)), (("ID", mark),))


def bold(text: str) -> Node:
    return Node("content", _lines((text,)), (("styleCode", "Bold"),))


def _cell(cell: Inline, *, is_head: bool) -> Node:
    return Node("th", _lines((cell,)), (("scope", "row"),)) if is_head else Node("td", _lines((cell,)))


def _lines(content: Iterable[Inline]) -> tuple[Inline, ...]:
    """White space as the reader gives it back, line ends as `br`."""
    out: list[Inline] = []
    for part in content:
        if isinstance(part, Node):
            out.append(part)
            continue
        for rank, line in enumerate(part.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
            if rank:
                out.append(Node("br"))
            if line:
                out.append(line)
    return tidy(out)


def tidy(content: Iterable[Inline]) -> tuple[Inline, ...]:
    """Neighbouring texts joined, runs of white space made one, none at either end nor beside a line end."""
    joined: list[Inline] = []
    for part in content:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    out: list[Inline] = []
    for rank, part in enumerate(joined):
        if isinstance(part, Node):
            out.append(part)
            continue
        text = _spaces(part)
        if rank == 0 or _breaks(joined[rank - 1]):
            text = text.lstrip(" ")
        if rank == len(joined) - 1 or _breaks(joined[rank + 1]):
            text = text.rstrip(" ")
        if text:
            out.append(text)
    return tuple(out)


def _spaces(text: str) -> str:
    """XML white space only: a no-break space is a character."""
    out = " ".join(part for part in text.replace("\t", " ").replace("\n", " ").replace("\r", " ").split(" ") if part)
    if not out:
        return " " if text else ""
    return (" " if text[0] in " \t\r\n" else "") + out + (" " if text[-1] in " \t\r\n" else "")


def _breaks(part: Inline) -> bool:
    return isinstance(part, Node) and part.kind in ("br", "paragraph", "list", "table")


def nodes_of(content: Iterable[Inline]) -> Iterator[Node]:
    """Every node, in reading order."""
    for part in content:
        if isinstance(part, Node):
            yield part
            yield from nodes_of(part.children)


def plain(content: Iterable[Inline]) -> str:
    """All the text, in reading order, on one line."""
    parts: list[str] = []
    for part in content:
        if isinstance(part, str):
            parts.append(part)
        else:
            parts.append(" " if part.kind == "br" else plain(part.children))
            if part.kind not in INLINE and part.kind != "unknown":
                parts.append(" ")
    return " ".join("".join(parts).split())
