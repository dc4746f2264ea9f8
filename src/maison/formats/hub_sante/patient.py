"""The patient of a regulation case: identity, medical notes and decisions (shared by RS-EDA and RS-EDA-MAJ)."""

from maison.formats.hub_sante.model import (
    Age,
    CalendarDate,
    DateTime,
    Icd10Code,
    Maybe,
    MedicalNoteId,
    Model,
    Number,
    PatientId,
)
from maison.formats.hub_sante.parts import DetailedName, ExternalId, ExternalLocationId
from maison.formats.hub_sante.vocabulary import (
    CareLevel,
    ContactType,
    DecisionType,
    OperatorRole,
    OrientationType,
    ResourceType,
    Sex,
)


class PersonalContact(Model, kw_only=True):
    type: ContactType
    detail: str


class GeneralPractitioner(Model, kw_only=True):
    detailed_name: DetailedName
    rpps_id: Maybe[str] = None
    contact: list[PersonalContact] = []


class InsStrictFeatures(Model, kw_only=True):
    birth_name: Maybe[str] = None
    birth_date: Maybe[CalendarDate] = None
    sex: Maybe[Sex] = None


class Identity(Model, kw_only=True):
    strict_features: Maybe[InsStrictFeatures] = None
    non_strict_features: Maybe[DetailedName] = None


class AdministrativeFile(Model, kw_only=True):
    external_id: list[ExternalId] = []
    general_practitioner: Maybe[GeneralPractitioner] = None


class PatientDetail(Model, kw_only=True):
    weight: Maybe[Number] = None
    height: Maybe[Number] = None
    age: Maybe[Age] = None
    care_level: Maybe[CareLevel] = None
    medical_history: Maybe[str] = None
    treatment: Maybe[str] = None


class MainDiagnosis(Model, kw_only=True):
    code: Icd10Code
    label: str


class OtherDiagnosis(Model, kw_only=True):
    code: Icd10Code
    label: str


class Hypothesis(Model, kw_only=True):
    main_diagnosis: Maybe[MainDiagnosis] = None
    other_diagnosis: list[OtherDiagnosis] = []


class Patient(Model, kw_only=True):
    patient_id: PatientId
    administrative_file: Maybe[AdministrativeFile] = None
    identity: Maybe[Identity] = None
    detail: Maybe[PatientDetail] = None
    hypothesis: Maybe[Hypothesis] = None


class Operator(Model, kw_only=True):
    label: Maybe[str] = None
    role: OperatorRole


class MedicalNote(Model, kw_only=True):
    patient_id: Maybe[PatientId] = None
    operator: Operator
    medical_note_id: MedicalNoteId
    creation: Maybe[DateTime] = None
    freetext: str


class Destination(Model, kw_only=True):
    external_location_id: list[ExternalLocationId] = []
    freetext: Maybe[str] = None


class Decision(Model, kw_only=True):
    patient_id: Maybe[str] = None
    creation: DateTime
    operator: Operator
    decision_type: DecisionType
    resource_type: Maybe[ResourceType] = None
    medical_transport: Maybe[bool] = None
    orientation_type: Maybe[OrientationType] = None
    destination: Maybe[Destination] = None
