"""Delays that act by themselves: reminder, escalation, expiry. A delay is a setting with an owner, never a constant.

A room declares a delay with `declare`, starts it in its own transaction with `start`, and stops it with `stop`.
The worker fires due delays; a handler runs in one transaction with the mark that it was fired, at least once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .declared import declare, delays, on

if TYPE_CHECKING:
    from .engine import fire_due
    from .timers import seconds_of, start, stop

__all__ = ["declare", "delays", "fire_due", "on", "seconds_of", "start", "stop"]


def __getattr__(name: str) -> Any:
    """Running delays need the models, which Django loads after this module."""
    if name in __all__:
        return getattr(import_module(f"{__name__}.{'engine' if name == 'fire_due' else 'timers'}"), name)
    raise AttributeError(name)
