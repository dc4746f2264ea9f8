from .catalogue import load_catalogue
from .keeping import add_service, change_service, undo_version, withdraw_service
from .requests import (
    acknowledge_withdrawal,
    answer_more,
    approve_for_service,
    approve_for_structure,
    ask_more,
    read_request,
    refuse_request,
    revoke_access,
    submit_request,
    withdraw_request,
)
from .services import open_service, set_favourite

__all__ = [
    "acknowledge_withdrawal", "add_service", "answer_more", "approve_for_service", "approve_for_structure", "ask_more", "change_service",
    "load_catalogue", "open_service", "read_request", "refuse_request", "revoke_access", "set_favourite",
    "submit_request", "undo_version", "withdraw_request", "withdraw_service",
]  # fmt: skip
