"""What people see: accessible, complete, and harmless whatever the document holds."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from maison.formats.cda.html import Rendered, render
from maison.formats.cda.model import Attachment, Document, Section
from maison.formats.cda.narrative import ATTRIBUTES, KINDS, Node, nodes_of, plain
from maison.formats.cda.reader import read
from maison.formats.cda.text import render as render_text
from maison.formats.cda.writer import every_section
from tests.formats.cda.documents import EXAMPLES, PATIENT, discharge_letter, every_document

ELEMENTS = {
    *[
        "section",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "ul",
        "ol",
        "li",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "div",
        "nav",
        "a",
        "span",
        "strong",
        "em",
        "u",
        "s",
        "del",
        "ins",
        "sub",
        "sup",
    ],
    *["br", "small", "dl", "dt", "dd", "b", "details", "summary"],
}
NAMES = {
    "class",
    "id",
    "href",
    "scope",
    "colspan",
    "rowspan",
    "role",
    "tabindex",
    "aria-label",
    "aria-labelledby",
    "data-label",
}
CLASS = re.compile(r"(maison-[a-z-]+ ?)+")
VOID = {"br"}


class Page(HTMLParser):
    """Reads fragments strictly: every element closed, every name allowed, every text gathered."""

    def __init__(self, *fragments: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        for fragment in fragments:
            self.feed(fragment)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ELEMENTS, tag
        given = dict(attrs)
        assert len(given) == len(attrs)
        assert set(given) <= NAMES, given
        assert CLASS.fullmatch(given.get("class") or "maison-x")
        address = given.get("href")
        assert address is None or address.startswith(("#cda-", "/")), address
        self.seen.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.seen if name == tag]


def page(document: Document, **options) -> Page:
    shown = render(document, **options)
    return Page(shown.facts, shown.contents, shown.body, shown.people)


def with_narrative(*content: Node | str, title: str = "Partie") -> Document:
    letter = discharge_letter()
    return replace(letter, sections=(Section(title=title, code=letter.code, narrative=content),))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_official_example_is_shown_whole_and_well_formed(path):
    document = read(path.read_bytes())
    shown = page(document)
    text = squeezed(shown.text).casefold()
    for section in every_section(document.sections):
        assert squeezed(section.title).casefold() in text
        # A caption that only repeats the title in another case is not said twice.
        for word in plain(section.narrative).casefold().split():
            assert word in text, word
    ids = [given["id"] for _tag, given in shown.seen if given.get("id")]
    assert len(set(ids)) == len(ids)
    assert {(link["href"] or "")[1:] for link in shown.all("a")} <= set(ids)
    assert {head.get("scope") for head in shown.all("th")} <= {"col", "row", "colgroup", "rowgroup"}
    assert len(shown.all("table")) == len(shown.all("caption"))
    levels = [int(tag[1]) for tag, _given in shown.seen if re.fullmatch("h[2-6]", tag)]
    assert levels[:1] in ([], [2])
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_official_example_is_said_in_plain_text(path):
    document = read(path.read_bytes())
    text = render_text(document)
    assert text.startswith(document.title)
    assert "<" not in re.sub(r"[<>]=?\s*[0-9]", "", text)
    for section in every_section(document.sections):
        for cell in nodes_of(section.narrative):
            # The name of a column whose cells are all empty is not said.
            if cell.kind in ("td", "paragraph", "item"):
                for word in plain(cell.children).split():
                    assert word in text


def test_the_banner_is_data_for_the_house():
    banner = render(discharge_letter()).banner
    assert banner.name == "PAT-TROIS DOMINIQUE"
    assert (banner.born, banner.gender, banner.birth_place) == ("28/03/1979", "féminin", "DOMPREMY (51215)")
    assert banner.is_test
    used = render(replace(discharge_letter(), patient=replace(PATIENT, used_family="USAGE"))).banner
    assert used.name == "PAT-TROIS (USAGE) DOMINIQUE"


def test_the_reader_is_told_first_what_it_is_who_wrote_it_and_when():
    shown = Page(render(discharge_letter()).facts)
    assert shown.text.startswith(
        "Type Lettre de liaison à la sortie d'un établissement de soins Rédigé par Dr Claire EXEMPLE"
    )
    assert "Le 6 mars 2026 à 11:00" in shown.text
    assert "Pour Dr Paul TRAITANT" in shown.text
    people = Page(render(discharge_letter()).people).text
    assert "Personne à prévenir (soeur)" in people
    assert "Représentant" in people
    assert "Conservé par CHU fictif de Toulouse" in people


def row(*cells: str, kind: str = "td") -> Node:
    return Node("tr", tuple(Node(kind, (cell,) if cell else ()) for cell in cells))


def test_tables_used_for_layout_become_lists_and_paragraphs():
    alone = with_narrative(Node("table", (Node("tbody", (row("Une phrase."),)),)))
    assert "<p>Une phrase.</p>" in render(alone).body
    several = with_narrative(Node("table", (Node("tbody", (row("un"), row("deux"))),)))
    assert "<li>un</li><li>deux</li>" in render(several).body
    for document in (alone, several):
        assert "<table" not in render(document).body


def test_two_columns_without_a_head_are_names_and_values():
    body = render(
        with_narrative(Node("table", (Node("tbody", (row("Poids", "80 kg"), row("Taille", "1,80 m"))),)))
    ).body
    assert '<th scope="row">Poids</th><td>80 kg</td>' in body
    assert '<caption class="maison-unseen">Partie</caption>' in body


def test_a_head_that_spans_everything_is_the_caption():
    head = Node("thead", (Node("tr", (Node("th", ("Biologie",), (("colspan", "3"),)),)), row("a", "b", "c", kind="th")))
    body = render(with_narrative(Node("table", (head, Node("tbody", (row("1", "2", ""),)))))).body
    assert "<caption>Biologie</caption>" in body
    assert body.count('<th scope="col">') == 3
    assert '<td data-label="c"></td>' in body
    assert 'role="group" tabindex="0" aria-label="Biologie"' in body


def test_a_foot_comes_after_the_body_and_spans_are_bounded():
    head = Node("thead", (row("a", "b", "c", kind="th"),))
    foot = Node("tfoot", (Node("tr", (Node("td", ("total",), (("colspan", "999999999999"), ("rowspan", "-3"))),)),))
    body = render(with_narrative(Node("table", (head, foot, Node("tbody", (row("1", "2", "3"),)))))).body
    assert body.index("total") > body.index(">3<")
    assert 'colspan="1' not in body.replace('colspan="100"', "")
    assert "rowspan" not in body


def test_styles_are_elements_and_unknown_ones_are_left_out():
    shown = render(
        with_narrative(
            Node("content", ("gras",), (("styleCode", "Bold"),)),
            Node("content", ("les deux",), (("styleCode", "BoldItalics xRed url(javascript:x)"),)),
            Node("content", ("ôté",), (("revised", "delete"),)),
            Node("list", (Node("item", ("a",)),), (("styleCode", "LittleAlpha"),)),
        )
    ).body
    assert "<strong>gras</strong>" in shown
    assert "<strong><em>les deux</em></strong>" in shown
    assert "<del>ôté</del>" in shown
    assert '<ol class="maison-bullets"><li>a</li></ol>' in shown
    assert "xRed" not in shown


def test_inner_links_lead_somewhere_and_outer_ones_are_only_written():
    shown = page(
        with_narrative(
            Node("linkHtml", ("voir",), (("href", "#ici"),)),
            Node("linkHtml", ("rien",), (("href", "#nulle-part"),)),
            Node("linkHtml", ("site",), (("href", "https://exemple.fr/a?b=<c>"),)),
            Node("linkHtml", (), (("href", "annexe.pdf"),)),
            Node("paragraph", (Node("content", ("but",), (("ID", "ici"),)),)),
        )
    )
    assert [given["href"] for given in shown.all("a")] == ["#cda-ici"]
    assert [given["id"] for given in shown.all("span") if given.get("id")] == ["cda-ici"]
    assert "site ( https://exemple.fr/a?b=<c> )" in shown.text
    assert "annexe.pdf" in shown.text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_could_run_is_not_even_written(address: str):
    shown = page(with_narrative(Node("linkHtml", ("mot",), (("href", address),))))
    assert shown.all("a") == []
    assert "alert" not in shown.text
    assert "mot" in shown.text


def test_a_hostile_document_is_harmless_from_the_bytes_to_the_page():
    narrative = (
        '<text onclick="alert(1)"><script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'
        '<iframe src="//mal"/><img src="x" onerror="alert(1)"/><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
        '<paragraph styleCode="&quot;&gt;&lt;script&gt;" style="x" ID="&quot; onmouseover=&quot;alert(1)">&lt;script&gt;alert(1)'
        '&lt;/script&gt;</paragraph><content onclick="alert(1)" styleCode="Bold">gras</content>'
        '<linkHtml href="javascript:alert(1)">lien</linkHtml><linkHtml href="#&quot; onmouseover=&quot;x">lien</linkHtml>'
        '<renderMultiMedia referencedObject="&quot;&gt;&lt;img&gt;"/><table><tbody><tr><td colspan="2&quot; onclick=&quot;x">'
        "<table><tbody><tr><td>dedans</td></tr></tbody></table></td></tr></tbody></table></text>"
    )
    data = (
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&lt;b onclick="x"&gt;</title><recordTarget><patientRole><patient>'
        '<name><family qualifier="BR">&lt;script&gt;</family></name></patient></patientRole></recordTarget><author><assignedAuthor>'
        '<telecom value="&quot;&gt;&lt;script&gt;"/><assignedPerson><name>&lt;img src=x onerror=x&gt;</name></assignedPerson>'
        "</assignedAuthor></author><component><structuredBody><component><section><title>&lt;script&gt;</title>"
        f"{narrative}</section></component></structuredBody></component></ClinicalDocument>"
    ).encode()
    document = read(data)
    shown = page(document)
    for word in ("<script>alert(1)</script>", "gras", "lien", "dedans"):
        assert word in shown.text
    assert {remark.message for remark in document.remarks if "iframe" in remark.message}


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12) | st.sampled_from(
    ["<script>", '" onclick="x', "javascript:x", "#a", "a", "&amp;", "'", "-->", "]]>", " "]
)
names = st.sampled_from(sorted(ATTRIBUTES))
nodes = st.recursive(
    texts,
    lambda inner: st.builds(
        Node,
        st.sampled_from([*sorted(KINDS), "unknown"]),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(names, texts, max_size=3).map(lambda given: tuple(sorted(given.items()))),
        texts,
    ),
    max_leaves=20,
)


@settings(max_examples=80, deadline=None)
@given(st.lists(nodes, max_size=4), texts)
def test_whatever_the_narrative_only_known_elements_come_out(content: list[Node | str], title: str):
    letter = with_narrative(*content, title=title)
    files = replace(letter, attachments=(Attachment("a", '"><img>', b"x"),))
    page(files, media_url=lambda one: f"/pieces/{one.media_type}")
    render_text(files)


def test_attached_files_are_offered_by_the_page_and_never_loaded():
    example = read(next(path for path in EXAMPLES if path.name.startswith("eP-MED")).read_bytes())
    shown = page(example, media_url=lambda one: f"/pieces/{one.id}")
    assert [given["href"] for given in shown.all("a") if (given["href"] or "").startswith("/pieces/")] == [
        f"/pieces/{one.id}" for one in example.attachments
    ]
    assert "Pièce jointe : PDF, 96 ko" in shown.text
    assert [a for a in page(example).all("a") if (a["href"] or "").startswith("/")] == []


def test_an_n1_file_is_offered_when_the_page_has_an_address_for_it():
    document = every_document()["prescription"]
    assert page(document, file_url="/documents/1/fichier?a=1&b=2").all("a")[0]["href"] == "/documents/1/fichier?a=1&b=2"
    assert "PDF" in page(document).text
    assert page(document).all("a") == []


def test_parts_that_are_not_shown_are_counted():
    example = read(next(path for path in EXAMPLES if path.name.startswith("BIO-TROD_2024.01_Angine")).read_bytes())
    assert (
        "Une partie de ce document n’est pas affichée : l’original, conservé tel quel, fait foi." in page(example).text
    )


def test_a_section_with_codes_and_no_text_is_still_readable():
    letter = discharge_letter()
    silent = replace(letter, sections=(replace(letter.sections[2], narrative=()),))
    text = page(silent).text
    assert "données codées" in text
    assert "Transfusion de produits sanguins Non" in text


def test_headings_follow_the_page_and_two_documents_stand_side_by_side():
    shown: Rendered = render(every_document()["medical_summary"], heading=5, prefix="b")
    assert re.findall(r"<h([0-9])", shown.body) == ["5", "6", "6", "6", "6", "6", "6", "5", "5", "6"]
    assert 'id="cda-' not in shown.body
    assert 'id="b-s1-1"' in shown.body
