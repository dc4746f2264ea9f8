"""Blocking keys: which identities are worth comparing, among millions, without comparing all.

Two identities are compared when they share a key. A key is 64 bits made of a rule and of what the rule names: the sound of
the name and the date, the sound of both names and the year… so that a slip on one trait leaves other keys equal. The same
keys serve the three ways: rows of a table in PostgreSQL (online), columns (whole files), an array column (Splink on Spark).

A key shared by more than `CAP` identities is worth nothing (everybody born on a default date): it is not followed; rarer keys
of the same identity are. So a block never costs more than its cap, whatever the data.

Online table, one row a key, about fifteen an identity (`maison.registries.identity.matching` holds its SQL):

    key bigint not null, identity bigint not null        primary key (key, identity)
"""

from collections.abc import Iterator
from itertools import product

from maison.formats.matching.identity import Identity

CAP = 60
"""Identities sharing a key beyond which the key is not followed."""

RULES: tuple[tuple[str, ...], ...] = (
    ("family", "day"),
    ("given", "day"),
    ("place", "day"),
    ("initials", "day"),
    ("names", "year"),
    ("names", "month_and_day"),
    ("names", "place"),
    ("family", "given_start", "year"),
    ("start", "given", "year"),
    ("start", "given_start", "month_and_day"),
    ("given", "year", "place"),
    ("family", "year", "place"),
    ("initials", "year", "place"),
    ("initials", "month_and_day", "place"),
)
"""What each rule asks to be equal. `names` is a name and the given name together, in any order; `initials` their first letters;
`start` the first three letters of a name."""

MASK = 0xFFFF_FFFF_FFFF_FFFF
MIX = 0x9E37_79B9_7F4A_7C15


def number_of(text: str) -> int:
    """The first eight characters as a number of 64 bits: long names that start alike meet, which harms nobody here."""
    return int.from_bytes(text[:8].encode().ljust(8, b"\0"), "little")


def stirred(number: int) -> int:
    """The same 64 bits spread over all positions (multiplication and shift, as in splitmix64)."""
    number = ((number ^ (number >> 30)) * MIX) & MASK
    return number ^ (number >> 29)


_SEEDS = tuple(stirred(number + 1) for number in range(64))


def key_of(rule: int, components: tuple[int, ...]) -> int:
    key = _SEEDS[rule]
    for component in components:
        key = ((key ^ component) * MIX) & MASK
    return key


def keys_of(identity: Identity) -> list[int]:
    """Distinct keys as signed 64-bit integers, the rules in order; a rule with a missing component gives none."""
    components = components_of(identity)
    keys: dict[int, None] = {}
    for seed, rule in zip(_SEEDS, RULES, strict=False):
        found = [seed]
        for name in rule:
            found = [((key ^ value) * MIX) & MASK for key in found for value in components[name]]
        for key in found:
            keys[key - (1 << 64) if key >> 63 else key] = None
    return list(keys)


def signed(key: int) -> int:
    return key - (1 << 64) if key >> 63 else key


def components_of(identity: Identity) -> dict[str, list[int]]:
    """What each word of the rules is for this identity: no value when missing, several for someone with several names."""
    families = [number_of(sound) for sound in identity.family_sounds]
    given = [number_of(identity.root_sound)] if identity.given else []
    day = [identity.day_number] if identity.month and identity.day else []
    return {
        "family": families,
        "given": given,
        "names": [(stirred(one) + stirred(other)) & MASK for one in families for other in given],
        "initials": [
            (stirred(number_of(name[:1])) + stirred(number_of(identity.first_given[:1]))) & MASK
            for name in identity.names
            if identity.given
        ],
        "start": [number_of(name[:3]) for name in identity.names],
        "given_start": [number_of(identity.first_given[:3])] if identity.given else [],
        "day": day,
        "year": [identity.year] if identity.year else [],
        "month_and_day": [_month_and_day(identity)] if day and not identity.is_default_day else [],
        "place": [number_of(identity.place.code)] if identity.place.code else [],
    }


def _month_and_day(identity: Identity) -> int:
    """In any order: a day and a month that were exchanged still meet."""
    return min(identity.month, identity.day) * 100 + max(identity.month, identity.day)


def blocks_of(identity: Identity) -> Iterator[tuple[int, str]]:
    """Each key with its rule in words, to explain why two identities were compared."""
    components = components_of(identity)
    for number, rule in enumerate(RULES):
        for values in product(*(components[name] for name in rule)):
            yield signed(key_of(number, values)), " + ".join(rule)
