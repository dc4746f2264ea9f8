from .catalogue import load_catalogue
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
    "acknowledge_withdrawal", "answer_more", "approve_for_service", "approve_for_structure", "ask_more",
    "load_catalogue", "open_service", "read_request", "refuse_request", "revoke_access", "set_favourite",
    "submit_request", "withdraw_request",
]  # fmt: skip
