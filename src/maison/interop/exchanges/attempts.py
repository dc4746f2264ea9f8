"""Each try at carrying or integrating an exchange, written with what it changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from maison.foundations.ids import uuid7

from .models import Attempt

Outcome = Attempt.Outcome

INSERT = """
INSERT INTO exchanges_attempt (id, exchange_id, number, outcome, code, target, milliseconds)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::smallint[], %s::text[], %s::text[], %s::text[], %s::int[])
"""


@dataclass(frozen=True, slots=True)
class Tried:
    """`code` is the other side's word (AA, AE, a network error) or a fault code; never an identity."""

    exchange_id: UUID
    number: int
    outcome: str
    code: str = ""
    target: str = ""
    milliseconds: int = 0


def write(tried: Iterable[Tried]) -> None:
    rows = list(tried)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                [uuid7() for _ in rows],
                [row.exchange_id for row in rows],
                [row.number for row in rows],
                [str(row.outcome) for row in rows],
                [row.code[:40] for row in rows],
                [row.target[:60] for row in rows],
                [row.milliseconds for row in rows],
            ],
        )


def of(exchange_id: UUID) -> list[Attempt]:
    """The tries of one exchange, oldest first."""
    return list(Attempt.objects.filter(exchange_id=exchange_id))
