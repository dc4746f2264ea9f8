"""Through the door as a person goes: Pro Santé Connect's sandbox, the terms, the situation."""

from __future__ import annotations

from playwright.sync_api import Page


def sign_in(page: Page, url: str, name: str, situation: str = "") -> Page:
    page.goto(f"{url}/connexion/")
    page.get_by_text("Se connecter avec Pro Santé Connect").click()
    page.get_by_text(name).first.click()
    page.wait_for_url(f"{url}/**")
    if "conditions" in page.url:
        for box in page.locator("main input[type=checkbox]").all():
            box.check()
        page.get_by_role("button", name="Accepter et continuer").click()
    if "situation" in page.url:
        page.get_by_role("button", name=situation).first.click()
    page.wait_for_url(f"{url}/")
    return page
