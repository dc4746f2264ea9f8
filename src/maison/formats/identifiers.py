"""National identifiers, checked once and for all: people (INS), professionals (RPPS), places (FINESS, SIREN, SIRET), cases.

Every `check_…` takes what was typed or received, forgives spaces, and gives back the canonical text or raises an
`InvalidIdentifier` whose code is stable and whose message can be shown. The value itself is never in the message.
"""

import re
from typing import ClassVar, NamedTuple


class InvalidIdentifier(ValueError):
    """`message` is French and ready for a form field; it never quotes the value, which may identify a person."""

    code: ClassVar[str] = "IDT-000"
    default: ClassVar[str] = "Cet identifiant n’est pas valide."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default
        super().__init__(self.message)


class InvalidNir(InvalidIdentifier):
    code = "IDT-001"
    default = "Ce numéro de sécurité sociale (matricule INS) n’a pas la forme attendue."


class InvalidRpps(InvalidIdentifier):
    code = "IDT-002"
    default = "Ce numéro RPPS n’est pas valide : 11 chiffres, dont une clé de contrôle."


class InvalidIdNatPs(InvalidIdentifier):
    code = "IDT-003"
    default = "Cet identifiant national de professionnel n’est pas valide."


class InvalidFiness(InvalidIdentifier):
    code = "IDT-004"
    default = "Ce numéro FINESS n’est pas valide : 9 caractères, dont une clé de contrôle."


class InvalidSiren(InvalidIdentifier):
    code = "IDT-005"
    default = "Ce numéro SIREN n’est pas valide : 9 chiffres, dont une clé de contrôle."


class InvalidSiret(InvalidIdentifier):
    code = "IDT-006"
    default = "Ce numéro SIRET n’est pas valide : 14 chiffres, dont une clé de contrôle."


class InvalidCaseId(InvalidIdentifier):
    code = "IDT-007"
    default = "Cet identifiant de dossier n’a pas la forme pays.domaine.organisation.numéro."


class Ins(NamedTuple):
    """A matricule INS in its parts. `nir` is its first thirteen characters, `key` its last two."""

    nir: str
    key: str

    @property
    def matricule(self) -> str:
        return self.nir + self.key

    @property
    def is_temporary(self) -> bool:
        """NIA: number given while waiting for a NIR (first digit 3, 4, 7 or 8)."""
        return self.nir[0] in "3478"


class IdNatPs(NamedTuple):
    """National identifier of a professional: a digit for the register, then the number in that register."""

    register: str
    number: str

    @property
    def rpps(self) -> str | None:
        return self.number if self.register == RPPS_REGISTER else None

    def __str__(self) -> str:
        return self.register + self.number


class CaseId(NamedTuple):
    """Shared identifier of a regulation case, such as `fr.health.samu31.DRFR15DDXAAJJJ00000`."""

    country: str
    domain: str
    organisation: str
    number: str

    def __str__(self) -> str:
        return ".".join(self)


RPPS_REGISTER = "8"
ADELI_REGISTER = "0"
_LA_POSTE = "356000000"

# Sex or NIA (1 digit), year (2), month (2), department and place of birth (5: digits, or 2A/2B first), order (3).
_NIR = re.compile(r"([1-478])([0-9]{2})([0-9]{2})((?:[0-9]{2}|2[AB])[0-9]{3})([0-9]{3})")
_MONTHS = frozenset({*range(1, 13), 20, *range(30, 43), *range(50, 100)})
"""Calendar months, then the pseudo-months used when the month of birth is unknown."""


def nir_key(nir: str) -> int:
    """Control key of a NIR: 13 characters, Corsican departments written 2A or 2B.

    Returns 1 to 97: 2550814168025 gives 38. Raises InvalidNir when a character or the month is out of place.
    Source: RNIV and INSEE, key = 97 − (N mod 97), 2A read 19 and 2B read 18; pseudo-months 20, 30–42, 50–99.
    """
    found = _NIR.fullmatch(nir)
    if found is None:
        raise InvalidNir
    if int(found[3]) not in _MONTHS:
        raise InvalidNir("Le mois de naissance de ce numéro de sécurité sociale n’existe pas.")
    return 97 - int(nir.replace("2A", "19", 1).replace("2B", "18", 1) if nir[5:7] in ("2A", "2B") else nir) % 97


def check_ins(matricule: str) -> Ins:
    """A matricule INS (NIR or NIA with its key, 15 characters). A wrong key is always refused.

    That sex, year and month agree with the other traits is not asked here: corrections exist, it is only a warning.
    """
    text = _compact(matricule).upper()
    nir, key = text[:13], text[13:]
    expected = nir_key(nir)
    if not re.fullmatch(r"[0-9]{2}", key):
        raise InvalidNir("La clé de ce numéro de sécurité sociale manque : deux chiffres à la fin.")
    if int(key) != expected:
        raise InvalidNir("La clé de ce numéro de sécurité sociale est fausse : vérifiez la saisie.")
    return Ins(nir, key)


def luhn_is_right(digits: str) -> bool:
    """Luhn's sum is a multiple of ten. `digits` holds ASCII digits only."""
    total = 0
    for rank, character in enumerate(reversed(digits)):
        value = int(character) * (1 + rank % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def check_rpps(rpps: str) -> str:
    """Eleven digits, Luhn on the eleven. The twelve-digit form of the SAS (8 then RPPS) is an IdNat_PS."""
    text = _compact(rpps)
    if not re.fullmatch(r"[0-9]{11}", text) or not luhn_is_right(text):
        raise InvalidRpps
    return text


def check_idnat_ps(identifier: str) -> IdNatPs:
    """`8` + RPPS (checked), `0` + ADELI (nine characters), or another register (1, 3 to 6), kept as it is.

    Source: ANS, IdNat_PS, OID 1.2.250.1.71.4.2.1.
    """
    text = _compact(identifier)
    register, number = text[:1], text[1:]
    match register:
        case "8":
            try:
                return IdNatPs(register, check_rpps(number))
            except InvalidRpps as error:
                raise InvalidIdNatPs from error
        case "0" if re.fullmatch(r"[0-9][0-9AB][0-9]{7}", number):
            return IdNatPs(register, number)
        case "1" | "3" | "4" | "5" | "6" if re.fullmatch(r"[0-9A-Za-z/_-]{1,40}", number):
            return IdNatPs(register, number)
    raise InvalidIdNatPs


def idnat_ps_of_rpps(rpps: str) -> str:
    """01234567897 gives 801234567897, the subject Pro Santé Connect uses."""
    return RPPS_REGISTER + check_rpps(rpps)


def check_finess(finess: str) -> str:
    """Nine characters. Luhn when all are digits; Corsica (2A…, 2B…) has letters, so that only its form is checked."""
    text = _compact(finess).upper()
    if re.fullmatch(r"2[AB][0-9]{7}", text):
        return text
    if not re.fullmatch(r"[0-9]{9}", text) or not luhn_is_right(text):
        raise InvalidFiness
    return text


def department_of_finess(finess: str) -> str:
    """The department is its first two characters, three overseas (97x, which the register writes 970x)."""
    text = check_finess(finess)
    if text.startswith("970"):
        return f"97{text[3]}"
    return text[:3] if text.startswith("97") else text[:2]


def check_siren(siren: str) -> str:
    """Nine digits, Luhn."""
    text = _compact(siren)
    if not re.fullmatch(r"[0-9]{9}", text) or not luhn_is_right(text):
        raise InvalidSiren
    return text


def check_siret(siret: str) -> str:
    """Fourteen digits, Luhn, the SIREN inside too. La Poste (SIREN 356000000) may instead sum to a multiple of five."""
    text = _compact(siret)
    if not re.fullmatch(r"[0-9]{14}", text):
        raise InvalidSiret
    if luhn_is_right(text) and luhn_is_right(text[:9]):
        return text
    if text.startswith(_LA_POSTE) and sum(map(int, text)) % 5 == 0:
        return text
    raise InvalidSiret


def check_case_id(case_id: str) -> CaseId:
    """`{country}.{domain}.{organisation}.{number}`; the organisation may itself be dotted, ten parts in all at most.

    Narrower than the published pattern, which also lets undotted words through. Source: SAMU-Hub-Modeles 26.07.29.
    """
    parts = case_id.split(".")
    if not 4 <= len(parts) <= 10 or not all(re.fullmatch(r"[a-zA-Z0-9_-]+", part) for part in parts):
        raise InvalidCaseId
    country, domain, *organisation, number = parts
    return CaseId(country, domain, ".".join(organisation), number)


def _compact(text: str) -> str:
    """Without the spaces people write between groups of digits."""
    return re.sub(r"[\s\u00a0\u202f]+", "", text)
