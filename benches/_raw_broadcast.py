"""The floor of a broadcast: raw asyncio TCP, one LISTEN connection, the notified payload written to every connection."""

from __future__ import annotations

import asyncio
import sys

import psycopg


async def main(port: int, database: str) -> None:
    transports: set[asyncio.Transport] = set()

    class Wire(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            transports.add(transport)  # type: ignore[arg-type]
            transport.write(b"ready\n")  # type: ignore[attr-defined]

        def connection_lost(self, exc: Exception | None) -> None:
            transports.clear()

    server = await asyncio.get_running_loop().create_server(Wire, "127.0.0.1", port)
    connection = await psycopg.AsyncConnection.connect(database, autocommit=True)
    await connection.execute("LISTEN bench_raw")
    print("ready", flush=True)
    async with server:
        async for notice in connection.notifies():
            payload = notice.payload.encode()
            for transport in transports:
                transport.write(payload)


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
