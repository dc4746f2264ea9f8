"""Serves the peer of `pages` on the port given, by granian and WSGI: the fastest way it was seen to run."""

from __future__ import annotations

import sys

from granian import Granian
from granian.constants import Interfaces

if __name__ == "__main__":
    Granian(
        "benches._bare_drf:application", port=int(sys.argv[1]), interface=Interfaces.WSGI, workers=1, log_enabled=False
    ).serve()
