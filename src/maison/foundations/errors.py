"""Business errors: what a person may read when the house refuses, and the stable code a program may act on."""

from __future__ import annotations

from typing import ClassVar


class BusinessError(Exception):
    """A refusal the user can understand and act upon.

    `code` is stable and never reused, `status` is the HTTP status of the answer, `message` is French and says
    what happened and what to do now; `detail` adds what is known of this case (never health data).
    """

    code: ClassVar[str] = "FND-000"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "Cette action n'est pas possible."

    def __init__(self, detail: str = "", **context: object) -> None:
        self.detail = detail
        self.context = context
        super().__init__(self.text)

    @property
    def text(self) -> str:
        return f"{self.message} {self.detail}".strip()


class NotFound(BusinessError):
    """The thing does not exist, or the actor may not know that it does."""

    code, status = "FND-404", 404
    message = "Cet élément n'existe pas, ou vous n'y avez pas accès."


class Forbidden(BusinessError):
    """The actor sees the thing but may not do this to it."""

    code, status = "FND-403", 403
    message = "Vous n'avez pas le droit de faire cette action."


class Conflict(BusinessError):
    """Someone changed the thing meanwhile."""

    code, status = "FND-409", 409
    message = "Cet élément a changé entre-temps. Relisez-le avant de recommencer."


def known_errors() -> dict[str, type[BusinessError]]:
    """Every error class of the house by code; two classes with one code is a defect a house test finds."""
    found: dict[str, type[BusinessError]] = {}
    pending: list[type[BusinessError]] = [BusinessError]
    while pending:
        kind = pending.pop()
        if "code" in vars(kind):
            other = found.setdefault(kind.code, kind)
            if other is not kind:
                raise ValueError(f"{kind.__qualname__} reuses the code {kind.code} of {other.__qualname__}.")
        pending.extend(kind.__subclasses__())
    return found
