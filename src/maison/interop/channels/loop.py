"""The two loops of the worker: messages through their channels, deliveries to their targets."""

from __future__ import annotations

from maison.interop.exchanges.lanes import LaneLoop

from . import delivery, execution

channels = LaneLoop(execution.turn, name="channels")
deliveries = LaneLoop(delivery.turn, name="deliveries")
