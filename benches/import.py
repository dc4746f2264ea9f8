"""Official files into the registries: rows a second, peak memory, and what a second reading of the same file costs.

A synthetic RPPS (no real person: names are drawn from a short list, numbers have the test prefix) at national scale, two million
activities for 1.2 million people, 200,000 with `--quick`; and the FINESS extract of the region when the reference files stand beside the
repository. The base is on disk with its safeties on. The reference of each load is the same rows COPYed bare, in the same run,
into a table with the same keys: the floor of PostgreSQL for writing them once.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benches._measures import measure
from maison.cli.house import House
from maison.cli.postgres import Cluster

MEMORY_AIM_MB = 300
AGAIN_AIM = 0.34
NAMES = (
    "EXEMPLE",
    "SPECIMEN",
    "FICTIVE",
    "ESSAI",
    "DEMONSTRATION",
    "TRAMONTANE",
    "GARRIGUE",
    "ROMARIN",
    "LAVANDE",
    "GALET",
)
FIRST = ("Camille", "Claude", "Dominique", "Maxime", "Sacha", "Alix", "Lou", "Andréa", "Morgan", "Yaël")
JOBS = (("10", "Médecin", "SM54", "Médecine générale"), ("60", "Infirmier", "", ""), ("70", "Masseur-Kinésithérapeute", "", ""),
        ("10", "Médecin", "SM04", "Cardiologie et maladies vasculaires"), ("50", "Sage-Femme", "", ""))  # fmt: skip
CITIES = (
    ("Toulouse", "31555", "31"),
    ("Muret", "31395", "31"),
    ("Montpellier", "34172", "34"),
    ("Cahors", "46042", "46"),
)


def run(quick: bool) -> list[dict[str, Any]]:
    rows = 200_000 if quick else 2_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "PS_LibreAcces_Personne_activite_202601010000.txt"
        synthetic_rpps(file, rows)
        print(f"{rows} activités, {file.stat().st_size / 1e6:.0f} Mo", flush=True)
        cluster = Cluster(folder / "pg")
        cluster.acquire()
        try:
            house = House(folder, 8000, "127.0.0.1", demonstration=False)
            environ = os.environ | house.environ(cluster.url()) | {"MAISON_ENVIRONMENT": "test", "MAISON_SANDBOX": "0"}
            subprocess.run([sys.executable, "-c", "import django; django.setup(); from maison.cli.prepare import migrate; migrate()"],
                           env=environ, check=True)  # fmt: skip
            floor = bare_copy(cluster, file)
            first = load(environ, "rpps", file)
            again = load(environ, "rpps", file)
            measures = [
                measure("Premier chargement du RPPS", rows / first["seconds"], "lignes/s", aim="",
                        reference=("COPY nu des mêmes lignes", rows / floor), holds=None),
                measure("Mémoire la plus haute du chargement", first["peak_mb"], "Mo", aim=f"< {MEMORY_AIM_MB} Mo",
                        holds=first["peak_mb"] < MEMORY_AIM_MB),
                measure("Même fichier, deuxième fois", again["seconds"], "s", aim=f"≤ {AGAIN_AIM} × la première, rien de changé",
                        reference=("première fois", first["seconds"]),
                        holds=again["seconds"] <= AGAIN_AIM * first["seconds"] and again["state"] == "inchange"),
            ]  # fmt: skip
            finess = (
                Path(__file__).resolve().parents[2]
                / "shared"
                / "data"
                / "finess"
                / "etalab-cs1100507-occitanie-20210108-reconstitue.csv"
            )
            if finess.exists():
                measures += finess_measures(environ, finess)
        finally:
            cluster.release()
    return measures


def finess_measures(environ: dict[str, str], file: Path) -> list[dict[str, Any]]:
    first = load(environ, "finess", file)
    again = load(environ, "finess", file)
    return [
        measure("FINESS d'Occitanie, premier chargement", first["lines"] / first["seconds"], "lignes/s", aim="", holds=None),
        measure("FINESS d'Occitanie, deuxième fois", again["seconds"], "s", aim=f"≤ {AGAIN_AIM} × la première, rien de changé",
                reference=("première fois", first["seconds"]),
                holds=again["seconds"] <= AGAIN_AIM * first["seconds"] and again["state"] == "inchange"),
    ]  # fmt: skip


def synthetic_rpps(path: Path, rows: int) -> None:
    """Three people in five have one activity, two have two: as many lines as asked. The seed is drawn and printed."""
    from maison.formats.rpps.extraction import ACTIVITY

    seed = random.SystemRandom().randrange(10**9)
    print(f"graine : {seed}", flush=True)
    chance = random.Random(seed)
    names = list(ACTIVITY)
    with path.open("w", encoding="utf-8") as file:
        file.write("|".join(ACTIVITY.values()) + "|\n")
        written = number = 0
        while written < rows:
            number += 1
            rpps = _with_key(f"99{number:08}")
            job, city = chance.choice(JOBS), chance.choice(CITIES)
            person = {
                "id_kind": "8", "identifier": rpps, "idnat": f"8{rpps}", "title": "DR" if job[0] == "10" else "",
                "name": f"{chance.choice(NAMES)}{number % 9973}", "first_name": chance.choice(FIRST), "profession": job[0],
                "profession_label": job[1], "category": "C", "skill": job[2], "skill_label": job[3], "mode": "L",
                "structure_name": f"CABINET {number}", "postal_code": f"{city[2]}000", "city_code": city[1], "city": city[0],
                "department": city[2], "phone": "0199000000", "sector": "SA07",
            }  # fmt: skip
            for post in range(1 if number % 5 < 3 else 2):
                if written < rows:
                    person["technical_id"] = f"C{number}{post}"
                    file.write("|".join(person.get(name, "") for name in names) + "|\n")
                    written += 1


def _with_key(ten: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(ten)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{ten}{-total % 10}"


def load(environ: dict[str, str], kind: str, file: Path) -> dict[str, Any]:
    """One `./maison import` in a process of its own, so that its memory is its own."""
    code = (
        "import sys, time, json, resource, django; django.setup();"
        "from pathlib import Path; from maison.foundations.access.actor import Actor;"
        "from maison.registries.sources.loading import load;"
        "from maison.registries.professionals.following import ACTIVITIES; from maison.registries.facilities.following import FINESS_ETALAB;"
        f"started = time.perf_counter(); done = load(Actor.system('bench'), {'ACTIVITIES' if kind == 'rpps' else 'FINESS_ETALAB'}, Path(sys.argv[1]));"
        "print(json.dumps({'seconds': time.perf_counter() - started, 'state': done.state, 'lines': done.lines,"
        "'peak_mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], env=environ, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{kind} : {found}", flush=True)
    return found


def bare_copy(cluster: Cluster, file: Path) -> float:
    """Seconds to COPY the same lines, keyed, into one table."""
    import psycopg

    with psycopg.connect(cluster.url(), autocommit=True) as connection, file.open("rb") as lines:
        connection.execute("CREATE TABLE bare (n bigserial PRIMARY KEY, line text NOT NULL)")
        started = time.perf_counter()
        with connection.cursor().copy(
            "COPY bare (line) FROM STDIN WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
        ) as copy:
            while block := lines.read(1 << 20):
                copy.write(block)
        seconds = time.perf_counter() - started
        connection.execute("DROP TABLE bare")
    return seconds
