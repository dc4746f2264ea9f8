"""A document in plain text: for mail readers, terminals, and whoever wants to search or compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from maison.formats.cda.html import banner_of, type_label
from maison.formats.cda.model import Document, Section
from maison.formats.cda.narrative import INLINE, Inline, Node, plain
from maison.formats.cda.narrative_html import media_words
from maison.formats.cda.tables import understood


def render(document: Document, *, with_patient: bool = True) -> str:
    """Lines end with `\\n`. `with_patient=False` leaves the identity out (the text itself may still name the person)."""
    return "\n".join(_lines(document, with_patient=with_patient)) + "\n"


def _lines(document: Document, *, with_patient: bool) -> Iterator[str]:
    yield document.title or type_label(document)
    yield "=" * max(len(document.title), 1)
    if with_patient:
        banner = banner_of(document.patient)
        traits = (banner.name, banner.born, banner.gender, banner.birth_place)
        yield "Patient : " + " — ".join(part for part in traits if part)
    for author in document.authors:
        place = author.who.organisation.name if author.who.organisation else ""
        yield "Rédigé par : " + ", ".join(part for part in (str(author.who), place) if part)
    if document.created.raw:
        yield f"Le : {document.created}"
    if document.unstructured is not None:
        yield ""
        file = document.unstructured
        yield (
            file.data.decode(errors="replace") if file.is_text else f"[{media_words(file.media_type, len(file.data))}]"
        )
    for section in document.sections:
        yield from _section(section, 0)


def _section(section: Section, depth: int) -> Iterator[str]:
    title = section.title or (section.code.label if section.code else "") or "Partie sans titre"
    yield ""
    yield f"{'#' * (depth + 2)} {title}"
    yield from _blocks(section.narrative)
    for inner in section.sections:
        yield from _section(inner, depth + 1)


def _blocks(content: Iterable[Inline]) -> Iterator[str]:
    run: list[Inline] = []
    for part in (*content, Node("end")):
        if isinstance(part, str) or part.kind in INLINE or part.kind == "unknown":
            run.append(part)
            continue
        yield from _run(run)
        run = []
        if part.kind == "table":
            yield from _table(part)
        elif part.kind == "list":
            yield from (f"- {plain(item.children)}" for item in part.all("item"))
        elif part.kind != "end":
            yield from _run(part.children)


def _run(content: Iterable[Inline]) -> Iterator[str]:
    """A line for each line end."""
    line: list[Inline] = []
    for part in (*content, Node("br")):
        if isinstance(part, Node) and part.kind == "br":
            words = plain(line)
            if words:
                yield words
            line = []
        else:
            line.append(part)


def _table(node: Node) -> Iterator[str]:
    table = understood(node)
    if plain(table.caption):
        yield plain(table.caption)
    if not table.labels:
        yield from (" ; ".join(plain(cell.content) for cell in row if not cell.is_empty) for row in table.head)
    for row in table.rows:
        cells = [plain(cell.content) for cell in row]
        if table.shape == "list":
            yield from (f"- {cell}" for cell in cells if cell)
        elif table.shape == "pairs":
            yield f"{cells[0]} : {cells[1]}"
        elif table.labels:
            yield "- " + " ; ".join(f"{name} : {cell}" for name, cell in zip(table.labels, cells, strict=True) if cell)
        else:
            yield "- " + " ; ".join(cell for cell in cells if cell)
