"""What the benches share: reading memory, quantiles, and the shape of a measure."""

from __future__ import annotations

import os
from pathlib import Path

from maison.cli.house import House
from maison.cli.throwaway import OpenHouse


def use_django(house: OpenHouse) -> None:
    """Let this process read and write the base of the house through its own code."""
    os.environ |= House(house.data, house.port, "127.0.0.1", demonstration=True).environ(house.database_url)
    import django

    django.setup()


def descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, pending = [], [pid]
    while pending:
        current = pending.pop()
        found.append(current)
        pending.extend(children.get(current, []))
    return found


def memory_mb(pids: list[int]) -> float:
    """Proportional set size of these processes: shared pages are counted once among those who share them."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 1024


def peak_mb() -> float:
    """Most memory this process held at once. (`ru_maxrss` would count the process that started it.)"""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def measure(
    name: str, value: float, unit: str, *, aim: str, holds: bool | None, reference: tuple[str, float] | None = None
) -> dict[str, object]:
    """One line of a bench; `ratio` is value over reference."""
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": {"name": reference[0], "value": round(reference[1], 3)} if reference else None,
        "ratio": round(value / reference[1], 3) if reference and reference[1] else None,
        "aim": aim,
        "holds": holds,
    }
