"""RPU: a file of emergency passages to its typed passages, against lxml that only builds the tree of the same file.

CPU seconds of the process, repetitions interleaved, best of each. The file is made with a seed drawn at run time (printed): a
month of a large department, in the order of the format, then the same with its elements shuffled, which our quick way leaves.
"""

import random
import time
from typing import Any

from lxml import etree

from benches._measures import measure
from maison.formats.rpu import check, read
from maison.formats.rpu.reader import read_carefully
from tests.formats.rpu.samples import month

AIM = 0.5


def run(quick: bool) -> list[dict[str, Any]]:
    seed = random.SystemRandom().randrange(10**9)
    print(f"graine : {seed}", flush=True)
    size, repetitions = (2_000, 9) if quick else (6_000, 15)
    usual = month(random.Random(seed), size)
    shuffled = month(random.Random(seed), size, shuffled=True)
    tasks = {
        "read": lambda: read(usual),
        "careful": lambda: read_carefully(usual),
        "shuffled": lambda: read(shuffled),
        "checked": lambda: check(read(usual)),
        "tree": lambda: etree.fromstring(usual),
        "tree shuffled": lambda: etree.fromstring(shuffled),
    }
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(repetitions):
        for name, task in tasks.items():
            started = time.process_time()
            task()
            best[name] = min(best[name], time.process_time() - started)
    rates = {name: size / seconds for name, seconds in best.items()}
    tree = ("lxml, arbre seul", rates["tree"])
    different = int(read(usual) != read_carefully(usual)) + int(read(shuffled) != read_carefully(shuffled))
    return [
        measure(
            "Passage lu et typé", rates["read"], "passages/s CPU", aim=f"≥ {AIM}", holds=rates["read"] >= AIM * rates["tree"],
            reference=tree,
        ),
        measure("Passage lu et typé, éléments dans le désordre", rates["shuffled"], "passages/s CPU", aim="pour information",
                holds=True, reference=("lxml, arbre seul", rates["tree shuffled"])),
        measure("Passage lu par la voie prudente", rates["careful"], "passages/s CPU", aim="pour information", holds=True, reference=tree),
        measure("Passage lu, typé et contrôlé", rates["checked"], "passages/s CPU", aim="pour information", holds=True, reference=tree),
        measure("Lectures différentes de la voie prudente", different, "sur 2", aim="0", holds=different == 0),
    ]  # fmt: skip
