"""The one application the server runs: streams to the event loop, static files as they lie, pages to Django in threads.

The FHIR façade has a door of its own in front of its pages (decision 0018).
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
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
FHIR = "/fhir/"
FHIR_MODULE = "maison.interop.fhir.asgi"
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


@cache
def fhir_door() -> Any:
    return importlib.import_module(FHIR_MODULE).Door(in_threads)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"].startswith(STREAMS):
        await importlib.import_module(STREAM_MODULE).application(scope, receive, send)
    elif scope["path"].startswith(FHIR):
        await fhir_door()(scope, receive, send)
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
            if fhir_door.cache_info().currsize:
                fhir_door().close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
