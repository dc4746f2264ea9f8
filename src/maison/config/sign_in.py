"""How the house is known to Pro Santé Connect: settings only, and no sandbox in production."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from maison.config.environment import SettingsError

SANDBOX_CLIENT = {"client_id": "maison-esante", "client_secret": "bac-a-sable-sans-secret"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def provider_from(environ: Mapping[str, str], *, sandbox_url: str, sandbox: bool, production: bool) -> dict[str, Any]:
    """The PSC setting: `MAISON_PSC_ISSUER`, `_CLIENT_ID`, then `_CLIENT_SECRET` or `_PRIVATE_KEY_FILE` and `_KEY_ID`.

    Without an issuer the sandbox is the provider. In production that, a sandbox left on, plain http or a loopback
    issuer stop the start: a house that trusts a sandbox trusts anyone.
    """
    issuer = environ.get("MAISON_PSC_ISSUER", "").rstrip("/")
    if production:
        _refuse_sandbox(issuer, sandbox=sandbox)
    if not issuer:
        return {"issuer": f"{sandbox_url.rstrip('/')}/psc", **SANDBOX_CLIENT}
    registration = {
        "issuer": issuer,
        "client_id": environ.get("MAISON_PSC_CLIENT_ID", ""),
        "client_secret": environ.get("MAISON_PSC_CLIENT_SECRET", ""),
        "private_key": _key(environ.get("MAISON_PSC_PRIVATE_KEY_FILE", "")),
        "private_key_id": environ.get("MAISON_PSC_KEY_ID", ""),
        "acr": environ.get("MAISON_PSC_ACR", "eidas1"),
    }
    if not registration["client_id"]:
        raise SettingsError("MAISON_PSC_CLIENT_ID is required with MAISON_PSC_ISSUER.")
    if not registration["client_secret"] and not registration["private_key"]:
        raise SettingsError("MAISON_PSC_CLIENT_SECRET or MAISON_PSC_PRIVATE_KEY_FILE is required.")
    if registration["acr"] not in {"eidas1", "eidas2", "eidas3"}:
        raise SettingsError("MAISON_PSC_ACR must be eidas1, eidas2 or eidas3.")
    return registration


def _refuse_sandbox(issuer: str, *, sandbox: bool) -> None:
    parts = urlsplit(issuer)
    if sandbox:
        raise SettingsError("MAISON_SANDBOX must be off in production.")
    if not issuer:
        raise SettingsError("MAISON_PSC_ISSUER is required in production.")
    if parts.scheme != "https" or parts.hostname in LOOPBACK:
        raise SettingsError("MAISON_PSC_ISSUER must be the https address of Pro Santé Connect in production.")


def _key(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text()
    except OSError as error:
        raise SettingsError(f"MAISON_PSC_PRIVATE_KEY_FILE cannot be read: {error.strerror}.") from error
