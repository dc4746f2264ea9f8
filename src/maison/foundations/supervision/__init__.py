"""Is the house well? Heartbeats of its processes, readings of its parts, alerts to those who look after it.

Words: *heartbeat* a process says it lives; *probe* a function a room registers, which gives readings (a figure, its
age, its state); *alert* a reading that has failed, from the moment it does until it recovers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .probes import Reading, register_probe

if TYPE_CHECKING:
    from .beats import Beating, farewell, heartbeat

__all__ = ["Beating", "Reading", "farewell", "heartbeat", "register_probe"]


def __getattr__(name: str) -> Any:
    """Heartbeats need the models, which Django loads after this module."""
    if name in {"Beating", "farewell", "heartbeat"}:
        return getattr(import_module(f"{__name__}.beats"), name)
    raise AttributeError(name)
