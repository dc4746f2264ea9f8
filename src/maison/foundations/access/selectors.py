"""What a person may do here and now."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from maison.formats.professions import profession_label

from .actor import ANONYMOUS, Actor, grants_from

# One query: the account, the chosen situation if it is still open, and every habilitation in force in the
# structure of that situation or in what it contains, with the structures each one covers.
ACTOR_SQL = """
SELECT u.subject, u.given_name, u.family_name, s.id, s.profession, st.id, st.name,
       coalesce((
         SELECT json_agg(json_build_array(h.role, (
                  SELECT json_agg(c.id) FROM structures_structure c
                  WHERE c.lineage @> ARRAY[h.structure_id] AND (c.closed_on IS NULL OR c.closed_on > %(today)s))))
         FROM access_habilitation h JOIN structures_structure hs ON hs.id = h.structure_id
         WHERE h.subject = u.subject AND h.revoked_at IS NULL AND h.starts_on <= %(today)s
           AND (h.ends_on IS NULL OR h.ends_on >= %(today)s)
           AND (hs.closed_on IS NULL OR hs.closed_on > %(today)s)
           AND (hs.lineage @> ARRAY[st.id] OR st.lineage @> ARRAY[h.structure_id])
       ), '[]'::json)
FROM accounts_user u
LEFT JOIN structures_situation s ON s.id = %(situation)s AND s.user_id = u.id
     AND (s.ended_on IS NULL OR s.ended_on > %(today)s)
LEFT JOIN structures_structure st ON st.id = s.structure_id AND (st.closed_on IS NULL OR st.closed_on > %(today)s)
WHERE u.id = %(user)s AND u.is_active
"""


def actor_for_session(*, user_id: UUID, situation_id: UUID | None, auth: str, session_key: str) -> Actor:
    """Rights follow the chosen situation: a closed situation or structure opens nothing (REF-03, F2.2).

    A habilitation held in a structure holds in all it contains; one held in the legal entity of a site is usable
    from the site, within that entity only.
    """
    from django.utils import timezone

    with connection.cursor() as cursor:
        cursor.execute(ACTOR_SQL, {"today": timezone.localdate(), "situation": situation_id, "user": user_id})
        row = cursor.fetchone()
    if row is None:
        return ANONYMOUS
    subject, given, family, situation, profession, structure_id, structure_name, held = row
    rows = [(role, [UUID(item) for item in ids or []]) for role, ids in held]
    return Actor(
        subject=subject,
        name=f"{given} {family}".strip() or subject,
        auth=auth,
        user_id=user_id,
        situation_id=situation,
        structure_id=structure_id,
        structure_name=structure_name or "",
        profession=profession or "",
        profession_label=profession_label(profession or ""),
        roles=frozenset(role for role, _ in rows),
        session_key=session_key,
        grants=grants_from(rows),
    )
