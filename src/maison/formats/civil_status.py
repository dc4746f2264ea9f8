"""The five strict traits of an identity (RNIV): how they are written, what is refused, what is only remarked.

Birth name and given names are written in capitals without diacritics; only letters, spaces, hyphens and the straight
apostrophe remain. Reading a person's typing is strict and says how to mend it; reading a message never fails (`tolerant_name`).
Source: RNIV 1 (identification of users, ANS) and INSEE's COG; DOMAIN §1 as written, read 2026-11-25.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, NamedTuple

from maison.formats.countries import COUNTRIES
from maison.formats.identifiers import InvalidNir, check_ins

Precision = Literal["jour", "mois", "annee", "approchee"]
"""What is really known of a birth date: the day, the month (written the 1st), the year (written 31 December), or about the year."""

LONGEST_LIFE_YEARS = 120
UNKNOWN_PLACE = "99999"

_LETTERS = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss"})  # fmt: skip
_APOSTROPHES = re.compile("[’‘ʼ`´′]")
_HYPHENS = re.compile("[‐‑‒–—−_]")
_NAME = re.compile(r"[A-Z]+(?:[ '-]+[A-Z]+)*'?")
_COG = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
_PLACEHOLDERS = frozenset({
    "INCONNU", "INCONNUE", "ANONYME", "NEANT", "NC", "ND", "NR", "NOM", "PRENOM", "SANSNOM", "SANSPRENOM",
    "NONRENSEIGNE", "NONCONNU", "NONCOMMUNIQUE", "PRENOMINCONNU", "NOMINCONNU", "BEBE", "NOUVEAUNE", "NOURRISSON",
    "JUMEAU", "JUMELLE",
})  # fmt: skip
_REPEATED = re.compile("X+|Z+")


class InvalidTrait(ValueError):
    """`message` is French, says how to mend the value and never quotes it; `trait` names the field."""

    code: ClassVar[str] = "IDT-020"

    def __init__(self, trait: str, message: str) -> None:
        self.trait, self.message = trait, message
        super().__init__(message)


class BirthDate(NamedTuple):
    """`day` is what is written and compared; `known` says how much of it is known."""

    day: date
    known: Precision = "jour"


class Remark(NamedTuple):
    """Something a person should look at, that blocks nothing. `trait` names the field."""

    code: str
    trait: str
    message: str


@dataclass(frozen=True, slots=True)
class StrictTraits:
    """Empty texts and None are unknown. `first_names` is the whole list in civil order, `first_name` its first (kept whole
    when it is composed); `sex` M, F or I; `birth_place` a COG code."""

    birth_name: str = ""
    first_name: str = ""
    first_names: str = ""
    birth_date: date | None = None
    sex: str = ""
    birth_place: str = ""


class Difference(NamedTuple):
    """One line of a side-by-side comparison. `state`: same, near (only the list of names is longer or shorter), differs, missing."""

    trait: str
    label: str
    one: str
    other: str
    state: Literal["same", "near", "differs", "missing"]


# -- names


def plain(text: str) -> str:
    """Capitals without diacritics, one kind of apostrophe and hyphen, single spaces; anything else is kept."""
    text = _HYPHENS.sub("-", _APOSTROPHES.sub("'", text)).translate(_LETTERS)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").upper()
    return re.sub(r"\s*([-'])\s*", r"\1", " ".join(text.split()))


def civil_name(text: str, trait: str = "birth_name") -> str:
    """« d’Hôtes–Ÿ » gives D'HOTES-Y. Raises InvalidTrait for a digit, a dot or any sign a civil name does not have."""
    name = plain(text)
    if not name:
        raise InvalidTrait(trait, "Ce trait est obligatoire.")
    if not _NAME.fullmatch(name):
        raise InvalidTrait(
            trait,
            "Seuls des lettres, des espaces, des tirets et des apostrophes sont admis, sans abréviation ni chiffre.",
        )
    return name


def tolerant_name(text: str | None) -> str:
    """The same for what a message says: signs that no civil name has become spaces, and nothing is refused."""
    name = re.sub(r"[^A-Z' -]+", " ", plain(text or ""))
    return re.sub(r"\s*([-'])\s*", r"\1", " ".join(name.split())).strip(" -")


def search_key(text: str | None) -> str:
    """Letters only: case, accents, spaces, hyphens and apostrophes never make a difference (INS-08)."""
    return re.sub(r"[^A-Z]+", "", plain(text or ""))


def is_placeholder(name: str) -> bool:
    """INCONNU, X, BEBE: typed where no name is known. Words that some people do bear (Garçon, Enfant) are names."""
    key = search_key(name)
    return key in _PLACEHOLDERS or _REPEATED.fullmatch(key) is not None


def first_of(first_names: str, first_name: str = "") -> str:
    """The first given name: as said when the list begins with it (a composed name with a space), else the first word."""
    if first_name and (first_names == first_name or first_names.startswith(f"{first_name} ")):
        return first_name
    return first_names.split(" ", 1)[0]


# -- dates, places, sex


def birth_date(text: str) -> BirthDate:
    """JJ/MM/AAAA, AAAA-MM-JJ, MM/AAAA (day unknown: the 1st), AAAA (31 December), ~AAAA (about); 00 is unknown too."""
    value = text.strip().replace(" ", "")
    about = value.startswith("~")
    found = re.fullmatch(r"(?:(\d{1,2})[/.-])?(?:(\d{1,2})[/.-])?(\d{4})", value.removeprefix("~"))
    if found:
        first, second, year = found.groups()
        day, month = (first, second) if second else ("0", first or "0")
    elif iso := re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", value):
        year, month, day = iso[1], iso[2], iso[3] or "0"
    else:
        raise InvalidTrait(
            "birth_date", "Écrivez la date JJ/MM/AAAA ; MM/AAAA ou AAAA si le jour ou le mois sont inconnus."
        )
    return dated(int(year), int(month), int(day), about=about)


def dated(year: int, month: int, day: int, *, about: bool = False) -> BirthDate:
    """Zero is unknown. RNIV: day unknown, the 1st; day and month unknown, 31 December."""
    try:
        if not month:
            return BirthDate(date(year, 12, 31), "approchee" if about else "annee")
        return BirthDate(date(year, month, day or 1), "jour" if day else "mois")
    except ValueError as error:
        raise InvalidTrait("birth_date", "Cette date n’existe pas au calendrier.") from error


def check_birth_date(day: date, today: date) -> None:
    if day > today and not (day.month == 12 and day.day == 31 and day.year == today.year):
        raise InvalidTrait("birth_date", "La date de naissance est dans l’avenir.")
    if day.year < today.year - LONGEST_LIFE_YEARS - 30:
        raise InvalidTrait("birth_date", "Cette date de naissance est trop ancienne pour être celle d’un patient.")


def check_sex(text: str) -> str:
    sex = text.strip().upper()[:1]
    if sex not in ("M", "F", "I"):
        raise InvalidTrait("sex", "Choisissez masculin, féminin ou indéterminé.")
    return sex


def check_birth_place(code: str) -> str:
    """COG code of the commune at the date of birth, 2A or 2B in Corsica, 97 or 98 overseas, 99 a country, 99999 unknown."""
    text = code.strip().upper().replace(" ", "")
    if not _COG.fullmatch(text) or text[:2] in ("00", "96"):
        raise InvalidTrait(
            "birth_place",
            "Le lieu de naissance est un code INSEE de cinq caractères : 31555, 2A004, 99352 pour un pays, 99999 s’il est inconnu.",
        )
    return text


def place_words(code: str, commune: str = "") -> str:
    """What a person reads: « Algérie », « commune 31555 » when its name is not known, « lieu inconnu »."""
    if not code or code == UNKNOWN_PLACE:
        return "lieu de naissance inconnu"
    if code.startswith("99"):
        return COUNTRIES.get(code, f"pays {code}")
    return commune or f"commune {code}"


# -- remarks: shown, never blocking


def remarks(traits: StrictTraits, today: date, matricule: str = "") -> list[Remark]:
    found = []
    if traits.first_name and search_key(traits.first_name) == search_key(traits.birth_name):
        found.append(
            Remark(
                "prenom-nom",
                "first_names",
                "Le prénom est identique au nom : vérifiez qu’il n’a pas été saisi deux fois.",
            )
        )
    if is_placeholder(traits.birth_name):
        found.append(Remark("nom-fictif", "birth_name", "Ce nom ne désigne personne : l’identité restera provisoire."))
    if is_placeholder(traits.first_names):
        found.append(
            Remark("prenom-fictif", "first_names", "Ce prénom ne désigne personne : laissez vide s’il est inconnu.")
        )
    if traits.birth_date and today.year - traits.birth_date.year > LONGEST_LIFE_YEARS:
        found.append(
            Remark("age", "birth_date", "Cette personne aurait plus de 120 ans : vérifiez la date de naissance.")
        )
    if (
        traits.birth_place.startswith("99")
        and traits.birth_place != UNKNOWN_PLACE
        and traits.birth_place not in COUNTRIES
    ):
        found.append(Remark("pays", "birth_place", "Ce code de pays n’est pas dans la liste de l’INSEE : vérifiez-le."))
    if matricule:
        found += nir_remarks(matricule, traits)
    return found


def nir_remarks(matricule: str, traits: StrictTraits) -> list[Remark]:
    """INS-01: what the number says against the traits is a warning, for corrections and changes of sex exist.

    Raises InvalidNir when the form or the key is wrong: that blocks.
    """
    nir = check_ins(matricule).nir
    found = []
    if nir[0] in "12" and traits.sex in ("M", "F") and (nir[0] == "1") != (traits.sex == "M"):
        found.append(Remark("nir-sexe", "sex", "Le sexe n’est pas celui que porte le matricule."))
    born = traits.birth_date
    if born is not None:
        month = int(nir[3:5])
        if nir[1:3] != f"{born:%y}" or (1 <= month <= 12 and month != born.month):
            found.append(
                Remark(
                    "nir-date", "birth_date", "Le mois ou l’année de naissance ne sont pas ceux que porte le matricule."
                )
            )
    return found


def has_right_key(matricule: str) -> bool:
    try:
        check_ins(matricule)
    except InvalidNir:
        return False
    return True


# -- comparison


LABELS = {
    "birth_name": "Nom de naissance",
    "first_name": "Premier prénom de naissance",
    "first_names": "Prénoms de naissance",
    "birth_date": "Date de naissance",
    "sex": "Sexe",
    "birth_place": "Lieu de naissance",
}
SEXES = {"M": "masculin", "F": "féminin", "I": "indéterminé"}


def compare(one: StrictTraits, other: StrictTraits) -> list[Difference]:
    """Trait by trait. Names are compared as written in civil status: a hyphen is a difference, shown."""
    lines = []
    for trait, label in LABELS.items():
        if trait == "first_name":
            continue
        mine, theirs = _shown(one, trait), _shown(other, trait)
        lines.append(Difference(trait, label, mine, theirs, _state(trait, mine, theirs)))
    return lines


def coherent(one: StrictTraits, other: StrictTraits) -> bool:
    """The same person's traits, for a validation: all equal, a longer list of given names with the same beginning allowed."""
    return all(line.state in ("same", "near") for line in compare(one, other))


def equal(one: StrictTraits, other: StrictTraits) -> bool:
    return all(line.state == "same" for line in compare(one, other))


def _shown(traits: StrictTraits, trait: str) -> str:
    value = getattr(traits, trait)
    if trait == "birth_date":
        return f"{value:%d/%m/%Y}" if value else ""
    if trait == "sex":
        return SEXES.get(value, "")
    if trait == "first_names":
        return value or traits.first_name
    return str(value)


def _state(trait: str, one: str, other: str) -> Literal["same", "near", "differs", "missing"]:
    if one == other:
        return "same" if one else "missing"
    if not one or not other:
        return "missing"
    if trait == "first_names" and (_begins(one.split(), other.split()) or _begins(other.split(), one.split())):
        return "near"
    return "differs"


def _begins(longer: list[str], start: list[str]) -> bool:
    return longer[: len(start)] == start


def joined(names: Iterable[str]) -> str:
    return " ".join(name for name in names if name)
