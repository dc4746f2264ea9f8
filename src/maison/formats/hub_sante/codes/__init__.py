"""Official code lists of the Hub Santé: from a code to the words the house shows, and the closed lists its models check.

`label("motif", "M02.01")`, `codes("priorite")`. A list bears the name of its nomenclature without the `HubSante.` prefix.
Source: nomenclatures published with SAMU-Hub-Modeles (ANS), version 26.07.29, read on 2026-11-21.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from maison.formats.hub_sante.codes import facts, languages, lists, motives, places, regulation, resources

VERSION = "26.07.29"

_TABLES: dict[str, str] = {
    **regulation.TABLES,
    **resources.TABLES,
    **motives.TABLES,
    **facts.TABLES,
    **places.TABLES,
    **languages.TABLES,
}


@cache
def table(name: str) -> Mapping[str, str]:
    """Code → official label, in the official order. KeyError when the house has no such list."""
    text = _TABLES[name]
    return MappingProxyType(dict(line.split("|", 1) for line in text.strip().splitlines()))


@cache
def codes(name: str) -> tuple[str, ...]:
    """The codes of a list in the official order; also answers for the lists without labels (EMSI, countries)."""
    if name in lists.LISTS:
        return tuple(lists.LISTS[name].split())
    return tuple(table(name))


def label(name: str, code: str) -> str:
    """Official label; an unknown code comes back flagged (`XYZ (code inconnu)`), so that a screen never hides it."""
    return table(name).get(code) or f"{code} (code inconnu)"


def is_known(name: str, code: str) -> bool:
    return code in table(name)


def names() -> tuple[str, ...]:
    return tuple(_TABLES)
