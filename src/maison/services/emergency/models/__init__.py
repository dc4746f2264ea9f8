from .arrival import Arrival
from .case import Case, CaseMessage
from .resource import Resource, VehicleStatus

__all__ = ["Arrival", "Case", "CaseMessage", "Resource", "VehicleStatus"]
