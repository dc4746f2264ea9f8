"""A small emergency chain for tests: a SAMU, two sites with their services, and messages of our own, plainly fictional."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from maison.foundations.access import Actor
from maison.foundations.structures.models import Structure
from maison.services.emergency import actions
from maison.services.emergency.models import Case
from tests.factories import StructureFactory

SAMU_ID = "fr.health.samu990"


@dataclass
class Chain:
    samu: Structure
    north: Structure
    south: Structure
    north_adults: Structure
    north_children: Structure
    north_icu: Structure
    south_adults: Structure


def chain() -> Chain:
    samu = StructureFactory(service=True, name="SAMU 99", short_name="SAMU 99", service_type="samu", hub_id=SAMU_ID)
    north = StructureFactory(name="Hôpital Nord fictif", short_name="Nord", latitude=43.56, longitude=1.45)
    south = StructureFactory(name="Hôpital Sud fictif", short_name="Sud", latitude=43.61, longitude=1.40)

    def service(site: Structure, kind: str, name: str) -> Structure:
        return StructureFactory(
            service=True, parent=site, service_type=kind, name=name, short_name=name, phone="05 36 49 00 01"
        )

    return Chain(
        samu, north, south,
        service(north, "urgences_adultes", "Urgences adultes"),
        service(north, "urgences_pediatriques", "Urgences pédiatriques"),
        service(north, "reanimation", "Réanimation"),
        service(south, "urgences_adultes", "Urgences adultes"),
    )  # fmt: skip


class Told:
    """Tells the house messages about one case, as its SAMU would."""

    def __init__(self, ref: str = "", *, opened_at: datetime | None = None, age: str = "P82Y") -> None:
        self.opened_at = (opened_at or timezone.now()).replace(microsecond=0)
        self.ref = ref or f"{SAMU_ID}.DRFR{uuid4().hex[:12].upper()}"
        self.age = age
        self.actor = Actor.software(SAMU_ID, "LRM du SAMU 99")

    def at(self, minutes: float) -> datetime:
        return self.opened_at + timedelta(minutes=minutes)

    def stamp(self, minutes: float) -> str:
        return timezone.localtime(self.at(minutes)).isoformat(timespec="seconds")

    def say(self, kind: str, body: dict[str, Any], minutes: float, distribution_id: str = "") -> Case:
        case, _ = actions.take_in(
            actor=self.actor, case_ref=self.ref, distribution_id=distribution_id or f"{SAMU_ID}_{uuid4()}", kind=kind,
            sender=SAMU_ID, sent_at=self.at(minutes), body={"caseId": self.ref, **body},
        )  # fmt: skip
        return case

    def creation(self) -> dict[str, Any]:
        return {
            "senderCaseId": self.ref.rpartition(".")[2],
            "creation": self.stamp(0),
            "owner": SAMU_ID,
            "qualification": {
                "whatsHappen": {"code": "C02.11.01", "label": "Chute"},
                "healthMotive": {"code": "M06.03", "label": "Chute"},
                "details": {"status": "ACTIF", "priority": "P1", "attribution": "DRM"},
            },
            "location": {
                "city": {"name": "Revel", "inseeCode": "31451"},
                "geometry": {
                    "datetime": self.stamp(0),
                    "point": {"coord": {"lat": 43.458, "lon": 2.004, "precision": "ADRESSE"}},
                },
            },
            "initialAlert": {
                "reception": self.stamp(0),
                "caller": {
                    "callerContact": {"channel": "PERSONNE", "type": "TEL", "detail": "05 36 49 11 22"},
                    "detailedName": {"complete": "Alix Exemple"},
                    "type": "FAMILLE",
                },
            },
            "patient": [
                {
                    "patientId": f"{SAMU_ID}.patient.{self.ref.rpartition('.')[2]}.1",
                    "detail": {"age": self.age},
                    "identity": {"strictFeatures": {"sex": "F"}, "nonStrictFeatures": {"complete": "Claude Exemple"}},
                }
            ],
            "medicalNote": [self.note("n1", "Chute de sa hauteur, douleur de hanche.", 1)],
        }

    def note(self, name: str, text: str, minutes: float) -> dict[str, Any]:
        return {
            "medicalNoteId": f"{SAMU_ID}.medicalNote.{name}",
            "operator": {"role": "MEDECIN"},
            "creation": self.stamp(minutes),
            "freetext": text,
        }

    def orientation(self, site: Structure, minutes: float, text: str = "", kind: str = "URGENCES") -> dict[str, Any]:
        return {
            "decision": [
                {
                    "decisionType": "ORIENT", "orientationType": kind, "creation": self.stamp(minutes), "operator": {"role": "MEDECIN"},
                    "destination": {"externalLocationId": [{"source": "FINESS_GEOGRAPHIQUE", "value": site.finess}], "freetext": text},
                }
            ]
        }  # fmt: skip

    def opens(self, **changes: Any) -> Case:
        return self.say("RS-EDA", {**self.creation(), **changes}, 1)

    def orients(self, site: Structure, minutes: float = 5, text: str = "", kind: str = "URGENCES") -> Case:
        return self.say("RS-EDA-MAJ", self.orientation(site, minutes, text, kind), minutes)

    def engages(self, minutes: float = 3, name: str = "VLM 1") -> Case:
        return self.say(
            "RS-RI",
            {"resource": [{
                "resourceId": f"{SAMU_ID}.resource.VLM1", "orgId": SAMU_ID, "vehicleType": "SMUR.VLM", "name": name,
                "datetime": self.stamp(minutes), "team": {"medicalLevel": "MED"},
                "state": [{"status": "DECLENCHE", "datetime": self.stamp(minutes)}],
            }]},
            minutes,
        )  # fmt: skip

    def vehicle(self, status: str, minutes: float) -> Case:
        state = {"status": status, "datetime": self.stamp(minutes)}
        return self.say("RS-SR", {"resourceId": f"{SAMU_ID}.resource.VLM1", "state": state}, minutes)
