"""A few hospitals of the demonstration region: who is in their units, told by their own software through the MLLP door.

Fictional patients, test INS. Units and their numbers are plausible, not real: real hospitals name their own. Messages are
PAM-FR 2.11 (A01, A02, A03 with ZBE), one control id each, the same for the same seed and hour.
"""

from __future__ import annotations

import socket
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maison_region import identities
from maison_region.chance import Dice, dice, pick
from maison_region.facilities import EMERGENCY_SITES, PURPAN, RANGUEIL, EmergencySite
from maison_region.geography import COMMUNES
from maison_region.patients import TEST_INS_OID, Patient, patient_living_in

APPLICATION = "GAM-DEMO"
DOMAIN_ROOT = "1.2.250.1.213.1.4.99"
"""Arc of our own fictional domains: one for each establishment, by its FINESS."""
WAIT_SECONDS = 20
QUIET = 0.12
"""Share of hospitals' stays whose end comes before the hour played."""


@dataclass(frozen=True, slots=True)
class Ward:
    """`stay_days`: usual length; `usual`: patients one expects to find there."""

    code: str
    label: str
    usual: int
    stay_days: float


WARDS = (
    Ward("1010", "Hospitalisation de courte durée", 9, 1.0),
    Ward("2110", "Médecine polyvalente", 22, 6.0),
    Ward("2140", "Gériatrie aiguë", 18, 9.0),
    Ward("3020", "Chirurgie orthopédique", 16, 5.0),
    Ward("4001", "Réanimation", 11, 7.0),
    Ward("4110", "Soins intensifs de cardiologie", 8, 3.0),
)
MENDE = next(site for site in EMERGENCY_SITES.values() if site.insee == "48095")
HOSPITALS: tuple[EmergencySite, ...] = (RANGUEIL, PURPAN, MENDE)


def software_of(site: EmergencySite) -> str:
    """The identifier under which the house knows the hospital's software."""
    return f"demonstration.gam.{site.finess_eg}"


@dataclass(frozen=True, slots=True)
class Stay:
    site: EmergencySite
    number: str
    patient: Patient
    ward: Ward
    bed: int
    admitted_at: datetime
    moved: tuple[Ward, datetime] | None
    leaves_at: datetime


def stays_at(site: EmergencySite, now: datetime, seed: int) -> list[Stay]:
    """Those present or just gone; small hospitals hold a third of what the large ones do."""
    generator = dice(seed, "stays", site.finess_eg, f"{now:%Y%m%d%H}")
    size = 1.0 if site.visits_per_year > 40_000 else 0.35
    found = []
    for ward in WARDS:
        for rank in range(max(2, round(ward.usual * size * generator.uniform(0.75, 1.1)))):
            found.append(_stay(generator, site, ward, rank, now))
    return found


def _stay(generator: Dice, site: EmergencySite, ward: Ward, rank: int, now: datetime) -> Stay:
    here = generator.expovariate(1 / ward.stay_days)
    admitted_at = now - timedelta(days=min(here, 30.0), minutes=generator.randrange(20, 90))
    left = generator.expovariate(1 / (ward.stay_days / 2)) if generator.random() > QUIET else -0.02
    leaves_at = max(now + timedelta(days=left), admitted_at + timedelta(minutes=15))
    moved = None
    if generator.random() < 0.2 and now - admitted_at > timedelta(hours=6):
        target = generator.choice([one for one in WARDS if one is not ward])
        moved = (target, admitted_at + (now - admitted_at) * generator.uniform(0.3, 0.9))
    age = pick(generator, {4: 3, 25: 8, 45: 14, 62: 20, 76: 30, 87: 25})
    patient = patient_living_in(
        generator, COMMUNES[site.insee], age_years=age + generator.uniform(-3, 3), day=now.date()
    )
    return Stay(
        site, f"{admitted_at:%y%j}{ward.code}{rank:02d}", patient, ward, rank + 1, admitted_at, moved, leaves_at
    )


def messages_of(stay: Stay, now: datetime) -> Iterator[tuple[datetime, bytes]]:
    """What the hospital has said of a stay up to now, oldest first."""
    yield stay.admitted_at, _adt(stay, "A01", stay.admitted_at, stay.ward, 1)
    ward = stay.ward
    if stay.moved is not None and stay.moved[1] < min(now, stay.leaves_at):
        ward, at = stay.moved
        yield at, _adt(stay, "A02", at, ward, 2)
    if stay.leaves_at <= now:
        yield stay.leaves_at, _adt(stay, "A03", stay.leaves_at, ward, 3)


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S")


def _adt(stay: Stay, event: str, at: datetime, ward: Ward, rank: int) -> bytes:
    site, patient = stay.site, stay.patient
    domain = f"{DOMAIN_ROOT}.{site.finess_eg.lstrip('0')}"
    authority = f"{site.finess_eg}&{domain}&ISO"
    visit = f"{stay.number}^^^{authority}"
    unit = f"{ward.label}^^^^^{authority}^UF^^^{ward.code}"
    exit_said = _stamp(stay.leaves_at) if event != "A03" else ""
    ins = f"~{patient.ins}^^^ASIP-SANTE-INS-NIR&{TEST_INS_OID}&ISO^INS"
    rows = [
        f"MSH|^~\\&|{APPLICATION}|{site.finess_eg}|MAISON|GRADES|{_stamp(at)}||ADT^{event}^ADT_{event}|{stay.number}{rank}|P|2.5|||||FRA|UNICODE UTF-8|||2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||{_stamp(at)}||||{_stamp(at)}",
        f"PID|1||{stay.number}^^^{authority}^PI{ins}||{capitals(patient.family_name)}^{capitals(patient.given_name)}^{capitals(patient.given_name)}^^^^L||"
        f"{patient.born_on:%Y%m%d}|{patient.sex}|||{patient.street_number} {patient.street}^^{patient.commune.name}^^{patient.commune.postal_code}^FRA^H~^^^^^^BDL^^{patient.birth_place}"
        f"|||||||{visit}^AN||||||||||||||VALI",
        f"PV1|1|I|{ward.code}^{100 + stay.bed}^{1 if ward is stay.ward else 2}^{site.finess_eg}||||||||||||||||{visit}^VN",
        f"PV2|||||||||{exit_said}",
        f"ZBE|{stay.number}{rank}^{site.finess_eg}^{domain}^ISO|{_stamp(at)}||INSERT|N||{unit}|{unit}|HMS",
    ]
    return ("\r".join(rows) + "\r").encode()


def capitals(name: str) -> str:
    """As identity traits are written: capitals without accents."""
    plain = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).upper()


def tell(host: str, port: int, now: datetime, seed: int, sites: Sequence[EmergencySite] = HOSPITALS) -> tuple[int, int]:
    """Send what these hospitals have said; returns how many messages were accepted and refused. Raises OSError without a door."""
    stays = (message for site in sites for stay in stays_at(site, now, seed) for message in messages_of(stay, now))
    known = identities.messages_of(sites, now, APPLICATION, DOMAIN_ROOT)
    said = sorted([*stays, *known], key=lambda one: one[0])
    accepted = refused = 0
    with socket.create_connection((host, port), timeout=WAIT_SECONDS) as line:
        for _, message in said:
            line.sendall(b"\x0b" + message + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                received = line.recv(65_536)
                if not received:
                    raise ConnectionError("the house closed the line")
                answer += received
            if b"\rMSA|AA|" in answer:
                accepted += 1
            else:
                refused += 1
    return accepted, refused
