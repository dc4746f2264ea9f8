"""The port to the national identity service INSi. One of these speaks in the house, chosen by the settings."""

from __future__ import annotations

from .port import Insi, InsiFailure, InsiRefusal, NotConnected, insi, use_insi

__all__ = ["Insi", "InsiFailure", "InsiRefusal", "NotConnected", "insi", "use_insi"]
