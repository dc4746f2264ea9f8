"""Background work: jobs deferred in the transaction of an act, and loops that turn as long as the worker lives.

A *job* takes ids, reloads what it works on, may run twice, and names the errors worth retrying (`@job`). A *loop* is
for work that is always there: the clock, the sealing of traces, the integration of messages (`register_loop`).
Both run in the one process of `manage worker`; several workers share the work.
"""

from .declared import job
from .loops import Life, every, register_loop

__all__ = ["Life", "every", "job", "register_loop"]
