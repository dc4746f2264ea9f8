"""The files of the repository, as the house tests read them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "maison"
LEFT_OUT = {".git", ".venv", ".maison", "__pycache__", "node_modules"}


@cache
def kept_files() -> list[Path]:
    """What git keeps (and what is about to be added); everything outside the working folders when there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        found = [ROOT / name for name in listed]
    except (OSError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not LEFT_OUT & set(path.relative_to(ROOT).parts)]
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def texts(*suffixes: str, under: Path = ROOT) -> Iterator[tuple[str, str]]:
    """(path from the root, text) of the kept files with one of these suffixes (all text files without)."""
    for path in kept_files():
        if path.is_relative_to(under) and (not suffixes or path.suffix in suffixes):
            try:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
            except (UnicodeDecodeError, FileNotFoundError):
                continue  # an image, an archive; a file removed since the list was read


def templates() -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in texts(".html", under=ROOT / "src") if "/templates/" in name)


@cache
def modules() -> list[tuple[str, ast.Module]]:
    """Every Python file of the house, parsed; migrations left out."""
    return [(name, ast.parse(text)) for name, text in texts(".py", under=ROOT / "src") if "/migrations/" not in name]
