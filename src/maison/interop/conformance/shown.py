"""The sample as the page shows it: numbered lines, those at fault marked. Few nodes: plain text between two marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .places import lines_of
from .report import Fault, Severity

LONGEST_LINE = 240
AROUND = 3
WITHOUT_FAULT = 40
MOST_MARKED = 60


@dataclass(frozen=True, slots=True)
class Piece:
    """`line` 0: unmarked text, one line or many, or what stands between two parts that are shown."""

    text: str
    line: int = 0
    severity: str = ""
    words: str = ""


def pieces_of(text: str, faults: Sequence[Fault]) -> list[Piece]:
    lines = lines_of(text)
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    worst = _worst(faults, len(lines))
    shown = _shown(set(worst), len(lines))
    width = len(str(len(lines)))
    pieces: list[Piece] = []
    plain: list[str] = []
    previous = 0
    for number in shown:
        if number != previous + 1:
            plain.append(f"{'⋮':>{width}}")
        previous = number
        written = f"{number:>{width}}  {_cut(lines[number - 1])}"
        if number not in worst:
            plain.append(written)
            continue
        if plain:
            pieces.append(Piece("\n".join(plain) + "\n"))
            plain = []
        severity = worst[number]
        pieces.append(Piece(written, number, severity.value, severity.french))
        pieces.append(Piece("\n"))
    if previous < len(lines):
        plain.append(f"{'⋮':>{width}}  encore {len(lines) - previous} lignes")
    if plain:
        pieces.append(Piece("\n".join(plain)))
    return pieces


def _worst(faults: Sequence[Fault], count: int) -> dict[int, Severity]:
    order = list(Severity)
    worst: dict[int, Severity] = {}
    for fault in faults:
        if not 0 < fault.line <= count:
            continue
        known = worst.get(fault.line)
        if known is None and len(worst) >= MOST_MARKED:
            continue
        if known is None or order.index(fault.severity) < order.index(known):
            worst[fault.line] = fault.severity
    return worst


def _shown(marked: set[int], count: int) -> list[int]:
    if not marked:
        return list(range(1, min(count, WITHOUT_FAULT) + 1))
    found = {number for line in marked for number in range(line - AROUND, line + AROUND + 1) if 1 <= number <= count}
    return sorted(found)


def _cut(line: str) -> str:
    """One line of a message may be a whole document."""
    clean = "".join(
        character if character.isprintable() or character == "\t" else "·" for character in line[:LONGEST_LINE]
    )
    return f"{clean}… (+ {len(line) - LONGEST_LINE} caractères)" if len(line) > LONGEST_LINE else clean
