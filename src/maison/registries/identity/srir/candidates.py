"""With whom an identity is worth comparing: those who share one of its blocking keys, in a table of their own, capped.

A dozen index reads whatever the number of identities; a key shared by more than the cap says nothing and is not followed.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from maison.formats.matching.blocking import CAP, keys_of
from maison.registries.identity.models import Identity, MatchingKey

from .scoring import compared

SHARING = """
SELECT asked.key, found.identity_id FROM unnest(%s::bigint[]) AS asked (key)
CROSS JOIN LATERAL (SELECT identity_id FROM identity_matchingkey WHERE key = asked.key LIMIT %s) found
"""


def of(identity: Identity) -> list[Identity]:
    """Those to compare with, the same INS first. Brings the keys of the identity up to date on the way."""
    keys = keys_of(compared(identity))
    _write_keys(identity.id, keys)
    ids = _sharing(keys) - {identity.id}
    rows = Identity.objects.active().filter(is_fictive=False).exclude(id=identity.id).select_related("domain")
    found = {row.id: row for row in rows.filter(id__in=ids)}
    if identity.ins_matricule:
        same = rows.filter(ins_matricule=identity.ins_matricule).order_by("id")[:CAP]
        found = {row.id: row for row in same} | found
    return list(found.values())


def _sharing(keys: list[int]) -> set[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(SHARING, [keys, CAP + 1])
        rows = cursor.fetchall()
    blocks: dict[int, list[UUID]] = {}
    for key, identity_id in rows:
        blocks.setdefault(key, []).append(identity_id)
    return {one for block in blocks.values() if len(block) <= CAP for one in block}


def _write_keys(identity_id: UUID, keys: list[int]) -> None:
    known = set(MatchingKey.objects.filter(identity_id=identity_id).values_list("key", flat=True))
    wanted = set(keys)
    if known - wanted:
        MatchingKey.objects.filter(identity_id=identity_id, key__in=known - wanted).delete()
    MatchingKey.objects.bulk_create(
        [MatchingKey(key=key, identity_id=identity_id) for key in wanted - known], ignore_conflicts=True
    )


def forget(identity_id: UUID) -> None:
    """It is no longer compared (merged, closed, fictive)."""
    MatchingKey.objects.filter(identity_id=identity_id).delete()
