"""AuditEvent (TdE): the house's own trail as partners read it. One truth: the rows are those of `foundations.audit`, nothing is copied.

Traces of other systems are added to the same trail (`tde.received`), sealed, and read back as they came.
Sources: ANS Traçabilité des événements (TdE) 2.0.0; HL7 FHIR R4 4.0.1 AuditEvent; read 2026-11-25.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from maison.formats.fhir import search_values as asked
from maison.formats.fhir.moments import NoMoment, bounds, instant
from maison.formats.fhir.wire import read, write
from maison.foundations import audit
from maison.interop.exchanges.sealing import seal, unseal
from maison.interop.fhir.callers import Caller
from maison.interop.fhir.calls import Answer, Call
from maison.interop.fhir.conformity import must_conform
from maison.interop.fhir.errors import IdConflict, NoLink, NotServed, SoftwareOnly
from maison.interop.fhir.parameters import Column, Parameter
from maison.interop.fhir.permissions import P
from maison.interop.fhir.registry import Backing, Declared
from maison.interop.fhir.sql import FALSE, TRUE, Sql, some
from maison.interop.fhir.store import stamped
from maison.interop.fhir.tracing import Trace

TDE = "https://interop.esante.gouv.fr/ig/fhir/tde/StructureDefinition/tde-auditevent"
RECEIVED = "tde.received"
CODES = "urn:maison-esante:codes-trace"
SUBJECTS = "urn:maison-esante:auteurs"
STRUCTURES = "urn:maison-esante:structures"
OBJECTS = "urn:maison-esante:objets"
TYPES = "http://terminology.hl7.org/CodeSystem/audit-event-type"
OUTCOMES = {"success": "0", "refused": "8", "failed": "12"}
"""Minor failure: what was refused was done by nobody. Serious: the house failed."""
INTERACTIONS = {
    "fhir.read": ("R", "read"), "fhir.vread": ("R", "vread"), "fhir.search": ("E", "search-type"), "fhir.include": ("R", "read"),
    "fhir.history": ("R", "history"), "fhir.create": ("C", "create"), "fhir.update": ("U", "update"), "fhir.patch": ("U", "patch"),
    "fhir.delete": ("D", "delete"),
}  # fmt: skip
INTERACTION_CODES = "http://hl7.org/fhir/restful-interaction"
LONGEST = 200_000

# What the search of a received trace is about: its own date, else the moment it was traced.
WHEN = "coalesce(nullif(r.details ->> 'start', '')::float8, extract(epoch FROM r.at)::float8)"
ACTION = "CASE WHEN r.code = 'tde.received' THEN r.details ->> 'action' " + " ".join(
    f"WHEN r.code = '{code}' THEN '{action}'" for code, (action, _) in INTERACTIONS.items()
) + " ELSE 'E' END"  # fmt: skip
OUTCOME = "CASE WHEN r.code = 'tde.received' THEN r.details ->> 'outcome' ELSE CASE r.outcome WHEN 'success' THEN '0' WHEN 'refused' THEN '8' ELSE '12' END END"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent(Parameter):
    """Who did it, by an identifier: `agent:identifier=urn:maison-esante:auteurs|software:…`."""

    def where(self, modifier: str, value: str) -> Sql:
        if modifier != "identifier":
            raise asked.UnreadableValue("un auteur se cherche par son identifiant (agent:identifier=…).")
        found = asked.token(value)
        if found.system not in {None, SUBJECTS} or not found.code:
            return FALSE
        return Sql("r.subject = %s", (found.code,))

    def present(self) -> Sql:
        return TRUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity(Parameter):
    """What it was done to: `entity=DocumentReference/…`, `entity=Patient/…`."""

    def where(self, modifier: str, value: str) -> Sql:
        reference = asked.reference(value)
        kind = reference.type or modifier
        if not kind or not reference.id:
            raise asked.UnreadableValue("un objet se cherche par son type et son identifiant (Type/id).")
        target = Sql("(r.target_type = %s AND r.target_id = %s)", (f"fhir.{kind}", reference.id))
        return some([target, Sql("r.patient_id = %s", (reference.id,))]) if kind == "Patient" else target

    def present(self) -> Sql:
        return Sql("(r.target_id <> '' OR r.patient_id <> '')")


def _visible(caller: Caller) -> Sql:
    """Software of the agency: everything. Others: what was done by people and software of their structures."""
    if caller.everywhere:
        return TRUE
    structures = caller.structures_for("AuditEvent")
    return Sql("r.structure_id = ANY(%s::uuid[])", (sorted(structures),)) if structures else FALSE


def _body(row: tuple[Any, ...]) -> bytes:
    identifier, at, subject, structure_id, code, target_type, target_id, patient, reason, outcome, details = row
    if code == RECEIVED:
        sealed = json.loads(details)
        received = read(unseal(UUID(sealed["key"]), base64.b64decode(sealed["event"])))
        return write(stamped(received, str(identifier), 1, at))
    return write(event(identifier, at, subject, structure_id, code, target_type, target_id, patient, reason, outcome))


def event(identifier: UUID, at: datetime, subject: str, structure_id: UUID | None, code: str, target_type: str, target_id: str,
          patient: str, reason: str, outcome: str) -> dict[str, Any]:  # fmt: skip
    """One trace of the house as a TdE AuditEvent: who, when, what, on whom, why, and the house as its observer."""
    action, interaction = INTERACTIONS.get(code, ("E", ""))
    moment = instant(at)
    if interaction:
        kind = {"system": TYPES, "code": "rest", "display": "RESTful Operation"}
        subtype = {"system": INTERACTION_CODES, "code": interaction}
    else:
        kind = {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "110100", "display": "Application Activity"}  # fmt: skip
        subtype = {"system": CODES, "code": code}
    agent: dict[str, Any] = {
        "who": {"identifier": {"system": SUBJECTS, "value": subject}},
        "altId": subject,
        "requestor": True,
    }
    found: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": str(identifier),
        "meta": {"versionId": "1", "lastUpdated": moment, "profile": [TDE]},
        "type": kind,
        "subtype": [subtype],
        "action": action,
        "period": {"start": moment, "end": moment},
        "recorded": moment,
        "outcome": OUTCOMES.get(outcome, "12"),
    }
    if reason:
        found["purposeOfEvent"] = [{"text": reason}]
    found["agent"] = [agent]
    if structure_id is not None:
        found["agent"].append({"who": {"type": "Organization", "identifier": {"system": STRUCTURES, "value": str(structure_id)}}, "requestor": False})  # fmt: skip
    found["source"] = {"observer": {"type": "Device", "display": "Maison e-santé"}}
    entities = list(_entities(target_type, target_id, patient))
    if entities:
        found["entity"] = entities
    return found


def _entities(target_type: str, target_id: str, patient: str) -> Any:
    if patient:
        role = {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1", "display": "Patient"}
        yield {"what": {"reference": f"Patient/{patient}"}, "role": role}
    kind = target_type.removeprefix("fhir.")
    if target_id and target_type.startswith("fhir.") and kind[:1].isupper() and (kind, target_id) != ("Patient", patient):  # fmt: skip
        yield {"what": {"reference": f"{kind}/{target_id}"}}
    elif target_type and not kind[:1].isupper():
        yield {"what": {"identifier": {"system": OBJECTS, "value": f"{target_type}:{target_id}"}}}


def act(declared: Declared, caller: Caller, call: Call, method: str, rest: list[str], body: Any) -> tuple[Answer, list[Trace]]:  # fmt: skip
    """A source adds its trace to the trail. Nothing of a trail is changed nor deleted."""
    if method != "POST" or rest or "if-none-exist" in call.headers:
        raise NotServed("Une trace s'ajoute, elle ne se modifie ni ne se supprime.", type=declared.type)
    caller.need(declared.type, "c")
    if not caller.actor.subject.startswith("software:"):
        raise SoftwareOnly("Les traces d'un autre système s'ajoutent avec le jeton de son logiciel.")
    if caller.structure_id is None:
        raise NoLink("L'appelant n'a pas de structure au nom de laquelle tracer.")
    resource = body()
    if resource.get("resourceType") != declared.type:
        raise IdConflict("Une ressource AuditEvent est attendue.")
    must_conform(declared, resource)
    text = write({name: value for name, value in resource.items() if name not in {"id", "text"}})
    if len(text) > LONGEST:
        raise NotServed("Cette trace est trop longue.", type=declared.type)
    key = uuid4()
    patient = _patient(resource)
    details = {
        "key": str(key), "event": base64.b64encode(seal(key, text)).decode(), "action": str(resource.get("action", "E")),
        "outcome": str(resource.get("outcome", "")), "start": _start(resource),
    }  # fmt: skip
    identifier = audit.record(caller.actor, RECEIVED, target=("fhir.AuditEvent", ""), patient=patient, details=details)
    shown = stamped(read(text), str(identifier), 1, datetime.now(UTC))
    headers = {"Location": f"{call.base}/AuditEvent/{identifier}"}
    answer = Answer(201, b"" if "return=minimal" in call.headers.get("prefer", "") else write(shown), headers)
    return answer, []  # the trace is the act


def _patient(resource: dict[str, Any]) -> str:
    for entity in resource.get("entity", ()):
        reference = (entity.get("what") or {}).get("reference", "") if isinstance(entity, dict) else ""
        kind, _, identifier = reference.rpartition("/")
        if kind.endswith("Patient") and identifier:
            return str(identifier)[:64]
    return ""


def _start(resource: dict[str, Any]) -> str:
    try:
        return str(bounds(str((resource.get("period") or {}).get("start")))[0])
    except NoMoment:
        return ""


def declaration() -> Declared:
    backing = Backing(
        source="audit_entry r", pk="r.id", id="r.id", visible=_visible, body=_body, updated="r.at", patient="r.patient_id",
        columns="r.id, r.at, r.subject, r.structure_id, r.code, r.target_type, r.target_id, r.patient_id, r.reason, r.outcome, r.details::text",
    )  # fmt: skip
    columns = [
        Column(name="date", kind="date", columns=(("", WHEN),)),
        Column(name="period-start", kind="date", columns=(("", WHEN),)),
        Column(name="patient", kind="reference", columns=(("Patient", "r.patient_id"),), targets=("Patient",)),
        Agent(name="agent", kind="reference", documentation="Par identifiant seulement : agent:identifier=urn:maison-esante:auteurs|…"),
        Column(name="altid", kind="token", columns=(("", "r.subject"),), documentation="Auteur : software:<identifiant>, ou l'identifiant national de la personne"),
        Column(name="action", kind="token", columns=(("http://hl7.org/fhir/audit-event-action", ACTION),)),
        Column(name="outcome", kind="token", columns=(("http://hl7.org/fhir/audit-event-outcome", OUTCOME),)),
        Column(name="subtype", kind="token", columns=((CODES, "r.code"),), documentation="Code de trace de la maison (docs/catalogue.md)"),
        Column(name="entity-type", kind="token", columns=(("", "r.target_type"),)),
        Entity(name="entity", kind="reference"),
    ]  # fmt: skip
    return Declared(
        type="AuditEvent", label="Traces d'accès (TdE)", parameters={one.name: one for one in columns}, backing=backing, profiles=(TDE,),
        interactions=frozenset({"read", "search-type", "create"}), reading=P.READ_TRACES, writing=P.READ_TRACES, acts=act,
        summary=frozenset({"type", "subtype", "action", "period", "recorded", "outcome", "agent", "source"}),
    )  # fmt: skip
