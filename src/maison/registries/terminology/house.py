"""The tables the house carries in its own words, offered in the terminology room so that it speaks before anything is loaded.

Each keeps the address and OID of its official source where there is one; a file of the publisher then replaces it, with its
differences shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from maison.formats.hub_sante import codes as hub_sante
from maison.formats.ror import codes as ror
from maison.formats.rpu import codes as rpu
from maison.formats.terminology.model import Term, Terminology

HUB_SANTE_VERSION_DAY = dt.date(2026, 7, 29)
HUB_SANTE = "urn:x-maison:hub-sante:"
RPU = "urn:x-maison:rpu:"
RPU_DAY = dt.date(2013, 6, 1)
RPU_LISTS = {
    "sexe": ("SEXES", "RPU : sexe"),
    "mode-entree": ("ENTRY_MODES", "RPU : mode d'entrée"),
    "provenance": ("PROVENANCES", "RPU : provenance"),
    "transport": ("TRANSPORTS", "RPU : transport"),
    "transport-pec": ("TRANSPORT_CARES", "RPU : prise en charge pendant le transport"),
    "gravite": ("SEVERITIES", "RPU : gravité (CCMU)"),
    "mode-sortie": ("EXIT_MODES", "RPU : mode de sortie"),
    "destination": ("DESTINATIONS", "RPU : destination"),
    "orientation-hospitaliere": ("HOSPITAL_ORIENTATIONS", "RPU : orientation dans l'établissement"),
    "orientation-domicile": ("HOME_ORIENTATIONS", "RPU : orientation à domicile"),
}

ROR = "urn:x-maison:ror:"
ROR_DAY = dt.date(2026, 11, 21)
ROR_LISTS = {
    "j19": ("CARE_MODES", "ROR J19 : mode de prise en charge"),
    "j187": ("CAPACITY_NATURES", "ROR J187 : nature de capacité (le lit seulement)"),
    "j188": ("CAPACITY_STATUSES", "ROR J188 : statut de capacité"),
    "j189": ("CAPACITY_TIMES", "ROR J189 : temporalité de capacité"),
    "j194": ("CRISIS_TYPES", "ROR J194 : type de crise"),
    "j195": ("ASSIGNMENTS", "ROR J195 : affectation temporaire"),
}


def tables() -> Iterator[Terminology]:
    for name in hub_sante.names():
        yield _system(f"{HUB_SANTE}{name}", f"Hub Santé : {name}", "ANS", hub_sante.VERSION, HUB_SANTE_VERSION_DAY, hub_sante.table(name))  # fmt: skip
    for name, (attribute, title) in RPU_LISTS.items():
        yield _system(f"{RPU}{name}", title, "FEDORU", "2013", RPU_DAY, getattr(rpu, attribute))
    for name, (attribute, title) in ROR_LISTS.items():
        yield _system(f"{ROR}{name}", title, "ANS", "2026-11-21", ROR_DAY, getattr(ror, attribute))


def _system(url: str, title: str, publisher: str, version: str, day: dt.date, codes: Mapping[str, str]) -> Terminology:
    terms = tuple(Term(code=code, display=display) for code, display in codes.items())
    return Terminology(kind="system", url=url, title=title, publisher=publisher, version=version, published_on=day, terms=terms)  # fmt: skip
