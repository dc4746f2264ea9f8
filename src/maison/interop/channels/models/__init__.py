from .channel import Channel, Version
from .flow import Certificate, DeskRule
from .source import SourceState
from .table import MappingTable, TableVersion
from .traffic import Delivery, LaneTime, Passage, SourceCursor, TargetState
from .trial import Trial

__all__ = [
    "Certificate", "Channel", "Delivery", "DeskRule", "LaneTime", "MappingTable", "Passage", "SourceCursor", "SourceState",
    "TableVersion", "TargetState", "Trial", "Version",
]  # fmt: skip
