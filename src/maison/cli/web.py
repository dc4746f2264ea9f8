"""The `web` process: uvicorn inside this very process, so that one Python is in memory and not two.

Called as `python -m maison.cli.web HOST PORT`. In production any number of them run behind a proxy.
"""

from __future__ import annotations

import sys

import uvicorn

BACKLOG = 2048
GRACE_SECONDS = 3  # an open stream never ends by itself: browsers come back when the house does


def configuration(host: str, port: int) -> uvicorn.Config:
    from maison.config.asgi import application

    return uvicorn.Config(
        application,
        host=host,
        port=port,
        http="httptools",
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
