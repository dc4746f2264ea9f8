"""The `web` process: uvicorn inside this very process, so that one Python is in memory and not two.

Called as `python -m maison.cli.web HOST PORT`. In production any number of them run behind a proxy, or on one port (MAISON_WEB_PROCESSES).
"""

from __future__ import annotations

import os
import socket
import sys

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BACKLOG = 2048
GRACE_SECONDS = 3  # an open stream never ends by itself: browsers come back when the house does


class LendingProtocol(HttpToolsProtocol):
    """Lends its connection to the application, which writes hints to a thousand of them in one pass."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"maison.wire": {"transport": self.transport, "flow": self.flow}}


def configuration(host: str, port: int) -> uvicorn.Config:
    from maison.config.asgi import application

    return uvicorn.Config(
        application,
        host=host,
        port=port,
        http=LendingProtocol,
        loop="uvloop",
        ws="none",
        lifespan="on",
        interface="asgi3",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def listening(host: str, port: int) -> socket.socket:
    """Several web processes of one house listen on one port: the kernel shares the connections out (Linux, BSD)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.socket(family)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    place.bind((host, port))
    return place


def main() -> None:
    host, port = sys.argv[1], int(sys.argv[2])
    alone = os.environ.get("MAISON_WEB_PROCESSES", "1") == "1"
    uvicorn.Server(configuration(host, port)).run(None if alone else [listening(host, port)])


if __name__ == "__main__":
    main()
