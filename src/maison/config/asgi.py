"""The one application the server runs: streams to the event loop, static files as they lie, pages to Django in threads."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from servestatic import ServeStaticASGI

from maison.config.wsgi import application as pages

from django.conf import settings  # isort: skip -- after wsgi, which says where the settings are
from maison.foundations.supervision import Beating  # isort: skip

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

STREAMS = "/flux/"
STREAM_MODULE = "maison.foundations.events.stream"
THREADS = int(os.environ.get("MAISON_WEB_THREADS", "8"))  # each keeps one database connection
FINGERPRINT = re.compile(r"\.[0-9a-f]{12}\.")

in_threads = cast(Application, WSGIMiddleware(cast(Any, pages), workers=THREADS))
with_static: Application = ServeStaticASGI(
    in_threads,
    root=str(settings.STATIC_ROOT) if settings.STATIC_ROOT.is_dir() else None,
    prefix=settings.STATIC_URL,
    max_age=60,
    allow_all_origins=False,
    immutable_file_test=lambda path, url: bool(FINGERPRINT.search(url)),
)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"].startswith(STREAMS):
        await importlib.import_module(STREAM_MODULE).application(scope, receive, send)
    else:
        await with_static(scope, receive, send)


async def lifespan(receive: Receive, send: Send) -> None:
    beating = Beating("web")
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            beating.start()
        else:
            beating.stop()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
