"""Where the MLLP door listens, read from the settings."""

from __future__ import annotations

import ssl
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .listener import Address, MllpDoor


def addresses(listen: list[str]) -> list[Address]:
    """`127.0.0.1:2575, tls:0.0.0.0:2576`. In production a plain port outside this machine is refused: a tunnel or TLS."""
    found = []
    for word in listen:
        secured = word.startswith("tls:")
        host, _, port = word.removeprefix("tls:").rpartition(":")
        host = host.strip("[]") or "127.0.0.1"
        if not port.isdigit():
            raise ImproperlyConfigured(f"MAISON_MLLP_LISTEN is made of host:port or tls:host:port, not {word!r}.")
        if not secured and settings.PRODUCTION and not is_local(host):
            raise ImproperlyConfigured(
                f"MAISON_MLLP_LISTEN: {word} is open without TLS; write tls:{word} or listen on 127.0.0.1."
            )
        found.append(Address(host, int(port), _context() if secured else None))
    return found


def is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context() -> ssl.SSLContext:
    """TLS 1.2 or later; a certificate of the authority is asked from every client."""
    files = (settings.MLLP_CERTIFICATE, settings.MLLP_KEY, settings.MLLP_AUTHORITY)
    if not all(files):
        raise ImproperlyConfigured("MAISON_MLLP_LISTEN with tls: needs MAISON_MLLP_CERTIFICATE, _KEY and _AUTHORITY.")
    certificate, key, authority = files
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    return context


def door() -> MllpDoor:
    return MllpDoor(addresses(settings.MLLP_LISTEN))
