"""The target of the channel that `benches/hub.py` measures: an HTTP peer that knows its keys, in a process of its own.

Prints its port. Then one command a line on standard input: `refuse` (503 from now on), `accept`, `report` (answers one line of JSON
[[MSH-10, key, nanoseconds]…], one for each acceptance, and forgets them), `count`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop


class Peer:
    def __init__(self) -> None:
        self.refuses = False
        self.taken: list[tuple[str, str, int]] = []


class Connection(asyncio.Protocol):
    def __init__(self, peer: Peer) -> None:
        self.peer, self.buffer = peer, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
            }
            size = int(headers[b"content-length"])
            if len(rest) < size:
                return
            body, self.buffer = rest[:size], rest[size:]
            if self.peer.refuses:
                answer = b"503 Service Unavailable"
            else:
                answer = b"200 OK"
                control = body.split(b"|", 10)[9].decode()
                self.peer.taken.append((control, headers.get(b"idempotency-key", b"").decode(), time.monotonic_ns()))
            self.transport.write(b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n")  # type: ignore[attr-defined]


async def main() -> None:
    loop, peer = asyncio.get_running_loop(), Peer()
    server = await loop.create_server(lambda: Connection(peer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while True:
        match (await reader.readline()).decode().strip():
            case "refuse":
                peer.refuses = True
            case "accept":
                peer.refuses = False
            case "count":
                print(len(peer.taken), flush=True)
            case "report":
                print(json.dumps(peer.taken), flush=True)
                peer.taken.clear()
            case "":
                return


uvloop.run(main())
