"""The `web` process: uvicorn inside this very process, so that one Python is in memory and not two.

Called as `python -m maison.cli.web HOST PORT`. In production any number of them run behind a proxy.
"""

from __future__ import annotations

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


def main() -> None:
    uvicorn.Server(configuration(sys.argv[1], int(sys.argv[2]))).run()


if __name__ == "__main__":
    main()
