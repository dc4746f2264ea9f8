"""Fictional messages made from a seed: the same corpus for the tests and the bench. Names and numbers belong to nobody.

INS are test ones (OID 1.2.250.1.213.1.4.10) with a right key; the INSEE codes and units are invented or public.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import hl7
from msgspec import Struct

from maison.formats.hl7v2.tables import CANCELS, MOVEMENTS
from maison.formats.hl7v2.wire import read_message, typed
from maison.formats.identifiers import InvalidNir, nir_key

ROOT = Path(__file__).resolve().parents[3]
SPECS = ROOT.parent / "shared" / "specs"
SAMPLES = sorted(
    path
    for folder in ("hl7v2", "hl7v2-teleradiologie")
    for path in (SPECS / folder).rglob("*")
    if path.suffix in (".er7", ".hl7")
)

FAMILIES = ("FICTIF", "EXEMPLE", "DE L'ESSAI", "MODELE-TEST", "D'AUCUN-LIEU", "PERSONNE", "ECHANTILLON", "PATRON")
GIVEN = ("CAMILLE", "DOMINIQUE", "CLAUDE", "MARIE CHARLOTTE", "SACHA", "JEAN-TEST", "ANGE", "ALIX")
STREETS = (
    *("1 rue de l’Étoile inventée", "12 bis impasse du Gué", "Lieu-dit Nulle-Part") * 4,
    "3 allée des Chênes \\T\\ Frênes",
)
CITIES = (
    ("TOULOUSE", "31000", "31555"),
    ("ALBI", "81000", "81004"),
    ("FOIX", "09000", "09122"),
    ("AUCH", "32000", "32013"),
)
DOCTORS = tuple((f"8012345{rank:05d}", f"Médecin{rank:02d}", given) for rank, given in enumerate(GIVEN * 6))
UNITS = tuple(
    (f"UF {name}", f"{6200 + rank}")
    for rank, name in enumerate(("Urgences", "Chir V", "Réanimation", "Médecine", "SSR"))
)
EVENTS = (*sorted(MOVEMENTS), "A01", "A02", "A03", "A04", "A02", "A28", "A31", "A31", "A40", "A47", "A24", "A37", "A08")
HOUSE = "CHU-X&000897406"
PS = "ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO"


def corpus(seed: int, size: int) -> list[bytes]:
    chance = random.Random(seed)
    return [adt(chance, number) for number in range(size)]


def movements(seed: int, size: int) -> list[bytes]:
    """Movements with a qualified identity, a consent and the origin of the identity, as a hospital that has its INS sends."""
    chance = random.Random(seed)
    return [adt(chance, number, chance.choice(sorted(MOVEMENTS)), is_whole=True) for number in range(size)]


def adt(chance: random.Random, number: int = 1, event: str | None = None, *, is_whole: bool = False) -> bytes:
    """One right ADT message, ended by a carriage return. `is_whole`: with an INS, a consent and a ZFD in any case."""
    event = event or chance.choice(EVENTS)
    at = datetime(2026, 1, 1) + timedelta(minutes=chance.randrange(500_000))  # noqa: DTZ001  (written as HL7 does)
    stamp, later = at.strftime("%Y%m%d%H%M%S"), (at + timedelta(seconds=chance.randrange(900))).strftime("%Y%m%d%H%M%S")
    lines = [
        f"MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|{later}||ADT^{event}^ADT_A01|{number:06d}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||"
        "2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||{later}||||{stamp}",
        pid(chance, later, is_whole),
    ]
    if event in ("A40", "A47"):
        lines.append(
            f"MRG|{chance.randrange(10**6, 10**7)}^^^{HOUSE}&N^PI||24{chance.randrange(10**6):06d}^^^{HOUSE}&M^AN"
        )
    elif event in ("A24", "A37"):
        lines.append(pid(chance, later))
    else:
        lines += visit(chance, event, stamp, later, is_whole)
    return ("\r".join(lines) + "\r").encode()


def pid(chance: random.Random, updated: str, is_whole: bool = False) -> str:
    born = datetime(1925, 1, 1) + timedelta(days=chance.randrange(36_000))  # noqa: DTZ001
    sex = chance.choice("MF")
    family, given = chance.choice(FAMILIES), chance.choice(GIVEN)
    city, postcode, commune = chance.choice(CITIES)
    nir = f"{1 if sex == 'M' else 2}{born:%y%m}{commune}{chance.randrange(1, 999):03d}"
    identifiers = f"{chance.randrange(10**6):07d}^^^{HOUSE}&N^PI"
    status = chance.choice(("VALI", "VALI", "VALI", "PROV"))
    if is_whole:
        status = "VALI"
    if status == "VALI":
        identifiers += f"~{nir}{_key(nir):02d}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS^^20250101"
    names = f"{family}^{given}^{given} {chance.choice(GIVEN)}^^^^L"
    if chance.random() < 0.3:
        names += f"~{chance.choice(FAMILIES)}^{given}^^^^^D"
    phone = f"^PRN^CP^^^^^^^^^06{chance.randrange(10**8):08d}" if chance.random() < 0.6 else ""
    addresses = f"{chance.choice(STREETS)}^^{city}^^{postcode}^FRA^H~^^^^^^BDL^^{commune}"
    account = f"24{chance.randrange(10**6):06d}^^^{HOUSE}&M^AN"
    fields = ["PID", "1", "", identifiers, "", names, "", f"{born:%Y%m%d}", sex, "", "", addresses, "", phone]
    fields += ["", "", "S", "", account, *[""] * 6, "1", *[""] * 4, "N", "", status, updated]
    return "|".join(fields)


def visit(chance: random.Random, event: str, stamp: str, updated: str, is_whole: bool = False) -> list[str]:
    """PV1 and what follows it, for the events that speak of a stay or of a person."""
    number = f"{chance.randrange(10**9):09d}^^^{HOUSE}&M^VN"
    doctor, family, given = chance.choice(DOCTORS)
    professional = f"{doctor}^{family}^{given}^^^^^^{PS}^D^^^IDNPS"
    lines = [f"PD1||U||||||||||{chance.choice('YN')}"]
    if chance.random() < 0.5:
        address = "144 RUE IMAGINAIRE^CABINET FICTIF^La Rochelle^^17000^FRA^O"
        lines.append(f"ROL||UC|ODRP|{professional}|||||||{address}|^WPN^PH^^^^^^^^^0546000000")
    if chance.random() < 0.3:
        lines.append(f"NK1|1|{chance.choice(FAMILIES)}^{chance.choice(GIVEN)}^^^^^L|SPO||^PRN^PH^^^^^^^^^0561000000||C")
    here, there = chance.choice(UNITS), chance.choice(UNITS)
    klass = "E" if event == "A04" else "N" if event not in MOVEMENTS and event != "A08" else "I"
    place = f"{here[1]}^{chance.randrange(1, 30)}^{chance.choice('PF')}^{HOUSE}&M^O"
    fields = ["PV1", "1", klass, place, "R", "", there[1] if event in ("A02", "A12") else "", professional]
    fields += [*[""] * 9, professional, "", number, *[""] * 16, "4" if event == "A03" else "", *[""] * 7, stamp]
    fields += [stamp if event == "A03" else "", *[""] * 5, "V"]
    lines.append("|".join(fields))
    if event in MOVEMENTS:
        if chance.random() < 0.5:
            lines.append(f"PV2|||||||CS|{stamp}|{stamp}|||Surveillance")
        lines.append(movement(chance, event, stamp))
        if is_whole or chance.random() < 0.7:
            choice = chance.choice((("INO", "IC"), ("IO", "INC"), ("NA", "NA")))
            lines.append(f"ZFA|ACTIF|{updated}|||||||{choice[0]}|{updated}|{choice[1]}|{updated}")
        if chance.random() < 0.5:
            lines.append("ZFM|8|||")
    if is_whole or chance.random() < 0.6:
        lines.append("ZFD|||Y|N|INSI|20250101||")
    return lines


def movement(chance: random.Random, event: str, stamp: str) -> str:
    action = "UPDATE" if event == "Z99" else "CANCEL" if event in CANCELS else "INSERT"
    origin = "A02" if event == "Z99" else CANCELS[event][0] if event in CANCELS else ""
    name, code = chance.choice(UNITS)
    unit = f"{name}^^^^^{HOUSE}&N^UF^^^{code}"
    return f"ZBE|{chance.randrange(10**6)}^CHU-X^000897406|{stamp}||{action}|{chance.choice('NNNY')}|{origin}|{unit}|{unit}|HMS"


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A few small wounds: bytes changed, dropped, doubled or moved, delimiters sprinkled, segments lost."""
    wounded = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(wounded) or 1)
        match chance.randrange(7):
            case 0:
                wounded[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del wounded[at : at + chance.randrange(1, 40)]
            case 2:
                wounded[at:at] = chance.choice(
                    (b"|", b"^", b"~", b"&", b"\\", b"\r", b"\n", b'""', b"\\X0", b"\x0b", b"\x1c")
                )
            case 3:
                wounded[at:at] = wounded[at : at + chance.randrange(1, 60)]
            case 4:
                lines = bytes(wounded).split(b"\r")
                chance.shuffle(lines)
                wounded = bytearray(b"\r".join(lines))
            case 5:
                wounded = wounded[: at + 1]
            case _:
                wounded[at : at + 1] = "é’€".encode(chance.choice(("utf-8", "cp1252", "utf-16")))
    return bytes(wounded)


EXTRACTED: dict[str, tuple[Any, ...]] = {
    "a.header.sender": ("MSH", 1, 3, 1, 1, 1),
    "a.header.receiver": ("MSH", 1, 5, 1, 1, 1),
    "a.header.sent_at.text": ("MSH", 1, 7, 1, 1, 1),
    "a.event": ("MSH", 1, 9, 1, 2, 1),
    "a.header.control_id": ("MSH", 1, 10, 1, 1, 1),
    "a.header.processing": ("MSH", 1, 11, 1, 1, 1),
    'a.header.profile.partition("^")[0]': ("MSH", 1, 21, 1, 1, 1),
    "a.recorded.recorded_at.text": ("EVN", 1, 2, 1, 1, 1),
    "a.recorded.occurred_at.text": ("EVN", 1, 6, 1, 1, 1),
    "a.patient.identifiers[0].value": ("PID", 1, 3, 1, 1, 1),
    "a.patient.identifiers[0].authority.namespace": ("PID", 1, 3, 1, 4, 1),
    "a.patient.identifiers[0].authority.id": ("PID", 1, 3, 1, 4, 2),
    "a.patient.identifiers[0].kind": ("PID", 1, 3, 1, 5, 1),
    "a.patient.names[0].family": ("PID", 1, 5, 1, 1, 1),
    "a.patient.names[0].given": ("PID", 1, 5, 1, 2, 1),
    "a.patient.names[0].givens": ("PID", 1, 5, 1, 3, 1),
    "a.patient.born.text": ("PID", 1, 7, 1, 1, 1),
    "a.patient.sex": ("PID", 1, 8, 1, 1, 1),
    "a.patient.addresses[0].street": ("PID", 1, 11, 1, 1, 1),
    "a.patient.addresses[0].city": ("PID", 1, 11, 1, 3, 1),
    "a.patient.addresses[0].postcode": ("PID", 1, 11, 1, 5, 1),
    "a.patient.addresses[1].commune": ("PID", 1, 11, 2, 9, 1),
    "a.patient.account.value": ("PID", 1, 18, 1, 1, 1),
    "a.patient.reliability[0]": ("PID", 1, 32, 1, 1, 1),
    "a.visit.patient_class": ("PV1", 1, 2, 1, 1, 1),
    "a.visit.location.point_of_care": ("PV1", 1, 3, 1, 1, 1),
    "a.visit.location.room": ("PV1", 1, 3, 1, 2, 1),
    "a.visit.location.bed": ("PV1", 1, 3, 1, 3, 1),
    "a.visit.attending[0].id": ("PV1", 1, 7, 1, 1, 1),
    "a.visit.attending[0].family": ("PV1", 1, 7, 1, 2, 1),
    "a.visit.number.value": ("PV1", 1, 19, 1, 1, 1),
    "a.visit.admitted_at.text": ("PV1", 1, 44, 1, 1, 1),
    "a.movement.id.id": ("ZBE", 1, 1, 1, 1, 1),
    "a.movement.at.text": ("ZBE", 1, 2, 1, 1, 1),
    "a.movement.action": ("ZBE", 1, 4, 1, 1, 1),
    "a.movement.medical_unit.name": ("ZBE", 1, 7, 1, 1, 1),
    "a.movement.medical_unit.id": ("ZBE", 1, 7, 1, 10, 1),
    "a.movement.care_unit.id": ("ZBE", 1, 8, 1, 10, 1),
    "a.movement.nature": ("ZBE", 1, 9, 1, 1, 1),
    'a.movement.is_historic and "Y" or "N"': ("ZBE", 1, 5, 1, 1, 1),
    "a.movement.id.namespace": ("ZBE", 1, 1, 1, 2, 1),
    "a.movement.care_unit.name": ("ZBE", 1, 8, 1, 1, 1),
    "a.patient.marital_status.code": ("PID", 1, 16, 1, 1, 1),
    "a.patient.updated.text": ("PID", 1, 33, 1, 1, 1),
    "a.patient.account.kind": ("PID", 1, 18, 1, 5, 1),
    "a.visit.attending[0].given": ("PV1", 1, 7, 1, 3, 1),
    "a.visit.attending[0].authority.id": ("PV1", 1, 7, 1, 9, 2),
    "a.visit.admitting[0].id": ("PV1", 1, 17, 1, 1, 1),
}
"""What a room reads of a movement: the typed way, and by the path of python-hl7 (segment, rank, field, repetition, component,
subcomponent)."""

EXTRACTED_WHEN_WHOLE: dict[str, tuple[Any, ...]] = EXTRACTED | {
    "a.patient.identifiers[1].value": ("PID", 1, 3, 2, 1, 1),
    "a.patient.identifiers[1].authority.id": ("PID", 1, 3, 2, 4, 2),
    "a.patient.identifiers[1].kind": ("PID", 1, 3, 2, 5, 1),
    "a.dmp.status": ("ZFA", 1, 1, 1, 1, 1),
    "a.dmp.feeding": ("ZFA", 1, 9, 1, 1, 1),
    "a.dmp.consultation": ("ZFA", 1, 11, 1, 1, 1),
    "a.identity_detail.obtained_by": ("ZFD", 1, 5, 1, 1, 1),
    "a.identity_detail.asked_at.text": ("ZFD", 1, 6, 1, 1, 1),
}
"""With the INS, the consent to the DMP and how the identity was obtained: in messages made with `is_whole`."""


def extractor(fields: dict[str, tuple[Any, ...]]) -> Callable[[Any], tuple[Any, ...]]:
    """One function that reads them all of an `Adt`, as a room does: the patient, the visit and the movement once each."""
    read = ", ".join(fields)
    names: dict[str, Any] = {}
    for part in ("patient", "visit", "movement"):
        read = read.replace(f"a.{part}.", f"{part}.")
    exec(f"def extract(a):\n    patient, visit, movement = a.patient, a.visit, a.movement\n    return ({read})", names)
    extract: Callable[[Any], tuple[Any, ...]] = names["extract"]
    return extract


def held(value: Any) -> set[str]:
    """Every text a typed message holds, written as in HL7."""
    match value:
        case None:
            return set()
        case str():
            return {value}
        case bool():
            return {"Y" if value else "N"}
        case float():
            return {f"{value:.15g}"}
        case tuple():
            return {text for one in value for text in held(one)}
        case Struct():
            return {text for name in value.__struct_fields__ for text in held(getattr(value, name))}
    return set()


def leaves(parsed: hl7.Message) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The path (segment, rank, field, repetition, component, subcomponent) and the raw text of every leaf python-hl7 sees."""
    ranks: dict[str, int] = {}
    for segment in parsed:
        name = str(segment[0])
        ranks[name] = ranks.get(name, 0) + 1
        for field in range(3 if name == "MSH" else 1, len(segment)):
            for repetition, content in enumerate(segment[field], start=1):
                components = content if isinstance(content, hl7.Repetition) else [[content]]
                for component, parts in enumerate(components, start=1):
                    for subcomponent, text in enumerate(parts if not isinstance(parts, str) else [parts], start=1):
                        yield (name, ranks[name], field, repetition, component, subcomponent), str(text)


def paths_of_what_is_held(data: bytes) -> list[tuple[Any, ...]]:
    """The paths of the leaves whose value stands in the typed message: what a peer has to read to give the same values."""
    parsed, texts = hl7.parse(data), held(typed(read_message(data)))
    return [path for path, text in leaves(parsed) if text and parsed.unescape(text) in texts]


def _key(nir: str) -> int:
    try:
        return nir_key(nir)
    except InvalidNir:  # pragma: no cover  (the generator only makes right ones)
        raise AssertionError(nir) from None
