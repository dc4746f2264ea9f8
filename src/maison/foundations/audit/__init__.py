"""Who did what, when, on whom, why: append-only in the database, hash-chained in sealed batches (X-03).

Writers never wait for one another: a row is a plain INSERT in the transaction of the act. `seal()` later closes every
row below the watermark into a batch whose hash includes the previous one; `verify()` finds a forged or missing row.
No clinical content and no names: identifiers and codes only.
"""

from .record import record

__all__ = ["record"]
