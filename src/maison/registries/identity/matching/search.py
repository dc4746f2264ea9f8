"""Who, among the identities known, may be this person: candidates by their keys, compared and ordered."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol
from uuid import UUID

from maison.formats.matching.blocking import keys_of
from maison.formats.matching.identity import Identity, unpacked
from maison.formats.matching.model import Comparison, Model
from maison.registries.identity.matching.table import FIND

ANSWERED = 10


class Cursor(Protocol):
    """What Django's cursor and psycopg's have in common."""

    def execute(self, query: Any, params: Any = ..., /) -> Any: ...
    def fetchall(self) -> Any: ...


class Candidate(NamedTuple):
    identity: UUID
    comparison: Comparison


def candidates(
    cursor: Cursor, identity: Identity, model: Model, *, population: int, but: UUID | None = None
) -> list[Candidate]:
    """At most ten, best first, each with its comparison; `but` is left out (the identity itself, when it is known).

    Nothing is chosen here: a caller shows them, with their explanation, to a person.
    """
    cursor.execute(FIND, (keys_of(identity),))
    found = [
        Candidate(key, model.compare(identity, unpacked(folded), population))
        for key, folded in cursor.fetchall()
        if key != but
    ]
    found.sort(key=lambda candidate: candidate.comparison.match, reverse=True)
    return found[:ANSWERED]
