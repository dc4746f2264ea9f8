"""Which service a decision sends the patient to.

A Hub Santé decision names an establishment (FINESS géographique) and an orientation type, not a service: the service is
read from the free text when it names one, else inferred from the orientation type and the patient's age. An inferred
service is shown as such, and the SAMU is asked when no establishment of the region can be found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from maison.foundations.structures.models import Structure
from maison.foundations.structures.selectors import services_at

from .models import Case

TO_HOSPITAL = frozenset({"URGENCES", "REA-USI", "SANTE"})
PAEDIATRIC_BELOW_MONTHS = 15 * 12 + 3  # pediatric emergency departments receive until 15 years and 3 months

# Words of regulators for each type of service, without accents.
SERVICE_WORDS = {
    "urgences_pediatriques": ("urgences pediatriques", "urgences enfants", "pediatrie", "hopital des enfants"),
    "dechocage": ("dechocage", "dechoquage", "sauv", "trauma center"),
    "reanimation": ("reanimation", "rea"),
    "usic": ("usic", "coronarographie", "coro", "cardiologie interventionnelle"),
    "unv": ("unv", "usinv", "neurovasculaire", "neuro vasculaire"),
    "maternite": ("maternite", "salle de naissance", "bloc obstetrical"),
    "psychiatrie": ("psychiatrie", "urgences psychiatriques", "cac", "uhcd psy"),
    "soins_intensifs": ("soins intensifs", "usi", "usc", "surveillance continue"),
    "bloc": ("bloc operatoire", "bloc"),
    "urgences_adultes": ("urgences adultes", "urgences", "sau"),
}
BY_ORIENTATION = {
    "URGENCES": ("urgences_adultes", "urgences_pediatriques"),
    "REA-USI": ("reanimation", "soins_intensifs", "dechocage", "urgences_adultes"),
    "SANTE": ("urgences_adultes", "urgences_pediatriques"),
}
CLOSED = frozenset({"CLOTURE", "CLASSE", "ARCHIVE"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """`service` None: the patient goes to no service of the region, and `reason` says it in French."""

    service: Structure | None
    inferred: bool = False
    reason: str = ""


type Finder = Callable[[str], list[Structure]]
"""The open services of the establishment with this FINESS number, each with its site."""


def wanted_destinations(case: Case, find: Finder = services_at) -> tuple[dict[str, Wanted], bool]:
    """For each oriented patient of the case (key: patientId, or "" when there is one at most), where he is to go.

    The second value tells that an orientation towards an establishment could not be resolved.
    """
    document = case.document
    patients: list[dict[str, Any]] = document.get("patient", [])
    several = len(patients) > 1
    latest: dict[str, dict[str, Any]] = {}
    for decision in sorted(document.get("decision", []), key=lambda item: str(item.get("creation", ""))):
        if decision.get("decisionType") != "ORIENT":
            continue
        keys = [decision["patientId"]] if decision.get("patientId") and several else [""]
        if several and not decision.get("patientId"):
            keys = [patient["patientId"] for patient in patients]
        for key in keys:
            latest[key] = decision
    wanted: dict[str, Wanted] = {}
    unresolved = False
    for key, decision in latest.items():
        patient = next((p for p in patients if p["patientId"] == key), patients[0] if len(patients) == 1 else {})
        if case.status in CLOSED:
            wanted[key] = Wanted(None, reason="Le SAMU a clôturé le dossier.")
        elif decision.get("orientationType", "URGENCES") not in TO_HOSPITAL:
            wanted[key] = Wanted(None, reason="Le SAMU a décidé une autre orientation.")
        else:
            found = service_for(decision, patient, document, find)
            if found is None:
                unresolved = True
            else:
                wanted[key] = found
    return wanted, unresolved


def establishment(decision: dict[str, Any]) -> str:
    """The FINESS number of the establishment that the decision names, or nothing."""
    places = decision.get("destination", {}).get("externalLocationId", [])
    return next((place["value"] for place in places if place.get("source") == "FINESS_GEOGRAPHIQUE"), "")


def service_for(
    decision: dict[str, Any], patient: dict[str, Any], document: dict[str, Any], find: Finder = services_at
) -> Wanted | None:
    """The service of the establishment the decision names; None when the house knows no service there."""
    services = {service.service_type: service for service in find(establishment(decision))}
    if not services:
        return None
    named = named_service(decision.get("destination", {}).get("freetext", ""), services)
    if named is not None:
        return Wanted(named)
    candidates = BY_ORIENTATION[decision.get("orientationType", "URGENCES")]
    months = age_in_months(patient, document)
    if months is not None and months < PAEDIATRIC_BELOW_MONTHS and decision.get("orientationType") != "REA-USI":
        candidates = ("urgences_pediatriques", *candidates)
    for service_type in candidates:
        if service_type in services:
            return Wanted(services[service_type], inferred=True)
    return Wanted(next(iter(services.values())), inferred=True)


def named_service(text: str, services: dict[str, Structure]) -> Structure | None:
    """The service of the site that the free text names, by its type or its own name."""
    plain = _plain(text)
    if not plain:
        return None
    for service in services.values():
        if _plain(service.name) in plain or service.service_type in text:
            return service
    for service_type, words in SERVICE_WORDS.items():
        if service_type in services and any(re.search(rf"\b{re.escape(word)}\b", plain) for word in words):
            return services[service_type]
    return None


def age_in_months(patient: dict[str, Any], document: dict[str, Any]) -> int | None:
    """From the birth date at the opening of the case, else from the declared age (`P82Y`, `P8M`, `P3W`, `P2D`)."""
    born = patient.get("identity", {}).get("strictFeatures", {}).get("birthDate")
    opened = document.get("creation")
    if born and opened:
        birth, day = date.fromisoformat(born), date.fromisoformat(opened[:10])
        return (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)
    match = re.fullmatch(r"P(\d{1,3})([YMWD])", patient.get("detail", {}).get("age", ""))
    if match is None:
        return None
    amount, unit = int(match[1]), match[2]
    return {"Y": amount * 12, "M": amount, "W": amount * 7 // 30, "D": amount // 30}[unit]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).replace("-", " ").split())
