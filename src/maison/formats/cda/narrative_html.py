"""The narrative as accessible HTML. Only the elements written here come out; every text and every attribute is escaped.

Links never leave the document: an address is shown, not followed. Images are not loaded: the caller may give a link to each file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape

from maison.formats.cda.model import Attachment
from maison.formats.cda.narrative import INLINE, Inline, Node, nodes_of, plain
from maison.formats.cda.tables import Cell, Table, understood

MediaUrl = Callable[[Attachment], str | None]
CARDS_FROM = 3
"""Grids this wide become one card a row on a phone."""
WIDE_FROM = 5

_STYLES = {
    "bold": ("strong",),
    "italics": ("em",),
    "emphasis": ("em",),
    "bolditalics": ("strong", "em"),
    "underline": ("u",),
    "underlined": ("u",),
    "strikethrough": ("s",),
    "strike": ("s",),
}
_ORDERED_STYLES = {"arabic", "littleroman", "bigroman", "littlealpha", "bigalpha"}
_MARK = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,80}")
_MEDIA_WORDS = {
    "application/pdf": "PDF",
    "image/png": "image PNG",
    "image/jpeg": "image JPEG",
    "image/gif": "image GIF",
    "image/tiff": "image TIFF",
    "text/plain": "texte",
    "text/xml": "XML",
}


class Writing:
    """One document being shown. `prefix` begins every id of the page, so that two documents can stand side by side."""

    def __init__(
        self, prefix: str, content: Iterable[Inline], attachments: tuple[Attachment, ...], media_url: MediaUrl | None
    ) -> None:
        self._prefix = prefix
        nodes = list(nodes_of(content))
        wanted = {node.get("href")[1:] for node in nodes if node.get("href").startswith("#")}
        wanted |= {node.get("IDREF") for node in nodes}
        self._marks = {mark for node in nodes if (mark := node.get("ID")) in wanted and _MARK.fullmatch(mark)}
        self._written: set[str] = set()
        self._media = {one.id: one for one in attachments if one.id}
        self._media_url = media_url
        self.shown_media: set[str] = set()

    def blocks(self, content: Iterable[Inline], title: str) -> str:
        """`title` names the tables that have no caption."""
        out: list[str] = []
        run: list[Inline] = []
        tables = 0
        for part in (*content, Node("end")):
            if isinstance(part, str) or part.kind in INLINE or part.kind == "unknown":
                run.append(part)
                continue
            words = self.inline(_trimmed(run))
            if words.strip():
                out.append(f"<p>{words}</p>")
            run = []
            if part.kind == "table":
                tables += 1
                out.append(self._table(part, title if tables == 1 else f"{title}, tableau {tables}"))
            elif part.kind != "end":
                out.append(self._block(part, title))
        return "".join(out)

    def _block(self, node: Node, title: str) -> str:
        caption = "".join(self._caption(one.children) for one in node.all("caption"))
        rest = tuple(part for part in node.children if isinstance(part, str) or part.kind != "caption")
        if node.kind == "list":
            items = "".join(f"<li{self._id(one)}>{self._cell(one.children)}</li>" for one in node.all("item"))
            styles = set(node.get("styleCode").lower().split())
            tag = "ol" if node.get("listType") == "ordered" or styles & _ORDERED_STYLES else "ul"
            return f'{caption}<{tag} class="maison-bullets"{self._id(node)}>{items}</{tag}>'
        if node.kind == "paragraph":
            words = self._styled(node, self.inline(rest))
            return f"{caption}<p{self._id(node)}>{words}</p>"
        return self.blocks(rest, title)

    def _caption(self, content: tuple[Inline, ...]) -> str:
        return f'<p class="maison-cda-caption">{self.inline(content)}</p>'

    def _cell(self, content: tuple[Inline, ...]) -> str:
        """Inline when it can be, blocks otherwise."""
        if all(isinstance(part, str) or part.kind in INLINE or part.kind == "unknown" for part in content):
            return self.inline(content)
        return self.blocks(content, plain(content)[:40])

    def _table(self, node: Node, title: str) -> str:
        table = understood(node)
        if not table.rows:
            return ""
        has_caption = bool(plain(table.caption)) and plain(table.caption).casefold() != title.casefold()
        if table.shape == "list":
            lines = [self._cell(cell.content) for row in table.rows for cell in row if not cell.is_empty]
            words = "".join(f"<li>{line}</li>" for line in lines)
            shown = f'<ul class="maison-bullets">{words}</ul>' if len(lines) > 1 else self._lone(lines)
            return (self._caption(table.caption) if has_caption else "") + shown
        if has_caption:
            caption = f"<caption>{self.inline(table.caption)}</caption>"
        else:
            caption = f'<caption class="maison-unseen">{escape(title)}</caption>'
        if table.shape == "pairs":
            if len(table.rows) == 1 and plain(table.rows[0][0].content).casefold() == title.casefold():
                return self._lone([self._cell(table.rows[0][1].content)])
            rows = "".join(
                f'<tr><th scope="row">{self._cell(name.content)}</th><td>{self._cell(value.content)}</td></tr>'
                for name, value in table.rows
            )
            return f'<table class="maison-table maison-cda-pairs">{caption}<tbody>{rows}</tbody></table>'
        label = escape(plain(table.caption) if has_caption else title, quote=True)
        return self._grid(table, caption, label)

    @staticmethod
    def _lone(lines: list[str]) -> str:
        return "".join(line if line.startswith(("<p", "<ul", "<ol")) else f"<p>{line}</p>" for line in lines)

    def _grid(self, table: Table, caption: str, label: str) -> str:
        plain_cells = all(cell.colspan == 1 and cell.rowspan == 1 for row in table.rows for cell in row)
        is_cards = table.width >= CARDS_FROM and (bool(table.labels) or (not table.head and plain_cells))
        head = "".join(f"<tr>{''.join(self._head_cell(cell) for cell in row)}</tr>" for row in table.head)
        rows = []
        for row in table.rows:
            names = table.labels if is_cards and table.labels else ("",) * len(row)
            cells = (self._body_cell(cell, name) for cell, name in zip(row, names, strict=True))
            rows.append(f"<tr>{''.join(cells)}</tr>")
        wide = " maison-table--wide" if table.width >= WIDE_FROM else ""
        cards = " maison-cda-cards" if is_cards else ""
        inside = f"{caption}{f'<thead>{head}</thead>' if head else ''}<tbody>{''.join(rows)}</tbody>"
        shown = f'<table class="maison-table{wide}{cards}">{inside}</table>'
        return f'<div class="maison-scroll" role="group" tabindex="0" aria-label="{label}">{shown}</div>'

    def _head_cell(self, cell: Cell) -> str:
        if cell.is_empty:
            return f"<td{_spans(cell)}></td>"
        scope = "colgroup" if cell.colspan > 1 else "col"
        return f'<th scope="{scope}"{_spans(cell)}>{self._cell(cell.content)}</th>'

    def _body_cell(self, cell: Cell, label: str) -> str:
        named = f' data-label="{escape(label, quote=True)}"' if label else ""
        if cell.is_head and not cell.is_empty:
            scope = "rowgroup" if cell.rowspan > 1 else "row"
            return f'<th scope="{scope}"{_spans(cell)}{named}>{self._cell(cell.content)}</th>'
        return f"<td{_spans(cell)}{named}>{self._cell(cell.content) if not cell.is_empty else ''}</td>"

    def inline(self, content: Iterable[Inline]) -> str:
        return "".join(escape(part, quote=False) if isinstance(part, str) else self._inline(part) for part in content)

    def _inline(self, node: Node) -> str:
        match node.kind:
            case "br":
                return "<br>"
            case "sub" | "sup":
                return f"<{node.kind}>{self.inline(node.children)}</{node.kind}>"
            case "content":
                return self._content(node)
            case "linkHtml":
                return self._link(node)
            case "renderMultiMedia":
                return "".join(self._attached(mark) for mark in node.get("referencedObject").split())
            case "footnote":
                return f' <small class="maison-cda-footnote"{self._id(node)}>({self.inline(node.children)})</small>'
            case "footnoteRef":
                mark = node.get("IDREF")
                return f'<a href="#{self._prefix}-{escape(mark, quote=True)}">(note)</a>' if mark in self._marks else ""
            case "unknown":
                return self.inline(node.children)
        return f"{self.inline(node.children)} "

    def _content(self, node: Node) -> str:
        words = self._styled(node, self.inline(node.children))
        if node.get("revised") == "delete":
            words = f"<del>{words}</del>"
        elif node.get("revised") == "insert":
            words = f"<ins>{words}</ins>"
        mark = self._id(node)
        return f"<span{mark}>{words}</span>" if mark else words

    @staticmethod
    def _styled(node: Node, words: str) -> str:
        tags: list[str] = []
        for style in node.get("styleCode").lower().split():
            tags += [tag for tag in _STYLES.get(style, ()) if tag not in tags]
        for tag in reversed(tags):
            words = f"<{tag}>{words}</{tag}>"
        return words

    def _link(self, node: Node) -> str:
        """An inner link leads to its mark; an address is written after its words; a script is nothing."""
        address = node.get("href").strip()
        words = self.inline(node.children)
        if address.startswith("#") and address[1:] in self._marks:
            return f'<a href="#{self._prefix}-{escape(address[1:], quote=True)}">{words or "plus loin"}</a>'
        shown = re.sub(r"[\s\x00-\x1f\x7f]+", "", address)
        scheme = shown.partition(":")[0].lower() if ":" in shown else ""
        if scheme not in ("", "http", "https", "mailto", "tel") or not shown or shown.startswith("#"):
            return words
        written = f'<span class="maison-cda-address">{escape(shown)}</span>'
        return f"{words} ({written})" if words else written

    def _attached(self, mark: str) -> str:
        found = self._media.get(mark)
        if found is None:
            return '<span class="maison-note">(pièce absente du document)</span>'
        self.shown_media.add(mark)
        return self.attachment(found)

    def attachment(self, one: Attachment) -> str:
        words = f"Pièce jointe : {media_words(one.media_type, len(one.data))}"
        url = self._media_url(one) if self._media_url else None
        return f'<a href="{escape(url, quote=True)}">{escape(words)}</a>' if url else f"<span>{escape(words)}</span>"

    def _id(self, node: Node) -> str:
        mark = node.get("ID")
        if mark not in self._marks or mark in self._written:
            return ""
        self._written.add(mark)
        return f' id="{self._prefix}-{escape(mark, quote=True)}"'


def media_words(media_type: str, size: int) -> str:
    """`PDF, 12 ko`."""
    kind = _MEDIA_WORDS.get(media_type, "fichier")
    if size < 1000:
        return f"{kind}, {size} octets"
    if size < 1_000_000:
        return f"{kind}, {round(size / 1000)} ko"
    return f"{kind}, {size / 1_000_000:.1f} Mo".replace(".", ",")


def _trimmed(run: list[Inline]) -> list[Inline]:
    """Without the line ends that only separated blocks."""
    start, end = 0, len(run)
    while start < end and _is_blank(run[start]):
        start += 1
    while start < end and _is_blank(run[end - 1]):
        end -= 1
    return run[start:end]


def _is_blank(part: Inline) -> bool:
    return part == " " or (isinstance(part, Node) and part.kind == "br")


def _spans(cell: Cell) -> str:
    return (f' colspan="{cell.colspan}"' if cell.colspan > 1 else "") + (
        f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else ""
    )
