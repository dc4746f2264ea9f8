"""The floor of `fhir`: raw ASGI on uvicorn with asyncpg, one indexed SELECT of a JSON body, nothing else."""

from __future__ import annotations

import os
import sys
from typing import Any

import asyncpg
import uvicorn

pool: Any = None


async def application(scope: Any, receive: Any, send: Any) -> None:
    global pool
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                pool = await asyncpg.create_pool(os.environ["BENCH_DSN"], min_size=8, max_size=8)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/search":
        async with pool.acquire() as link:
            rows = await link.fetch(
                "SELECT body FROM bench_raw WHERE patient = $1 ORDER BY id LIMIT 20", scope["query_string"].decode()
            )
        body = b'{"entry":[' + b",".join(row["body"].encode() for row in rows) + b"]}"
    else:
        async with pool.acquire() as link:
            body = (await link.fetchval("SELECT body FROM bench_raw WHERE id = $1", scope["path"][1:])).encode()
    headers = [(b"content-type", b"application/fhir+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    uvicorn.run("benches._raw_fhir:application", port=int(sys.argv[1]), workers=2, http="httptools", loop="uvloop",
                ws="none", access_log=False, log_level="warning")  # fmt: skip
