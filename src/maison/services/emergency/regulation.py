"""Acts of the regulator in the house. Each is itself a Hub Santé message about the case, taken in like any other and shared
with the systems that know it: one history, one way to rebuild a case."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maison.formats.hub_sante.codes import label
from maison.formats.hub_sante.wire import stamp
from maison.foundations import audit, clock, relay
from maison.foundations.access import Actor
from maison.foundations.errors import Forbidden
from maison.foundations.events import publish
from maison.foundations.relay.models import Relay
from maison.foundations.structures.models import Structure

from . import locks
from .access import access_case
from .actions import take_in
from .errors import CaseClosed, UnknownDestination, WrongTransition
from .events import CaseShared
from .models import Arrival, Case, CaseMessage
from .permissions import P
from .registration import CLOSING
from .relays import DESTINATION


def is_ours(case: Case) -> bool:
    """The house originated it: its case identifier was made here."""
    return case.case_ref.startswith(f"{settings.HUB_CLIENT_ID}.")


def _operator(actor: Actor) -> dict[str, str]:
    role = "ARM" if "arm" in actor.roles and "regulateur" not in actor.roles else "MEDECIN"
    return {"role": role, "label": actor.name}


def _say(actor: Actor, case_ref: str, kind: str, body: dict[str, Any], at: datetime) -> Case:
    """Take our own message in, and let the hub send it to the other systems that have the case."""
    distribution_id = f"{settings.HUB_CLIENT_ID}_{uuid4()}"
    case, _ = take_in(
        actor=actor, case_ref=case_ref, distribution_id=distribution_id, kind=kind, sender=settings.HUB_CLIENT_ID, sent_at=at,
        body={"caseId": case_ref, **body},
    )  # fmt: skip
    recipients = recipients_of(case)
    if recipients:
        message = CaseMessage.objects.get(sender=settings.HUB_CLIENT_ID, distribution_id=distribution_id)
        publish(CaseShared(case.id, message.id, recipients))
    return case


def recipients_of(case: Case) -> list[str]:
    """The systems that told something about this case, and the software of the SAMU that owns it; not ourselves."""
    senders = set(case.messages.values_list("sender", flat=True)) | {case.owner}
    return sorted(sender for sender in senders if sender and sender != settings.HUB_CLIENT_ID)


@transaction.atomic
def open_case(*, actor: Actor, facts: dict[str, Any]) -> Case:
    """Open a case here. `facts` are the cleaned fields of NewCaseForm; the SAMU is the actor's structure."""
    samu = (
        Structure.objects.filter(id__in=actor.structures_with(P.MANAGE_CASES))
        .exclude(hub_id="")
        .order_by("name")
        .first()
    )
    if samu is None:
        raise Forbidden("Votre situation n'est rattachée à aucun SAMU.")
    now = timezone.localtime().replace(microsecond=0)
    number = f"DRFR{now:%y%j%H%M%S}{uuid4().hex[:6].upper()}"
    case = _say(actor, f"{settings.HUB_CLIENT_ID}.{number}", "RS-EDA", _creation(actor, samu, facts, number, now), now)
    audit.record(actor, "emergency.case_opened", target=case, structure=samu.id)
    return case


def _creation(actor: Actor, samu: Structure, facts: dict[str, Any], number: str, now: datetime) -> dict[str, Any]:
    patient_ref = f"{settings.HUB_CLIENT_ID}.patient.{number}.1"
    qualification: dict[str, Any] = {
        "origin": "15",
        "healthMotive": {"code": facts["motive"], "label": label("motif", facts["motive"])},
        "details": {"status": "ACTIF", "priority": facts["priority"], "attribution": "DRM"},
    }
    if facts.get("place_kind"):
        qualification["locationKind"] = {"code": facts["place_kind"], "label": label("lieu", facts["place_kind"])}
    city = {"name": facts["city_name"], **({"inseeCode": facts["city_code"]} if facts.get("city_code") else {})}
    location: dict[str, Any] = {"city": city}
    if facts.get("address"):
        location["detailedAddress"] = {"complete": facts["address"]}
    if facts.get("access_note"):
        location["freetext"] = facts["access_note"]
    patient: dict[str, Any] = {"patientId": patient_ref, "identity": {"strictFeatures": {"sex": facts["sex"]}}}
    if facts.get("patient_name"):
        patient["identity"]["nonStrictFeatures"] = {"complete": facts["patient_name"]}
    if facts.get("age_years") is not None:
        patient["detail"] = {"age": f"P{facts['age_years']}Y"}
    body: dict[str, Any] = {
        "senderCaseId": number, "creation": stamp(now), "owner": samu.hub_id, "perimeter": "AMU", "interventionType": "T1",
        "qualification": qualification, "location": location, "patient": [patient],
    }  # fmt: skip
    if facts.get("caller_phone") or facts.get("caller_name"):
        caller: dict[str, Any] = {
            "callerContact": {
                "channel": "PERSONNE",
                "type": "TEL",
                "detail": facts.get("caller_phone") or "non communiqué",
            }
        }
        if facts.get("caller_name"):
            caller["detailedName"] = {"complete": facts["caller_name"]}
        body["initialAlert"] = {"reception": stamp(now), "caller": caller}
    if facts.get("observation"):
        body["medicalNote"] = [_note(actor, patient_ref, facts["observation"], now)]
    return body


def _note(actor: Actor, patient_ref: str, text: str, now: datetime) -> dict[str, Any]:
    note = {
        "medicalNoteId": f"{settings.HUB_CLIENT_ID}.medicalNote.{uuid4().hex[:12]}", "operator": _operator(actor),
        "creation": stamp(now), "freetext": text,
    }  # fmt: skip
    return {"patientId": patient_ref, **note} if patient_ref else note


def _open_case_of(actor: Actor, case_id: UUID) -> Case:
    case = access_case(actor, case_id, P.MANAGE_CASES, lock=True)
    if case.status in (Case.Status.CLOTURE, Case.Status.CLASSE, Case.Status.ARCHIVE):
        raise CaseClosed
    return case


def _now_after(case: Case) -> datetime:
    """Our word comes after all that was said, even by a system whose clock is ahead."""
    return max(
        timezone.localtime().replace(microsecond=0), timezone.localtime(case.last_sent_at) + timedelta(seconds=1)
    )


@transaction.atomic
def add_note(*, actor: Actor, case_id: UUID, text: str) -> Case:
    case = _open_case_of(actor, case_id)
    now = _now_after(case)
    _say(actor, case.case_ref, "RS-EDA-MAJ", {"medicalNote": [_note(actor, "", text, now)]}, now)
    audit.record(actor, "emergency.note_added", target=case, structure=case.samu_id)
    return case


@transaction.atomic
def orient(*, actor: Actor, case_id: UUID, service_id: UUID, note: str = "") -> Case:
    """Decide that the patient goes to this service; announced there at once, and called off where he was expected."""
    case = _open_case_of(actor, case_id)
    service = (
        Structure.objects.open().filter(id=service_id, kind=Structure.Kind.SERVICE).select_related("parent").first()
    )
    if service is None or service.parent is None or not service.parent.finess:
        raise UnknownDestination
    orientation = {"reanimation": "REA-USI", "soins_intensifs": "REA-USI"}.get(service.service_type, "URGENCES")
    decision = {
        "decisionType": "ORIENT", "orientationType": orientation,
        "destination": {
            "externalLocationId": [{"source": "FINESS_GEOGRAPHIQUE", "value": service.parent.finess}],
            "freetext": f"{service.name}. {note}".strip(),
        },
    }  # fmt: skip
    _decide(actor, case, decision)
    asked = Relay.objects.filter(kind_code=DESTINATION.code, subject_id=case.id, ending="").first()
    if asked is not None:
        relay.mark(actor, asked.id, "answered")
    audit.record(
        actor, "emergency.patient_oriented", target=case, structure=case.samu_id, details={"service": str(service.id)}
    )
    return case


@transaction.atomic
def leave_on_site(*, actor: Actor, case_id: UUID) -> Case:
    """Decide that the patient is not transported: the services that expected him are told."""
    case = _open_case_of(actor, case_id)
    _decide(actor, case, {"decisionType": "ORIENT", "orientationType": "DOMICILE"})
    audit.record(actor, "emergency.orientation_cancelled", target=case, structure=case.samu_id)
    return case


def _decide(actor: Actor, case: Case, decision: dict[str, Any]) -> None:
    now = _now_after(case)
    body = {"decision": [{"creation": stamp(now), "operator": _operator(actor), **decision}]}
    _say(actor, case.case_ref, "RS-EDA-MAJ", body, now)


# -- the life of the cases that the house itself owns; for the others the software of the SAMU says the state


def _say_status(actor: Actor, case: Case, status: str) -> Case:
    now = _now_after(case)
    case = _say(actor, case.case_ref, "RS-EDA-MAJ", {"qualification": {"details": {"status": status}}}, now)
    audit.record(actor, "emergency.case_moved", target=case, structure=case.samu_id, details={"status": status})
    return case


def missing_for_validation(case: Case) -> list[str]:
    """What a case still lacks to be complete and coherent, in French; empty when it may be validated."""
    document = case.document
    missing = []
    if not document.get("decision"):
        missing.append("aucune décision n'est enregistrée")
    if not document.get("patient"):
        missing.append("aucun patient n'est décrit")
    if not document.get("location", {}).get("city", {}).get("name"):
        missing.append("la commune manque")
    if case.arrivals.filter(state__in=Arrival.EXPECTED).exists():
        missing.append("un patient est encore attendu dans un service")
    return missing


@transaction.atomic
def finish_case(*, actor: Actor, case_id: UUID) -> Case:
    """ACTIF → ACHEVE: every decision is done. A complete and coherent case is then validated by the house itself."""
    case = _open_case_of(actor, case_id)
    if case.status != Case.Status.ACTIF or not is_ours(case):
        raise WrongTransition("Seul un dossier actif ouvert ici peut être achevé ici.")
    if case.arrivals.filter(state__in=Arrival.EXPECTED).exists():
        raise WrongTransition(
            "Un patient est encore attendu dans un service : attendez son arrivée ou annulez son orientation."
        )
    case = _say_status(actor, case, Case.Status.ACHEVE)
    if not missing_for_validation(case):
        case = _say_status(Actor.system("emergency.validation"), case, Case.Status.VALIDE)
        clock.start(CLOSING, case.id, due_at=_closing_time(case))
    return case


def _closing_time(case: Case) -> datetime:
    """The nomenclature counts from the passage to ACTIF (decision 0008), and never closes what was just validated sooner."""
    delay = timedelta(seconds=clock.seconds_of(CLOSING))
    return max(timezone.now(), (case.activated_at or case.opened_at) + delay)


@transaction.atomic
def reopen_case(*, actor: Actor, case_id: UUID) -> Case:
    """ACHEVE → ACTIF, the only way back; a validated case goes back by a new decision."""
    case = _open_case_of(actor, case_id)
    if case.status != Case.Status.ACHEVE or not is_ours(case):
        raise WrongTransition("Seul un dossier achevé ouvert ici peut être repris ici.")
    return _say_status(actor, case, Case.Status.ACTIF)


@transaction.atomic
def close_validated_case(case_id: UUID) -> None:
    """VALIDE → CLOTURE once the delay has run, when nothing has sent the case back to ACTIF meanwhile."""
    ref = Case.objects.filter(id=case_id).values_list("case_ref", flat=True).first()
    if ref is None:
        return
    locks.hold([ref])
    case = Case.objects.filter(id=case_id).first()
    if case is not None and case.status == Case.Status.VALIDE and is_ours(case):
        _say_status(Actor.system("emergency.closing"), case, Case.Status.CLOTURE)
