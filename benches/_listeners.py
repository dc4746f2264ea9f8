"""Many open connections in one process of its own, which notes when each hint arrives. Started by `realtime`.

Reads on standard input one JSON object {"port", "requests": [bytes as text…], "mark"}; then commands: `report` answers one
line of JSON {"open", "heard": [[connection, nanoseconds]…]} and forgets what it told; `end` ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop


class Listener(asyncio.Protocol):
    def __init__(self, index: int, request: bytes, mark: bytes, heard: list[tuple[int, int]]) -> None:
        self.index, self.request, self.mark, self.heard = index, request, mark, heard
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self.request:
            transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if not self.open:
            self.open = True
        if self.mark in data:
            self.heard.append((self.index, time.monotonic_ns()))


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    order = json.loads(await reader.readline())
    heard: list[tuple[int, int]] = []
    listeners = []
    for index, request in enumerate(order["requests"]):
        listener = Listener(index, request.encode(), order["mark"].encode(), heard)
        await loop.create_connection(lambda listener=listener: listener, "127.0.0.1", order["port"])
        listeners.append(listener)
        if index % 50 == 49:
            await asyncio.sleep(0.05)
    while True:
        command = (await reader.readline()).decode().strip()
        if command in {"", "end"}:
            return
        print(json.dumps({"open": sum(item.open for item in listeners), "heard": heard}), flush=True)
        heard.clear()


uvloop.run(main())
