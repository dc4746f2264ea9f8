"""Types kept in the generic store until a room takes them, with the search parameters of R4 and of the French guides.

Sources: HL7 FHIR R4 4.0.1 search parameter registry; PDSm 3.1.1, CdS 2.0.1, GAP 3.0.0, NdE 3.0.0, SDO, IG tele-expertise (SPECS §2).
"""

from __future__ import annotations

from maison.interop.fhir.registry import Declared, stored

PDSM = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/"
CDS = "https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition/"
NDE = "https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/"
GAP = "https://interop.esante.gouv.fr/ig/fhir/gap/StructureDefinition/"
CORE = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
BIRTHPLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def declarations() -> list[Declared]:
    return [
        stored("DocumentReference", "Documents partagés (PDSm, ITI-65 à 68)", """
identifier token masterIdentifier|identifier
status token status
type token type
category token category
subject reference subject
patient reference subject Patient
date date date
author reference author
authenticator reference authenticator
custodian reference custodian Organization
description string description
event token context.event
facility token context.facilityType
setting token context.practiceSetting
period date context.period
period-start date context.period.start
period-end date context.period.end
format token content.format
contenttype token content.attachment.contentType
language token content.attachment.language
location uri content.attachment.url
security-label token securityLabel
relatesto reference relatesTo.target DocumentReference
relation token relatesTo.code
related reference context.related
encounter reference context.encounter
isArchived token extension(https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived).value[x]
""", profiles=[f"{PDSM}pdsm-comprehensive-document-reference"],
            summary=words("masterIdentifier identifier status docStatus type category subject date author relatesTo description securityLabel content context")),
        stored("List", "Lots de soumission et classeurs (PDSm)", """
identifier token identifier
status token status
code token code
date date date
subject reference subject
patient reference subject Patient
source reference source
title string title
item reference entry.item
encounter reference encounter
notes string note.text
""", profiles=[f"{PDSM}pdsm-submissionset-comprehensive", f"{PDSM}pdsm-folder-comprehensive"],
            summary=words("identifier status mode title code subject date source")),
        stored("Binary", "Contenus de documents (ITI-68)", "contenttype token contentType"),
        stored("CareTeam", "Cercles de soins (CdS)", """
identifier token identifier
status token status
category token category
subject reference subject
patient reference subject Patient
date date period
start date period.start
end date period.end
participant reference participant.member
participant-start date participant.period.start
participant-end date participant.period.end
managingOrganization reference managingOrganization Organization
encounter reference encounter
""", profiles=[f"{CDS}cds-ihe-careteam"],
            summary=words("identifier status category name subject encounter period participant managingOrganization")),
        stored("Patient", "Usagers, tels que les partenaires les décrivent", f"""
identifier token identifier
active token active
name string name
family string name.family
given string name.given
gender token gender
birthdate date birthDate
deceased token deceased[x]
telecom token telecom
email token telecom
phone token telecom
address string address
address-city string address.city
address-postalcode string address.postalCode
address-country string address.country
general-practitioner reference generalPractitioner
organization reference managingOrganization Organization
link reference link.other
birthplace string extension({BIRTHPLACE}).valueAddress
""", profiles=[f"{CORE}fr-core-patient"],
            summary=words("identifier active name telecom gender birthDate deceased address managingOrganization link")),
        stored("RelatedPerson", "Aidants et proches", """
identifier token identifier
active token active
patient reference patient Patient
name string name
gender token gender
birthdate date birthDate
relationship token relationship
telecom token telecom
address string address
""", profiles=[f"{CDS}cds-fr-related-person"],
            summary=words("identifier active patient relationship name telecom gender birthDate address period")),
        stored("Task", "Tâches et suivi des orientations (SDO)", """
identifier token identifier
status token status
business-status token businessStatus
code token code
intent token intent
priority token priority
focus reference focus
subject reference for
patient reference for Patient
owner reference owner
requester reference requester
based-on reference basedOn
part-of reference partOf Task
group-identifier token groupIdentifier
authored-on date authoredOn
modified date lastModified
period date executionPeriod
encounter reference encounter
""", summary=words("identifier basedOn partOf status businessStatus code description focus for executionPeriod lastModified owner requester intent")),
        stored("Consent", "Consentements", """
identifier token identifier
status token status
scope token scope
category token category
date date dateTime
patient reference patient Patient
consentor reference performer
organization reference organization Organization
period date provision.period
data reference provision.data.reference
actor reference provision.actor.reference
""", summary=words("identifier status scope category patient dateTime performer organization source provision")),
        stored("ServiceRequest", "Demandes (télé-expertise, actes)", """
identifier token identifier
status token status
intent token intent
priority token priority
category token category
code token code
subject reference subject
patient reference subject Patient
authored date authoredOn
requester reference requester
performer reference performer
occurrence date occurrence[x]
based-on reference basedOn
encounter reference encounter
requisition token requisition
""", summary=words("identifier basedOn replaces requisition status intent category priority code subject encounter occurrence authoredOn requester performer reasonCode")),
        stored("Appointment", "Rendez-vous (GAP, SAS)", """
identifier token identifier
status token status
date date start
actor reference participant.actor
patient reference participant.actor Patient
practitioner reference participant.actor Practitioner
location reference participant.actor Location
slot reference slot Slot
service-type token serviceType
service-category token serviceCategory
specialty token specialty
priority number priority
reason-code token reasonCode
based-on reference basedOn
part-status token participant.status
""", profiles=[f"{GAP}gap-fr-appointment"],
            summary=words("identifier status cancelationReason serviceCategory serviceType specialty appointmentType reasonCode start end participant requestedPeriod")),
        stored("Schedule", "Agendas (GAP, SAS)", """
identifier token identifier
active token active
actor reference actor
date date planningHorizon
service-type token serviceType
service-category token serviceCategory
specialty token specialty
""", profiles=[f"{GAP}gap-fr-schedule"], health=False,
            summary=words("identifier active serviceCategory serviceType specialty actor planningHorizon")),
        stored("Slot", "Créneaux (GAP, SAS)", """
identifier token identifier
status token status
start date start
schedule reference schedule Schedule
service-type token serviceType
service-category token serviceCategory
specialty token specialty
appointment-type token appointmentType
""", profiles=[f"{GAP}gap-fr-slot"], health=False,
            summary=words("identifier serviceCategory serviceType specialty appointmentType schedule status start end")),
        stored("CommunicationRequest", "Déclarations d'événements (NdE)", """
identifier token identifier
status token status
subject reference subject
patient reference subject Patient
authored date authoredOn
based-on reference basedOn
requester reference requester
recipient reference recipient
sender reference sender
medium token medium
category token category
priority token priority
event-type token extension(https://interop.esante.gouv.fr/ig/fhir/nde/StructureDefinition/event-type).value[x]
""", profiles=[f"{NDE}nde-eventdeclaration", f"{NDE}nde-notificationrequest"],
            summary=words("identifier basedOn status category priority subject about occurrence authoredOn requester recipient sender")),
        stored("Observation", "Mesures et constats", """
identifier token identifier
status token status
category token category
code token code
subject reference subject
patient reference subject Patient
date date effective[x]
performer reference performer
encounter reference encounter
based-on reference basedOn
value-quantity quantity valueQuantity
value-concept token valueCodeableConcept
value-string string valueString
value-date date valueDateTime|valuePeriod
""", summary=words("identifier basedOn partOf status code subject focus encounter effective issued performer value hasMember derivedFrom component")),
    ]  # fmt: skip
