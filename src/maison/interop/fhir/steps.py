"""The usual interactions say step by step what they ask of the base: one driver takes them alone, another many together.

A read, a search and a creation are generators: they yield a step, receive its answer, and return what they made. So the same code,
the same SQL and the same rights serve one request (`alone`), or all those of the moment in one transaction (`rounds`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from maison.foundations.events import publish
from maison.foundations.gathering import gathered, planned
from maison.foundations.ids import uuid7

from . import store
from .errors import VersionConflict
from .events import ResourceChanged


@dataclass(frozen=True, slots=True)
class Row:
    """The current row of a stored resource, or None."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a SELECT. Planned for its values: how rare a searched word is decides the plan (decision 0018).

    `steady`: written so that one plan is good for all values; a round keeps that plan.
    """

    statement: str
    args: Sequence[Any] = ()
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Keep:
    """A new resource, written and announced: the last step of whoever yields it. Its id is its own (uuid7), never a caller's."""

    draft: store.Draft


type Step = Row | Rows | Keep
type Steps[T] = Generator[Step, Any, T]


def alone[T](steps: Steps[T]) -> T:
    """Take the steps one by one, in the caller's transaction."""
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            made: T = end.value
            return made
        match step:
            case Row():
                answer = store.current(step.kind, step.id)
            case Rows():
                answer = rows(step)
            case Keep():
                keep([step.draft])
                answer = None


def rows(step: Rows) -> list[tuple[Any, ...]]:
    with planned() as cursor:
        cursor.execute(step.statement, step.args)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def keep(drafts: Sequence[store.Draft], *, ids_given: bool = False) -> None:
    """Store and announce new resources. Ids given by a caller may be taken meanwhile: a savepoint, and it is said."""
    try:
        with transaction.atomic() if ids_given else nullcontext():
            store.insert(named(drafts))
    except IntegrityError as error:
        raise VersionConflict("L'identifiant a été pris entre-temps.") from error
    with gathered():
        announce(drafts)


def named(drafts: Sequence[store.Draft]) -> Sequence[store.Draft]:
    for one in drafts:
        one.id = one.id or str(uuid7())
        one.pk = UUID(one.id) if _is_uuid7(one.id) else uuid7()
    return drafts


def announce(drafts: Sequence[store.Draft]) -> None:
    publish(*[ResourceChanged(one.type, one.pk, 1, one.structure_id) for one in drafts if one.pk])


def _is_uuid7(text: str) -> bool:
    try:
        return UUID(text).version == 7 and str(UUID(text)) == text
    except ValueError:
        return False
