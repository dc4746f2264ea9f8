"""The regulation case (RS-EDA) and its updates (RS-EDA-MAJ)."""

from maison.formats.hub_sante.model import CaseId, DateTime, InseeCode, Maybe, Model, Number, OwnerId
from maison.formats.hub_sante.parts import (
    Access,
    AdditionalInformation,
    Caller,
    ExternalInfo,
    ExternalLocationId,
    HealthMotive,
    LocationKind,
    Note,
    RiskThreat,
    WayName,
    WhatsHappen,
)
from maison.formats.hub_sante.patient import Decision, MedicalNote, Patient
from maison.formats.hub_sante.vocabulary import (
    Attribution,
    CallOrigin,
    CareLevel,
    CaseState,
    InterventionType,
    LocationPrecision,
    Perimeter,
    Priority,
)


class CaseDetails(Model, kw_only=True):
    status: Maybe[CaseState] = None
    attribution: Maybe[Attribution] = None
    priority: Maybe[Priority] = None
    care_level: Maybe[CareLevel] = None


class Qualification(Model, kw_only=True):
    origin: Maybe[CallOrigin] = None
    risk_threat: list[RiskThreat] = []
    whats_happen: Maybe[WhatsHappen] = None
    location_kind: Maybe[LocationKind] = None
    health_motive: Maybe[HealthMotive] = None
    details: Maybe[CaseDetails] = None


class Highway(Model, kw_only=True):
    name: Maybe[str] = None
    pk: Maybe[str] = None
    direction: Maybe[str] = None


class DetailedAddress(Model, kw_only=True):
    highway: Maybe[Highway] = None
    complete: str
    number: Maybe[str] = None
    way_name: Maybe[WayName] = None


class City(Model, kw_only=True):
    name: Maybe[str] = None
    insee_code: Maybe[InseeCode] = None


class Coord(Model, kw_only=True):
    lat: Number
    lon: Number
    height: Maybe[Number] = None
    precision: LocationPrecision


class Point(Model, kw_only=True):
    coord: Coord
    is_aml: Maybe[bool] = None


class Geometry(Model, kw_only=True):
    datetime: DateTime
    point: Maybe[Point] = None


class Location(Model, kw_only=True):
    name: Maybe[str] = None
    external_location_id: list[ExternalLocationId] = []
    detailed_address: Maybe[DetailedAddress] = None
    city: Maybe[City] = None
    access: Maybe[Access] = None
    geometry: Maybe[Geometry] = None
    external_info: list[ExternalInfo] = []
    freetext: Maybe[str] = None


class Alert(Model, kw_only=True):
    reception: DateTime
    notes: list[Note] = []
    caller: Caller


class CaseHealth(Model, kw_only=True):
    """RS-EDA, `createCaseHealth`: a regulation case, shared whole."""

    case_id: CaseId
    sender_case_id: Maybe[str] = None
    creation: DateTime
    perimeter: Maybe[Perimeter] = None
    intervention_type: Maybe[InterventionType] = None
    qualification: Qualification
    location: Location
    initial_alert: Maybe[Alert] = None
    owner: OwnerId
    patient: list[Patient] = []
    medical_note: list[MedicalNote] = []
    decision: list[Decision] = []
    additional_information: Maybe[AdditionalInformation] = None


class CaseDetailsUpdate(Model, kw_only=True):
    status: Maybe[CaseState] = None
    priority: Maybe[Priority] = None
    care_level: Maybe[CareLevel] = None


class QualificationUpdate(Model, kw_only=True):
    risk_threat: list[RiskThreat] = []
    details: Maybe[CaseDetailsUpdate] = None


class LocationUpdate(Model, kw_only=True):
    external_info: list[ExternalInfo] = []


class AlertUpdate(Model, kw_only=True):
    notes: list[Note] = []


class CaseHealthUpdate(Model, kw_only=True):
    """RS-EDA-MAJ, `createCaseHealthUpdate`: what changed in a case; everything absent stays as it was."""

    case_id: CaseId
    sender_case_id: Maybe[str] = None
    perimeter: Maybe[Perimeter] = None
    qualification: Maybe[QualificationUpdate] = None
    location: Maybe[LocationUpdate] = None
    initial_alert: Maybe[AlertUpdate] = None
    owner: Maybe[OwnerId] = None
    patient: list[Patient] = []
    medical_note: list[MedicalNote] = []
    decision: list[Decision] = []
    freetext: Maybe[str] = None
    additional_information: Maybe[AdditionalInformation] = None
