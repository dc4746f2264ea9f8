"""The two loops of the worker: changes are numbered, notifications leave. A slow subscriber never holds the numbering."""

from __future__ import annotations

from maison.interop.exchanges.lanes import LaneLoop

from . import delivery, matching

events = LaneLoop(matching.turn, name="fhir-events")
notifications = LaneLoop(delivery.turn, name="fhir-notifications")
