"""From what FINESS and SIRENE say to the golden record: each field from the source believed for it (REF-04)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from maison.formats.folding import plain
from maison.registries.sources.golden import DEDUCED, Ranks, Told, merged
from maison.registries.sources.selectors import rows_of

from .models import Facility

ETALAB, PLUS, SIRENE = "finess-etalab", "finess-plus", "sirene-etablissements"
FOLLOWED = (ETALAB, PLUS, SIRENE)
FINESS = frozenset({ETALAB, PLUS})
_FINESS: Ranks = (FINESS,)
_ADDRESS: Ranks = (FINESS, frozenset({SIRENE}))
FIELDS: Mapping[str, Ranks] = {
    **dict.fromkeys(
        ("name", "long_name", "category", "category_label", "legal_status", "participation", "phone", "opened_on",
         "closed_on", "updated_on", "latitude", "longitude", "parent", "siret"), _FINESS),
    **dict.fromkeys(("siren", "ape"), (frozenset({SIRENE}), FINESS)),
    **dict.fromkeys(("line", "complement", "postal_code", "city", "city_code"), _ADDRESS),
}  # fmt: skip
DATES = ("opened_on", "closed_on", "updated_on")
WRITTEN = [
    "state", "parent", "name", "long_name", "category", "category_label", "legal_status", "siret", "siren", "ape",
    "participation", "phone", "line", "complement", "postal_code", "city", "city_code", "department", "latitude",
    "longitude", "opened_on", "closed_on", "updated_on", "provenance", "words",
]  # fmt: skip


def project(source: str, entities: Sequence[str]) -> None:
    """Rebuild these facilities from every row of every source. An EJ that only its sites name becomes a candidate."""
    told = _told(entities)
    golden = {one: _golden(one, told[one]) for one in entities}
    parents = _parents({values["parent"] for values, _, _ in golden.values() if values.get("parent")})
    known = _known(entities)
    changed, new = [], []
    for one, (values, provenance, closed_on) in golden.items():
        kind, _, finess = one.partition(":")
        facility = known.get(one)
        if facility is None:
            if not values:
                continue
            facility = Facility(kind=kind, finess=finess)
            new.append(facility)
        else:
            changed.append(facility)
        _fill(facility, values, provenance, closed_on, parents)
    Facility.objects.bulk_create(new)
    Facility.objects.bulk_update(changed, WRITTEN)


def _told(entities: Sequence[str]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {one: [] for one in entities}
    for source in FOLLOWED:
        for one, rows in rows_of(source, entities).items():
            for row in rows:
                # A closed row still says what the thing was, and from when it is no longer in the file.
                values = {name: value for name, value in row.items() if not name.startswith("_")}
                if row["_closed_on"] is not None:
                    values["gone_on"] = row["_closed_on"].isoformat()
                found[one].append(Told(source, row["_said_on"], values))
    return found


def _golden(entity: str, told: list[Told]) -> tuple[dict[str, Any], dict[str, list[Any]], dt.date | None]:
    values, provenance = merged(told, FIELDS)
    for name in DATES:
        if name in values:
            values[name] = dt.date.fromisoformat(values[name])
    describing = [one for one in told if one.source in FINESS and "name" in one.values]
    # Gone from every FINESS file that described it: closed on the day the last one stopped.
    gone = [one.values.get("gone_on") for one in describing]
    left = max((dt.date.fromisoformat(str(day)) for day in gone), default=None) if gone and all(gone) else None
    return values, provenance, values.pop("closed_on", None) or left


def _parents(finess: set[str]) -> dict[str, Facility]:
    known = {
        one.finess: one for one in Facility.objects.filter(kind=Facility.Kind.LEGAL_ENTITY, finess__in=sorted(finess))
    }
    missing = [
        Facility(kind=Facility.Kind.LEGAL_ENTITY, finess=one, provenance={"finess": [ETALAB, "", DEDUCED]})
        for one in sorted(finess - known.keys())
    ]
    Facility.objects.bulk_create(missing)
    return known | {one.finess: one for one in missing}


def _known(entities: Sequence[str]) -> dict[str, Facility]:
    by_kind: dict[str, list[str]] = {}
    for one in entities:
        kind, _, finess = one.partition(":")
        by_kind.setdefault(kind, []).append(finess)
    return {
        f"{kind}:{facility.finess}": facility
        for kind, numbers in by_kind.items()
        for facility in Facility.objects.filter(kind=kind, finess__in=numbers).select_for_update().order_by("id")
    }


def _fill(facility: Facility, values: dict[str, Any], provenance: dict[str, list[Any]], closed_on: dt.date | None,
          parents: Mapping[str, Facility]) -> None:  # fmt: skip
    for name in FIELDS:
        if name in ("parent", "closed_on"):
            continue
        setattr(facility, name, values.get(name, None if name in (*DATES, "latitude", "longitude") else ""))
    facility.parent = parents.get(values.get("parent", "")) if facility.kind == Facility.Kind.SITE else None
    facility.closed_on = closed_on
    facility.provenance = provenance
    facility.department = _department(facility)
    if not facility.name:
        facility.state = Facility.State.CANDIDATE
    else:
        facility.state = Facility.State.PUBLISHED if facility.is_open else Facility.State.INACTIVE
    facility.words = plain(" ".join(
        (facility.finess, facility.name, facility.long_name, facility.category_label, facility.city, facility.postal_code)
    ))  # fmt: skip


def _department(facility: Facility) -> str:
    code = facility.city_code or facility.finess
    return code[:3] if code.startswith("97") else code[:2]
