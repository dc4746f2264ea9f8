"""The case as the fire brigade shares it (RC-EDA)."""

from msgspec import field

from maison.formats.hub_sante.model import CaseId, DateTime, InseeCode, Maybe, Model, Number
from maison.formats.hub_sante.parts import (
    Access,
    AdditionalInformation,
    Caller,
    CallerContact,
    ExternalLocationId,
    HealthMotive,
    LocationKind,
    Note,
    RiskThreat,
    WayName,
    WhatsHappen,
)
from maison.formats.hub_sante.vocabulary import (
    Country,
    ExternalObject,
    ExternalSystem,
    LocationPrecision,
    Reporting,
    VictimCount,
    VictimType,
)


class Victims(Model, kw_only=True):
    count: Maybe[VictimCount] = None
    main_victim: Maybe[VictimType] = None
    freetext: Maybe[str] = None


class FireQualification(Model, kw_only=True):
    risk_threat: list[RiskThreat] = []
    whats_happen: WhatsHappen
    location_kind: Maybe[LocationKind] = None
    health_motive: Maybe[HealthMotive] = None
    victims: Maybe[Victims] = None


class FireAddress(Model, kw_only=True):
    complete: str
    number: Maybe[str] = None
    way_name: Maybe[WayName] = None


class FireCity(Model, kw_only=True):
    name: Maybe[str] = None
    insee_code: Maybe[InseeCode] = None
    detail: Maybe[str] = None


class FireCoord(Model, kw_only=True):
    lat: Number
    lon: Number
    height: Maybe[Number] = None
    heading: Maybe[Number] = None
    speed: Maybe[Number] = None
    precision: LocationPrecision


class FirePoint(Model, kw_only=True):
    coord: FireCoord


class FireGeometry(Model, kw_only=True):
    datetime: DateTime
    point: Maybe[FirePoint] = None
    sketch: Maybe[str] = None


class FireExternalInfo(Model, kw_only=True):
    freetext: ExternalSystem
    type: ExternalObject
    uri: str


class FireLocation(Model, kw_only=True):
    loc_id: str = field(name="locID")
    loc_label: Maybe[str] = None
    name: Maybe[str] = None
    external_location_id: list[ExternalLocationId] = []
    detailed_address: Maybe[FireAddress] = None
    city: Maybe[FireCity] = None
    access: Maybe[Access] = None
    geometry: Maybe[FireGeometry] = None
    external_info: list[FireExternalInfo] = []
    country: Country
    freetext: Maybe[str] = None


class CallTaker(Model, kw_only=True):
    organization: str
    control_room: str
    role: Maybe[str] = None
    calltaker_contact: Maybe[CallerContact] = None
    calltaker_id: Maybe[str] = None


class Attachment(Model, kw_only=True):
    description: Maybe[str] = None
    mime_type: Maybe[str] = None
    size: Maybe[int] = None
    uri: str = field(name="URI")
    deref_uri: Maybe[str] = field(default=None, name="derefURI")
    digest: Maybe[str] = None


class FireAlert(Model, kw_only=True):
    id: str
    reception: DateTime
    reporting: Reporting
    notes: list[Note] = []
    caller: Caller
    location: FireLocation
    qualification: FireQualification
    call_taker: CallTaker
    attachment: list[Attachment] = []


class FireCase(Model, kw_only=True):
    """RC-EDA, `createCase`: a case shared with the fire brigade (NexSIS)."""

    case_id: CaseId
    sender_case_id: Maybe[str] = None
    creation: DateTime
    reference_version: str
    qualification: FireQualification
    location: FireLocation
    initial_alert: Maybe[FireAlert] = None
    new_alert: list[FireAlert] = []
    freetext: list[str] = []
    additional_information: Maybe[AdditionalInformation] = None
