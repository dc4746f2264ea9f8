"""Groups of linked identities, computed from the links and merges that hold: the same edges give the same groups, in any order.

A group is named by the smallest id in it. One writer at a time (advisory lock); identities themselves are never locked here.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Q

from maison.registries.identity.models import Identity, Link, Member

LOCK = 7_310_061


def one_writer() -> None:
    """Until the end of the transaction, nobody else makes or ends a link. Taken after the identities, never before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def recompute(ids: Iterable[UUID]) -> None:
    """Bring the groups of these identities, and of all they are or were grouped with, to what the edges say."""
    one_writer()
    start = set(ids)
    before = Member.objects.filter(identity_id__in=start).values_list("cluster_id", flat=True)
    left = start | set(Member.objects.filter(cluster_id__in=list(before)).values_list("identity_id", flat=True))
    rows: list[Member] = []
    alone: set[UUID] = set()
    while left:
        group = _reached(left.pop())
        left -= group
        if len(group) == 1:
            alone |= group
        else:
            rows += [Member(identity_id=one, cluster_id=min(group)) for one in group]
    Member.objects.filter(identity_id__in=alone).delete()
    Member.objects.bulk_create(rows, update_conflicts=True, unique_fields=["identity_id"], update_fields=["cluster_id"])


def _reached(identity_id: UUID) -> set[UUID]:
    group, edge = {identity_id}, {identity_id}
    while edge:
        links = Link.objects.filter(Q(one__in=edge) | Q(other__in=edge), ended_at=None).values_list(
            "one_id", "other_id"
        )
        merges = Identity.objects.filter(Q(id__in=edge) | Q(merged_into__in=edge), merged_into__isnull=False)
        found = {one for pair in links for one in pair}
        found |= {one for pair in merges.values_list("id", "merged_into_id") for one in pair if one is not None}
        edge = found - group
        group |= found
    return group


def cluster_of(identity_id: UUID) -> set[UUID]:
    """Every identity of the same person as this one, itself included."""
    cluster = Member.objects.filter(identity_id=identity_id).values_list("cluster_id", flat=True).first()
    if cluster is None:
        return {identity_id}
    return set(Member.objects.filter(cluster_id=cluster).values_list("identity_id", flat=True))


def cluster_name(identity_id: UUID) -> str:
    found = Member.objects.filter(identity_id=identity_id).values_list("cluster_id", flat=True).first()
    return str(found) if found else ""
