"""Official code lists a document header uses: from a code to its words. `label("type", "11490-0")`, `table("class")`.

Only the lists the house needs; the tests prove them equal to the published value sets.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from maison.formats.cda.codes import care, documents

_TABLES: dict[str, str] = {**documents.TABLES, **care.TABLES}


@cache
def table(name: str) -> Mapping[str, str]:
    """Code → official label, in the official order. KeyError when the house has no such list."""
    return MappingProxyType(dict(_pair(line) for line in _TABLES[name].strip().splitlines()))


def _pair(line: str) -> tuple[str, str]:
    code, _, label = line.partition("|")
    return code, label


def label(name: str, code: str) -> str:
    """Official label. KeyError for an unknown code: what is written must be known."""
    return table(name)[code]


def is_known(name: str, code: str) -> bool:
    return code in table(name)


def names() -> tuple[str, ...]:
    return tuple(_TABLES)
