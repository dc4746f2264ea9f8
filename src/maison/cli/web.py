"""The `web` process: granian inside this very process, so that one Python is in memory and not two.

Called as `python -m maison.cli.web HOST PORT`. In production any number of them run behind a proxy.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

BACKLOG = 2048
BACKPRESSURE = 20_000  # granian counts open streams here: far above the streams expected of one process
KILL_SECONDS = 3  # an open stream never ends by itself


def expected(record: logging.LogRecord) -> bool:
    """Granian warns at each start that its embedded server is young; we know, and measured it."""
    return "experimental" not in record.getMessage()


async def serve(host: str, port: int) -> None:
    from maison.config.asgi import application

    server = Server(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.auto,
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKPRESSURE,
        log_level=LogLevels.warning,
    )
    logging.getLogger("_granian").addFilter(expected)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # What has not ended by then is streams: their browsers come back by themselves.
        loop.call_later(KILL_SECONDS, os._exit, 0)
        server.stop()

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop)
    await server.serve()


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    uvloop.run(serve(host, port))


if __name__ == "__main__":
    main()
