"""Who may do what: nothing is allowed until something allows it.

Words: *permission* what may be asked for; *role* a named set of permissions that rooms contribute to; *habilitation*
a role given to a person in a structure for some time (X-02, REF-03). There is no superuser.
"""

from .actor import Actor, actor_of
from .decorators import public, requires, signed_in
from .registry import Permission, Role, grant, permission, permissions, register, role, roles

__all__ = [
    "Actor", "Permission", "Role", "actor_of", "grant", "permission", "permissions", "public", "register",
    "requires", "role", "roles", "signed_in",
]  # fmt: skip
