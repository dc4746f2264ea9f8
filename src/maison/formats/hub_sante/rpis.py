"""Statistical summary of a SMUR intervention (RS-RPIS)."""

from maison.formats.hub_sante.model import CaseId, DateTime, InseeCode, Maybe, Model, PlaceCode
from maison.formats.hub_sante.parts import HealthMotive, WhatsHappen
from maison.formats.hub_sante.vocabulary import Country, MedicalLevel, ResourceType, Sex, VehicleType


class RpisEvent(Model, kw_only=True):
    org_id: CaseId
    sender_case_id: str
    creation_date: DateTime
    decision_date: DateTime
    ressource_finess_legal: str
    ressource_finess_geo: str
    ressource_structure: str


class RpisRegulation(Model, kw_only=True):
    whats_happen: WhatsHappen
    health_motive: HealthMotive
    medical_level: MedicalLevel


class RpisResidentialAddress(Model, kw_only=True):
    insee_code: InseeCode
    city: str


class RpisPatient(Model, kw_only=True):
    patient_id: str
    birth_date: str
    sex: Sex
    residential_address: Maybe[RpisResidentialAddress] = None


class RpisDetailedAddress(Model, kw_only=True):
    insee_code: InseeCode
    city: str


class RpisLocation(Model, kw_only=True):
    type: Maybe[PlaceCode] = None
    finess_geo: Maybe[str] = None
    service: Maybe[str] = None
    detailed_address: RpisDetailedAddress


class SmurTeam(Model, kw_only=True):
    doctor: bool
    nurse: bool
    driver: bool


class RpisResourceStatus(Model, kw_only=True):
    depart_smur: DateTime
    arrived_smur: Maybe[DateTime] = None
    depart_location: Maybe[DateTime] = None
    arrived_destination: Maybe[DateTime] = None
    team_available: DateTime
    return_smur: DateTime


class RpisIntervention(Model, kw_only=True):
    location: RpisLocation
    team: SmurTeam
    smur_status: Maybe[RpisResourceStatus] = None
    procedure: list[str] = []
    main_diagnosis: str
    associated_diagnosis: Maybe[str] = None


class RpisDestination(Model, kw_only=True):
    destination_country: Country
    destination_category: str
    healthcare_type: str
    finess: str


class RpisDecision(Model, kw_only=True):
    resource_type: ResourceType
    vehicle_type: VehicleType
    medical_level: MedicalLevel


class RpisOrientation(Model, kw_only=True):
    type: str
    destination: Maybe[RpisDestination] = None
    decision: Maybe[RpisDecision] = None


class Rpis(Model, kw_only=True):
    """RS-RPIS, `rpis`: statistics of a finished SMUR intervention."""

    context: RpisEvent
    regulation: RpisRegulation
    patient: RpisPatient
    intervention: RpisIntervention
    orientation: RpisOrientation
