from .channel import Channel, Version
from .flow import Certificate, DeskRule
from .source import SourceState
from .table import MappingTable, TableVersion
from .traffic import Delivery, Passage, SourceCursor, TargetState

__all__ = [
    "Certificate", "Channel", "Delivery", "DeskRule", "MappingTable", "Passage", "SourceCursor", "SourceState", "TableVersion",
    "TargetState", "Version",
]  # fmt: skip
