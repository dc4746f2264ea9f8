"""Resources: engaged, followed, asked for and granted (RS-ER, RS-RI, RS-SR, RS-DR, RS-RR, RC-RI)."""

from typing import Literal

from maison.formats.hub_sante.model import (
    AtLeastOne,
    CaseId,
    DateTime,
    InseeCode,
    Maybe,
    Model,
    Number,
    RequestId,
    ResourceId,
)
from maison.formats.hub_sante.parts import PositionCoord, ResourceContact, ResourceState, Team
from maison.formats.hub_sante.vocabulary import (
    Answer,
    Deadline,
    RequestConvention,
    RequestPurpose,
    RequestStatus,
    VehicleType,
)


class EngagedResource(Model, kw_only=True):
    vehicle_type: VehicleType
    name: Maybe[str] = None
    team: Maybe[Team] = None
    freetext: list[str] = []


class ResourcesEngagement(Model, kw_only=True):
    """RS-ER, `resourcesEngagement`: the order given to a SMUR to engage resources."""

    case_id: CaseId
    resource: AtLeastOne[EngagedResource]


class ResourceInfo(Model, kw_only=True):
    datetime: DateTime
    resource_id: ResourceId
    request_id: Maybe[RequestId] = None
    mission_id: Maybe[str] = None
    org_id: Maybe[str] = None
    patient_id: Maybe[str] = None
    center_name: Maybe[str] = None
    vehicle_type: VehicleType
    name: Maybe[str] = None
    center_city: Maybe[InseeCode] = None
    team: Maybe[Team] = None
    state: list[ResourceState] = []
    contact: Maybe[ResourceContact] = None
    freetext: list[str] = []


class ResourcesInfo(Model, kw_only=True):
    """RS-RI, `resourcesInfo`: the resources of a case with the history of their states."""

    case_id: CaseId
    resource: AtLeastOne[ResourceInfo]


class ResourcesStatus(Model, kw_only=True):
    """RS-SR, `resourcesStatus`: one new state of one resource, pushed by its tablet."""

    case_id: CaseId
    resource_id: ResourceId
    state: ResourceState


class Request(Model, kw_only=True):
    request_id: RequestId
    datetime: DateTime
    convention: Maybe[RequestConvention] = None
    purpose: RequestPurpose
    deadline: Maybe[Deadline] = None
    freetext: Maybe[str] = None


class ResourcesRequest(Model, kw_only=True):
    """RS-DR, `resourcesRequest`: a resource asked from another centre."""

    case_id: CaseId
    request: Request
    status: Maybe[RequestStatus] = None


class Response(Model, kw_only=True):
    datetime: DateTime
    answer: Answer
    deadline: Maybe[Deadline] = None
    freetext: Maybe[str] = None


class ResourcesResponse(Model, kw_only=True):
    """RS-RR, `resourcesResponse`: the answer to a request for a resource."""

    case_id: CaseId
    request_id: RequestId
    response: Response


class ResourcePosition(Model, kw_only=True):
    datetime: DateTime
    speed: Maybe[Number] = None
    coord: PositionCoord


class SharedResource(Model, kw_only=True):
    datetime: DateTime
    resource_id: ResourceId
    request_id: Maybe[RequestId] = None
    mission_id: Maybe[str] = None
    operation_id: Maybe[str] = None
    org_id: Maybe[str] = None
    center_name: Maybe[str] = None
    vehicle_type: Literal["SMUR", "SIS"]
    name: Maybe[str] = None
    center_city: Maybe[InseeCode] = None
    team: Maybe[Team] = None
    state: ResourceState
    position: Maybe[ResourcePosition] = None
    contact: Maybe[ResourceContact] = None
    freetext: list[str] = []


class ResourcesInfoCisu(Model, kw_only=True):
    """RC-RI, `resourcesInfoCisu`: resources shared with the fire brigade; one state each."""

    case_id: CaseId
    resource: AtLeastOne[SharedResource]
