"""A small S3 store in memory: it verifies the signature of what arrives, byte for byte, and keeps objects and uploads."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4

from lxml import etree

from maison.foundations.files.signing import Credentials, signed_headers

KEYS = Credentials("AKEXEMPLE", "secret-fictif-de-quarante-signes-au-moins", "eu-ouest-1")
BUCKET = "/fichiers"
CREDENTIAL = re.compile(r"Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,")
PAGE = 2


@dataclass
class Store:
    """`failing` maps a method to how many times it still answers 503; `lost` drops the answer after the work is done."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    changed: dict[str, datetime] = field(default_factory=dict)
    uploads: dict[str, tuple[str, datetime, dict[int, bytes]]] = field(default_factory=dict)
    failing: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    cut_bodies: bool = False
    calls: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def _serve(self) -> None:
        store: Store = self.server.store
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        store.calls.append(f"{self.command} {query.split('=')[0]}".strip())
        if self._forged(path, query, body):
            return self._send(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        if store.failing[self.command] > 0:
            store.failing[self.command] -= 1
            return self._send(503, b"<Error><Code>SlowDown</Code></Error>")
        if path != BUCKET and not path.startswith(f"{BUCKET}/"):
            return self._send(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        answer = self._do(store, unquote(path.removeprefix(BUCKET).lstrip("/")), dict(parse_qsl(query, True)), body)
        if store.lost[self.command] > 0:
            store.lost[self.command] -= 1
            self.close_connection = True
            return None
        return self._send(*answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve

    def _forged(self, path: str, query: str, body: bytes) -> bool:
        said = self.headers.get("Authorization", "")
        known = CREDENTIAL.search(said)
        at = datetime.strptime(self.headers.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if known is None or known[1] != KEYS.access_key or abs((datetime.now(UTC) - at).total_seconds()) > 900:
            return True
        wanted = signed_headers(
            KEYS, method=self.command, host=self.headers["Host"], path=path, query=query,
            body_sha256=hashlib.sha256(body).hexdigest(), at=at,
        )  # fmt: skip
        return said != wanted["authorization"]

    def _do(self, store: Store, key: str, query: dict[str, str], body: bytes) -> tuple[Any, ...]:
        match self.command, query:
            case "PUT", {"partNumber": number, "uploadId": upload}:
                store.uploads[upload][2][int(number)] = body
                return 200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}
            case "PUT", _:
                store.objects[key], store.changed[key] = body, datetime.now(UTC)
                return 200, b"", {"ETag": '"x"'}
            case "POST", {"uploads": _}:
                upload = uuid4().hex
                store.uploads[upload] = key, datetime.now(UTC), {}
                return (
                    200,
                    f"<R xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><UploadId>{upload}</UploadId></R>".encode(),
                )
            case "POST", {"uploadId": upload}:
                return self._completed(store, upload, body)
            case "DELETE", {"uploadId": upload}:
                return (204, b"") if store.uploads.pop(upload, None) else (404, b"")
            case "DELETE", _:
                store.objects.pop(key, None)
                return 204, b""
            case "GET", {"list-type": "2"} | {"uploads": _}:
                return 200, _list(store, query)
            case _ if key not in store.objects:
                return 404, b""
            case _:
                return 200, store.objects[key]

    @staticmethod
    def _completed(store: Store, upload: str, body: bytes) -> tuple[Any, ...]:
        if upload not in store.uploads:
            return 404, b"<Error><Code>NoSuchUpload</Code></Error>"
        key, _, parts = store.uploads.pop(upload)
        asked = [int(it.text or "") for it in etree.fromstring(body).iter("PartNumber")]
        tags = [it.text for it in etree.fromstring(body).iter("ETag")]
        held = [f'"{hashlib.md5(parts[number]).hexdigest()}"' for number in asked]
        if tags != held:
            return 200, b"<Error><Code>InvalidPart</Code></Error>"
        store.objects[key], store.changed[key] = b"".join(parts[number] for number in asked), datetime.now(UTC)
        return 200, b"<CompleteMultipartUploadResult/>"

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.server.store.cut_bodies and self.command == "GET" and len(body) > 1000
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def _list(store: Store, query: dict[str, str]) -> bytes:
    """Two entries a page, so that paging is always at work."""
    prefix = query["prefix"]
    if "uploads" in query:
        rows = sorted((key, upload, at) for upload, (key, at, _) in store.uploads.items() if key.startswith(prefix))
        after = query.get("key-marker", ""), query.get("upload-id-marker", "")
        rows = [row for row in rows if (row[0], row[1]) > after]
        items = "".join(
            f"<Upload><Key>{key}</Key><UploadId>{upload}</UploadId><Initiated>{_at(at)}</Initiated></Upload>"
            for key, upload, at in rows[:PAGE]
        )
        more = rows[PAGE - 1] if len(rows) > PAGE else None
        marks = (
            f"<NextKeyMarker>{more[0]}</NextKeyMarker><NextUploadIdMarker>{more[1]}</NextUploadIdMarker>"
            if more
            else ""
        )
    else:
        keys = sorted(
            key for key in store.objects if key.startswith(prefix) and key > query.get("continuation-token", "")
        )
        items = "".join(
            f"<Contents><Key>{key}</Key><LastModified>{_at(store.changed[key])}</LastModified></Contents>"
            for key in keys[:PAGE]
        )
        more = keys[PAGE - 1] if len(keys) > PAGE else None
        marks = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    truncated = "true" if more else "false"
    body = f"<IsTruncated>{truncated}</IsTruncated>{items}{marks}"
    return f"<Result xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>{body}</Result>".encode()


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@contextmanager
def running_store() -> Iterator[Store]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store = server.store = Store(url=f"http://127.0.0.1:{server.server_port}{BUCKET}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
