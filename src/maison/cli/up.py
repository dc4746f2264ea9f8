"""`./maison up`: opens the house and keeps it open until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from maison.cli.console import say, warn
from maison.cli.house import DEFAULT_PORT, ROOT, House, default_data, letter_ports, mllp_port, python
from maison.cli.postgres import Cluster, PostgresError
from maison.cli.prepare import EMPTY
from maison.cli.processes import Crew, NotReady, Process

WATCH_SECONDS = 2
MOST_WEB_PROCESSES = 32
SOURCES = ROOT / "src"


class Refused(RuntimeError):
    """The house cannot open; the message says what to do."""


def arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./maison up", description="Ouvre la maison ; Ctrl-C la ferme.", add_help=False
    )
    parser.add_argument("-h", "--help", action="help", help="affiche cette aide")
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("MAISON_PORT", DEFAULT_PORT)), help="port (8000)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute (127.0.0.1)")
    parser.add_argument("--data", type=Path, default=default_data(), help="dossier des données (.maison)")
    parser.add_argument("--no-demo", action="store_true", help="sans région de démonstration ni bac à sable")
    parser.add_argument("--no-activity", action="store_true", help="sans les dossiers simulés du premier démarrage")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    options = arguments(words)
    house = House(options.data.resolve(), options.port, options.host, demonstration=not options.no_demo)
    began = time.monotonic()
    try:
        with only_one(house), contextlib.ExitStack() as stack:
            must_be_free(house.host, house.port)
            if house.demonstration:
                must_be_free("127.0.0.1", house.sandbox_port)
                if "MAISON_MLLP_LISTEN" not in os.environ:
                    must_be_free("127.0.0.1", mllp_port(house.port))
            house.note()
            cluster, environ = database(house, stack)
            new = furnish(house, environ)
            crew = Crew(processes(house), environ)
            crew.listen()
            stack.callback(say, "la maison est fermée.")
            stack.callback(crew.stop)
            crew.start()
            if not crew.asked_to_stop:
                welcome(house, environ, time.monotonic() - began)
                if new and not options.no_activity:
                    stack.enter_context(first_activity(house, environ))
            keep(crew, cluster)
            say("fermeture…")
    except KeyboardInterrupt:
        say("interrompu.")
        return 130
    except (Refused, PostgresError, NotReady) as problem:
        warn(str(problem))
        return 1
    return 0


@contextlib.contextmanager
def only_one(house: House) -> Iterator[None]:
    """Two launchers on one data folder would serve the same base twice over one another."""
    house.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (house.data / "up.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            known = House.at(house.data)
            raise Refused(
                f"Une maison est déjà ouverte sur {house.data} ({known.public_url}). "
                "Pour une seconde : --data AUTRE_DOSSIER --port AUTRE_PORT."
            ) from None
        yield


def must_be_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            link.bind((host, port))
        except OSError as problem:
            raise Refused(
                f"Le port {port} n'est pas libre ({problem.strerror}). Choisissez-en un autre : --port {port + 10}."
            ) from None


def database(house: House, stack: contextlib.ExitStack) -> tuple[Cluster | None, dict[str, str]]:
    if url := os.environ.get("DATABASE_URL"):
        say("base de données : celle de DATABASE_URL")
        return None, house.environ(url)
    cluster = house.cluster
    say("démarrage de PostgreSQL…" if cluster.data.exists() else "création de la base PostgreSQL embarquée…")
    cluster.acquire()
    stack.callback(cluster.release)
    return cluster, house.environ(cluster.url())


def furnish(house: House, environ: dict[str, str]) -> bool:
    """Tables, static files and, when the base is empty, the demonstration region; says whether it was just loaded."""
    code = subprocess.run(python("-m", "maison.cli.prepare"), env=environ, check=False).returncode
    if code not in {0, EMPTY}:
        raise Refused("La maison n'a pas pu être préparée (voir ci-dessus).")
    if code == EMPTY and house.demonstration and exists("maison_region"):
        say("chargement de la région de démonstration…")
        if subprocess.run(python("-m", "maison_region", "load"), env=environ, check=False).returncode:
            raise Refused("La région de démonstration n'a pas pu être chargée (voir ci-dessus).")
        return True
    return False


@contextlib.contextmanager
def first_activity(house: House, environ: dict[str, str]) -> Iterator[None]:
    """A few cases of the last hours come in by the public door, so that no wall is empty at the first visit."""
    say("quelques dossiers et séjours des dernières heures arrivent par les portes publiques…")
    door = f"127.0.0.1:{mllp_port(house.port)}"
    words = python(
        "-m", "maison_region", "simulate", "--warmup", "--url", house.public_url, "--mllp", door, "--channels"
    )
    process = subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def exists(module: str) -> bool:
    """Looked for by its path: importing a package only to know would double the launcher's memory."""
    path = SOURCES.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def processes(house: House) -> list[Process]:
    """Doors close first, then the jobs, then what plays the outside."""
    port = str(house.port)
    webs = web_processes()
    crew = [
        *[
            Process(
                "web" if number == 1 else f"web {number}",
                tuple(python("-m", "maison.cli.web", house.host, port)),
                ready=answers(house.host, house.port),
            )
            for number in range(1, webs + 1)
        ],
        Process("worker", tuple(python("-m", "django", "worker")), stage=1),
    ]
    if exists("maison.interop.gateway"):
        crew.append(Process("gateway", tuple(python("-m", "maison.interop.gateway"))))
    if house.demonstration and exists("maison_sandbox"):
        where = ("--port", str(house.sandbox_port), "--url", house.sandbox_url, "--house", house.public_url)
        ports = [word for name, number in letter_ports(house.port).items() for word in (f"--{name}", str(number))]
        folder = str(house.sandbox_folder)
        crew.insert(
            0, Process("letters", tuple(python("-m", "maison_sandbox.letters", "--folder", folder, *ports)), stage=2)
        )
        crew.insert(0, Process("sandbox", tuple(python("-m", "maison_sandbox", *where)), stage=2))
    return crew


def web_processes() -> int:
    """How many processes serve the one port, each with its own event loop, threads and connections."""
    asked = os.environ.get("MAISON_WEB_PROCESSES", "1")
    if not asked.isdigit() or not 1 <= int(asked) <= MOST_WEB_PROCESSES:
        raise Refused(f"MAISON_WEB_PROCESSES est un nombre de 1 à {MOST_WEB_PROCESSES}.")
    return int(asked)


def answers(host: str, port: int) -> Callable[[], bool]:
    """Whether the house says it is alive. Ten lines of HTTP: http.client would bring in TLS and mail."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound
    question = b"GET /sante/vie HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    def ask() -> bool:
        try:
            with socket.create_connection((reached, port), timeout=2) as link:
                link.sendall(question)
                words = link.recv(64).split()
        except OSError:
            return False
        return len(words) > 1 and words[0].startswith(b"HTTP/") and words[1].isdigit() and int(words[1]) < 500

    return ask


def welcome(house: House, environ: dict[str, str], seconds: float) -> None:
    say("")
    say(f"La maison est ouverte : {house.public_url}   (en {seconds:.1f} s ; Ctrl-C pour fermer)", style="green")
    if house.demonstration:
        subprocess.run(python("-m", "maison.cli.demonstration"), env=environ, check=False)
    say("")


def keep(crew: Crew, cluster: Cluster | None) -> None:
    """Until asked to stop; the embedded server is looked at now and then, and started again if it died."""
    look_at = time.monotonic() + WATCH_SECONDS
    while not crew.asked_to_stop:
        crew.step(WATCH_SECONDS)
        if cluster is not None and time.monotonic() >= look_at:
            look_at = time.monotonic() + WATCH_SECONDS
            if not cluster.running():
                warn("PostgreSQL ne répond plus ; nouveau départ.")
                cluster.acquire()
