"""Identifiers that sort by time, so that indexes grow at one end."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_millisecond = 0
_counter = 0


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562 §5.7, method 1): strictly increasing inside one process.

    48 bits of Unix milliseconds, a 12-bit counter that also absorbs a clock set back, 62 random bits.
    """
    global _last_millisecond, _counter
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_millisecond:
            _last_millisecond, _counter = now, 0
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_millisecond, _counter = _last_millisecond + 1, 0
        millisecond, counter = _last_millisecond, _counter
    noise = int.from_bytes(os.urandom(8)) & ((1 << 62) - 1)
    return UUID(int=(millisecond << 80) | (0x7 << 76) | (counter << 64) | (0b10 << 62) | noise)
