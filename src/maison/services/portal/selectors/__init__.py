from .requests import request_page, requests_for, requests_to_decide
from .services import (
    Entry,
    Floor,
    ServiceSheet,
    access_to,
    citizens_services,
    house_floors,
    kiosk,
    search,
    service_sheet,
    shelf,
    viewer_of,
)
from .waiting import waiting_count, waiting_page

__all__ = [
    "Entry", "Floor", "ServiceSheet", "access_to", "citizens_services", "house_floors", "kiosk", "request_page",
    "requests_for", "requests_to_decide", "search", "service_sheet", "shelf", "viewer_of", "waiting_count",
    "waiting_page",
]  # fmt: skip
