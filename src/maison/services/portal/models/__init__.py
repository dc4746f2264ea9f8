from .request import AccessRequest
from .service import Favourite, Service, UsageEvent, VisibilityRule
from .version import ServiceVersion

__all__ = ["AccessRequest", "Favourite", "Service", "ServiceVersion", "UsageEvent", "VisibilityRule"]
