"""How the house is known to its operator of MSSanté and to the DMP: settings only, and no sandbox in production."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from maison.config.environment import SettingsError

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
DEMONSTRATION_OID = "1.2.250.1.213.1.4.99.1"


def mssante_from(environ: Mapping[str, str], *, production: bool) -> dict[str, Any]:
    """The MSSANTE setting. Without `MAISON_MSSANTE_URL` no mail leaves. `smtps://login@host:465` or `smtp://login@host:587` (STARTTLS);
    `imaps://login@host:993` for the receipts; the secret stands apart."""
    found: dict[str, Any] = {
        "url": _url("MAISON_MSSANTE_URL", environ, {"smtps", "smtp"}, production=production),
        "authority": environ.get("MAISON_MSSANTE_AUTHORITY", ""),
        "certificate": environ.get("MAISON_MSSANTE_CERTIFICATE", ""),
        "key": environ.get("MAISON_MSSANTE_KEY", ""),
    }
    found |= {
        "imap_url": _url("MAISON_MSSANTE_IMAP_URL", environ, {"imaps"}, production=production),
        "secret": environ.get("MAISON_MSSANTE_SECRET", ""),
        "address": environ.get("MAISON_MSSANTE_ADDRESS", "").lower(),
        "domains": frozenset(
            word.strip().lower() for word in environ.get("MAISON_MSSANTE_DOMAINS", "").split(",") if word.strip()
        ),
        "patients_domain": environ.get("MAISON_MSSANTE_PATIENTS", "patient.mssante.fr").lower(),
    }
    if found["url"] and "@" not in found["address"]:
        raise SettingsError("MAISON_MSSANTE_ADDRESS, the mailbox of the house, goes with MAISON_MSSANTE_URL.")
    if found["url"] and not found["domains"]:
        raise SettingsError("MAISON_MSSANTE_DOMAINS, the list of trusted domains, goes with MAISON_MSSANTE_URL.")
    return found


def dmp_from(environ: Mapping[str, str], *, production: bool) -> dict[str, Any]:
    """The DMP setting. Without `MAISON_DMP_URL` nothing is fed."""
    found = {
        "url": _url("MAISON_DMP_URL", environ, {"https"}, production=production),
        "authority": environ.get("MAISON_DMP_AUTHORITY", ""),
        "certificate": environ.get("MAISON_DMP_CERTIFICATE", ""),
        "key": environ.get("MAISON_DMP_KEY", ""),
        "approval": environ.get("MAISON_DMP_APPROVAL", ""),
    }
    if found["url"] and not (found["certificate"] and found["key"]):
        raise SettingsError(
            "MAISON_DMP_CERTIFICATE and MAISON_DMP_KEY sign what is said to the DMP: both are required."
        )
    return found


def house_oid_from(environ: Mapping[str, str], *, production: bool, sends: bool) -> str:
    """What names the house in the submissions it makes; that of the demonstration never serves in production."""
    found = environ.get("MAISON_HOUSE_OID", DEMONSTRATION_OID)
    if not re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", found):
        raise SettingsError("MAISON_HOUSE_OID is an OID, such as 1.2.250.1.71.4.2.2.…")
    if production and sends and found == DEMONSTRATION_OID:
        raise SettingsError("MAISON_HOUSE_OID is required in production once letters leave.")
    return found


def _url(name: str, environ: Mapping[str, str], schemes: set[str], *, production: bool) -> str:
    url = environ.get(name, "")
    if url:
        _check(name, url, schemes, production=production)
    return url


def _check(name: str, url: str, schemes: set[str], *, production: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme not in schemes or not parts.hostname:
        raise SettingsError(
            f"{name} must start with {' or '.join(f'{one}://' for one in sorted(schemes))} and name a host."
        )
    if parts.password:
        raise SettingsError(f"{name} holds no secret: it has a setting of its own.")
    if production and parts.hostname in LOOPBACK:
        raise SettingsError(f"{name} leads to this machine, where the sandbox is: never in production.")
