"""Through the door as a person goes: Pro Santé Connect's sandbox, the terms, the situation."""

from __future__ import annotations

import base64
import hmac
import time

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
    page.get_by_label("Code").fill(code_now(totp_secret))
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url(f"{url}/**")
    if "conditions" in page.url:
        for box in page.locator("main input[type=checkbox]").all():
            box.check()
        page.get_by_role("button", name="Accepter et continuer").click()
    page.wait_for_url(f"{url}/")
    return page


def code_now(totp_secret: str) -> str:
    """What the application of the person shows (RFC 6238, six digits, thirty seconds). Pictures are taken without Django."""
    moment = (int(time.time()) // 30).to_bytes(8)
    digest = hmac.digest(base64.b32decode(totp_secret), moment, "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06d}"
