"""Reads the environment into settings: one place for what may come from outside."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PREPARE_AFTER = 5  # executions; statements of the hot paths ask for it from the first (`foundations.gathering`)


class SettingsError(RuntimeError):
    """A setting is missing or wrong; the message says which one and how to mend it."""


def flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "oui", "on"}


def number(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise SettingsError(f"{name} must be a whole number, not {value!r}.") from error


def words(name: str, default: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def days_by_name(name: str, default: str) -> dict[str, int]:
    """`365,hl7v2=90`: 365 days for all (`*`), 90 for `hl7v2`. Zero is for ever."""
    found: dict[str, int] = {}
    for part in words(name, default):
        key, _, days = part.rpartition("=")
        if not (days.isascii() and days.isdecimal()):
            raise SettingsError(f"{name} is made of days, such as 365,hl7v2=90, not {part!r}.")
        found[key.strip() or "*"] = int(days)
    return found


def secret(name: str, data_dir: Path, *, production: bool) -> str:
    """The secret from the environment; outside production, made once and kept in the data folder (0600)."""
    value = os.environ.get(name)
    if value:
        return value
    if production:
        raise SettingsError(f"{name} is required in production.")
    path = data_dir / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text()


def s3_from(environ: Mapping[str, str], *, production: bool) -> dict[str, str]:
    """Where files go when not to a folder; empty without `MAISON_FILES_S3_URL`. Half a setting stops the start."""
    url = environ.get("MAISON_FILES_S3_URL", "").rstrip("/")
    if not url:
        return {}
    parts = urlsplit(url)
    if parts.scheme not in ({"https"} if production else {"https", "http"}) or not parts.netloc or not parts.path:
        raise SettingsError("MAISON_FILES_S3_URL must be https://host/bucket, a prefix may follow.")
    if parts.query or parts.fragment or parts.username:
        raise SettingsError("MAISON_FILES_S3_URL holds an address only: keys have settings of their own.")
    keys = {
        "access_key": environ.get("MAISON_FILES_S3_ACCESS_KEY", ""),
        "secret_key": environ.get("MAISON_FILES_S3_SECRET_KEY", ""),
    }
    if not all(keys.values()):
        raise SettingsError("MAISON_FILES_S3_ACCESS_KEY and MAISON_FILES_S3_SECRET_KEY go with MAISON_FILES_S3_URL.")
    return {"url": url, "region": environ.get("MAISON_FILES_S3_REGION", "us-east-1"), **keys}


def database_from(environ: Mapping[str, str], data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry from `DATABASE_URL` (postgres://…, also `?host=/socket/folder`)."""
    url = environ.get("DATABASE_URL", "")
    parts = urlsplit(url or f"postgres:///maison?host={data_dir / 'pg'}")
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SettingsError("DATABASE_URL must start with postgres:// or postgresql://.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    pool_max = int(environ.get("MAISON_DB_POOL", "0"))
    options: dict[str, Any] = {key: value for key, value in query.items() if key not in {"host", "port", "user"}}
    if pool_max:
        options["pool"] = {"min_size": 1, "max_size": pool_max, "timeout": 10}
    if environ.get("MAISON_DB_PREPARE", "1") != "0":
        options["prepare_threshold"] = PREPARE_AFTER
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "maison",
        "USER": unquote(parts.username or query.get("user", "maison")),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or query.get("port", "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool_max else 60,
        "CONN_HEALTH_CHECKS": not pool_max,
    }
