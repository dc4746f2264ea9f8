"""`./maison import NAME FILE`: the same words, progress and report for every official file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path

from maison.foundations.access.actor import Actor
from maison.foundations.errors import BusinessError
from maison.foundations.imports import ImportKind, ImportRefused
from maison.ui.french import number

from .catalogue import Source
from .errors import FileRefused
from .loading import load
from .models import Loading

type Finder = Callable[[Path], Sequence[Source]]
"""Which sources a file holds: one most often, several for a folder of nomenclatures. Raises FileRefused when none."""

WORDS = {"new": "nouvelle", "changed": "changée", "gone": "disparue"}


def import_kind(name: str, words: str, find: Finder) -> ImportKind:
    def run(actor: Actor, options: Namespace, say: Callable[[str], None]) -> None:
        refused: list[str] = []
        for text in options.paths:
            try:
                if not Path(text).exists():
                    raise FileRefused("Ce fichier n'existe pas.")
                for source in find(Path(text)):
                    _load_one(actor, source, Path(text), options, say)
            except BusinessError as error:
                say(f"{text} : {error.text}")
                refused.append(text)
        if refused:
            raise ImportRefused(f"{len(refused)} fichier(s) refusé(s) : {', '.join(refused)}")

    return ImportKind(name, words, arguments, run)


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="FICHIER", help="fichier tel que publié")
    parser.add_argument("--dry-run", action="store_true", help="montrer ce qui changerait, sans rien écrire")
    parser.add_argument(
        "--accept-losses", default="", metavar="MOTIF",
        help="charger même si trop de lignes ont disparu, en disant pourquoi (tracé)",
    )  # fmt: skip


def _load_one(actor: Actor, source: Source, path: Path, options: Namespace, say: Callable[[str], None]) -> None:
    said = 0

    def progress(loading: Loading) -> None:
        nonlocal said
        if loading.state == Loading.State.READING and loading.lines >= said + 200_000:
            said = loading.lines
            say(f"{source.name} : {number(said)} lignes lues…")

    loading = load(
        actor, source, path, apply=not options.dry_run, accept_losses=options.accept_losses, progress=progress
    )
    for line in report(loading):
        say(line)


def report(loading: Loading) -> list[str]:
    """What a person reads before and after: totals, then examples of each kind of difference, then the faults by code."""
    vintage = f"{loading.vintage:%d/%m/%Y}" if loading.vintage else "sans date"
    lines = [
        f"{loading.source_name} ({vintage}) : {loading.get_state_display()}. {number(loading.lines)} ligne(s) lue(s), "
        f"{number(loading.new)} nouvelle(s), {number(loading.changed)} changée(s), {number(loading.same)} inchangée(s), "
        f"{number(loading.gone)} disparue(s), {number(loading.refused)} refusée(s), {number(loading.warned)} signalée(s)."
    ]
    for kind, word in WORDS.items():
        for sample in loading.samples.get(kind, [])[:5]:
            lines.append(f"  {word} : {sample['key']} {sample['what']}".rstrip())
    faults: dict[tuple[str, str], int] = {}
    for code, text in loading.anomalies.values_list("code", "text"):
        faults[code, text] = faults.get((code, text), 0) + 1
    for (code, text), count in sorted(faults.items(), key=lambda item: -item[1])[:10]:
        lines.append(f"  {code} ({count}) : {text}")
    return lines
