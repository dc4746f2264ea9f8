"""Who did it, as a person reads it: a name, never the identifier of an account."""

from __future__ import annotations

from collections.abc import Iterable

from maison.foundations.accounts.models import User

from .models import Version

CLOSED, HOUSE = "compte fermé", "la maison"


def names_of(traces: Iterable[tuple[str, str]], versions: Iterable[Version] = ()) -> dict[str, str]:
    """Subject → name, for (subject, way it signed in). Two queries at most: accounts, then what versions kept of their authors."""
    wanted = dict(traces)
    found = {subject: HOUSE for subject, auth in wanted.items() if auth == "system"}
    for user in User.objects.filter(subject__in=set(wanted) - set(found)):
        name = user.full_name or "compte sans nom"
        found[user.subject] = name if user.is_active else f"{name} ({CLOSED})"
    for version in versions:
        for subject, name in (
            *zip(version.editors, version.editor_names, strict=False),
            (version.approved_by, version.approver_name),
        ):
            if subject in wanted and name:
                found.setdefault(subject, name)
    return {subject: found.get(subject, CLOSED) for subject in wanted}
