"""Two identities, trait by trait: which level each reaches, and on which value they agree.

The same levels are computed on whole columns by `batch` and written as SQL by `splink`; a test holds the three equal. A
name is « usual » when the model knows how often it is borne: two usual names a letter apart (LÉA, LÉO) are two names, a
rare one beside a usual one (DUPNT, DUPONT) is a slip.
"""

from collections.abc import Callable
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from maison.formats.matching.diminutives import root_of
from maison.formats.matching.identity import Identity
from maison.formats.matching.levels import Code, Date, Family, Given, Place, Sex, Text
from maison.formats.matching.sounds import sound_of
from maison.formats.matching.spelling import compact, parts_of

ABROAD = "99"
Usual = Callable[[str], bool]


class Seen(NamedTuple):
    """The level of one trait; the value shared, when its rarity counts."""

    level: int
    value: str = ""


def slips_allowed(first: str, second: str) -> int:
    """Letters that may be added, lost or changed between two spellings of one name, from their shorter length."""
    shorter = min(len(first), len(second))
    return 0 if shorter < 3 else 1 if shorter < 6 else 2 if shorter < 10 else 3


def close(first: str, second: str) -> bool:
    """A few slips apart, or the same letters in another order."""
    allowed = slips_allowed(first, second)
    if not allowed:
        return False
    return Levenshtein.distance(first, second, score_cutoff=allowed) <= allowed or sorted(first) == sorted(second)


def families(one: Identity, other: Identity, usual: Usual) -> Seen:
    if not one.family or not other.family:
        return Seen(Family.MISSING)
    if one.family == other.family:
        return Seen(Family.SAME, one.family)
    if one.family == other.used or one.used == other.family:
        return Seen(Family.EXCHANGED, one.family if one.family == other.used else other.family)
    if swapped := _swapped(one, other):
        return Seen(swapped)
    both_usual = usual(one.family) and usual(other.family)
    if len(one.family_sound) > 1 and one.family_sound == other.family_sound:
        return Seen(Family.SOUND_USUAL if both_usual else Family.SOUND)
    if close(one.family, other.family):
        return Seen(Family.CLOSE_USUAL if both_usual else Family.CLOSE)
    if set(one.family_parts) & set(other.family_parts):
        return Seen(Family.PART)
    return Seen(Family.DIFFERENT_WOMEN if one.sex == other.sex == "F" else Family.DIFFERENT)


def _swapped(one: Identity, other: Identity) -> int:
    """A name in the place of the given name: wholly when the others are alike too, by half when they are not."""
    crossed, back = one.family == other.first_given, one.first_given == other.family
    if not crossed and not back:
        return 0
    if crossed and back:
        return Family.SWAPPED
    first, second = (one.first_given, other.family) if crossed else (one.family, other.first_given)
    if not first or not second:
        return Family.HALF_SWAPPED
    sound = sound_of(first)
    alike = close(first, second) or (len(sound) > 1 and sound == sound_of(second))
    return Family.SWAPPED if alike else Family.HALF_SWAPPED


def givens(one: Identity, other: Identity, usual: Usual) -> Seen:
    """The exchange of the name and the given name is counted once, with the names."""
    first, second = one.first_given, other.first_given
    if not first or not second:
        return Seen(Given.MISSING)
    exchanged = one.family in (other.family, other.used) or (one.used and one.used == other.family)
    if not exchanged and one.family and other.family and (first == other.family or second == one.family):
        return Seen(Given.MISSING)
    if first == second:
        others = one.given[1:2] + other.given[1:2]
        differ = len(others) == 2 and others[0] not in other.given and others[1] not in one.given
        return Seen(Given.SAME_FIRST if differ else Given.SAME, first)
    if first in other.given or second in one.given:
        return Seen(Given.LISTED)
    both_usual = usual(first) and usual(second)
    if len(one.given_sound) > 1 and one.given_sound == other.given_sound:
        return Seen(Given.SOUND_USUAL if both_usual else Given.SOUND)
    if root_of(first) == root_of(second):
        return Seen(Given.DIMINUTIVE)
    if close(first, second):
        return Seen(Given.CLOSE_USUAL if both_usual else Given.CLOSE)
    if first[0] == second[0] and 1 in (len(first), len(second)):
        return Seen(Given.INITIAL)
    return Seen(Given.DIFFERENT)


def dates(one: Identity, other: Identity) -> Seen:
    if not one.year or not other.year:
        return Seen(Date.MISSING)
    if one.day_number == other.day_number:
        return Seen(Date.SAME_DEFAULT if one.is_default_day else Date.SAME, str(one.day_number))
    if one.year == other.year and (one.is_default_day or other.is_default_day):
        return Seen(Date.YEAR)
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return Seen(Date.SWAPPED)
    if (one.year == other.year) + (one.month == other.month) + (one.day == other.day) < 2:
        return Seen(Date.DIFFERENT)
    return Seen(Date.DIGIT if _one_digit_apart(str(one.day_number), str(other.day_number)) else Date.TWO_OF_THREE)


def _one_digit_apart(first: str, second: str) -> bool:
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1 or sorted(first) == sorted(second)


def sexes(one: Identity, other: Identity) -> Seen:
    if not one.sex or not other.sex:
        return Seen(Sex.MISSING)
    return Seen(Sex.SAME if one.sex == other.sex else Sex.DIFFERENT)


def places(one: Identity, other: Identity) -> Seen:
    if not one.place.code or not other.place.code:
        return Seen(Place.MISSING)
    if one.place.code == other.place.code:
        return Seen(Place.SAME, one.place.code)
    return Seen(Place.SAME_AREA if one.place.area == other.place.area != ABROAD else Place.DIFFERENT)


def texts(one: str, other: str) -> Seen:
    """Folded texts with their spaces, such as a place or a street."""
    if not one or not other:
        return Seen(Text.MISSING)
    if one == other:
        return Seen(Text.SAME, one)
    if close(one, other):
        return Seen(Text.CLOSE)
    return Seen(Text.WORD if set(parts_of(one)) & set(parts_of(other)) else Text.DIFFERENT)


def codes(one: str, other: str) -> Seen:
    """Numbers and short codes, such as a telephone; spaces do not count."""
    one, other = compact(one), compact(other)
    if not one or not other:
        return Seen(Code.MISSING)
    if one == other:
        return Seen(Code.SAME, one)
    apart = Levenshtein.distance(one, other, score_cutoff=1) == 1 or sorted(one) == sorted(other)
    return Seen(Code.DIGIT if apart else Code.DIFFERENT)
