"""The catalogue of permissions and roles, filled by each room when the house opens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """`health` permissions open only to people signed in by Pro Santé Connect, or to known software (X-01)."""

    code: str
    label: str
    health: bool = False

    def __str__(self) -> str:
        return self.code


@dataclass(frozen=True, slots=True)
class Role:
    code: str
    label: str


_permissions: dict[str, Permission] = {}
_roles: dict[str, Role] = {}
_granted: dict[str, frozenset[Permission]] = {}


def register(*, permissions: Iterable[Permission] = (), roles: Iterable[Role] = ()) -> None:
    for item in permissions:
        if _permissions.setdefault(item.code, item) != item:
            raise ValueError(f"The permission {item.code} is declared twice with different words.")
    for role_item in roles:
        if _roles.setdefault(role_item.code, role_item) != role_item:
            raise ValueError(f"The role {role_item.code} is declared twice with different words.")
        _granted.setdefault(role_item.code, frozenset())


def grant(role_code: str, *granted: Permission) -> None:
    """Add permissions to a role; called by the room that owns the permissions."""
    register(permissions=granted)
    if role_code not in _roles:
        raise ValueError(f"The role {role_code} is not declared.")
    _granted[role_code] |= frozenset(granted)


def permission(code: str) -> Permission:
    return _permissions[code]


def permissions() -> dict[str, Permission]:
    return dict(_permissions)


def role(code: str) -> Role | None:
    return _roles.get(code)


def roles() -> dict[str, Role]:
    return dict(_roles)


def granted_to(role_code: str) -> frozenset[Permission]:
    """What the role opens; a role that no longer exists opens nothing."""
    return _granted.get(role_code, frozenset())
