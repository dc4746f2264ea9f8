"""Fictional French identities in numbers, with the slips of real counters, and who is really who.

Names are drawn by rank (Zipf) from the lists of `../shared/data` when they are there, else from a compact list of our own
with made-up rare names. Nobody here exists. One row in ten is another record of someone (typing slips, a married name in
the place of the birth name, exchanged names or days, default dates, a missing place); twins, homonyms and births abroad
are among them. The shares of slips are set so that Splink, near its defaults, reaches what was seen of it on another
generator (F1 about .84 with twins, .94 without): the file is as hard, whoever reads it. The seed is drawn at run time by the bench.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benches._names import DIMINUTIVES, HEARD, NEIGHBOURS, names_by_rank

COLUMNS = ("birth_name", "used_name", "given_names", "born_on", "sex", "birth_place")
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Crowd:
    """Rows in random order; `person` says who each really is, `twin_of` the other child of a birth (-1: none)."""

    rows: dict[str, Texts]
    person: NDArray[np.int64]
    twin_of: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.person)

    def true_pairs(self) -> set[int]:
        """`row << 32 | other row`, row < other row."""
        order = np.argsort(self.person, kind="stable")
        ends = np.flatnonzero(np.diff(self.person[order])) + 1
        found = set()
        for group in np.split(order, ends):
            if len(group) > 1:
                rows = sorted(group.tolist())
                found.update((a << 32) | b for rank, a in enumerate(rows) for b in rows[rank + 1 :])
        return found


def crowd(size: int, seed: int, *, twins: float = 0.04, one_date: float = 0.0) -> Crowd:
    """`size` rows; `twins` of them are the other child of another row's birth; `one_date` share one default date."""
    dice = np.random.default_rng(seed)
    families, given = names_by_rank()
    copies, pairs = size // 10, int(size * twins)
    people = size - copies
    family = _drawn(dice, families, people, 0.72)
    women = dice.random(people) < 0.51
    first = np.where(women, _drawn(dice, given["F"], people, 0.95), _drawn(dice, given["M"], people, 0.95))
    second = np.where(women, _drawn(dice, given["F"], people, 0.95), _drawn(dice, given["M"], people, 0.95))
    third = np.where(women, _drawn(dice, given["F"], people, 0.95), _drawn(dice, given["M"], people, 0.95))
    born = _days(dice, people)
    place = _places(dice, people)
    twin_of = np.full(people, -1, np.int64)
    older = np.arange(pairs)
    younger = np.arange(people - pairs, people)
    for column in (family, born, place):
        column[younger] = column[older]
    alike = younger[first[younger] == first[older]]  # no parent names two children alike
    first[alike] = np.where(first[alike] == third[alike], np.where(women[alike], "CUNEGONDE", "ADALBERT"), third[alike])
    twin_of[younger], twin_of[older] = older, younger
    homonyms = dice.choice(np.arange(pairs, people - pairs), size // 100, replace=False)
    family[homonyms], first[homonyms] = family[homonyms - 1], first[homonyms - 1]
    women[homonyms] = women[homonyms - 1]
    married = women & (born <= np.datetime64("2001-01-01")) & (dice.random(people) < 0.45)
    used = np.where(married, _drawn(dice, families, people, 0.72), "")
    used = np.where(~married & (dice.random(people) < 0.3), family, used)
    how_many = dice.choice(3, people, p=[0.35, 0.25, 0.40])
    names = first.copy()
    names = np.where(how_many > 0, names + " " + second, names)
    names = np.where(how_many > 1, names + " " + third, names)
    date = born.astype("datetime64[D]").astype(str).astype(object)
    if one_date:
        date[dice.random(people) < one_date] = "1950-01-01"
    rows: dict[str, Texts] = {
        "birth_name": family, "used_name": used, "given_names": names, "born_on": date, "sex": np.where(women, "F", "M").astype(object),
        "birth_place": place,
    }  # fmt: skip
    chosen = dice.choice(people, copies, replace=True)
    slipped = _slips(dice, {name: rows[name][chosen] for name in COLUMNS}, families)
    person = np.concatenate([np.arange(people), chosen])
    order = dice.permutation(size)
    whole = {name: np.concatenate([rows[name], slipped[name]])[order] for name in COLUMNS}
    missing = dice.random(size) < 0.02
    whole["birth_place"][missing] = "99999"
    return Crowd(whole, person[order], np.concatenate([twin_of, twin_of[chosen]])[order])


def _drawn(dice: np.random.Generator, names: list[str], count: int, slope: float) -> Texts:
    weights = 1.0 / (np.arange(len(names)) + 8) ** slope
    limits = np.cumsum(weights / weights.sum())
    return np.array(names, object)[np.minimum(np.searchsorted(limits, dice.random(count)), len(names) - 1)]


def _days(dice: np.random.Generator, count: int) -> NDArray[np.datetime64]:
    days = (dice.beta(1.2, 1.1, count) * 95 * 365.25).astype(int)
    born: NDArray[np.datetime64] = np.datetime64("1930-06-01") + days
    default = dice.random(count) < 0.008
    born[default] = born[default].astype("datetime64[Y]").astype("datetime64[D]")
    return born


def _places(dice: np.random.Generator, count: int) -> Texts:
    """Communes drawn as they are peopled, a tenth of births abroad."""
    departments = [f"{number:02d}" for number in range(1, 96) if number != 20] + ["2A", "2B"]
    communes = [f"{department}{number:03d}" for number in range(1, 300) for department in departments]
    dice.shuffle(communes)
    places = _drawn(dice, communes, count, 0.9)
    abroad = dice.random(count) < 0.1
    countries = [
        "99352",
        "99350",
        "99351",
        "99139",
        "99134",
        "99127",
        "99341",
        "99326",
        "99208",
        "99109",
        "99216",
        "99243",
        "99401",
    ]
    places[abroad] = _drawn(dice, countries, int(abroad.sum()), 0.8)
    return places


def _slips(dice: np.random.Generator, rows: dict[str, Texts], families: list[str]) -> dict[str, Texts]:
    """What a second counter wrote for the same people."""
    count = len(rows["sex"])

    def some(share: float) -> list[int]:
        found: list[int] = np.flatnonzero(dice.random(count) < share).tolist()
        return found

    given = [names.split(" ") for names in rows["given_names"]]
    for row in some(0.45):
        given[row] = given[row][:1]
    for row in some(0.03):
        given[row] = given[row][1:] + given[row][:1]
    for row in some(0.04):
        given[row][0] = DIMINUTIVES.get(given[row][0], given[row][0])
    for row in some(0.13):
        given[row][0] = _typo(dice, given[row][0])
    for row in some(0.04):
        given[row][0] = _as_heard(dice, given[row][0])
    family = rows["birth_name"]
    for row in some(0.16):
        family[row] = _typo(dice, family[row])
    for row in some(0.06):
        family[row] = _as_heard(dice, family[row])
    for row in some(0.45):
        if rows["sex"][row] == "F" and rows["used_name"][row]:
            family[row], rows["used_name"][row] = rows["used_name"][row], dice.choice(["", family[row]])
    for row in some(0.35):
        rows["used_name"][row] = ""
    for row in some(0.02):
        family[row] = f"{family[row]}-{families[int(dice.integers(2000))]}"
    for row in some(0.04):
        family[row], given[row][0] = given[row][0], family[row]
    dates = rows["born_on"]
    for row in some(0.05):
        dates[row] = dates[row][:5] + "01-01"
    for row in some(0.025):
        year, month, day = dates[row].split("-")
        if int(day) <= 12:
            dates[row] = f"{year}-{day}-{month}"
    for row in some(0.04):
        at = int(dice.choice([2, 3, 6, 8, 9]))
        changed = dates[row][:at] + str(dice.integers(10)) + dates[row][at + 1 :]
        try:
            dates[row] = str(min(np.datetime64(changed), np.datetime64("2026-01-01")))
        except ValueError:
            continue
    for row in some(0.02):
        dates[row] = str(np.datetime64(dates[row]) + np.timedelta64(1, "D"))
    for row in some(0.15):
        rows["birth_place"][row] = ""
    for row in some(0.03):
        rows["birth_place"][row] = rows["birth_place"][row][:2] + f"{dice.integers(1, 300):03d}"
    for row in some(0.01):
        rows["sex"][row] = "F" if rows["sex"][row] == "M" else "M"
    for row in some(0.10):
        family[row] = family[row].title()
    rows["given_names"] = np.array([" ".join(names) for names in given], object)
    return rows


def _typo(dice: np.random.Generator, name: str) -> str:
    if len(name) < 3:
        return name
    at = int(dice.integers(1, len(name)))
    match int(dice.integers(4)):
        case 0:
            return name[:at] + name[at + 1 :]
        case 1:
            return name[:at] + name[at - 1] + name[at:]
        case 2:
            return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
        case _:
            letters = NEIGHBOURS.get(name[at], "AEIOU")
            return name[:at] + letters[int(dice.integers(len(letters)))] + name[at + 1 :]


def _as_heard(dice: np.random.Generator, name: str) -> str:
    ways = [(written, heard) for written, heard in HEARD if written in name]
    if not ways:
        return name
    written, heard = ways[int(dice.integers(len(ways)))]
    return name.replace(written, heard, 1)
