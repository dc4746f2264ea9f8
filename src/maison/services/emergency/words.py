"""A case in the words of the people who read it: official labels, French sentences, nothing invented."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from maison.formats.hub_sante.codes import label
from maison.formats.hub_sante.wire import moment

AGE_UNITS = {"Y": ("an", "ans"), "M": ("mois", "mois"), "W": ("semaine", "semaines"), "D": ("jour", "jours")}
SEXES = {"F": "Femme", "M": "Homme", "O": "Autre", "UN": ""}
ROLES = {
    "ARM": "ARM", "MEDECIN": "médecin", "INFIRMIER": "infirmier", "AMBULANCIER": "ambulancier", "PILOTE": "pilote",
    "TCM": "technicien d'information médicale", "AUTRE": "autre", "INCONNU": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    at: datetime | None
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class PatientWords:
    """`name` is empty when nobody knows it yet."""

    ref: str
    name: str
    sex: str
    age: str
    born_on: str
    history: str
    treatment: str
    hypothesis: str
    care_level: str
    general_practitioner: str

    @property
    def short(self) -> str:
        """« Femme, 82 ans »: what a wall may show."""
        return ", ".join(part for part in (self.sex, self.age) if part) or "Patient non décrit"


@dataclass(frozen=True, slots=True)
class Caller:
    name: str
    kind: str
    phone: str
    callback: str
    note: str
    language: str


def phone(number: str) -> str:
    """A French number as it is read aloud, « 05 36 49 11 22 »; any other as it was told."""
    digits = re.sub(r"[\s.-]", "", number)
    match = re.fullmatch(r"(?:\+33|0033|0)([1-9]\d{8})", digits)
    return " ".join(re.findall("..", f"0{match[1]}")) if match else number


def coded(value: dict[str, Any] | None, nomenclature: str) -> str:
    """The official label of a coded field; for a code the house does not know, the words the message carries."""
    if not value or not value.get("code"):
        return ""
    official = label(nomenclature, value["code"])
    return value.get("label") or official if "code inconnu" in official else official


def motive(document: dict[str, Any]) -> str:
    """What brings the patient, in words: medical motive, else what happened."""
    qualification = document.get("qualification", {})
    return (
        coded(qualification.get("healthMotive"), "motif")
        or coded(qualification.get("whatsHappen"), "fait")
        or "Motif non précisé"
    )


def what_happened(document: dict[str, Any]) -> str:
    return coded(document.get("qualification", {}).get("whatsHappen"), "fait")


def place(document: dict[str, Any]) -> str:
    """« 12 rue des Fictions, Revel »."""
    location = document.get("location", {})
    street = location.get("detailedAddress", {}).get("complete", "")
    return ", ".join(
        part for part in (location.get("name", ""), street, location.get("city", {}).get("name", "")) if part
    )


def age_words(age: str) -> str:
    match = re.fullmatch(r"P(\d{1,3})([YMWD])", age)
    if match is None:
        return ""
    amount = int(match[1])
    return f"{amount}\u00a0{AGE_UNITS[match[2]][amount > 1]}"


def _age_from_birth(born: str, opened: str) -> str:
    try:
        birth, day = date.fromisoformat(born), date.fromisoformat(opened[:10])
    except ValueError:
        return ""
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    if years < 0:
        return ""
    return f"{years}\u00a0ans" if years >= 2 else f"{(day.year - birth.year) * 12 + day.month - birth.month}\u00a0mois"


def patients(document: dict[str, Any]) -> list[PatientWords]:
    return [_patient(item, document) for item in document.get("patient", [])]


def _patient(item: dict[str, Any], document: dict[str, Any]) -> PatientWords:
    identity, detail = item.get("identity", {}), item.get("detail", {})
    strict, loose = identity.get("strictFeatures", {}), identity.get("nonStrictFeatures", {})
    names = [str(strict.get("birthName", "")).upper(), str(loose.get("complete", ""))]
    born = strict.get("birthDate", "")
    diagnosis = item.get("hypothesis", {}).get("mainDiagnosis", {})
    return PatientWords(
        ref=item.get("patientId", ""),
        name=f"{names[0]} ({names[1]})" if all(names) else names[0] or names[1],
        sex=SEXES.get(strict.get("sex", ""), ""),
        age=age_words(detail.get("age", "")) or _age_from_birth(born, document.get("creation", "")),
        born_on=born,
        history=detail.get("medicalHistory", ""),
        treatment=detail.get("treatment", ""),
        hypothesis=diagnosis.get("label", ""),
        care_level=detail.get("careLevel", ""),
        general_practitioner=item.get("administrativeFile", {})
        .get("generalPractitioner", {})
        .get("detailedName", {})
        .get("complete", ""),
    )


def patient_of(document: dict[str, Any], ref: str) -> PatientWords | None:
    found = patients(document)
    return next((patient for patient in found if patient.ref == ref), found[0] if found else None)


def notes(document: dict[str, Any], patient_ref: str = "") -> list[Note]:
    """The regulator's observations, latest first; those of another patient of the case are left out."""
    found = [
        Note(_at(item.get("creation")), _operator(item.get("operator", {})), item.get("freetext", ""))
        for item in document.get("medicalNote", [])
        if not (patient_ref and item.get("patientId") and item["patientId"] != patient_ref)
    ]
    return sorted(found, key=lambda note: note.at.timestamp() if note.at else 0, reverse=True)


def remarks(told: list[dict[str, str]]) -> list[Note]:
    """The free texts of the updates of a case, latest first."""
    return [Note(datetime.fromisoformat(item["at"]), "mise à jour du dossier", item["text"]) for item in reversed(told)]


def call_notes(document: dict[str, Any]) -> list[Note]:
    return [
        Note(_at(item.get("creation")), "", item.get("freetext", ""))
        for item in document.get("initialAlert", {}).get("notes", [])
    ]


def caller(document: dict[str, Any]) -> Caller | None:
    told = document.get("initialAlert", {}).get("caller")
    if not told:
        return None
    return Caller(
        name=told.get("detailedName", {}).get("complete", "").strip(),
        kind=label("typeAppelant", told["type"]) if told.get("type") else "",
        phone=phone(told.get("callerContact", {}).get("detail", "")),
        callback=phone(told.get("callbackContact", {}).get("detail", "")),
        note=told.get("freetext", ""),
        language=label("langue", told["language"]) if told.get("language") not in (None, "fr") else "",
    )


def decisions(document: dict[str, Any]) -> list[tuple[datetime | None, str, str]]:
    """(when, what was decided in words, by whom), latest first."""
    found = []
    for item in document.get("decision", []):
        words = [label("typeDecision", item["decisionType"])]
        if item.get("resourceType"):
            words.append(label("typeRessource", item["resourceType"]))
        if item.get("orientationType"):
            words.append(label("typeOrientation", item["orientationType"]))
        if item.get("destination", {}).get("freetext"):
            words.append(item["destination"]["freetext"])
        found.append((_at(item.get("creation")), " · ".join(words), _operator(item.get("operator", {}))))
    return sorted(found, key=lambda entry: entry[0].timestamp() if entry[0] else 0, reverse=True)


def vehicle(code: str) -> str:
    return label("typeVecteur", code) if code else ""


def _operator(operator: dict[str, Any]) -> str:
    return ", ".join(part for part in (operator.get("label", ""), ROLES.get(operator.get("role", ""), "")) if part)


def _at(text: str | None) -> datetime | None:
    return moment(text) if text else None
