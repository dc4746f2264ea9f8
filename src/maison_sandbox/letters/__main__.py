"""`python -m maison_sandbox.letters --folder DIR`: the operator of MSSanté and the DMP, until it is stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from . import authority
from .dmp import RecordDoor, Registry
from .imap import ReadingDoor
from .mailboxes import Mailboxes
from .smtp import MailDoor

ACCOUNT, SECRET = "maison@operateur.mssante.fr", "bac-a-sable-sans-secret"


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="python -m maison_sandbox.letters", description="Joue un opérateur MSSanté et le DMP : rien de réel."
    )
    root.add_argument("--folder", type=Path, required=True, help="dossier des certificats, des boîtes et du registre")
    for name, words in (("smtp", "envoi (SMTP)"), ("imap", "lecture (IMAP)"), ("dmp", "DMP (HTTPS)")):
        root.add_argument(f"--{name}", type=int, default=0, help=f"port de {words} ; 0 en choisit un libre")
    return root


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    authority.prepare(options.folder)
    context = authority.server_context(options.folder)
    boxes = Mailboxes(options.folder / "boites")
    registry = Registry(options.folder / "dmp", authority.authority_of(options.folder))
    accounts = {ACCOUNT: SECRET}
    doors: list[MailDoor | ReadingDoor | RecordDoor] = [
        MailDoor(boxes, context, accounts, options.smtp), ReadingDoor(boxes, context, accounts, options.imap),
        RecordDoor(registry, context, options.dmp),
    ]  # fmt: skip
    stopping = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stopping.set())
    for door in doors:
        door.start()
    print("sandbox ready", " ".join(str(door.port) for door in doors), flush=True)
    stopping.wait()
    for door in doors:
        door.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
