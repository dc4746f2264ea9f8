"""Code lists of base R4 that a profile may require, in our own compact words.

Source: HL7 FHIR R4 4.0.1, value sets with a `required` binding, read 2026-11-25.
"""

from __future__ import annotations

_R4 = "http://hl7.org/fhir/ValueSet/"

REQUIRED: dict[str, frozenset[str]] = {
    _R4 + name: frozenset(codes.split())
    for name, codes in {
        "address-type": "postal physical both",
        "address-use": "home work temp old billing",
        "administrative-gender": "male female other unknown",
        "appointmentstatus": "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in waitlist",
        "audit-event-action": "C R U D E",
        "audit-event-outcome": "0 4 8 12",
        "bundle-type": "document message transaction transaction-response batch batch-response history searchset collection",
        "care-team-status": "proposed active suspended inactive entered-in-error",
        "composition-status": "preliminary final amended entered-in-error",
        "consent-data-meaning": "instance related dependents authoredby",
        "consent-provision-type": "deny permit",
        "consent-state-codes": "draft proposed active rejected inactive entered-in-error",
        "contact-point-system": "phone fax email pager url sms other",
        "contact-point-use": "home work temp old mobile",
        "days-of-week": "mon tue wed thu fri sat sun",
        "device-nametype": "udi-label-name user-friendly-name patient-reported-name manufacturer-name model-name other",
        "device-status": "active inactive entered-in-error unknown",
        "document-reference-status": "current superseded entered-in-error",
        "document-relationship-type": "replaces transforms signs appends",
        "event-status": "preparation in-progress not-done on-hold stopped completed entered-in-error unknown",
        "http-verb": "GET HEAD POST PUT DELETE PATCH",
        "identifier-use": "usual official temp secondary old",
        "link-type": "replaced-by replaces refer seealso",
        "list-mode": "working snapshot changes",
        "list-status": "current retired entered-in-error",
        "location-mode": "instance kind",
        "location-status": "active suspended inactive",
        "name-use": "usual official temp nickname anonymous old maiden",
        "network-type": "1 2 3 4 5",
        "participantrequired": "required optional information-only",
        "participationstatus": "accepted declined tentative needs-action",
        "request-priority": "routine urgent asap stat",
        "request-status": "draft active on-hold revoked completed entered-in-error unknown",
        "request-intent": "proposal plan directive order original-order reflex-order filler-order instance-order option",
        "search-entry-mode": "match include outcome",
        "slotstatus": "busy free busy-unavailable busy-tentative entered-in-error",
        "subscription-channel-type": "rest-hook websocket email sms message",
        "subscription-status": "requested active error off",
        "task-intent": "unknown proposal plan order original-order reflex-order filler-order instance-order option",
        "task-status": "draft requested received accepted rejected ready cancelled in-progress on-hold failed completed entered-in-error",
        "udi-entry-type": "barcode rfid manual card self-reported unknown",
    }.items()
}

BY_PATH: dict[str, str] = {
    path: _R4 + name
    for path, name in {
        "Appointment.status": "appointmentstatus",
        "AuditEvent.action": "audit-event-action",
        "AuditEvent.outcome": "audit-event-outcome",
        "Bundle.type": "bundle-type",
        "CareTeam.status": "care-team-status",
        "CommunicationRequest.priority": "request-priority",
        "CommunicationRequest.status": "request-status",
        "Consent.status": "consent-state-codes",
        "Device.status": "device-status",
        "DocumentReference.docStatus": "composition-status",
        "DocumentReference.status": "document-reference-status",
        "List.mode": "list-mode",
        "List.status": "list-status",
        "Location.mode": "location-mode",
        "Location.status": "location-status",
        "Patient.gender": "administrative-gender",
        "Practitioner.gender": "administrative-gender",
        "RelatedPerson.gender": "administrative-gender",
        "ServiceRequest.intent": "request-intent",
        "ServiceRequest.priority": "request-priority",
        "ServiceRequest.status": "request-status",
        "Slot.status": "slotstatus",
        "Subscription.status": "subscription-status",
        "Task.intent": "task-intent",
        "Task.priority": "request-priority",
        "Task.status": "task-status",
    }.items()
}
"""Required codes of resources whose type `fhirkit` checks but whose codes it leaves alone."""
