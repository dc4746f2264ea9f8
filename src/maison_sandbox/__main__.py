"""`python -m maison_sandbox --port 8001 [--house http://localhost:8000]`: the sandbox, alone in a light process."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from types import FrameType

from .psc import FAULTS, PREFIX, Client, Provider
from .psc_encryption import Encryption
from .psc_server import SandboxServer, wait_until_stopped

CLIENT_ID, CLIENT_SECRET = "maison-esante", "bac-a-sable-sans-secret"
BACKCHANNEL_PATH, KEYS_PATH = "/connexion/psc/deconnexion/", "/connexion/psc/cles/"


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="python -m maison_sandbox",
        description="Joue Pro Santé Connect pour la démonstration et les tests : aucun vrai compte.",
    )
    root.add_argument("--host", default="127.0.0.1", help="adresse d'écoute")
    root.add_argument(
        "--port",
        type=int,
        default=int(os.environ.get("MAISON_SANDBOX_PORT", "8001")),
        help="port d'écoute ; 0 en choisit un libre",
    )
    root.add_argument(
        "--url",
        default=os.environ.get("MAISON_SANDBOX_URL", ""),
        help="adresse publique du bac à sable, si elle diffère de celle d'écoute",
    )
    root.add_argument(
        "--house",
        default=os.environ.get("MAISON_PUBLIC_URL", "http://localhost:8000"),
        help="adresse de la maison, seule à être servie",
    )
    root.add_argument(
        "--encrypt",
        action="store_true",
        default=os.environ.get("MAISON_PSC_ENCRYPTED", "").strip().lower() in {"1", "true", "yes", "oui", "on"},
        help="chiffre les jetons pour la clé que publie la maison",
    )
    root.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS), help="panne jouée dès le départ")
    return root


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    server = SandboxServer((options.host, options.port))
    base = options.url or f"http://{options.host}:{server.server_address[1]}"
    house = options.house.rstrip("/")
    client = Client(
        client_id=os.environ.get("MAISON_PSC_CLIENT_ID", CLIENT_ID),
        secret=os.environ.get("MAISON_PSC_CLIENT_SECRET", CLIENT_SECRET),
        origins=(house,),
        backchannel_uri=house + BACKCHANNEL_PATH,
        encryption=Encryption(jwks_uri=house + KEYS_PATH) if options.encrypt else None,
    )
    server.provider = Provider(base, client)
    server.provider.faults = set(options.fault)

    def stop(signum: int, frame: FrameType | None) -> None:
        server.stopping.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"sandbox ready {base}{PREFIX}", flush=True)
    wait_until_stopped(server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
