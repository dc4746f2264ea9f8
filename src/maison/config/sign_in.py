"""How the house is known to Pro Santé Connect: settings only, and no sandbox in production."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from maison.config.environment import SettingsError

SANDBOX_CLIENT = {"client_id": "maison-esante", "client_secret": "bac-a-sable-sans-secret"}
TRUE = {"1", "true", "yes", "oui", "on"}
MINIMUM_BITS = 2048
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def provider_from(environ: Mapping[str, str], *, sandbox_url: str, sandbox: bool, production: bool) -> dict[str, Any]:
    """The PSC setting: `MAISON_PSC_ISSUER`, `_CLIENT_ID`, then `_CLIENT_SECRET` or `_PRIVATE_KEY_FILE` and `_KEY_ID`;
    `_ENCRYPTION_KEY_FILES` when tokens may come encrypted, `_ENCRYPTED` when they must.

    Without an issuer the sandbox is the provider. In production that, a sandbox left on, plain http or a loopback
    issuer stop the start: a house that trusts a sandbox trusts anyone.
    """
    issuer = environ.get("MAISON_PSC_ISSUER", "").rstrip("/")
    if production:
        _refuse_sandbox(issuer, sandbox=sandbox)
    encryption = {
        "encryption_keys": tuple(
            _encryption_key(path.strip())
            for path in environ.get("MAISON_PSC_ENCRYPTION_KEY_FILES", "").split(",")
            if path.strip()
        ),
        "encrypted": environ.get("MAISON_PSC_ENCRYPTED", "").strip().lower() in TRUE,
    }
    if encryption["encrypted"] and not encryption["encryption_keys"]:
        raise SettingsError("MAISON_PSC_ENCRYPTED needs MAISON_PSC_ENCRYPTION_KEY_FILES: what comes could not be read.")
    trusted = tuple(word.strip() for word in environ.get("MAISON_PSC_API_CLIENTS", "").split(",") if word.strip())
    if not issuer:
        return {
            "issuer": f"{sandbox_url.rstrip('/')}/psc",
            **SANDBOX_CLIENT,
            **encryption,
            "trusted_clients": trusted,
        }
    registration = {
        "issuer": issuer,
        "client_id": environ.get("MAISON_PSC_CLIENT_ID", ""),
        "client_secret": environ.get("MAISON_PSC_CLIENT_SECRET", ""),
        "private_key": _key("MAISON_PSC_PRIVATE_KEY_FILE", environ.get("MAISON_PSC_PRIVATE_KEY_FILE", "")),
        "private_key_id": environ.get("MAISON_PSC_KEY_ID", ""),
        "acr": environ.get("MAISON_PSC_ACR", "eidas1"),
        **encryption,
        "trusted_clients": trusted,
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


def _key(setting: str, path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not a PEM file"
        raise SettingsError(f"{setting} cannot be read: {why}.") from error


def _encryption_key(path: str) -> str:
    """A key that cannot open anything would be found out at the first sign-in of the morning: it stops the start."""
    setting = "MAISON_PSC_ENCRYPTION_KEY_FILES"
    pem = _key(setting, path)
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{setting}: {path} is not a private key without password (PEM).") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < MINIMUM_BITS:
        raise SettingsError(f"{setting}: {path} must be an RSA key of {MINIMUM_BITS} bits or more.")
    return pem
