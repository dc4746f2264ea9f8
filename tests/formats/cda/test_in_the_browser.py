"""One document in real Chromium: axe at three widths, in light and dark, and nothing of it that runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from maison.formats.cda.reader import read
from tests.browsers import faults_at_every_width
from tests.formats.cda.documents import EXAMPLES
from tests.formats.cda.page import page_of


@pytest.mark.browser
def test_axe_finds_nothing_and_nothing_overflows(chromium: Browser):
    document = read(next(path for path in EXAMPLES if path.name.startswith("CANCER-FRCP")).read_bytes())
    page = chromium.new_page()
    for theme in ("light", "dark"):
        page.set_content(page_of(document, theme))
        assert faults_at_every_width(page) == []
    page.close()
