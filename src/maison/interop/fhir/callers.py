"""Who asks: the actor, what its token allows, and the structures whose resources it sees."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from maison.foundations.access.actor import Actor

from .errors import ScopeMissing

SCOPE = re.compile(r"(?P<context>system|user)/(?P<type>\*|[A-Z][A-Za-z]+)\.(?P<rights>\*|read|write|c?r?u?d?s?)")
V1 = {"read": "rs", "write": "cud", "*": "cruds"}
NAMED_ONLY = frozenset({"AuditEvent"})
"""Types that `*` does not cover: the traces are asked for by their name."""
WORDS = {"c": "créer", "r": "lire", "u": "modifier", "d": "supprimer", "s": "rechercher"}


def rights_of(scope: str) -> tuple[str, str] | None:
    """(type or `*`, letters among cruds) of a SMART scope of version 1 or 2; None for another scope, or one with conditions."""
    found = SCOPE.fullmatch(scope)
    if found is None or not found["rights"]:
        return None
    return found["type"], V1.get(found["rights"], found["rights"])


@dataclass(frozen=True, slots=True)
class Caller:
    """`everywhere`: software or people of the agency that runs the house. `structure_id` owns what the caller writes."""

    actor: Actor
    structure_id: UUID | None
    structures: frozenset[UUID] = frozenset()
    everywhere: bool = False
    rights: dict[str, frozenset[str]] = field(default_factory=dict)
    elsewhere: dict[str, frozenset[UUID]] = field(default_factory=dict)
    writable: dict[str, frozenset[UUID]] = field(default_factory=dict)

    def may(self, kind: str, right: str) -> bool:
        return right in self.rights.get(kind, ()) or (kind not in NAMED_ONLY and right in self.rights.get("*", ()))

    def structures_for(self, kind: str) -> frozenset[UUID]:
        """Where the caller sees that type, when it is not where it sees the others."""
        return self.elsewhere.get(kind, self.structures)

    def changes(self, kind: str, structure_id: UUID) -> bool:
        """Whether what that structure holds may be written: someone may read more structures than it writes in."""
        return self.everywhere or structure_id in self.writable.get(kind, self.structures)

    def need(self, kind: str, right: str) -> None:
        if not self.may(kind, right):
            raise ScopeMissing(f"Il faut pouvoir {WORDS[right]} le type {kind}.", type=kind, right=right)


def rights_from(scopes: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for scope in scopes:
        if (pair := rights_of(scope)) is not None:
            found.setdefault(pair[0], set()).update(pair[1])
    return {kind: frozenset(letters) for kind, letters in found.items()}
