"""Through the door as a person goes: Pro Santé Connect's sandbox, the terms, the situation."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
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


def sign_in_locally(page: Page, url: str, email: str, password: str, totp_secret: str) -> Page:
    """With a local account of the demonstration region and the code of its application."""
    page.goto(f"{url}/connexion/locale/")
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Code").fill(format_hotp_value(hotp_value(totp_secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url(f"{url}/**")
    if "conditions" in page.url:
        for box in page.locator("main input[type=checkbox]").all():
            box.check()
        page.get_by_role("button", name="Accepter et continuer").click()
    page.wait_for_url(f"{url}/")
    return page
