"""EMSI, the emergency management message of ISO/TR 22351, in the French profile; member names are in capitals."""

from typing import Literal

from maison.formats.hub_sante.model import AtLeastOne, DateTime, Maybe, Model, Number
from maison.formats.hub_sante.vocabulary import (
    EmsiActor,
    EmsiCategory,
    EmsiCause,
    EmsiEnvironment,
    EmsiEventStatus,
    EmsiLevel,
    EmsiLinkRole,
    EmsiMessageType,
    EmsiMissionType,
    EmsiResourceClass,
    EmsiScale,
    EmsiUnit,
    EmsiWeather,
    EmsiZoneType,
)


class EmsiLink(Model, kw_only=True, rename=str.upper):
    id: str
    link_role: Maybe[EmsiLinkRole] = None


class EmsiOrigin(Model, kw_only=True, rename=str.upper):
    org_id: Maybe[str] = None
    user_id: Maybe[str] = None
    name: Maybe[str] = None


class EmsiExternalInfo(Model, kw_only=True, rename=str.upper):
    freetext: Maybe[str] = None
    uri: str
    type: Maybe[Literal["MANUAL", "MAP", "OTHER", "PHOTO", "WEBSIT"]] = None


class EmsiContext(Model, kw_only=True, rename=str.upper):
    id: str
    mode: Literal["ACTUAL", "EXERCS", "SYSTEM", "TEST"]
    msgtype: EmsiMessageType
    creation: Maybe[DateTime] = None
    link: list[EmsiLink] = []
    level: Maybe[EmsiLevel] = None
    seclass: Maybe[Literal["CONFID", "RESTRC", "SECRET", "TOPSRT", "UNCLAS", "UNMARK"]] = None
    freetext: Maybe[str] = None
    origin: Maybe[EmsiOrigin] = None
    external_info: list[EmsiExternalInfo] = []
    urgency: Maybe[Literal["URGENT", "NOT_URGENT"]] = None


class EmsiEtype(Model, kw_only=True, rename=str.upper):
    category: AtLeastOne[EmsiCategory]
    actor: AtLeastOne[EmsiActor]
    loctype: AtLeastOne[str]
    env: Maybe[EmsiEnvironment] = None


class EmsiReference(Model, kw_only=True, rename=str.upper):
    org_id: str
    other_event_id: AtLeastOne[str]


class EmsiCasualties(Model, kw_only=True, rename=str.upper):
    context: str
    datime: Maybe[DateTime] = None
    decont: Maybe[int] = None
    triagered: Maybe[int] = None
    triageyellow: Maybe[int] = None
    triagegreen: Maybe[int] = None
    triageblack: Maybe[int] = None
    missing: Maybe[int] = None


class EmsiEvac(Model, kw_only=True, rename=str.upper):
    datime: Maybe[DateTime] = None
    displaced: Maybe[int] = None
    evacuated: Maybe[int] = None


class EmsiCoord(Model, kw_only=True, rename=str.upper):
    lat: Number
    long: Number
    height: Maybe[Number] = None


class EmsiPosition(Model, kw_only=True, rename=str.upper):
    loc_id: Maybe[str] = None
    name: Maybe[str] = None
    type: Maybe[str] = None
    height_role: Maybe[str] = None
    coordsys: Maybe[str] = None
    coord: list[EmsiCoord] = []
    address: list[str] = []


class EmsiEgeo(Model, kw_only=True, rename=str.upper):
    datime: Maybe[DateTime] = None
    type: Maybe[EmsiZoneType] = None
    weather: list[EmsiWeather] = []
    freetext: Maybe[str] = None
    position: Maybe[EmsiPosition] = None


class EmsiEvent(Model, kw_only=True, rename=str.upper):
    id: str
    name: Maybe[str] = None
    main_event_id: Maybe[str] = None
    etype: Maybe[EmsiEtype] = None
    source: Maybe[Literal["COMFOR", "HUMDED", "HUMOBS", "SENSOR"]] = None
    scale: Maybe[EmsiScale] = None
    certainty: Maybe[int] = None
    decl_datime: Maybe[DateTime] = None
    occ_datime: Maybe[DateTime] = None
    obs_datime: Maybe[DateTime] = None
    status: Maybe[EmsiEventStatus] = None
    risk_assesment: Maybe[Literal["NCREA", "DECREA", "STABLE"]] = None
    reference: list[EmsiReference] = []
    casualties: list[EmsiCasualties] = []
    evac: list[EmsiEvac] = []
    egeo: list[EmsiEgeo] = []
    cause: Maybe[EmsiCause] = None
    freetext: Maybe[str] = None


class EmsiMission(Model, kw_only=True, rename=str.upper):
    type: EmsiMissionType
    freetext: Maybe[str] = None
    id: str
    org_id: Maybe[str] = None
    name: str
    status: Literal["ABO", "NST", "CANCLD", "COM", "IPR", "PAU"]
    start_time: Maybe[DateTime] = None
    end_time: Maybe[DateTime] = None
    resource_id: list[str] = []
    parent_mission_id: list[str] = []
    child_mission_id: list[str] = []
    main_mission_id: Maybe[str] = None
    position: Maybe[EmsiPosition] = None
    priority: Maybe[Literal["0", "1", "2", "3", "4", "5"]] = None


class EmsiRtype(Model, kw_only=True, rename=str.upper):
    rclass: AtLeastOne[EmsiResourceClass]
    capability: list[str] = []
    characteristics: list[str] = []


class EmsiRgeo(Model, kw_only=True, rename=str.upper):
    datime: Maybe[DateTime] = None
    type: Literal["ASP", "CUR", "INC", "STG", "TGT"]
    freetext: Maybe[str] = None
    id: Maybe[str] = None
    position: list[EmsiPosition] = []


class EmsiContact(Model, kw_only=True, rename=str.upper):
    type: Literal["PSTADD", "EMLADD", "IPADD", "FTPADD", "WWWADD", "PHNADD", "FAXADD", "PMRADD"]
    detail: str


class EmsiResource(Model, kw_only=True, rename=str.upper):
    rtype: EmsiRtype
    id: str
    org_id: Maybe[str] = None
    name: str
    freetext: Maybe[str] = None
    rgeo: list[EmsiRgeo] = []
    quantity: Maybe[Number] = None
    um: Maybe[EmsiUnit] = None
    status: Literal["AVAILB", "UNAV", "MAINTC", "RESRVD", "VIRTUAL", "IN_USE/MOBILE", "IN_USE/ON_SCENE"]
    nationality: Maybe[str] = None
    contacts: list[EmsiContact] = []


class Emsi(Model, kw_only=True, rename=str.upper):
    """EMSI, `emsi`: situation and missions exchanged with the fire brigade."""

    context: EmsiContext
    event: EmsiEvent
    mission: list[EmsiMission] = []
    resource: list[EmsiResource] = []
