from .beds import Capacity, Report
from .offer import Contact, Offer, Version
from .promise import Promise
from .white_plan import WhitePlan

__all__ = ["Capacity", "Contact", "Offer", "Promise", "Report", "Version", "WhitePlan"]
