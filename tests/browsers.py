"""Real Chromium for the tests that need a browser, and what they ask of every page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=document-user-activation-required",
]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
WIDTHS = (320, 768, 1440)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a module: while it is open Playwright keeps an event loop running, which other modules must not meet."""
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("Chromium is not installed: ./maison test says how to add it.")
    expect.set_options(timeout=20_000)  # a deadline, not a measure: two cores may be busy elsewhere
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def axe_faults(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands: `rule: element`."""
    # Run in the browser's own world, beside the page: its content security policy stays as strict as for a user.
    page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found["violations"] for node in fault["nodes"]]


def faults_of(page: Page) -> list[str]:
    """The same once the page is connected: what is cut off is greyed on purpose."""
    page.wait_for_function("document.documentElement.dataset.maisonConnectionState !== 'offline'", timeout=20_000)
    return axe_faults(page)


def faults_at_every_width(page: Page) -> list[str]:
    """axe at the three widths, and nothing that overflows sideways."""
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        faults += [f"{width} px, {fault}" for fault in faults_of(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{width} px, the page scrolls sideways")
    return faults
