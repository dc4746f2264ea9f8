"""What `./maison import NAME …` can load: each room registers its kind, the command only finds it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from .access.actor import Actor


class ImportRefused(Exception):
    """The file cannot be loaded; the message is French and says what to do."""


@dataclass(frozen=True, slots=True)
class ImportKind:
    """`run(actor, options, say)` shows the differences and applies them in one transaction, or raises ImportRefused."""

    name: str
    help: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Actor, Namespace, Callable[[str], None]], None]


_kinds: dict[str, ImportKind] = {}


def register_import(kind: ImportKind) -> None:
    if _kinds.setdefault(kind.name, kind) is not kind:
        raise ValueError(f"Two rooms import {kind.name}.")


def import_kinds() -> dict[str, ImportKind]:
    return dict(sorted(_kinds.items()))
