"""Templates: one base, no style nor script of their own, forms that are safe and work alone."""

import re

import pytest
from django.template.loader import get_template

from tests.house.sources import templates

# Pages that stand alone, with the reason.
BASES = {
    "base.html": "la base des pages",
    "base_wall.html": "la base des murs",
    "outage.html": "s'affiche quand tout le reste est en panne",
}
TAG = re.compile(r"<[a-zA-Z][^>]*>")
HANDLER = re.compile(r"""\s(?:on[a-z]+|style|hx-on[:\w-]*|hx-boost)\s*=""", re.IGNORECASE)
OUTSIDE = re.compile(r"""(?:src|href|action|hx-get|hx-post)\s*=\s*["'](?:https?:)?//""", re.IGNORECASE)
INLINE_SCRIPT = re.compile(r"<(script|style)\b(?![^>]*\bsrc=)", re.IGNORECASE)
POST_FORM = re.compile(r"<form\b[^>]*method=[\"']post[\"'].*?</form>", re.IGNORECASE | re.DOTALL)
EXTENDS = re.compile(r"\{%\s*extends\s")
COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\s.*?endcomment\s*%\}", re.DOTALL)

ALL = {name: COMMENT.sub("", text) for name, text in templates()}


def short(name: str) -> str:
    return name.partition("/templates/")[2]


def is_fragment(name: str) -> bool:
    return name.rpartition("/")[2].startswith("_") or "/elements/" in name


@pytest.mark.parametrize("name", sorted(ALL), ids=short)
def test_a_template_holds_no_style_no_script_and_nothing_from_outside(name):
    text = ALL[name]
    assert not INLINE_SCRIPT.search(text), "put it in a static file"
    for tag in TAG.findall(text):
        assert tag.startswith("<a ") or not OUTSIDE.search(tag), "everything is served by the house"
        assert not HANDLER.search(tag), tag


@pytest.mark.parametrize("name", sorted(ALL), ids=short)
def test_a_page_extends_a_base_and_a_fragment_is_named_as_one(name):
    if is_fragment(name):
        assert not EXTENDS.search(ALL[name]), "a fragment stands inside a page"
    elif name.rpartition("/")[2] not in BASES:
        assert EXTENDS.match(ALL[name].lstrip("\ufeff \n")), "extend base.html, or name it _fragment.html"


@pytest.mark.parametrize("name", sorted(name for name, text in ALL.items() if "<form" in text), ids=short)
def test_a_form_that_changes_something_carries_its_token_and_a_button(name):
    for form in POST_FORM.findall(ALL[name]):
        assert "{% csrf_token %}" in form, form[:120]
        sent = ("<button", "{% include", "{% slot", "{% element", "hx-trigger")
        assert any(one in form for one in sent) or has_buttons_elsewhere(form), form[:120]


def has_buttons_elsewhere(form: str) -> bool:
    """One form for the buttons of a whole list: each is tied to it by its name and says where it goes."""
    name = re.search(r'\bid="([^"]+)"', form)
    tied = rf'<button\b[^>]*form="{name[1]}"[^>]*formaction=' if name else r"(?!)"
    return any(re.search(tied, text) for text in ALL.values())


@pytest.mark.parametrize("name", sorted(ALL), ids=short)
def test_a_template_can_be_read(name):
    get_template(short(name))


def test_nothing_is_marked_safe_by_hand():
    """What a person typed is escaped; the components that write markup do it in Python, with format_html."""
    assert [name for name, text in ALL.items() if re.search(r"\|\s*safe\b|autoescape\s+off", text)] == []
