from .domain import Domain
from .history import Change, DocumentSeen
from .identity import Identity, Number
from .insi import BatchLine, InsiBatch, InsiCall
from .linking import Link, MatchingKey, Member, Merge, Pair
from .work import SearchTicket, WorkItem

__all__ = [
    "BatchLine", "Change", "DocumentSeen", "Domain", "Identity", "InsiBatch", "InsiCall", "Link", "MatchingKey", "Member", "Merge", "Number",
    "Pair", "SearchTicket", "WorkItem",
]  # fmt: skip
