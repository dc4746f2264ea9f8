"""What the person at the terminal reads: short French lines, colour only on a real terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_STYLES = {
    "bold": "1",
    "grey": "90",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "violet": "35",
    "cyan": "36",
}
_PROCESS_STYLES = ("cyan", "violet", "blue", "yellow", "green")


def styled(text: str, style: str, stream: TextIO | None = None) -> str:
    stream = stream or sys.stderr
    if os.environ.get("NO_COLOR") or not stream.isatty():
        return text
    return f"\033[{_STYLES[style]}m{text}\033[0m"


def say(text: str, *, source: str = "maison", style: str = "bold") -> None:
    prefix = styled(f"{source:<8}│", style)
    for line in text.splitlines() or [""]:
        print(f"{prefix} {line}", file=sys.stderr, flush=True)


def warn(text: str) -> None:
    say(text, style="red")


def style_of(index: int) -> str:
    return _PROCESS_STYLES[index % len(_PROCESS_STYLES)]
