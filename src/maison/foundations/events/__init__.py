"""Facts in the past tense, stored in the transaction of the act, then announced.

Three kinds of readers: screens hear *hints* (a topic, never data) over SSE and re-read with their own rights;
jobs and channels follow the ledger with `reader.Reader`, in order, never skipping a late commit; history reads the table.
"""

from .event import Event, known_events
from .publish import publish
from .topics import register_topic

__all__ = ["Event", "known_events", "publish", "register_topic"]
