"""The catalogue as the agency keeps it: every service, who would see it, and how it came to be so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Case, Count, IntegerField, QuerySet, When
from django.utils import timezone

from maison.formats.professions import PROFESSIONS, profession_label
from maison.foundations.access import Actor
from maison.foundations.access import registry as house_roles
from maison.foundations.crisis.territories import DEPARTMENT_NAMES
from maison.foundations.structures.models import Structure
from maison.services.portal.access import keeping_agency, kept_service
from maison.services.portal.models import Service, ServiceVersion
from maison.services.portal.models.version import RULE_PARTS, rule_parts

Rule = Mapping[str, Sequence[str]]
VERSIONS_SHOWN = 20

LABELS = {
    **{name: str(getattr(Service._meta.get_field(name), "verbose_name", name)) for name in (
        "name", "acronym", "storey", "position", "for_professionals", "for_citizens", "publics", "scope", "link", "sign_on",
        "level", "psc_only", "contact", "status", "status_note", "keywords", "kept_by_agency",
    )},
    "owner_id": "structure responsable",
    "rules": "qui le voit",
}  # fmt: skip


def kept_services(actor: Actor, *, storey: str = "", status: str = "") -> QuerySet[Service]:
    keeping_agency(actor)
    rows = Service.objects.annotate(rule_count=Count("rules"))
    if storey:
        rows = rows.filter(storey=storey)
    rows = rows.filter(status=status) if status else rows.exclude(status=Service.Status.WITHDRAWN)
    from_the_roof = Case(
        *(When(storey=it, then=rank) for rank, it in enumerate(Service.Storey)), output_field=IntegerField()
    )
    return rows.order_by(from_the_roof, "position", "name", "id")


@dataclass(frozen=True, slots=True)
class Audience:
    """Who would see a service today: people with an open post that meets a rule, by profession, most numerous first."""

    everyone: bool
    people: int = 0
    professions: tuple[tuple[str, int], ...] = ()


# The same reading of a post as `viewer_of` and `VisibilityRule.met_by`, for every open post at once.
POSTS_SQL = """
WITH post AS (
  SELECT s.user_id, s.profession,
         coalesce((SELECT array_agg(DISTINCT held.category) FROM structures_structure held
                   WHERE held.id = ANY(mine.lineage)), '{{}}') || ARRAY[coalesce(mine.kind, '')]::varchar[] AS types,
         coalesce((SELECT held.department FROM structures_structure held
                   WHERE held.id = ANY(mine.lineage) AND held.department <> ''
                   ORDER BY array_position(mine.lineage, held.id) LIMIT 1), '') AS department,
         coalesce((SELECT array_agg(h.role) FROM access_habilitation h JOIN structures_structure hs ON hs.id = h.structure_id
                   WHERE h.subject = u.subject AND h.revoked_at IS NULL AND h.starts_on <= %(today)s
                     AND (h.ends_on IS NULL OR h.ends_on >= %(today)s)
                     AND (hs.lineage @> ARRAY[mine.id] OR mine.lineage @> ARRAY[h.structure_id])), '{{}}') AS roles
  FROM structures_situation s
  JOIN accounts_user u ON u.id = s.user_id AND u.is_active
  LEFT JOIN structures_structure mine ON mine.id = s.structure_id AND (mine.closed_on IS NULL OR mine.closed_on > %(today)s)
  WHERE s.ended_on IS NULL OR s.ended_on > %(today)s
)
SELECT profession, count(DISTINCT user_id), (SELECT count(DISTINCT user_id) FROM post WHERE {met})
FROM post WHERE {met} GROUP BY profession ORDER BY 2 DESC, 1
"""
COLUMNS = {"professions": "ARRAY[profession]", "structure_types": "types", "departments": "ARRAY[department]",
           "roles": "roles"}  # fmt: skip


def audience(rules: Sequence[Rule]) -> Audience:
    """Rule by rule; a rule whose parts are all empty is met by everyone signed in. One query."""
    if not rules:
        return Audience(everyone=True)
    met, values = [], {"today": timezone.localdate()}
    for rank, rule in enumerate(rules):
        parts = []
        for part in RULE_PARTS:
            if rule[part]:
                name = f"{part}_{rank}"
                parts.append(f"{COLUMNS[part]}::text[] && %({name})s::text[]")
                values[name] = list(rule[part])  # type: ignore[assignment]
        met.append(f"({' AND '.join(parts) or 'TRUE'})")
    with connection.cursor() as cursor:
        cursor.execute(POSTS_SQL.format(met=" OR ".join(met)), values)
        rows = cursor.fetchall()
    return Audience(
        everyone=False,
        people=rows[0][2] if rows else 0,
        professions=tuple((profession_label(code) or "profession non dite", count) for code, count, _ in rows),
    )


def type_choices() -> list[tuple[str, str]]:
    """Kinds of structures, then the categories in use."""
    categories = Structure.objects.exclude(category="").order_by("category").values_list("category", flat=True)
    kinds = [(str(value), str(label)) for value, label in Structure.Kind.choices]
    return kinds + [(name, name) for name in categories.distinct() if name not in dict(kinds)]


def role_choices() -> list[tuple[str, str]]:
    return sorted(((code, role.label) for code, role in house_roles.roles().items()), key=lambda it: it[1])


def profession_choices() -> list[tuple[str, str]]:
    return sorted(PROFESSIONS.items(), key=lambda it: it[1])


def department_choices() -> list[tuple[str, str]]:
    return [(code, f"{DEPARTMENT_NAMES.get(code, code)} ({code})") for code in sorted(settings.REGION_DEPARTMENTS)]


type RuleNames = Mapping[str, Mapping[str, str]]


def rule_names() -> RuleNames:
    """The label of every code a rule may hold. One query."""
    return {
        "professions": PROFESSIONS,
        "structure_types": dict(type_choices()),
        "departments": dict(department_choices()),
        "roles": dict(role_choices()),
    }


def rule_words(rule: Rule, names: RuleNames) -> str:
    """« médecin ou infirmier · Haute-Garonne (31) »: every part must be met, one of each part is enough."""
    parts = [" ou ".join(names[part].get(value, value) for value in rule[part]) for part in RULE_PARTS if rule[part]]
    return " · ".join(parts) or "toute personne connectée"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a version changed, in the words of a person."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class KeptSheet:
    service: Service
    rules: list[str]
    audience: Audience
    versions: list[tuple[ServiceVersion, list[Change]]]
    number: int


def kept_sheet(actor: Actor, code: str) -> KeptSheet:
    service = kept_service(actor, code)
    rules, names = rules_of(service), rule_names()
    versions = list(service.versions.all()[:VERSIONS_SHOWN])
    return KeptSheet(
        service=service,
        rules=[rule_words(rule, names) for rule in rules],
        audience=audience(rules),
        versions=[(version, _changes(version, names)) for version in versions],
        number=versions[0].number if versions else 0,
    )


def number_of(service: Service, version_id: UUID) -> int:
    """The number of a version of this service; -1, which is never the last one, when it is not its own."""
    found = service.versions.filter(id=version_id).values_list("number", flat=True).first()
    return -1 if found is None else found


def rules_of(service: Service) -> list[dict[str, list[str]]]:
    return [rule_parts(rule) for rule in service.rules.order_by("id")]


def _changes(version: ServiceVersion, names: RuleNames) -> list[Change]:
    before = version.before
    if before is None:
        return []
    return [
        Change(LABELS[name], _words(name, before.get(name), names), _words(name, version.after[name], names))
        for name in version.changed
        if name in LABELS
    ]


def _words(name: str, value: Any, names: RuleNames) -> str:
    if name == "rules":
        return " ; ".join(rule_words(rule, names) for rule in value or []) or "tout le monde"
    if name == "owner_id":
        found = Structure.objects.filter(id=value).first() if value else None
        return found.name if found else "l'agence"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        choices = dict(Service.Public.choices) if name == "publics" else {}
        return ", ".join(str(choices.get(item, item)) for item in value) or "rien"
    choices = dict(getattr(Service._meta.get_field(name), "choices", None) or [])
    return str(choices.get(value, value)) if value not in (None, "") else "rien"
