"""Parts that several messages write alike: codes with labels, names, contacts, places, states of a resource."""

from typing import Annotated

from msgspec import Meta

from maison.formats.hub_sante.model import (
    DateTime,
    FactCode,
    InternationalPhone,
    LocationIdentifier,
    Maybe,
    Model,
    MotiveCode,
    Number,
    PlaceCode,
    RiskCode,
)
from maison.formats.hub_sante.vocabulary import (
    CallerType,
    CommunicationDifficulty,
    ContactChannel,
    ContactType,
    ExternalObject,
    ExternalSystem,
    Language,
    LocationIdSource,
    MedicalLevel,
    PatientIdSource,
    VehicleStatus,
)


class CustomMap(Model, kw_only=True):
    key: str
    label: Maybe[str] = None
    value: str
    freetext: Maybe[str] = None


class AdditionalInformation(Model, kw_only=True):
    custom_map: Annotated[list[CustomMap], Meta(max_length=3)] = []


class RiskThreat(Model, kw_only=True):
    code: RiskCode
    label: str


class WhatsHappen(Model, kw_only=True):
    code: FactCode
    label: str


class LocationKind(Model, kw_only=True):
    code: PlaceCode
    label: str


class HealthMotive(Model, kw_only=True):
    code: MotiveCode
    label: str


class ExternalLocationId(Model, kw_only=True):
    source: LocationIdSource
    value: LocationIdentifier


class WayName(Model, kw_only=True):
    complete: str
    type: Maybe[str] = None
    name: Maybe[str] = None


class Access(Model, kw_only=True):
    floor: Maybe[str] = None
    room_number: Maybe[str] = None
    interphone: Maybe[str] = None
    access_code: list[str] = []
    elevator: Maybe[str] = None
    building_name: Maybe[str] = None
    entrance: Maybe[str] = None
    entity: Maybe[str] = None
    phone_number: Maybe[InternationalPhone] = None


class ExternalInfo(Model, kw_only=True):
    freetext: ExternalSystem
    type: Maybe[ExternalObject] = None
    uri: str


class Note(Model, kw_only=True):
    creation: Maybe[DateTime] = None
    freetext: Maybe[str] = None


class DetailedName(Model, kw_only=True):
    complete: str
    last_name: Maybe[str] = None
    first_name: Maybe[str] = None


class CallerContact(Model, kw_only=True):
    channel: ContactChannel
    type: ContactType
    detail: str


class Caller(Model, kw_only=True):
    caller_contact: CallerContact
    callback_contact: Maybe[CallerContact] = None
    language: Maybe[Language] = None
    type: Maybe[CallerType] = None
    communication: Maybe[CommunicationDifficulty] = None
    freetext: Maybe[str] = None
    detailed_name: Maybe[DetailedName] = None


class ExternalId(Model, kw_only=True):
    source: PatientIdSource
    value: str


class Team(Model, kw_only=True):
    medical_level: Maybe[MedicalLevel] = None
    name: Maybe[str] = None


class ResourceState(Model, kw_only=True):
    datetime: DateTime
    status: VehicleStatus
    availability: Maybe[bool] = None


class ResourceContact(Model, kw_only=True):
    type: Maybe[ContactType] = None
    details: Maybe[str] = None


class PositionCoord(Model, kw_only=True):
    lat: Number
    lon: Number
    height: Maybe[Number] = None
