"""From the rows of the RPPS to professionals: set-based, since a national file has two million rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from maison.foundations.events import publish

from .events import ActivitiesClosed
from .rights import end_rights_of

ACTIVITIES, SKILLS, DIPLOMAS, MAILBOXES = "rpps-activites", "rpps-savoir-faire", "rpps-diplomes", "mssante"
TABLES = {
    ACTIVITIES: ("professionals_professional", "professionals_activity"),
    SKILLS: ("professionals_qualification",),
    DIPLOMAS: ("professionals_qualification",),
    MAILBOXES: ("professionals_mailbox",),
}

_TEXT = (
    "profession", "category", "skill", "skill_label", "mode", "sector", "role", "genre", "finess", "siret", "technical_id",
    "structure_name", "line", "postal_code", "city", "city_code", "department", "phone", "email",
)  # fmt: skip

PERSONS = """
INSERT INTO professionals_professional (id, idnat, identifier, title, name, first_name, profession, profession_label, category,
  skill, skill_label, cities, departments, said_on, closed_on, words)
SELECT gen_random_uuid(), entity, coalesce(body->>'identifier', ''), coalesce(body->>'title', ''), coalesce(body->>'name', ''),
  coalesce(body->>'first_name', ''), coalesce(body->>'profession', ''), coalesce(body->>'profession_label', ''),
  coalesce(body->>'category', ''), coalesce(body->>'skill', ''), coalesce(body->>'skill_label', ''), cities, departments,
  said_on, closed_on, words
FROM (
  SELECT DISTINCT ON (r.entity) r.entity, r.body, told.said_on, told.closed_on, told.cities, told.departments, told.words FROM sources_row r JOIN (
    SELECT entity, max(said_on) AS said_on,
      CASE WHEN bool_and(closed_on IS NOT NULL) THEN max(closed_on) END AS closed_on,
      coalesce(string_agg(DISTINCT body->>'city', ', ') FILTER (WHERE closed_on IS NULL), '') AS cities,
      coalesce(string_agg(DISTINCT body->>'department', ' ') FILTER (WHERE closed_on IS NULL), '') AS departments,
      coalesce(string_agg(DISTINCT body->>'words', ' '), '') AS words
    FROM sources_row WHERE source = %(source)s AND entity = ANY(%(entities)s) GROUP BY entity) told ON told.entity = r.entity
  WHERE r.source = %(source)s AND r.entity = ANY(%(entities)s)
  ORDER BY r.entity, (r.closed_on IS NOT NULL), r.said_on DESC, r.key) chosen
ON CONFLICT (idnat) DO UPDATE SET identifier = EXCLUDED.identifier, title = EXCLUDED.title, name = EXCLUDED.name,
  first_name = EXCLUDED.first_name, profession = EXCLUDED.profession, profession_label = EXCLUDED.profession_label,
  category = EXCLUDED.category, skill = EXCLUDED.skill, skill_label = EXCLUDED.skill_label, cities = EXCLUDED.cities,
  departments = EXCLUDED.departments, said_on = EXCLUDED.said_on, closed_on = EXCLUDED.closed_on, words = EXCLUDED.words
"""
CLOSING = """
SELECT a.id FROM professionals_activity a JOIN sources_row r ON r.source = a.source AND r.key = a.key
WHERE a.source = %(source)s AND r.entity = ANY(%(entities)s) AND a.closed_on IS NULL AND r.closed_on IS NOT NULL
"""
_ACTIVITY = f"""
INSERT INTO professionals_activity (id, professional_id, source, key, {", ".join(_TEXT)}, said_on, closed_on)
SELECT gen_random_uuid(), p.id, r.source, r.key, {", ".join(f"coalesce(r.body->>'{name}', '')" for name in _TEXT)}, r.said_on, r.closed_on
FROM sources_row r JOIN professionals_professional p ON p.idnat = r.entity
WHERE r.source = %(source)s AND r.entity = ANY(%(entities)s)
ON CONFLICT (source, key) DO UPDATE SET professional_id = EXCLUDED.professional_id,
  {", ".join(f"{name} = EXCLUDED.{name}" for name in _TEXT)}, said_on = EXCLUDED.said_on, closed_on = EXCLUDED.closed_on
"""  # noqa: S608 - only the names of our own columns
QUALIFICATION = """
INSERT INTO professionals_qualification (idnat, kind, key, type, code, label, closed_on)
SELECT entity, %(kind)s, key, coalesce(body->>'type', ''), coalesce(body->>'code', body->>'authorisation', ''),
  coalesce(body->>'label', body->>'discipline_label', ''), closed_on
FROM sources_row WHERE source = %(source)s AND entity = ANY(%(entities)s)
ON CONFLICT (kind, key) DO UPDATE SET idnat = EXCLUDED.idnat, type = EXCLUDED.type, code = EXCLUDED.code,
  label = EXCLUDED.label, closed_on = EXCLUDED.closed_on
"""
MAILBOX = """
INSERT INTO professionals_mailbox (address, kind, idnat, structure_kind, structure, service, structure_name, paperless, said_on, closed_on)
SELECT key, coalesce(body->>'kind', ''), coalesce(body->>'idnat', ''), coalesce(body->>'structure_kind', ''),
  coalesce(body->>'structure', ''), coalesce(body->>'service', ''), coalesce(body->>'structure_name', ''),
  coalesce(body->>'paperless', '') = 'O', said_on, closed_on
FROM sources_row WHERE source = %(source)s AND entity = ANY(%(entities)s)
ON CONFLICT (address) DO UPDATE SET kind = EXCLUDED.kind, idnat = EXCLUDED.idnat, structure_kind = EXCLUDED.structure_kind,
  structure = EXCLUDED.structure, service = EXCLUDED.service, structure_name = EXCLUDED.structure_name,
  paperless = EXCLUDED.paperless, said_on = EXCLUDED.said_on, closed_on = EXCLUDED.closed_on
"""


def project_activities(source: str, entities: Sequence[str]) -> None:
    """Persons and their activities; those just closed are told, so that the rights that hung on them end (REF-03)."""
    told: dict[str, Any] = {"source": source, "entities": list(entities)}
    with connection.cursor() as cursor:
        cursor.execute(CLOSING, told)
        closed = [row[0] for row in cursor.fetchall()]
        cursor.execute(PERSONS, told)
        cursor.execute(_ACTIVITY, told)
    if closed:
        end_rights_of(closed)
        publish(ActivitiesClosed(tuple(closed)))


def project_qualifications(source: str, entities: Sequence[str]) -> None:
    kind = "savoir-faire" if source == SKILLS else "diplome"
    with connection.cursor() as cursor:
        cursor.execute(QUALIFICATION, {"source": source, "entities": list(entities), "kind": kind})


def project_mailboxes(source: str, entities: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MAILBOX, {"source": source, "entities": list(entities)})
