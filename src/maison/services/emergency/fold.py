"""A case is the fold of its messages in the order they were sent: same messages, same case, whatever order they came in.

Pure: knows neither Django nor the database. Source of the life cycle: Hub Santé nomenclature « état » (26.07.29), which
says that a new decision sends a validated case back to ACTIF and that notes are frozen from VALIDE on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from maison.formats.hub_sante.merge import merge_case_update
from maison.formats.hub_sante.vehicle import CANCELLED, STATUSES
from maison.formats.hub_sante.wire import moment

LIFE = ("PROGRAM", "ACTIF", "ACHEVE", "VALIDE", "CLOTURE", "CLASSE", "ARCHIVE")
BACK_TO_ACTIVE = frozenset({"ACHEVE", "VALIDE"})
FROZEN_FROM = LIFE.index("VALIDE")


@dataclass(frozen=True, slots=True)
class Told:
    """One message: what it is, when its sender says it left, and its use-case object."""

    distribution_id: str
    kind: str
    sender: str
    sent_at: datetime
    body: dict[str, Any]


@dataclass(slots=True)
class StatusTold:
    at: datetime
    sent_at: datetime


@dataclass(slots=True)
class ResourceTold:
    ref: str
    info: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, StatusTold] = field(default_factory=dict)


@dataclass(slots=True)
class Folded:
    """`remarks` are the free texts of updates, which the case object has no place for. `anomalies` are (code, French
    sentence, distribution id): kept and shown, never a reason to refuse an emergency."""

    document: dict[str, Any] = field(default_factory=dict)
    known: bool = False
    status: str = "ACTIF"
    activated_at: datetime | None = None
    last_sent_at: datetime | None = None
    resources: dict[str, ResourceTold] = field(default_factory=dict)
    remarks: list[tuple[datetime, str]] = field(default_factory=list)
    anomalies: list[tuple[str, str, str]] = field(default_factory=list)

    def add_anomaly(self, code: str, text: str, message: Told) -> None:
        self.anomalies.append((code, text, message.distribution_id))


def fold(messages: Iterable[Told]) -> Folded:
    """The case that these messages tell. The creation counts as the base even when updates were sent before it."""
    ordered = sorted(messages, key=lambda told: (told.sent_at, told.distribution_id))
    folded = Folded()
    creations = [told for told in ordered if told.kind == "RS-EDA"]
    others = [told for told in ordered if told.kind != "RS-EDA"]
    # A first creation that left after its own updates (clocks differ, retries) is still what they update.
    for told in [*creations[:1], *sorted([*creations[1:], *others], key=lambda t: (t.sent_at, t.distribution_id))]:
        _apply(folded, told)
        folded.last_sent_at = max(folded.last_sent_at or told.sent_at, told.sent_at)
    for resource in folded.resources.values():
        _check_times(folded, resource)
    return folded


def _apply(folded: Folded, told: Told) -> None:
    if told.kind == "RS-EDA":
        folded.known = True
        _merge(folded, told)
    elif told.kind == "RS-EDA-MAJ":
        _merge(folded, told)
    elif told.kind in {"RS-RI", "RS-ER"}:
        resources = told.body.get("resource", [])
        for info in resources if isinstance(resources, list) else [resources]:
            _resource(folded, told, info)
    elif told.kind == "RS-SR":
        _vehicle_status(folded, told.body["resourceId"], told.body["state"], told)


def _merge(folded: Folded, told: Told) -> None:
    before = LIFE.index(folded.status)
    if folded.status == "ARCHIVE":
        folded.add_anomaly(
            "archive", "Message reçu après l'archivage : il est conservé sans modifier le dossier.", told
        )
        return
    body = told.body
    if told.kind == "RS-EDA-MAJ" and body.get("freetext"):
        folded.remarks.append((told.sent_at, body["freetext"]))
    if before >= FROZEN_FROM:
        body = _keep_frozen_notes(folded, body, told)
    wanted = body.get("qualification", {}).get("details", {}).get("status")
    decided = len(folded.document.get("decision", []))
    folded.document = merge_case_update(folded.document, body)
    new_decision = len(folded.document.get("decision", [])) > decided
    _move(folded, wanted, new_decision, told)
    folded.document.setdefault("qualification", {}).setdefault("details", {})["status"] = folded.status


def _move(folded: Folded, wanted: str | None, new_decision: bool, told: Told) -> None:
    now, target = folded.status, wanted
    if target is None and new_decision and now in BACK_TO_ACTIVE:
        target = "ACTIF"
    if target is not None and target != now:
        back = LIFE.index(target) < LIFE.index(now)
        if back and not (target == "ACTIF" and now in BACK_TO_ACTIVE):
            folded.add_anomaly(
                "etat", f"L'état demandé ({target}) revient en arrière depuis {now} : il n'est pas appliqué.", told
            )
        else:
            folded.status = target
    if folded.status != "PROGRAM" and folded.activated_at is None:
        folded.activated_at = told.sent_at


def _keep_frozen_notes(folded: Folded, body: dict[str, Any], told: Told) -> dict[str, Any]:
    """From VALIDE on, a note already there keeps its words; what the message says instead is added after it."""
    present = {note["medicalNoteId"]: note for note in folded.document.get("medicalNote", [])}
    notes = []
    for note in body.get("medicalNote", []):
        known = present.get(note["medicalNoteId"])
        if known is not None and known.get("freetext") != note.get("freetext"):
            folded.add_anomaly(
                "note_figee",
                "Une note figée a été modifiée par l'émetteur : l'original reste, la nouvelle version est ajoutée.",
                told,
            )
            note = {**note, "medicalNoteId": f"{note['medicalNoteId']}.{told.distribution_id.rpartition('_')[2]}"}
        notes.append(note)
    return {**body, "medicalNote": notes} if notes else body


def _resource(folded: Folded, told: Told, info: dict[str, Any]) -> None:
    reference = info.get("resourceId")
    if not reference:
        return
    resource = folded.resources.setdefault(reference, ResourceTold(reference))
    resource.info |= {key: value for key, value in info.items() if key != "state"}
    for state in info.get("state", []):
        _vehicle_status(folded, reference, state, told)


def _vehicle_status(folded: Folded, reference: str, state: dict[str, Any], told: Told) -> None:
    at = moment(state["datetime"])
    if at is None:
        folded.add_anomaly("horaire", "Un horaire de véhicule n'existe pas au calendrier : il est ignoré.", told)
        return
    resource = folded.resources.setdefault(reference, ResourceTold(reference))
    known = resource.statuses.get(state["status"])
    if known is not None and known.at != at:
        folded.add_anomaly("horaire_corrige", f"L'horaire « {state['status']} » a été corrigé par l'émetteur.", told)
    if known is None or told.sent_at >= known.sent_at:
        resource.statuses[state["status"]] = StatusTold(at, told.sent_at)


ORDERED = tuple(status for status in STATUSES if status != CANCELLED)


def _check_times(folded: Folded, resource: ResourceTold) -> None:
    previous: datetime | None = None
    for code in ORDERED:
        told = resource.statuses.get(code)
        if told is None:
            continue
        if previous is not None and told.at < previous:
            name = resource.info.get("name") or resource.ref.rpartition(".")[2]
            folded.anomalies.append(("horaires", f"Les horaires de {name} ne se suivent pas ({code}).", ""))
            return
        previous = told.at
