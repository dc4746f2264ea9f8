"""The rules of REF-08, each an SQL question over the registries. `faulty` gives (kind, id, label, detail); `checked` counts the records asked.

Where a nomenclature is not loaded, DQ-8 asks nothing rather than calling every code unknown.
"""

# ruff: noqa: S608 - every piece of these questions is written here; no value of a request enters them

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type Severity = Literal["bloquante", "majeure", "mineure", "information"]
WEIGHTS: dict[Severity, float] = {"bloquante": 1.0, "majeure": 0.5, "mineure": 0.2, "information": 0.0}


@dataclass(frozen=True, slots=True)
class Rule:
    """`registry` is what the score is of: `structures` or `professionnels`; `owner` who can mend it, in words."""

    code: str
    registry: str
    dimension: str
    severity: Severity
    words: str
    owner: str
    faulty: str
    checked: str


_SITES = "facilities_facility f WHERE f.state = 'publie'"
_PEOPLE = "professionals_professional p WHERE p.closed_on IS NULL"
_OPEN = "(a.closed_on IS NULL OR a.closed_on > current_date)"
FINESS_CELL, RPPS_AUTHORITY = "Cellule FINESS de l'ARS", "Autorité d'enregistrement RPPS"


def _sites(condition: str, detail: str) -> str:
    return (
        f"SELECT 'structure', f.id, coalesce(nullif(f.long_name, ''), f.name), {detail} FROM {_SITES} AND {condition}"
    )


def _people(condition: str, detail: str) -> str:
    return (
        f"SELECT 'professionnel', p.id, concat_ws(' ', p.first_name, p.name), {detail} FROM {_PEOPLE} AND {condition}"
    )


ALL_SITES, ALL_PEOPLE = f"SELECT count(*) FROM {_SITES}", f"SELECT count(*) FROM {_PEOPLE}"

RULES = (
    Rule("DQ-1", "structures", "validité", "bloquante", "Un numéro national de la structure a une mauvaise clé.", FINESS_CELL,
         """SELECT DISTINCT ON (f.id) 'structure', f.id, coalesce(nullif(f.long_name, ''), f.name), left(a.text, 200)
            FROM sources_anomaly a JOIN sources_loading l ON l.id = a.loading_id
            JOIN facilities_facility f ON a.key IN ('structureet:' || f.finess, f.kind || ':' || f.finess)
            WHERE a.code = 'DQ-1' AND f.state = 'publie' AND l.id IN (
              SELECT DISTINCT ON (source) id FROM sources_loading WHERE state = 'applique' ORDER BY source, started_at DESC)
            ORDER BY f.id""", ALL_SITES),
    Rule("DQ-2", "structures", "unicité", "bloquante", "Deux entités juridiques ouvertes portent le même SIREN.", FINESS_CELL,
         _sites("""f.kind = 'EJ' AND f.siren <> '' AND EXISTS (SELECT 1 FROM facilities_facility o WHERE o.siren = f.siren
                   AND o.id <> f.id AND o.kind = 'EJ' AND o.state = 'publie')""", "'SIREN ' || f.siren"), ALL_SITES),
    Rule("DQ-2", "professionnels", "unicité", "bloquante", "Deux professionnels en exercice portent le même numéro.", RPPS_AUTHORITY,
         _people("""p.identifier <> '' AND EXISTS (SELECT 1 FROM professionals_professional o WHERE o.identifier = p.identifier
                    AND o.id <> p.id AND o.closed_on IS NULL)""", "'numéro ' || p.identifier"), ALL_PEOPLE),
    Rule("DQ-3", "professionnels", "complétude", "majeure", "Il manque la profession, la structure ou tout moyen de contact.", RPPS_AUTHORITY,
         _people(f"""(p.profession = '' OR NOT EXISTS (SELECT 1 FROM professionals_activity a WHERE a.professional_id = p.id
                     AND {_OPEN} AND a.structure_name <> '')
                     OR NOT EXISTS (SELECT 1 FROM professionals_activity a WHERE a.professional_id = p.id AND {_OPEN} AND (a.phone <> '' OR a.email <> ''))
                     AND NOT EXISTS (SELECT 1 FROM professionals_mailbox m WHERE m.idnat = p.idnat AND m.closed_on IS NULL))""",
                 "CASE WHEN p.profession = '' THEN 'sans profession' ELSE 'sans structure ou sans contact' END"), ALL_PEOPLE),
    Rule("DQ-4", "structures", "cohérence", "majeure", "L'établissement est ouvert et son entité juridique est fermée.", FINESS_CELL,
         _sites("EXISTS (SELECT 1 FROM facilities_facility e WHERE e.id = f.parent_id AND e.state = 'inactif')",
                "'entité juridique fermée'"), ALL_SITES),
    Rule("DQ-4", "professionnels", "cohérence", "majeure", "Une situation d'exercice est ouverte dans un établissement fermé.", RPPS_AUTHORITY,
         _people(f"""EXISTS (SELECT 1 FROM professionals_activity a JOIN facilities_facility f ON f.kind = 'EG' AND f.finess = a.finess
                     WHERE a.professional_id = p.id AND a.finess <> '' AND {_OPEN} AND f.state = 'inactif')""",
                 "'établissement fermé'"), ALL_PEOPLE),
    Rule("DQ-5", "structures", "cohérence", "mineure", "FINESS et SIRENE ne donnent pas la même commune.", "Gestionnaire des répertoires",
         _sites("""EXISTS (SELECT 1 FROM sources_row s WHERE s.source = 'sirene-etablissements' AND s.entity = f.kind || ':' || f.finess
                   AND s.closed_on IS NULL AND s.body->>'city_code' <> f.city_code AND f.city_code <> '')""",
                "'commune ' || f.city_code || ' dans FINESS'"), ALL_SITES),
    Rule("DQ-6", "structures", "actualité", "mineure", "La fiche n'a pas été confirmée depuis 365 jours.", "Structure",
         _sites("f.kind = 'EG' AND f.updated_on < current_date - 365", "'mise à jour le ' || to_char(f.updated_on, 'DD/MM/YYYY')"), ALL_SITES),
    Rule("DQ-7", "structures", "exactitude", "mineure", "L'établissement n'a pas de coordonnées géographiques.", FINESS_CELL,
         _sites("f.kind = 'EG' AND f.latitude IS NULL", "'sans coordonnées'"), ALL_SITES),
    Rule("DQ-8", "structures", "conformité", "majeure", "La catégorie n'est pas dans la nomenclature en vigueur, ou elle est close.", FINESS_CELL,
         _sites("""f.category <> '' AND EXISTS (SELECT 1 FROM terminology_system t WHERE t.title ILIKE 'TRE_R66%%')
                   AND NOT EXISTS (SELECT 1 FROM terminology_concept c JOIN terminology_system t ON t.id = c.system_id
                     WHERE t.title ILIKE 'TRE_R66%%' AND c.code = f.category AND c.until IS NULL AND (c.ends_on IS NULL OR c.ends_on >= current_date))""",
                "'catégorie ' || f.category"), ALL_SITES),
    Rule("DQ-8", "professionnels", "conformité", "majeure", "La profession n'est pas dans la nomenclature en vigueur, ou elle est close.", RPPS_AUTHORITY,
         _people("""p.profession <> '' AND EXISTS (SELECT 1 FROM terminology_system t WHERE t.title ILIKE 'TRE_G15%%')
                    AND NOT EXISTS (SELECT 1 FROM terminology_concept c JOIN terminology_system t ON t.id = c.system_id
                      WHERE t.title ILIKE 'TRE_G15%%' AND c.code = p.profession AND c.until IS NULL AND (c.ends_on IS NULL OR c.ends_on >= current_date))""",
                 "'profession ' || p.profession"), ALL_PEOPLE),
    Rule("DQ-9", "professionnels", "complétude", "information", "Le libéral en exercice n'a pas de boîte MSSanté.", "Professionnel",
         _people(f"""EXISTS (SELECT 1 FROM professionals_activity a WHERE a.professional_id = p.id AND a.mode = 'L' AND {_OPEN})
                     AND NOT EXISTS (SELECT 1 FROM professionals_mailbox m WHERE m.idnat = p.idnat AND m.closed_on IS NULL)""",
                 "'sans boîte MSSanté'"), ALL_PEOPLE),
)  # fmt: skip


def rule_named(code: str, registry: str) -> Rule | None:
    return next((one for one in RULES if (one.code, one.registry) == (code, registry)), None)
