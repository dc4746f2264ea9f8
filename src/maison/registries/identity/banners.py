"""What every page of the house shows of a person: the one banner (INS-11), from the registry."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from maison.formats.civil_status import place_words
from maison.foundations.structures.models import Structure
from maison.ui.components import PersonBanner

from .models import Identity

STATUS_WORDS = {
    "PROV": "identité provisoire",
    "RECUP": "identité récupérée",
    "VALI": "identité validée",
    "QUAL": "identité qualifiée",
}
SEX_WORDS = {"M": "masculin", "F": "féminin", "I": "sexe indéterminé"}


def banners(ids: Iterable[UUID]) -> dict[UUID, PersonBanner]:
    """By the id asked; a merged identity is shown as the one that stays. Two queries, more only for merges of merges."""
    wanted = set(ids)
    rows = Identity.objects.in_bulk(list(wanted))
    known = dict(rows)
    while missing := {row.merged_into_id for row in known.values() if row.merged_into_id} - set(known):
        known |= Identity.objects.in_bulk(list(missing))
    stays = {one: _survivor(row, known) for one, row in rows.items()}
    places = place_names({row.birth_place for row in stays.values()})
    return {one: banner_of(row, places) for one, row in stays.items()}


def _survivor(row: Identity, known: dict[UUID, Identity]) -> Identity:
    seen = {row.id}
    while row.merged_into_id and row.merged_into_id not in seen:
        row = known[row.merged_into_id]
        seen.add(row.id)
    return row


def place_names(codes: Iterable[str]) -> dict[str, str]:
    """Names of communes, as far as the structures of the house know them. One query, none when nothing is asked."""
    asked = {code for code in codes if code and not code.startswith("99")}
    if not asked:
        return {}
    return dict(Structure.objects.filter(city_code__in=asked).exclude(city="").values_list("city_code", "city"))


def banner_of(row: Identity, places: dict[str, str] | None = None, *, url: str = "") -> PersonBanner:
    return PersonBanner(
        birth_name=row.birth_name or "Identité inconnue",
        first_name=first_name_words(row),
        born_on=row.birth_date,
        sex=SEX_WORDS.get(row.sex, ""),
        birth_place=_place(row.birth_place, places or {}),
        status=STATUS_WORDS[str(row.status)],
        used_name=row.used_name,
        alerts=alerts_of(row),
        url=url,
        born_about={"mois": "jour inconnu", "annee": "jour et mois inconnus", "approchee": "année approximative"}.get(row.birth_date_known, ""),
    )  # fmt: skip


def first_name_words(row: Identity) -> str:
    if row.first_name:
        return row.first_name
    return "prénom inconnu" if row.birth_name else ""


def _place(code: str, places: dict[str, str]) -> str:
    if not code:
        return ""
    name = places.get(code)
    return f"{name} ({code})" if name else place_words(code)


def alerts_of(row: Identity) -> list[str]:
    words = []
    if row.is_fictive:
        words.append("Identité fictive")
    if row.is_doubtful:
        words.append("Identité douteuse")
    if row.is_homonym:
        words.append("Homonyme connu : vérifiez tous les traits")
    if "COLP" in row.comments or "COLV" in row.comments:
        words.append("Collision : ne rien ajouter avant l'identitovigilance")
    if row.died_on:
        words.append("Personne décédée")
    return words
