"""An identity as it is compared: its strict traits, brought to one spelling, with what is derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from maison.formats.matching.diminutives import root_of
from maison.formats.matching.places import Place, place_of
from maison.formats.matching.sounds import sound_of
from maison.formats.matching.spelling import compact, folded, given_names, is_name, parts_of

DEFAULT_DAYS = frozenset({(1, 1), (12, 31)})
"""Month and day written when they are unknown (DOMAIN §1): a date of the first of January says little."""

_sound = lru_cache(maxsize=50_000)(sound_of)


@dataclass(frozen=True, slots=True)
class Traits:
    """Traits as a record holds them; an empty text is a missing trait.

    `given_names` is the whole list in civil order; `born_on` is AAAA-MM-JJ, AAAA-MM or AAAA; `sex` is M, F, or else
    undetermined; `birth_place` is a COG code. `others` are complementary traits a model may name (telephone…).
    """

    birth_name: str
    given_names: str
    born_on: str
    sex: str = ""
    birth_place: str = ""
    used_name: str = ""
    others: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Identity:
    """Traits ready to compare. `day` and `month` are 0 when unknown, `is_default_day` when they mean unknown."""

    family: str
    used: str
    family_parts: tuple[str, str]
    given: tuple[str, ...]
    year: int
    month: int
    day: int
    sex: str
    place: Place
    others: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """Birth name, then the used one when it is another."""
        return tuple(dict.fromkeys(name for name in (self.family, self.used) if name))

    @cached_property
    def family_sound(self) -> str:
        return _sound(self.family)

    @property
    def family_sounds(self) -> list[str]:
        """Of each name someone may be found by: birth name, used name, telling parts of a compound birth name."""
        return [_sound(name) for name in dict.fromkeys((self.family, self.used, *self.family_parts)) if name]

    @cached_property
    def first_given(self) -> str:
        return self.given[0] if self.given else ""

    @cached_property
    def given_sound(self) -> str:
        return _sound(self.first_given)

    @cached_property
    def root_sound(self) -> str:
        return _sound(root_of(self.first_given))

    @cached_property
    def day_number(self) -> int:
        """AAAAMMJJ, 0 when the year is unknown."""
        return self.year * 10000 + self.month * 100 + self.day if self.year else 0

    @cached_property
    def is_default_day(self) -> bool:
        return (self.month, self.day) in DEFAULT_DAYS or not (self.month and self.day)


def packed(identity: Identity) -> str:
    """The identity as one line of text, for a table that serves comparisons; complementary traits are left out."""
    return "|".join(
        (
            identity.family,
            identity.used,
            *identity.family_parts,
            " ".join(identity.given),
            str(identity.day_number),
            identity.sex,
            *identity.place,
        )
    )


def unpacked(line: str) -> Identity:
    """The identity of a `packed` line, ready to compare."""
    family, used, first, last, given, day_number, sex, place, area = line.split("|")
    day = int(day_number)
    return Identity(
        family,
        used,
        (first, last),
        tuple(given.split()),
        day // 10000,
        day // 100 % 100,
        day % 100,
        sex,
        Place(place, area),
        {},
    )


def identity_of(traits: Traits, successors: Mapping[str, str] | None = None) -> Identity:
    """What is no name (« INCONNU », « BEBE »), no date or no place counts as missing."""
    words = folded(traits.birth_name)
    family = name_of(traits.birth_name)
    year, month, day = day_of(traits.born_on)
    return Identity(
        family=family,
        used=name_of(traits.used_name),
        family_parts=parts_of(words) if family else ("", ""),
        given=given_names(traits.given_names),
        year=year,
        month=month,
        day=day,
        sex=sex if (sex := traits.sex.strip().upper()[:1]) in ("M", "F") else "",
        place=place_of(traits.birth_place, successors),
        others={name: folded(value, digits=True) for name, value in (traits.others or {}).items()},
    )


def name_of(text: str) -> str:
    name = compact(folded(text))
    return name if is_name(name) else ""


def day_of(text: str) -> tuple[int, int, int]:
    """Year, month and day; zeros for what is not said or cannot be."""
    digits = text.strip().replace("-", "")
    if len(digits) not in (4, 6, 8) or not (digits.isascii() and digits.isdigit()):
        return 0, 0, 0
    year, month, day = int(digits[:4]), int(digits[4:6] or 0), int(digits[6:] or 0)
    if not 1800 <= year <= 2200 or month > 12 or day > 31:
        return 0, 0, 0
    return year, month, day if month else 0
