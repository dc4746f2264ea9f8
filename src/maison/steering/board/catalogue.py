"""The catalogue of the house, in Markdown: what each room has declared to the mechanisms they share.

`docs/catalogue.md` is this text; a house test keeps them equal and `./maison manage catalogue --write` writes it again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from pkgutil import walk_packages

from django.apps import apps
from django.conf import settings
from procrastinate.contrib.django import app as job_app

from maison.foundations import clock, files, relay
from maison.foundations.access.registry import granted_to, permissions, roles
from maison.foundations.errors import known_errors
from maison.foundations.events import known_events, topics
from maison.foundations.jobs.loops import loops
from maison.foundations.supervision.probes import probes

HOUSE = Path(settings.PACKAGE).parent.parent
PAGE = HOUSE / "docs" / "catalogue.md"
INTRODUCTION = """# Catalogue of the house

Written by `./maison manage catalogue --write`: do not edit by hand. What is declared by the rooms to the shared
mechanisms; codes are stable and never reused. The settings of the operator are in [settings.md](settings.md).
"""
ENVIRONMENT_NAME = re.compile(r"""["'](MAISON_[A-Z0-9_]+|DATABASE_URL|PG_BIN_DIR)["']""")
LEFT_OUT = frozenset({"migrations", "management"})
INTERNAL = frozenset({"MAISON_TEST_CLUSTER"})  # written by the house for its own children, never by an operator

type Row = Sequence[str]


def declare_everything() -> None:
    """Events and errors are known once their modules are read; a room may read some of them late."""
    for room in apps.get_app_configs():
        if room.name.startswith("maison."):
            for found in walk_packages([room.path], f"{room.name}."):
                if not LEFT_OUT & set(found.name.split(".")):
                    import_module(found.name)


def of_the_house(kind: type) -> bool:
    return kind.__module__.startswith("maison.")


def sentence(kind: type) -> str:
    return (getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")


def environment_names() -> list[str]:
    """Every name of the environment that the code reads."""
    found: set[str] = set()
    for path in [HOUSE / "maison", *Path(settings.PACKAGE).rglob("*.py")]:
        found.update(ENVIRONMENT_NAME.findall(path.read_text(encoding="utf-8")))
    return sorted(found - INTERNAL)


def permission_rows() -> Iterable[Row]:
    for code, permission in sorted(permissions().items()):
        holders = sorted(role for role in roles() if permission in granted_to(role))
        yield code, permission.label, "yes" if permission.health else "", ", ".join(holders)


def role_rows() -> Iterable[Row]:
    for code, role in sorted(roles().items()):
        yield code, role.label


def event_rows() -> Iterable[Row]:
    for name, event in sorted(known_events().items()):
        if of_the_house(event):
            yield name, f"`{event.__qualname__}`", sentence(event)


def error_rows() -> Iterable[Row]:
    for code, error in sorted(known_errors().items()):
        if of_the_house(error):
            yield code, str(error.status), f"`{error.__qualname__}`", error.message


def delay_rows() -> Iterable[Row]:
    for code, delay in sorted(clock.delays().items()):
        yield code, delay.label, f"{delay.seconds} s", delay.owner


def relay_rows() -> Iterable[Row]:
    for code, kind in sorted(relay.kinds().items()):
        yield code, kind.label, " → ".join(step.label for step in kind.steps), kind.permission.code


def job_rows() -> Iterable[Row]:
    for name, task in sorted(job_app.tasks.items()):
        if not name.startswith(("builtin:", "procrastinate.")):
            retried = getattr(task.retry_strategy, "retry_exceptions", None) or ()
            yield name, ", ".join(error.__name__ for error in retried)


def purpose_rows() -> Iterable[Row]:
    for code, purpose in sorted(files.purposes().items()):
        kinds = ", ".join(sorted(purpose.kinds))
        yield code, purpose.label, kinds, f"{purpose.max_bytes // 1_000_000} MB", "yes" if purpose.health else ""


def names(registry: Iterable[str]) -> Callable[[], Iterable[Row]]:
    return lambda: ((name,) for name in sorted(registry))


def chapters() -> list[tuple[str, Row, Callable[[], Iterable[Row]]]]:
    return [
        ("Permissions", ("code", "label", "health", "roles"), permission_rows),
        ("Roles", ("code", "label"), role_rows),
        ("Events", ("name", "class", "for its readers"), event_rows),
        ("Topics of screens", ("name",), names(topics._rules)),
        ("Errors", ("code", "status", "class", "message"), error_rows),
        ("Delays", ("code", "label", "default", "owner"), delay_rows),
        ("Relays", ("code", "label", "steps", "permission of the receiver"), relay_rows),
        ("Jobs", ("name", "tried again on"), job_rows),
        ("Loops of the worker", ("name",), names(loops())),
        ("File purposes", ("code", "label", "kinds", "limit", "health"), purpose_rows),
        ("Probes", ("code",), names(probes())),
        ("Settings", ("name",), names(environment_names())),
    ]


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def page() -> str:
    declare_everything()
    parts = [INTRODUCTION]
    for title, heads, rows in chapters():
        lines = [f"| {' | '.join(map(cell, row))} |" for row in rows() if not row[0].startswith("test.")]
        if lines:
            parts.append(
                "\n".join([f"## {title}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *lines, ""])
            )
    return "\n".join(parts)
