"""An S3 store as a place: objects under opaque names in one bucket, path-style addresses, every body signed.

A blob is one PUT, or a multipart upload when it does not fit in a part: in both cases it is there whole or not at all,
and on disk at the store once answered. What an interrupted upload left is told to the sweeping like any other remnant.
Source: AWS, Amazon S3 API reference (PutObject, CreateMultipartUpload, ListObjectsV2…), read 2026-11-25.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from django.utils import timezone
from lxml import etree

from .errors import FilePlaceUnavailable
from .places import PARTIAL, Place
from .signing import EMPTY_SHA256, Credentials, encoded_path, encoded_query, signed_headers

log = logging.getLogger(__name__)

PART_BYTES = 8 << 20
"""AWS asks at least 5 MiB for each part but the last, and takes 10,000 parts: 80 GB a file."""
TRIES, FIRST_WAIT_SECONDS = 3, 0.2
CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 30.0
OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
"""What the house wrote: a bucket may hold other things, which no sweeping of ours touches."""
PASSING = {500, 502, 503, 504, 429}
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


class S3Store(Place):
    """`url`: `https://host/bucket`, with a prefix after it if any."""

    def __init__(self, url: str, credentials: Credentials) -> None:
        parts = urlsplit(url)
        self.origin, self.host = f"{parts.scheme}://{parts.netloc}", parts.netloc
        bucket, _, prefix = parts.path.strip("/").partition("/")
        self.bucket, self.prefix = f"/{bucket}", f"{prefix}/" if prefix else ""
        self.credentials = credentials
        self._http = httpx.Client(
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            headers={"User-Agent": "maison-esante"},
            follow_redirects=False,
        )

    def leave(self) -> None:
        self._http.close()

    # -- the port

    def write(self, blocks: Iterator[bytes]) -> str:
        identifier = uuid4().hex
        name = f"{identifier[:2]}/{identifier}"
        try:
            self._write(name, _parts(blocks))
        except FileNotFoundError as error:
            raise self._unavailable("PUT: no such bucket") from error
        return name

    def _write(self, name: str, parts: Iterator[bytes]) -> None:
        first, second = next(parts, b""), next(parts, None)
        if second is None:
            self._call("PUT", self._key(name), body=first)
            return
        upload = self._started(name)
        try:
            tags: list[str] = []
            while first:
                tags.append(self._part(name, upload, len(tags) + 1, first))
                first, second = second or b"", next(parts, None) if second else None
            self._complete(name, upload, tags)
        except BaseException:
            with contextlib.suppress(FilePlaceUnavailable):  # the sweeping will see it
                self.remove(f"{name}{PARTIAL}{upload}")
            raise

    def read(self, name: str) -> BinaryIO:
        response = self._call("GET", self._key(name), stream=True)
        return io.BufferedReader(_Body(response), buffer_size=1 << 20)

    def size(self, name: str) -> int:
        return int(self._call("HEAD", self._key(name)).headers["Content-Length"])

    def remove(self, name: str) -> None:
        """A blob, or what was uploaded of one. Removing what is not there is no error."""
        blob, unfinished, upload = name.partition(PARTIAL)
        try:
            self._call("DELETE", self._key(blob), {"uploadId": upload} if unfinished else {})
        except FileNotFoundError:
            return

    def names_older_than(self, age: timedelta) -> Iterator[str]:
        limit = timezone.now() - age
        for key, changed, _ in self._listed({"list-type": "2"}, "Contents", "LastModified", {"continuation-token": "NextContinuationToken"}):  # fmt: skip
            if changed < limit and OURS.fullmatch(key):
                yield key
        marks = {"key-marker": "NextKeyMarker", "upload-id-marker": "NextUploadIdMarker"}
        for key, started, upload in self._listed({"uploads": ""}, "Upload", "Initiated", marks):
            if started < limit and OURS.fullmatch(key):
                yield f"{key}{PARTIAL}{upload}"

    # -- multipart

    def _started(self, name: str) -> str:
        answer = self._call("POST", self._key(name), {"uploads": ""})
        return _text(_xml(answer), "UploadId")

    def _part(self, name: str, upload: str, number: int, body: bytes) -> str:
        answer = self._call("PUT", self._key(name), {"partNumber": str(number), "uploadId": upload}, body=body)
        return answer.headers["ETag"]

    def _complete(self, name: str, upload: str, tags: list[str]) -> None:
        root = etree.Element("CompleteMultipartUpload")
        for number, tag in enumerate(tags, 1):
            part = etree.SubElement(root, "Part")
            etree.SubElement(part, "PartNumber").text = str(number)
            etree.SubElement(part, "ETag").text = tag
        try:
            answer = self._call("POST", self._key(name), {"uploadId": upload}, body=etree.tostring(root))
        except FileNotFoundError:
            self.size(name)  # the first answer was lost: the upload is no more because the blob is there
            return
        if etree.QName(_xml(answer)).localname != "CompleteMultipartUploadResult":
            raise self._unavailable(
                "complete: error in a 200 answer"
            )  # the store may say its error late (API reference)

    # -- the wire

    def _key(self, name: str) -> str:
        return f"{self.bucket}/{self.prefix}{name}"

    def _listed(
        self, query: dict[str, str], item: str, moment: str, marks: Mapping[str, str]
    ) -> Iterator[tuple[str, datetime, str]]:
        """(name, moment, upload id) of every object or upload under the prefix, page after page."""
        following: dict[str, str] = {}
        while True:
            try:
                page = _xml(self._call("GET", self.bucket, {**query, "prefix": self.prefix, **following}))
            except FileNotFoundError as error:
                raise self._unavailable("GET: no such bucket") from error
            for found in page.iterchildren(f"{{*}}{item}"):
                name = _text(found, "Key").removeprefix(self.prefix)
                yield name, datetime.fromisoformat(_text(found, moment)), _text(found, "UploadId")
            if _text(page, "IsTruncated") != "true":
                return
            following = {mark: _text(page, tag) for mark, tag in marks.items()}

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, *, body: bytes = b"", stream: bool = False
    ) -> httpx.Response:
        """One operation, tried again when the store or the network fails for a moment: each of them can run twice.

        Raises FileNotFoundError for what is not there, FilePlaceUnavailable for the rest.
        """
        encoded, asked = encoded_path(path), encoded_query(query or {})
        digest = hashlib.sha256(body).hexdigest() if body else EMPTY_SHA256
        why = ""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(FIRST_WAIT_SECONDS * 4 ** (attempt - 1))
            headers = signed_headers(
                self.credentials, method=method, host=self.host, path=encoded, query=asked, body_sha256=digest,
                at=datetime.now(UTC),
            )  # fmt: skip
            url = f"{self.origin}{encoded}" + (f"?{asked}" if asked else "")
            try:
                request = self._http.build_request(method, url, headers=headers, content=body or None)
                response = self._http.send(request, stream=stream)
            except httpx.TransportError as error:
                why = type(error).__name__
                continue
            if response.is_success:
                return response
            response.close()
            if response.status_code == HTTPStatus.NOT_FOUND:
                raise FileNotFoundError(path)
            why = str(response.status_code)
            if response.status_code not in PASSING:
                break
        raise self._unavailable(f"{method}: {why}")

    @staticmethod
    def _unavailable(why: str) -> FilePlaceUnavailable:
        log.error("files.s3_unavailable %s", why)
        return FilePlaceUnavailable()


class _Body(io.RawIOBase):
    """The body of an answer, read as it comes; closed, its connection goes back."""

    def __init__(self, response: httpx.Response) -> None:
        self._response, self._blocks, self._held = response, response.iter_raw(), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            while not self._held:
                self._held = memoryview(next(self._blocks))
        except StopIteration:
            return 0
        except httpx.TransportError as error:
            log.error("files.s3_unavailable %s", type(error).__name__)
            raise FilePlaceUnavailable from error
        count = min(len(buffer), len(self._held))
        buffer[:count], self._held = self._held[:count], self._held[count:]
        return count

    def close(self) -> None:
        self._response.close()
        super().close()


def _parts(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for block in blocks:
        held += block
        while len(held) >= PART_BYTES:
            yield bytes(held[:PART_BYTES])
            del held[:PART_BYTES]
    if held:
        yield bytes(held)


def _xml(answer: httpx.Response) -> etree._Element:
    try:
        return etree.fromstring(answer.content, _PARSER)
    except etree.XMLSyntaxError as error:
        log.error("files.s3_unavailable %s", type(error).__name__)
        raise FilePlaceUnavailable from error


def _text(element: etree._Element, tag: str) -> str:
    return element.findtext(f"{{*}}{tag}") or ""


_stores: dict[tuple[str, Credentials], S3Store] = {}


def store_at(url: str, credentials: Credentials) -> S3Store:
    """One for the process: its connections are kept."""
    known = _stores.get((url, credentials))
    if known is None:
        known = _stores[url, credentials] = S3Store(url, credentials)
    return known


def leave_stores() -> None:
    """Close the connections that are kept; the next use opens its own."""
    while _stores:
        _stores.popitem()[1].leave()
