"""The controls R01 to R13 of the regional observatory: a verdict for each passage, one for the file.

Thresholds are parameters: the observatory confirms them. Source: DOMAIN §5.5; R02 needs the list of authorised FINESS, R14
(a missing day) is watched by the room that receives the files.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from maison.formats.identifiers import InvalidIdentifier, check_finess
from maison.formats.rpu import codes
from maison.formats.rpu.faults import Fault, Weight
from maison.formats.rpu.integration import Key, key_of
from maison.formats.rpu.model import Establishment, Passage, RpuFile

Verdict = Literal["accepted", "alert", "rejected"]
FRENCH = {"accepted": "accepté", "alert": "accepté avec alerte", "rejected": "rejeté"}

_CIM10 = re.compile(r"[A-Z][0-9]{2}\.?[0-9A-Z+\-]{0,4}")
_CCAM = re.compile(r"[A-Z]{4}[0-9]{3}")
_POSTCODE = re.compile(r"[0-9]{5}|2[AB][0-9]{3}|9[78][0-9]{3}|99[0-9A-Z]{3}")
_OBSTETRIC = re.compile(r"O[0-9]{2}|Z3[3-79]")
_FINESS = re.compile(r"[0-9]{9}|2[AB][0-9]{7}")
_REFUSED_EXIT_MODE = "4"
"""Written by one software for a death: never a code of the list, and no other can be guessed in its place."""


class Thresholds(Struct, frozen=True, kw_only=True):
    """`most_wrong_codes_ratio` (0 to 1) is the share of passages with a code out of its list above which the file is refused;
    it is judged from `ratio_from_passages` on, since one passage in three says nothing of a software."""

    alert_stay_hours: int = 72
    longest_stay_hours: int = 7 * 24
    oldest_years: int = 120
    most_wrong_codes_ratio: float = 0.10
    ratio_from_passages: int = 10
    outside_period: Weight = "passage"


DEFAULTS = Thresholds()


class PassageVerdict(Struct, frozen=True):
    """`passage` has its wrong codes emptied (R08), as it would be kept; `faults` say which."""

    passage: Passage
    verdict: Verdict
    faults: tuple[Fault, ...] = ()


class FileVerdict(Struct, frozen=True):
    establishment: Establishment
    is_integrated: bool
    faults: tuple[Fault, ...]
    passages: tuple[PassageVerdict, ...]

    @property
    def counts(self) -> dict[Verdict, int]:
        found: dict[Verdict, int] = {"accepted": 0, "alert": 0, "rejected": 0}
        for one in self.passages:
            found[one.verdict] += 1
        return found

    @property
    def all_faults(self) -> list[Fault]:
        return [*self.faults, *(fault for one in self.passages for fault in one.faults)]


def check(
    file: RpuFile, thresholds: Thresholds = DEFAULTS, *, authorised: Collection[str] | None = None
) -> FileVerdict:
    """`authorised` are the FINESS the observatory takes files from; None: only the form and the key are checked."""
    faults = list(_about_the_file(file, authorised))
    last = {key: passage.rank for passage in file.passages if (key := key_of(file.establishment, passage))}
    verdicts = [_judge(passage, file.establishment, thresholds, last) for passage in file.passages]
    wrong = sum(any(fault.rule == "R08" for fault in one.faults) for one in verdicts)
    total = len(verdicts)
    if total >= thresholds.ratio_from_passages and wrong > total * thresholds.most_wrong_codes_ratio:
        share = round(100 * wrong / total)
        words = f"{share} % des passages portent un code hors liste : le fichier est refusé au-delà de {_percent(thresholds)} %."
        faults.append(Fault("PASSAGES", "R08", "file", words))
    is_integrated = not any(fault.weight == "file" for fault in faults)
    return FileVerdict(file.establishment, is_integrated, tuple(faults), tuple(verdicts))


def _percent(thresholds: Thresholds) -> int:
    return round(thresholds.most_wrong_codes_ratio * 100)


def _about_the_file(file: RpuFile, authorised: Collection[str] | None) -> Iterator[Fault]:
    about = file.establishment
    if not file.has_establishment:
        yield Fault("ETABLISSEMENT", "R02", "file", "Le bloc ETABLISSEMENT manque : le fichier n’a pas d’émetteur.")
        return
    place = "ETABLISSEMENT/FINESS"
    if not _FINESS.fullmatch(about.finess):
        yield Fault(place, "R02", "file", "Le numéro FINESS n’a pas neuf caractères.")
    elif authorised is not None and about.finess not in authorised:
        yield Fault(place, "R02", "file", "Cet établissement n’est pas autorisé à transmettre des RPU.")
    elif authorised is None and not _has_right_key(about.finess):
        yield Fault(place, "R02", "alert", "La clé du numéro FINESS est fausse : l’observatoire ne le reconnaîtra pas.")
    if not about.order:
        words = "ORDRE manque : 0 pour le premier service d’urgence de l’établissement."
        yield Fault("ETABLISSEMENT/ORDRE", "R02", "alert", words)
    for name, value in (("DATEDEBUT", about.first_day), ("DATEFIN", about.last_day)):
        if value is None:
            words = f"{name} manque ou n’est pas une date JJ/MM/AAAA : la période du fichier est inconnue."
            yield Fault(f"ETABLISSEMENT/{name}", "R03", "file", words)
    if about.first_day and about.last_day and about.last_day < about.first_day:
        words = "DATEFIN précède DATEDEBUT : la période du fichier est impossible."
        yield Fault("ETABLISSEMENT/DATEFIN", "R03", "file", words)
    if about.extracted_at is None:
        words = "EXTRACT manque ou n’est pas une date et heure JJ/MM/AAAA hh:mm:ss."
        yield Fault("ETABLISSEMENT/EXTRACT", "R03", "alert", words)
    for name, where in file.unknown.items():
        yield Fault(where, "R08", "alert", f"« {name} » n’est pas un élément du format : il n’est pas lu.")


def _has_right_key(finess: str) -> bool:
    try:
        check_finess(finess)
    except InvalidIdentifier:
        return False
    return True


def _judge(passage: Passage, about: Establishment, thresholds: Thresholds, last: dict[Key, int]) -> PassageVerdict:
    found: list[tuple[str, str, Weight, str]] = []
    wrong = list(_codes(passage))
    found += [(name, "R08", weight, words) for name, weight, words in wrong]
    found += _times(passage, about, thresholds)
    found += _coherence(passage, {name for name, _, _ in wrong})
    key = key_of(about, passage)
    if key is not None and last[key] != passage.rank:
        words = f"Ce passage revient dans le fichier : c’est le dernier (PATIENT[{last[key]}]) qui compte."
        found.append(("", "R11", "passage", words))
    if not found:
        return PassageVerdict(passage, "accepted")
    place = passage.place
    faults = tuple(
        Fault(f"{place}/{name}" if name else place, rule, weight, words, passage.line)
        for name, rule, weight, words in found
    )
    rejected = any(weight == "passage" for _, _, weight, _ in found)
    return PassageVerdict(_emptied(passage, wrong), "rejected" if rejected else "alert", faults)


def _emptied(passage: Passage, wrong: list[tuple[str, Weight, str]]) -> Passage:
    if not wrong:
        return passage
    names = {name for name, _, _ in wrong}
    return Passage(
        passage.rank,
        passage.line,
        {name: text for name, text in passage.raw.items() if name not in names},
        passage.born,
        passage.entered_at,
        passage.left_at,
        tuple(code for code in passage.associated if _CIM10.fullmatch(code)),
        tuple(code for code in passage.acts if _CCAM.fullmatch(code)),
    )


def _codes(passage: Passage) -> Iterator[tuple[str, Weight, str]]:
    raw = passage.raw
    for name, table in codes.TABLES.items():
        value = raw.get(name)
        if value is not None and value not in table:
            refused = name == "MODE_SORTIE" and value == _REFUSED_EXIT_MODE
            words = f"« {value[:20]} » n’est pas un code de {name}. Codes admis : {', '.join(table)}."
            yield name, "passage" if refused else "alert", words
    if "DP" in raw and not _CIM10.fullmatch(raw["DP"]):
        yield "DP", "alert", f"« {raw['DP'][:20]} » n’a pas la forme d’un code CIM-10, par exemple R074."
    for rank, code in enumerate(passage.associated, 1):
        if not _CIM10.fullmatch(code):
            yield f"LISTE_DA/DA[{rank}]", "alert", f"« {code[:20]} » n’a pas la forme d’un code CIM-10."
    for rank, code in enumerate(passage.acts, 1):
        if not _CCAM.fullmatch(code):
            words = f"« {code[:20]} » n’a pas la forme d’un code CCAM : quatre lettres et trois chiffres."
            yield f"LISTE_ACTES/ACTE[{rank}]", "alert", words
    if "CP" in raw and not _POSTCODE.fullmatch(raw["CP"]):
        words = (
            "Le code postal compte cinq caractères : département suivi de 999 si la commune est inconnue, 99999 sinon."
        )
        yield "CP", "alert", words
    if "NAISSANCE" in raw and passage.born is None:
        yield "NAISSANCE", "alert", "La date de naissance n’est pas une date JJ/MM/AAAA."
    if "SORTIE" in raw and passage.left_at is None:
        yield "SORTIE", "alert", "La sortie n’est pas une date et heure JJ/MM/AAAA hh:mm."


def _times(passage: Passage, about: Establishment, limits: Thresholds) -> Iterator[tuple[str, str, Weight, str]]:
    entered, left = passage.entered_at, passage.left_at
    if entered is None:
        said = "n’est pas une date et heure JJ/MM/AAAA hh:mm" if "ENTREE" in passage.raw else "manque"
        yield "ENTREE", "R04", "passage", f"L’heure d’entrée {said} : le passage ne peut pas être compté."
        return
    if about.first_day and about.last_day and not about.first_day <= entered.date() <= about.last_day:
        yield (
            "ENTREE",
            "R03",
            limits.outside_period,
            "L’entrée est hors de la période annoncée par DATEDEBUT et DATEFIN.",
        )
    if left is not None:
        stay = left - entered
        if stay < timedelta(0):
            yield "SORTIE", "R05", "passage", "La sortie précède l’entrée."
        elif stay > timedelta(hours=limits.longest_stay_hours):
            words = f"Le passage dure plus de {limits.longest_stay_hours // 24} jours."
            yield "SORTIE", "R06", "passage", words
        elif stay > timedelta(hours=limits.alert_stay_hours):
            yield "SORTIE", "R06", "alert", f"Le passage dure plus de {limits.alert_stay_hours} heures : vérifiez-le."
    yield from _birth(passage.born, entered, limits)


def _birth(born: date | None, entered: datetime, limits: Thresholds) -> Iterator[tuple[str, str, Weight, str]]:
    if born is None:
        return
    if born > entered.date():
        yield "NAISSANCE", "R07", "passage", "La naissance suit l’entrée."
    elif entered.year - born.year - ((entered.month, entered.day) < (born.month, born.day)) > limits.oldest_years:
        yield "NAISSANCE", "R07", "passage", f"Le patient aurait plus de {limits.oldest_years} ans."


def _coherence(passage: Passage, emptied: set[str]) -> Iterator[tuple[str, str, Weight, str]]:
    value = {name: "" if name in emptied else text for name, text in passage.raw.items()}

    def of(name: str) -> str:
        return value.get(name, "")

    came, went = of("MODE_ENTREE"), of("MODE_SORTIE")
    provenance, destination, orientation = of("PROVENANCE"), of("DESTINATION"), of("ORIENT")
    if came in ("6", "7") and provenance not in codes.HOSPITAL:
        yield "PROVENANCE", "R09", "alert", "Une entrée par mutation ou transfert vient de 1, 2, 3 ou 4."
    elif came == "8" and provenance in codes.HOSPITAL:
        yield "PROVENANCE", "R09", "alert", "Une entrée du domicile ne vient pas de 1, 2, 3 ni 4."
    if went in ("6", "7") and destination not in codes.HOSPITAL:
        yield "DESTINATION", "R09", "alert", "Une sortie par mutation ou transfert va vers 1, 2, 3 ou 4."
    elif went == "8" and destination in codes.HOSPITAL:
        yield "DESTINATION", "R09", "alert", "Une sortie au domicile ne va vers aucun service : 6, 7 ou rien."
    elif went == "9" and destination:
        yield "DESTINATION", "R09", "alert", "Un décès n’a pas de destination."
    if orientation in codes.HOSPITAL_ORIENTATIONS and went and went not in ("6", "7"):
        yield "ORIENT", "R09", "alert", f"{orientation} est l’orientation d’un patient hospitalisé (mode 6 ou 7)."
    elif orientation in codes.HOME_ORIENTATIONS and went and went != "8":
        yield "ORIENT", "R09", "alert", f"{orientation} est l’orientation d’un patient rentré chez lui (mode 8)."
    diagnosis = of("DP")
    if of("SEXE") == "M" and _OBSTETRIC.match(diagnosis):
        yield "DP", "R10", "alert", "Un diagnostic d’obstétrique est donné pour un homme : vérifiez SEXE et DP."
    if of("GRAVITE") == "D" and went != "9":
        yield "MODE_SORTIE", "R12", "alert", "Un patient décédé à l’arrivée (CCMU D) sort par décès (9)."
    if not diagnosis and (went or "SORTIE" in passage.raw) and orientation not in codes.NOT_SEEN:
        yield "DP", "R13", "alert", "Le diagnostic principal manque."
