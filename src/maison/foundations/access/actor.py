"""The actor: who acts, in which situation d'exercice, with which rights. Passed by hand, never hidden in a thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings

from .registry import Permission, granted_to

if TYPE_CHECKING:
    from django.http import HttpRequest

STRONG_AUTHENTICATIONS = frozenset({"psc", "software", "system"})


@dataclass(frozen=True, slots=True)
class Actor:
    """`grants` maps a permission code to the structures (with all they contain) where it holds."""

    subject: str = ""
    name: str = ""
    auth: str = ""
    user_id: UUID | None = None
    situation_id: UUID | None = None
    structure_id: UUID | None = None
    structure_name: str = ""
    profession: str = ""
    profession_label: str = ""
    roles: frozenset[str] = frozenset()
    session_key: str = ""
    exchange_id: UUID | None = None
    grants: dict[str, frozenset[UUID]] = field(default_factory=dict)

    @classmethod
    def system(cls, job: str) -> Actor:
        """The house itself, for a named job. It passes no permission check: jobs call actions made for them."""
        return cls(subject=f"system:{job}", name="Maison e-santé", auth="system")

    @classmethod
    def software(cls, client: str, name: str, *, structure_id: UUID | None = None, exchange_id: UUID | None = None,
                 grants: dict[str, frozenset[UUID]] | None = None) -> Actor:  # fmt: skip
        return cls(subject=f"software:{client}", name=name, auth="software", structure_id=structure_id,
                   exchange_id=exchange_id, grants=grants or {})  # fmt: skip

    @property
    def is_anonymous(self) -> bool:
        return not self.subject

    @property
    def is_system(self) -> bool:
        return self.auth == "system"

    @property
    def label(self) -> str:
        """How the bar names the actor: « Dr Léa Martin, médecin, CHU de Toulouse – Rangueil »."""
        return ", ".join(part for part in (self.name, self.profession_label, self.structure_name) if part)

    def structures_with(self, permission: Permission) -> frozenset[UUID]:
        if permission.health and self.auth not in STRONG_AUTHENTICATIONS:
            return frozenset()
        return self.grants.get(permission.code, frozenset())

    def can(self, permission: Permission, structure_id: UUID | None = None) -> bool:
        held = self.structures_with(permission)
        return structure_id in held if structure_id else bool(held)


ANONYMOUS = Actor()


def grants_from(rows: list[tuple[str, list[UUID]]]) -> dict[str, frozenset[UUID]]:
    """`rows` are (role code, structures it covers)."""
    grants: dict[str, set[UUID]] = {}
    for role_code, structure_ids in rows:
        for permission in granted_to(role_code):
            grants.setdefault(permission.code, set()).update(structure_ids)
    return {code: frozenset(ids) for code, ids in grants.items()}


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a web request, from its session; anonymous when nobody is signed in, or not yet through every step.

    `entered` is the version of the terms accepted when the person came in: a new version stops everyone at the door.
    """
    from .selectors import actor_for_session

    if "_auth_user_id" not in request.session or request.session.get("entered") != settings.TERMS_VERSION:
        return ANONYMOUS
    return actor_for_session(
        user_id=UUID(request.session["_auth_user_id"]),
        situation_id=UUID(request.session["situation_id"]) if request.session.get("situation_id") else None,
        auth=request.session.get("auth", "local"),
        session_key=request.session.session_key or "",
    )
