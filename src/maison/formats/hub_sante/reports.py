"""What comes back from the place of intervention: assessment (RS-BPV) and links to documents (RS-URL)."""

from typing import Literal

from maison.formats.hub_sante.model import AtLeastOne, CaseId, DateTime, Maybe, Model, PatientId
from maison.formats.hub_sante.parts import ExternalId
from maison.formats.hub_sante.vocabulary import OperatorRole, Sex


class Redactor(Model, kw_only=True):
    label: Maybe[str] = None
    role: OperatorRole


class AssessedPatient(Model, kw_only=True):
    patient_id: PatientId
    birth_name: Maybe[str] = None
    last_name: str
    first_name: str
    birth_date: Maybe[str] = None
    age: Maybe[str] = None
    sex: Maybe[Sex] = None
    external_id: list[ExternalId] = []
    height: Maybe[int] = None
    weight: Maybe[int] = None


class VitalSign(Model, kw_only=True):
    type: Literal[
        "FREQUENCE_CARDIAQUE",
        "PRESSION_ARTERIELLE",
        "SATURATION_OXYGENE",
        "FREQUENCE_RESPIRATOIRE",
        "TEMPERATURE",
        "HEMOGLOCOTEST",
        "GLASGOW",
    ]
    value: str
    precision: Maybe[str] = None


class Evaluation(Model, kw_only=True):
    procedure: list[str] = []
    main_diagnosis: Maybe[str] = None
    associated_diagnosis: list[str] = []
    parameter: list[VitalSign] = []
    medical_history: Maybe[str] = None
    treatment: Maybe[str] = None
    freetext: list[str] = []


class InterventionReport(Model, kw_only=True):
    """RS-BPV, `interventionReport`: first assessment made beside the patient."""

    case_id: CaseId
    report_id: str
    redactor: Redactor
    creation: DateTime
    patient: AssessedPatient
    evaluation: Maybe[Evaluation] = None


class Document(Model, kw_only=True):
    document_type: Maybe[str] = None
    url: str


class DocumentLink(Model, kw_only=True):
    """RS-URL, `documentLink`: links to documents of the case, such as the assessment."""

    case_id: CaseId
    patient_id: Maybe[PatientId] = None
    code: Maybe[str] = None
    document: AtLeastOne[Document]
