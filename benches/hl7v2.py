"""HL7 v2: bytes of a PAM movement to its checked, typed structure, against python-hl7 in the same run.

Two measures on a corpus of 500 messages. *Every value*: python-hl7 cuts the message and reads, by their paths, the values that
stand in our typed structure (the list of paths of each message is made before; ours reads nothing again, its structure holds
them). *Fields of a room*: both read the same 56 fields of each message. Ours also checks the whole message against its profile.
CPU seconds of the process, repetitions interleaved, best of each; what we remember between messages is forgotten before each
repetition. The corpus is made with a seed drawn at run time (printed). hl7apy, which builds a tree by data type, is measured for
information on a few messages.
"""

import random
import time
from collections.abc import Callable
from typing import Any

import hl7
from hl7apy.parser import parse_message

from benches._measures import measure
from maison.formats.hl7v2.segment_model import MEMORIES
from maison.formats.hl7v2.wire import read_message, typed
from tests.formats.hl7v2.corpus import EXTRACTED_WHEN_WHOLE, extractor, movements, paths_of_what_is_held

AIM = 30
MESSAGES = 500
PATHS = list(EXTRACTED_WHEN_WHOLE.values())
extract = extractor(EXTRACTED_WHEN_WHOLE)


def run(quick: bool) -> list[dict[str, Any]]:
    seed = random.SystemRandom().randrange(10**9)
    print(f"graine : {seed}", flush=True)
    messages = movements(seed, MESSAGES)
    repetitions = 15 if quick else 40
    few = messages[::5]
    theirs = [(data, paths_of_what_is_held(data)) for data in few]
    ours, typed_only, peer_every, peer, parse_only = best_of(
        repetitions,
        (ours_all, messages),
        (ours_typed, messages),
        (peer_all, theirs),
        (peer_some, few),
        (peer_parse, few),
    )
    (apy,) = best_of(1, (apy_parse, messages[: 3 if quick else 20]))
    size = round(sum(map(len, messages)) / len(messages))
    count = round(sum(len(paths) for _, paths in theirs) / len(theirs))
    print(
        f"{size} octets et {count} valeurs par message ; CPU par message : {typed_only * 1e6:.1f} µs "
        f"({ours * 1e6:.1f} µs avec la lecture de {len(PATHS)} champs), python-hl7 {peer_every * 1e6:.0f} µs ({peer * 1e6:.0f} µs)",
        flush=True,
    )
    return [
        rate(
            f"Mouvement PAM contrôlé et typé, {count} valeurs en moyenne", typed_only,
            "python-hl7, mêmes valeurs", peer_every, AIM,
        ),
        rate(f"Mouvement PAM contrôlé et typé, puis {len(PATHS)} champs lus", ours, "python-hl7, mêmes champs", peer, None),
        rate("Mouvement PAM contrôlé et typé", typed_only, "python-hl7, découpage seul", parse_only, None),
        rate("Mouvement PAM contrôlé et typé", typed_only, "hl7apy, découpage seul", apy, None),
        values(messages),
    ]  # fmt: skip


def best_of(repetitions: int, *tasks: tuple[Callable[[list[Any]], None], list[Any]]) -> list[float]:
    """CPU seconds for one message, the best of interleaved repetitions of each."""
    best = [float("inf")] * len(tasks)
    for _ in range(repetitions):
        for rank, (task, messages) in enumerate(tasks):
            for memory in MEMORIES.values():
                memory.clear()
            started = time.process_time()
            task(messages)
            best[rank] = min(best[rank], (time.process_time() - started) / len(messages))
    return best


def ours_all(messages: list[bytes]) -> None:
    for data in messages:
        extract(typed(read_message(data)))


def ours_typed(messages: list[bytes]) -> None:
    for data in messages:
        typed(read_message(data))


def peer_all(messages: list[tuple[bytes, list[Any]]]) -> None:
    for data, paths in messages:
        parsed = hl7.parse(data)
        [parsed.extract_field(*path) for path in paths]


def peer_some(messages: list[bytes]) -> None:
    for data in messages:
        parsed = hl7.parse(data)
        [parsed.extract_field(*path) for path in PATHS]


def peer_parse(messages: list[bytes]) -> None:
    for data in messages:
        hl7.parse(data)


def apy_parse(messages: list[bytes]) -> None:
    for data in messages:
        parse_message(data.decode().replace("2.5^FRA^2.11", "2.5"), find_groups=False)


def rate(name: str, ours: float, peer_name: str, peer: float, aim: int | None) -> dict[str, Any]:
    return measure(
        name,
        1 / ours,
        "messages/s CPU",
        aim=f"≥ {aim} ×" if aim else "pour information",
        holds=peer / ours >= aim if aim else True,
        reference=(peer_name, 1 / peer),
    )


def values(messages: list[bytes]) -> dict[str, Any]:
    """The whole corpus, each field by both."""
    different = 0
    for data in messages:
        parsed = hl7.parse(data)
        theirs = [parsed.unescape(parsed.extract_field(*path)) for path in PATHS]
        different += sum(
            (mine or "") != other for mine, other in zip(extract(typed(read_message(data))), theirs, strict=True)
        )
    return measure(
        "Valeurs différentes de celles de python-hl7",
        different,
        f"sur {len(messages) * len(PATHS)}",
        aim="0",
        holds=different == 0,
    )
