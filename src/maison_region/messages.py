"""Hub Santé messages as a SAMU's software writes them: EDXL-DE envelope, RC-DE header, one health object.

Models RS-EDA, RS-EDA-MAJ, RS-RI and RS-SR of SAMU-Hub-Modeles, version 26.07.29. Dates carry seconds and the offset of
Paris, never Z (SPECS §2.3).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from maison_region.chance import Dice, uuid4_from
from maison_region.facilities import SERVICE_LABELS, EmergencySite, Samu
from maison_region.geography import Point
from maison_region.patients import Patient, age_code
from maison_region.reasons import PLACES, Reason

PARIS = ZoneInfo("Europe/Paris")
HOUSE_CLIENT = os.environ.get("MAISON_HUB_CLIENT_ID", "fr.health.grades-occitanie")

# How the hub says the kind of service where the patient goes (HubSante.typeOrientation)
ORIENTATIONS = {
    "urgences_adultes": "URGENCES",
    "urgences_pediatriques": "URGENCES",
    "dechocage": "URGENCES",
    "reanimation": "REA-USI",
    "soins_intensifs": "REA-USI",
    "usic": "REA-USI",
}

Json = dict[str, Any]


def stamp(at: datetime) -> str:
    return at.astimezone(PARIS).replace(microsecond=0).isoformat()


@dataclass(frozen=True, slots=True)
class CaseNumbers:
    """The names of one dossier on the hub: `fr.health.samu31.DRFR15DDXAAJJJ00000` and what hangs from it."""

    samu: Samu
    opened_at: datetime
    rank: int

    @property
    def sender_case_id(self) -> str:
        local = self.opened_at.astimezone(PARIS)
        return f"DRFR15{self.samu.department}0{local:%y%j}{self.rank:05d}"

    @property
    def case_id(self) -> str:
        return f"{self.samu.client_id}.{self.sender_case_id}"

    @property
    def patient_id(self) -> str:
        return f"{self.samu.client_id}.patient.{self.sender_case_id}.1"

    def note_id(self, rank: int) -> str:
        return f"{self.samu.client_id}.medicalNote.{self.sender_case_id}.{rank}"


def envelope(
    generator: Dice,
    *,
    sender: str,
    key: str,
    body: Json,
    sent_at: datetime,
    kind: str = "Report",
    recipient: str = HOUSE_CLIENT,
) -> Json:
    """One message to one recipient; it expires after a year, so that a replayed day is still read."""
    distribution_id = f"{sender}_{uuid4_from(generator)}"
    return {
        "distributionID": distribution_id,
        "senderID": sender,
        "dateTimeSent": stamp(sent_at),
        "dateTimeExpires": stamp(sent_at + timedelta(days=365)),
        "distributionStatus": "Actual",
        "distributionKind": kind,
        "descriptor": {
            "language": "fr-FR",
            "explicitAddress": {"explicitAddressScheme": "hubex", "explicitAddressValue": recipient},
        },
        "content": [
            {
                "jsonContent": {
                    "embeddedJsonContent": {
                        "message": {
                            "messageId": distribution_id,
                            "sender": {"name": sender, "URI": f"hubex:{sender}"},
                            "sentAt": stamp(sent_at),
                            "kind": kind,
                            "status": "Actual",
                            "recipient": [{"name": recipient, "URI": f"hubex:{recipient}"}],
                            key: body,
                        }
                    }
                }
            }
        ],
    }


def encode(message: Json) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def coded(pair: tuple[str, str]) -> Json:
    code, label = pair
    return {"code": code, "label": label}


def operator(name: str, role: str = "MEDECIN") -> Json:
    return {"role": role, "label": name}


def location(patient: Patient, place: str, at: datetime, where: Point, *, details: str = "") -> Json:
    content: Json = {
        "detailedAddress": {
            "complete": f"{patient.street_number} {patient.street}",
            "number": patient.street_number,
            "wayName": {"complete": patient.street},
        },
        "city": {"name": patient.commune.name, "inseeCode": patient.commune.insee},
        "geometry": {
            "datetime": stamp(at),
            "point": {"coord": {"lat": where.latitude, "lon": where.longitude, "precision": "ADRESSE"}},
        },
    }
    if details:
        content["freetext"] = details
    if place == "medicosocial":
        content["name"] = f"Résidence de {patient.commune.name}"
    return content


def patient_object(
    numbers: CaseNumbers,
    patient: Patient,
    day: date,
    *,
    care_level: str,
    diagnosis: tuple[str, str] | None,
    known: bool,
) -> Json:
    """`known`: the caller gave a full identity; else only sex and age are said."""
    content: Json = {
        "patientId": numbers.patient_id,
        "detail": {"age": age_code(patient.born_on, day), "careLevel": care_level},
        "identity": {"strictFeatures": {"sex": patient.sex}},
    }
    if known:
        content["identity"]["strictFeatures"] |= {
            "birthName": patient.family_name.upper(),
            "birthDate": patient.born_on.isoformat(),
        }
        content["identity"]["nonStrictFeatures"] = {
            "complete": patient.full_name,
            "lastName": patient.family_name,
            "firstName": patient.given_name,
        }
    if diagnosis:
        content["hypothesis"] = {"mainDiagnosis": coded(diagnosis)}
    return content


def decision(
    numbers: CaseNumbers,
    type_: str,
    at: datetime,
    by: str,
    *,
    resource: str = "",
    medical: bool | None = None,
    to: tuple[EmergencySite, str] | None = None,
    orientation: str = "",
) -> Json:
    """`to` is a site and a type of service: it names the receiving unit by its FINESS and its label."""
    content: Json = {
        "patientId": numbers.patient_id,
        "creation": stamp(at),
        "operator": operator(by),
        "decisionType": type_,
    }
    if resource:
        content["resourceType"] = resource
    if medical is not None:
        content["medicalTransport"] = medical
    if to:
        site, service = to
        content["orientationType"] = ORIENTATIONS.get(service, "SANTE")
        content["destination"] = {
            "externalLocationId": [{"source": "FINESS_GEOGRAPHIQUE", "value": site.finess_eg}],
            "freetext": f"{SERVICE_LABELS[service]} {site.short_name}",
        }
    elif orientation:
        content["orientationType"] = orientation
    return content


def medical_note(numbers: CaseNumbers, rank: int, text: str, at: datetime, by: str, role: str = "MEDECIN") -> Json:
    return {
        "patientId": numbers.patient_id,
        "operator": operator(by, role),
        "medicalNoteId": numbers.note_id(rank),
        "creation": stamp(at),
        "freetext": text,
    }


def create_case(
    numbers: CaseNumbers,
    *,
    reason: Reason,
    place: str,
    patient: Patient,
    where: Point,
    caller: Json,
    origin: str,
    priority: str,
    attribution: str,
    people: list[Json],
    notes: list[Json],
    decisions: list[Json],
    status: str = "ACTIF",
    perimeter: str = "AMU",
    care_level: str = "",
    details: str = "",
) -> Json:
    body: Json = {
        "caseId": numbers.case_id,
        "senderCaseId": numbers.sender_case_id,
        "creation": stamp(numbers.opened_at),
        "perimeter": perimeter,
        "interventionType": "T1",
        "qualification": {
            "origin": origin,
            "whatsHappen": coded(reason.fact),
            "locationKind": coded(PLACES[place]),
            "healthMotive": coded(reason.motive),
            "details": {"status": status, "attribution": attribution, "priority": priority},
        },
        "location": location(patient, place, numbers.opened_at, where, details=details),
        "initialAlert": {"reception": stamp(numbers.opened_at), "caller": caller},
        "owner": numbers.samu.client_id,
        "patient": people,
    }
    if care_level:
        body["qualification"]["details"]["careLevel"] = care_level
    if notes:
        body["medicalNote"] = notes
    if decisions:
        body["decision"] = decisions
    return body


def update_case(numbers: CaseNumbers, **changes: Any) -> Json:
    """RS-EDA-MAJ: only what changed; patients and notes are matched by their identifiers."""
    return {"caseId": numbers.case_id, **changes}


def case_status(status: str, **details: str) -> Json:
    return {"details": {"status": status, **details}}


def caller_of(name: str, phone: str, type_: str, *, communication: str = "AUCUNE") -> Json:
    family = name.rpartition(" ")[2]
    contact = {"channel": "PERSONNE", "type": "TEL", "detail": phone}
    return {
        "callerContact": contact,
        "callbackContact": dict(contact),
        "language": "fr",
        "type": type_,
        "communication": communication,
        "detailedName": {"complete": name, "lastName": family, "firstName": name.removesuffix(family).strip()},
    }


@dataclass(frozen=True, slots=True)
class Resource:
    """A vehicle engaged in a case, as RS-RI tells it."""

    id: str
    type: str
    name: str
    organisation: str
    level: str
    city: str = ""


def resources_info(numbers: CaseNumbers, resources: Iterable[tuple[Resource, list[tuple[str, datetime]]]]) -> Json:
    """RS-RI: each vehicle with the statuses known so far, oldest first."""
    rows = []
    for resource, states in resources:
        row: Json = {
            "datetime": stamp(states[0][1]),
            "resourceId": resource.id,
            "orgId": resource.organisation,
            "patientId": numbers.patient_id,
            "vehicleType": resource.type,
            "name": resource.name,
            "team": {"medicalLevel": resource.level, "name": f"Équipe {resource.name}"},
            "state": [{"status": status, "datetime": stamp(at), "availability": False} for status, at in states],
        }
        if resource.city:
            row["centerCity"] = resource.city
        rows.append(row)
    return {"caseId": numbers.case_id, "resource": rows}


def resource_status(numbers: CaseNumbers, resource: Resource, status: str, at: datetime) -> Json:
    """RS-SR: one new status; the vehicle is free again from RETOUR on, or once called back."""
    free = status in {"ANNULE", "RETOUR", "RET-BASE", "REN-BASE"}
    return {
        "caseId": numbers.case_id,
        "resourceId": resource.id,
        "state": {"status": status, "datetime": stamp(at), "availability": free},
    }
