"""Who the message is about: PID, PD1, NK1 and MRG, and the traits of identity (DOMAIN §1) read from them."""

from datetime import date

from msgspec import Struct

from maison.formats.hl7v2.datatypes import Address, Coded, Identifier, PersonName, Professional, Telecom, Unit
from maison.formats.hl7v2.faults import Fault, InvalidMessage
from maison.formats.hl7v2.message import place_of
from maison.formats.hl7v2.segment_model import CE, CX, DT, ID, NM, ST, TS, XAD, XCN, XON, XPN, XTN, YN, F, Model
from maison.formats.hl7v2.tables import NAME_KINDS, RELIABILITY, SEXES
from maison.formats.hl7v2.times import PartialDate, Timestamp
from maison.formats.identifiers import InvalidNir, check_ins

INS_NIR = "1.2.250.1.213.1.4.8"
INS_NIA = "1.2.250.1.213.1.4.9"
INS_NIR_TEST = "1.2.250.1.213.1.4.10"
INS_NIR_DEMONSTRATION = "1.2.250.1.213.1.4.11"
INS_C = "1.2.250.1.213.1.4.2"
INS_SYSTEMS = frozenset({INS_NIR, INS_NIA, INS_NIR_TEST, INS_NIR_DEMONSTRATION})
INS_NAMESPACES = {
    INS_NIR: "ASIP-SANTE-INS-NIR",
    INS_NIA: "ASIP-SANTE-INS-NIA",
    INS_NIR_TEST: "ASIP-SANTE-INS-NIR",
    INS_NIR_DEMONSTRATION: "ASIP-SANTE-INS-NIR",
}

_TRUSTED = frozenset({"VALI", "QUAL"})
_NOT_TRUSTED = frozenset({"PROV", "DOUT", "FICT"})


class Ins(Struct, frozen=True, gc=False):
    """A matricule and its system, which only travel together. `is_test`: never in production."""

    matricule: str
    system: str
    valid_from: str | None = None

    @property
    def is_test(self) -> bool:
        return self.system in (INS_NIR_TEST, INS_NIR_DEMONSTRATION)


class Patient(Struct, frozen=True, gc=False):
    """PID. `ins` is the INS when the message lets it be used; `carried_ins` the one it holds, usable or not.

    A message with an INS that cannot be used (identity not validated, wrong key, abandoned INS-C) is still right for the
    rest: the INS is set aside and a warning says why (INS-02, INS-10).
    """

    identifiers: tuple[Identifier, ...] = ()
    names: tuple[PersonName, ...] = ()
    mother_name: PersonName | None = None
    born: PartialDate | None = None
    sex: str | None = None
    addresses: tuple[Address, ...] = ()
    home_phones: tuple[Telecom, ...] = ()
    work_phones: tuple[Telecom, ...] = ()
    marital_status: Coded | None = None
    account: Identifier | None = None
    birth_place_text: str | None = None
    is_multiple_birth: bool | None = None
    birth_rank: float | None = None
    nationality: tuple[Coded, ...] = ()
    died: Timestamp | None = None
    is_dead: bool | None = None
    is_unknown: bool | None = None
    reliability: tuple[str, ...] = ()
    updated: Timestamp | None = None
    erased: tuple[str, ...] = ()

    @property
    def ipp(self) -> Identifier | None:
        """The first permanent identifier; the others are in `identifiers`, each with its authority."""
        return next((found for found in self.identifiers if found.kind == "PI"), None)

    @property
    def carried_ins(self) -> Ins | None:
        for found in self.identifiers:
            if found.kind == "INS" and found.value and found.authority and found.authority.id:
                return Ins(found.value, found.authority.id, found.valid_from)
        return None

    @property
    def ins(self) -> Ins | None:
        carried = self.carried_ins
        return carried if carried is not None and self.is_qualified and _is_usable(carried) else None

    @property
    def is_qualified(self) -> bool:
        """PID-32 says the identity is validated, and nothing that takes it back."""
        said = self.reliability
        if len(said) == 1:
            return said[0] in _TRUSTED
        return any(code in _TRUSTED for code in said) and not any(code in _NOT_TRUSTED for code in said)

    def _name(self, kind: str) -> PersonName | None:
        return next((found for found in self.names if found.kind == kind), None)

    @property
    def birth_name(self) -> PersonName | None:
        """The name of type L; a message with a single name of no type has no other."""
        found = self._name("L")
        if found is None and self.names and self.names[0].kind is None:
            return self.names[0]
        return found

    @property
    def used_name(self) -> PersonName | None:
        return self._name("D")

    @property
    def born_on(self) -> date | None:
        return self.born.day if self.born is not None else None

    @property
    def birth_place(self) -> str | None:
        """INSEE code of the commune or country of birth."""
        return next((found.commune for found in self.addresses if found.kind == "BDL"), None)

    @property
    def home(self) -> Address | None:
        return next((found for found in self.addresses if found.kind != "BDL"), None)


class PatientDetail(Struct, frozen=True, gc=False):
    """PD1: `disclosed` Y when the patient's presence may not be told (PD1-12)."""

    living_arrangement: str | None = None
    family_doctor: tuple[Professional, ...] = ()
    protection: str | None = None
    erased: tuple[str, ...] = ()


class Contact(Struct, frozen=True, gc=False):
    """NK1: person to call (C), person of trust (K), next of kin, representative."""

    rank: str | None = None
    names: tuple[PersonName, ...] = ()
    relationship: Coded | None = None
    addresses: tuple[Address, ...] = ()
    phones: tuple[Telecom, ...] = ()
    role: Coded | None = None
    organisations: tuple[Unit, ...] = ()
    erased: tuple[str, ...] = ()


class Merged(Struct, frozen=True, gc=False):
    """MRG: the identity that disappears (A40), or the identifier that changes (A47)."""

    identifiers: tuple[Identifier, ...] = ()
    account: Identifier | None = None
    visit: Identifier | None = None
    names: tuple[PersonName, ...] = ()
    erased: tuple[str, ...] = ()


PID = Model(
    "PID",
    Patient,
    F("identifiers", 3, CX, "Identifiants du patient", required=True, repeats=True),
    F("names", 5, XPN, "Nom du patient", required=True, repeats=True),
    F("mother_name", 6, XPN, "Nom de naissance de la mère"),
    F("born", 7, DT, "Date de naissance"),
    F("sex", 8, ID, "Sexe", table=SEXES),
    F("addresses", 11, XAD, "Adresses", repeats=True),
    F("home_phones", 13, XTN, "Téléphones personnels", repeats=True),
    F("work_phones", 14, XTN, "Téléphones professionnels", repeats=True),
    F("marital_status", 16, CE, "Situation de famille"),
    F("account", 18, CX, "Dossier administratif"),
    F("birth_place_text", 23, ST, "Lieu de naissance (texte)"),
    F("is_multiple_birth", 24, YN, "Naissance multiple", severity="warning"),
    F("birth_rank", 25, NM, "Rang de naissance", severity="warning"),
    F("nationality", 26, CE, "Nationalités", repeats=True),
    F("died", 29, TS, "Date du décès"),
    F("is_dead", 30, YN, "Décès", severity="warning"),
    F("is_unknown", 31, YN, "Identité inconnue", severity="warning"),
    F("reliability", 32, ID, "Fiabilité de l’identité", repeats=True, table=RELIABILITY, severity="warning"),
    F("updated", 33, TS, "Date de mise à jour de l’identité"),
)
PD1 = Model(
    "PD1",
    PatientDetail,
    F("living_arrangement", 2, ID, "Mode de vie"),
    F("family_doctor", 4, XCN, "Médecin traitant", repeats=True),
    F("protection", 12, ID, "Protection de l’information"),
)
NK1 = Model(
    "NK1",
    Contact,
    F("rank", 1, ID, "Rang"),
    F("names", 2, XPN, "Nom de la personne", repeats=True),
    F("relationship", 3, CE, "Lien avec le patient"),
    F("addresses", 4, XAD, "Adresses", repeats=True),
    F("phones", 5, XTN, "Téléphones", repeats=True),
    F("role", 7, CE, "Rôle de la personne"),
    F("organisations", 13, XON, "Organisations", repeats=True),
)
MRG = Model(
    "MRG",
    Merged,
    F("identifiers", 1, CX, "Identifiants précédents", required=True, repeats=True),
    F("account", 3, CX, "Dossier administratif précédent"),
    F("visit", 5, CX, "Venue précédente"),
    F("names", 7, XPN, "Nom précédent", repeats=True),
)


def check_patient(patient: Patient, number: int, faults: list[Fault]) -> None:
    """What PAM France asks of PID beyond the form of its fields."""
    for rank, found in enumerate(patient.identifiers, start=1):
        kind = found.kind
        if kind == "INS":
            if not found.value or found.authority is None:
                _check_identifier(found, "PID", 3, number, rank, faults)
            else:
                _check_ins(patient, found, number, rank, faults)
        elif kind is None or not found.value or found.authority is None:
            _check_identifier(found, "PID", 3, number, rank, faults)
    names = patient.names
    if len(names) != 1 or names[0].kind != "L" or not names[0].family:
        _check_names(names, number, faults)
    for rank, place in enumerate(patient.addresses, start=1):
        if place.kind == "BDL" and not _is_commune(place.commune):
            message = "Le lieu de naissance devrait être un code INSEE de cinq caractères."
            faults.append(_warning(number, 11, rank, 9, "type", message))
    account = patient.account
    if account is not None and not (account.value and account.authority):
        _check_identifier(account, "PID", 18, number, 0, faults)


def _check_names(names: tuple[PersonName, ...], number: int, faults: list[Fault]) -> None:
    birth = 0
    for rank, name in enumerate(names, start=1):
        if name.kind == "L":
            birth += 1
        elif name.kind not in NAME_KINDS.codes:
            message = "Le type de nom devrait être L (naissance) ou D (utilisé)."
            faults.append(_warning(number, 5, rank, 7, "table", message))
        if name.kind != "D" and not name.family:
            faults.append(_error(number, 5, rank, 1, "required", "Le nom de naissance est obligatoire et manque."))
    if birth != 1 and names and names[0].kind is not None:
        faults.append(_error(number, 5, 0, 0, "required", "Il faut un nom de naissance (type L), et un seul."))


def refuse_unusable_ins(patient: Patient) -> None:
    """An INS leaves only with a qualified identity, its right key and its system (INS-02). Raises InvalidMessage."""
    if patient.carried_ins is not None and patient.ins is None:
        message = "Un INS ne part qu’avec une identité qualifiée : retirez-le ou qualifiez l’identité."
        raise InvalidMessage([Fault("PID-3", "identifier", message)])


def check_merged(merged: Merged, number: int, faults: list[Fault]) -> None:
    for rank, found in enumerate(merged.identifiers, start=1):
        if not (found.value and found.authority is not None and found.kind is not None):
            _check_identifier(found, "MRG", 1, number, rank, faults)


def _check_identifier(found: Identifier, segment: str, field: int, number: int, rank: int, faults: list[Fault]) -> None:
    """The number and who gives it are mandatory; its type is only missed."""
    if not found.value:
        place = place_of(segment, number, field, rank, 1)
        faults.append(Fault(place, "required", "Un identifiant n’a pas de numéro."))
    if found.authority is None:
        place = place_of(segment, number, field, rank, 4)
        faults.append(Fault(place, "required", "Un identifiant ne dit pas qui le donne (autorité)."))
    if found.kind is None:
        place = place_of(segment, number, field, rank, 5)
        faults.append(Fault(place, "required", "Un identifiant n’a pas de type (PI, INS, AN…).", "warning"))


def _check_ins(patient: Patient, found: Identifier, number: int, rank: int, faults: list[Fault]) -> None:
    system = found.authority.id if found.authority else None
    if system not in INS_SYSTEMS:
        message = (
            "L’INS-C est abandonné : cet identifiant est ignoré."
            if system == INS_C
            else "L’autorité de l’INS n’est pas une de celles de l’INS : il est ignoré."
        )
        faults.append(_warning(number, 3, rank, 4, "identifier", message, subcomponent=2))
    elif not patient.is_qualified:
        message = "Un INS accompagne une identité qui n’est pas validée (PID-32) : il est ignoré."
        faults.append(_warning(number, 3, rank, 1, "identifier", message))
    elif not _has_right_key(found.value or ""):
        message = "Le matricule INS n’a pas la forme ou la clé attendue : il est ignoré."
        faults.append(_warning(number, 3, rank, 1, "identifier", message))


def _is_usable(ins: Ins) -> bool:
    return ins.system in INS_SYSTEMS and _has_right_key(ins.matricule)


def _has_right_key(matricule: str) -> bool:
    """What `check_ins` says; the ordinary number is judged at once."""
    if len(matricule) == 15 and matricule.isascii() and matricule.isdecimal() and matricule[0] in "12":
        right = 97 - int(matricule[:13]) % 97 == int(matricule[13:])
        if "01" <= matricule[3:5] <= "12" or not right:
            return right
    try:
        check_ins(matricule)
    except InvalidNir:
        return False
    return True


def _is_commune(code: str | None) -> bool:
    return code is not None and len(code) == 5 and code.isascii() and code.isalnum()


def _error(number: int, field: int, rank: int, component: int, code: str, message: str) -> Fault:
    return Fault(place_of("PID", number, field, rank, component), code, message)


def _warning(
    number: int, field: int, rank: int, component: int, code: str, message: str, subcomponent: int = 0
) -> Fault:
    return Fault(place_of("PID", number, field, rank, component, subcomponent), code, message, "warning")
