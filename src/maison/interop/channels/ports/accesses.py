"""The operator's file of accesses (`MAISON_CHANNEL_ACCESS`): machines, logins, certificates and folders that channels may name.

A channel says a name, never a secret. An access serves the structures it names by their FINESS number (a legal entity counts for
its sites), and the agency's channels; without names, the agency's channels only.

    [labo]
    type = "sftp"                           # https (when nothing is said), fhir, amqp, sftp, courriel, imap, dossier
    machine = "sftp.exemple.fr:22"          # sftp, courriel, imap; amqp: adresse = "amqps://hote:5671/vhost"
    utilisateur = "maison"                  # with secret; https and fhir also take jeton
    certificat = "/etc/maison/labo.pem"     # with cle, and autorite: PEM files
    cles_hote = ["ssh-ed25519 AAAA…"]       # sftp: the only host keys believed
    structures = ["310783048"]

    [depot-chu]
    type = "dossier"
    dossier = "chu/entree"                  # under MAISON_CHANNEL_FOLDERS
    structures = ["310783048"]
"""

from __future__ import annotations

import logging
import ssl
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from maison.foundations.structures.models import Structure
from maison.interop.channels.language.configuration import Item
from maison.interop.channels.models import Channel

TYPES = {
    "https": "service HTTPS", "fhir": "serveur FHIR", "amqp": "courtier AMQP", "sftp": "serveur SFTP", "courriel": "messagerie d'envoi",
    "imap": "boîte aux lettres", "dossier": "dossier",
}  # fmt: skip
DEFAULT_TYPE = "https"

log = logging.getLogger(__name__)

type Access = Mapping[str, Any]


@lru_cache(maxsize=8)
def _read(path: str, changed: int, size: int) -> dict[str, Any]:
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))


def is_declared() -> bool:
    return bool(settings.CHANNEL_ACCESS)


def entries() -> dict[str, Access]:
    """Every access; none when the file is missing or does not read: targets then say that they are mute, and why."""
    return _entries()[0]


def _entries() -> tuple[dict[str, Access], bool]:
    path = settings.CHANNEL_ACCESS
    if not path:
        return {}, True
    try:
        about = Path(path).stat()
        found = _read(path, about.st_mtime_ns, about.st_size)
    except (OSError, ValueError) as error:  # a TOML fault and bytes that are no UTF-8 are ValueErrors
        log.error("channels.accesses_unreadable %s", type(error).__name__)
        return {}, False
    return {name: one for name, one in found.items() if isinstance(one, dict)}, True


def type_of(access: Access) -> str:
    return str(access.get("type", DEFAULT_TYPE))


def access(name: str, *types: str) -> Access | None:
    """The access of this name; {} for no name; None when there is none, or none of these types."""
    if not name:
        return {}
    found = entries().get(name)
    return found if found is not None and (not types or type_of(found) in types) else None


def serves(access: Access, structure: Structure) -> bool:
    """Whether channels of this structure may use it."""
    if structure.kind == Structure.Kind.AGENCY:
        return True
    said = access.get("structures", [])
    numbers = [str(one) for one in said] if isinstance(said, list) else []
    return bool(numbers) and Structure.objects.filter(id__in=structure.lineage, finess__in=numbers).exists()


def usable(structure: Structure, *types: str) -> list[str]:
    """Names this structure's channels may say, in order; the paths themselves for folders."""
    return sorted(
        str(one.get("dossier", "")) if type_of(one) == "dossier" else name
        for name, one in entries().items()
        if type_of(one) in types and serves(one, structure)
    )


def folder(path: str) -> Access | None:
    """The entry that opens this folder."""
    folders = (one for one in entries().values() if type_of(one) == "dossier")
    return next((one for one in folders if str(one.get("dossier", "")).strip("/") == path.strip("/")), None)


def faults(item: Item, *types: str) -> list[str]:
    """What is missing from the access an item names, in French."""
    name = item.text("acces")
    found = access(name, *types)
    if found is None:
        known, is_readable = _entries()
        there = known.get(name)
        if not is_readable:
            return ["Le fichier des accès de l'exploitant ne se lit pas."]
        if there is None:
            return [f"L'accès « {name} » n'est pas dans le fichier de l'exploitant."]
        wanted = " ou ".join(TYPES[one] for one in types)
        return [f"L'accès « {name} » est celui d'un {TYPES.get(type_of(there), type_of(there))}, il faut un {wanted}."]
    try:
        context(found)
    except (OSError, ssl.SSLError):
        return [f"Le certificat de l'accès « {name} » ne se lit pas."]
    return []


def reach(channel: Channel, item: Item) -> list[str]:
    """Why a channel may not use the access it names; a name that is not there is said by `faults`."""
    name = item.text("acces")
    found = access(name)
    if not found or serves(found, channel.structure):
        return []
    return [f"L'accès « {name} » n'est pas ouvert à la structure de ce canal : l'exploitant l'y ajoute."]


def context(secrets: Access) -> ssl.SSLContext:
    """TLS 1.2 at least, the name of the machine verified. Raises OSError, ssl.SSLError when a file does not read."""
    made = ssl.create_default_context(cafile=secrets.get("autorite") or None)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if secrets.get("certificat"):
        made.load_cert_chain(secrets["certificat"], secrets.get("cle") or None)
    return made


def certificate_files(item: Item) -> list[str]:
    secrets = access(item.text("acces")) or {}
    return [str(secrets["certificat"])] if secrets.get("certificat") else []


def machine(secrets: Access, port: int) -> tuple[str, int]:
    """Host and port of `machine`; ("", port) when it is not said or is no `host[:port]`."""
    host, _, said = str(secrets.get("machine", "")).rpartition(":")
    if not host:
        return str(secrets.get("machine", "")), port
    return (host.strip("[]"), int(said)) if said.isdigit() else ("", port)


def is_this_machine(host: str) -> bool:
    """Clear text is for tests and demonstrations, and never leaves the machine."""
    return host in ("localhost", "127.0.0.1", "::1") and not settings.PRODUCTION
