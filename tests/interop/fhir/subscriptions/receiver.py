"""A subscriber as it would stand elsewhere: a real HTTP server, which may answer badly, late, twice or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TWICE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Sorry\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """`script` holds the statuses of the next answers (200 when empty): 0 closes the line, -1 answers twice."""

    def __init__(self) -> None:
        self.script: list[int] = []
        self.taken: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.hold: Callable[[], None] | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = outer.script.pop(0) if outer.script else 200
                outer.headers.append(dict(self.headers))
                if outer.hold is not None:
                    outer.hold()
                if status in {200, -1}:
                    outer.taken.append(body)
                if status == 0:
                    self.close_connection = True
                    self.connection.close()
                elif status == -1:
                    self.wfile.write(TWICE)
                else:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.address = f"http://{self.host}/avis"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    # -- what it was told

    @property
    def statuses(self) -> list[dict[str, Any]]:
        return [bundle["entry"][0]["resource"] for bundle in self.taken]

    @property
    def kinds(self) -> list[str]:
        return [value_of(status, "type") for status in self.statuses]

    @property
    def numbers(self) -> list[int]:
        return [number for status in self.statuses for number in numbers_of(status)]


def value_of(status: dict[str, Any], name: str) -> Any:
    found = next(item for item in status["parameter"] if item["name"] == name)
    return next(value for key, value in found.items() if key.startswith("value"))


def numbers_of(status: dict[str, Any]) -> list[int]:
    return [
        int(part["valueString"])
        for item in status["parameter"]
        if item["name"] == "notificationEvent"
        for part in item["part"]
        if part["name"] == "eventNumber"
    ]


def focus_of(bundle: dict[str, Any]) -> list[str]:
    return [
        part["valueReference"]["reference"].partition("/fhir/")[2]
        for item in bundle["entry"][0]["resource"]["parameter"]
        if item["name"] == "notificationEvent"
        for part in item["part"]
        if part["name"] == "focus"
    ]
