from .request import AccessRequest
from .service import Favourite, Service, UsageEvent, VisibilityRule

__all__ = ["AccessRequest", "Favourite", "Service", "UsageEvent", "VisibilityRule"]
