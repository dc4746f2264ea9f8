"""Every hand-over between people, built once: who sent what to whom, who received, read, took, answered, closed it.

A room declares a *kind* of relay with its ordered steps and sends relays; "what waits for you" and "where is my
request?" then have one answer in the whole house. Cancelling and redirecting are steps too, and stay waiting until the
other side acknowledges them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .kinds import RelayKind, StepKind, kind_of, kinds, register_kind

if TYPE_CHECKING:
    from .actions import acknowledge, cancel, mark, redirect, send
    from .selectors import trail_of, waiting_count, waiting_for

__all__ = [
    "RelayKind", "StepKind", "acknowledge", "cancel", "kind_of", "kinds", "mark", "redirect", "register_kind", "send",
    "trail_of", "waiting_count", "waiting_for",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Actions and selectors need the models, which Django loads after this module."""
    if name in __all__:
        module = "selectors" if name in {"trail_of", "waiting_count", "waiting_for"} else "actions"
        return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(name)
