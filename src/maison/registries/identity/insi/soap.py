"""INSi over SOAP and mutual TLS. The same adapter speaks to the sandbox, over plain HTTP on this machine."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence

import httpx

from maison.formats import insi as wire
from maison.formats.insi import Answer, InsiUnreadable, Person, Query, Verdict

from .port import Insi, InsiFailure, InsiRefusal

CONTENT_TYPE = "application/soap+xml; charset=utf-8"
LARGEST_ANSWER = 20 * 1024 * 1024


class SoapInsi(Insi):
    """`certificate` and `key`: PEM files of the organisation's certificate (IGC-Santé, ORG AUTH_CLI); `authority`: whom to trust."""

    def __init__(self, url: str, *, certificate: str = "", key: str = "", authority: str = "", timeout_seconds: int = 10) -> None:  # fmt: skip
        self.url = url
        self._timeout = httpx.Timeout(timeout_seconds)
        self._verify: ssl.SSLContext | bool = True
        if certificate:
            context = ssl.create_default_context(cafile=authority or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(certificate, key or None)
            self._verify = context

    def search(self, query: Query) -> Answer:
        return self._read(wire.read_answer, wire.search_request(query))

    def search_by_card(self, beneficiary: str) -> Answer:
        return self._read(wire.read_answer, wire.card_request(beneficiary))

    def verify(self, person: Person) -> bool:
        verdicts = self._read(wire.read_verdicts, wire.verify_request(person))
        if not verdicts or len(verdicts) != 1:
            raise InsiFailure("illisible")
        return verdicts[0].is_right

    def submit(self, lines: Sequence[tuple[str, Person]]) -> str:
        return self._read(wire.read_lot, wire.batch_request(lines))

    def result(self, lot: str) -> Sequence[Verdict] | None:
        return self._read(wire.read_verdicts, wire.result_request(lot))

    def _read[T](self, reading: Callable[[bytes], T], request: bytes) -> T:
        try:
            return reading(self._ask(request))
        except InsiUnreadable as error:
            raise InsiFailure("illisible") from error

    def _ask(self, request: bytes) -> bytes:
        """The body of the answer. Nothing of it, nor of the request, is ever logged."""
        try:
            with httpx.Client(timeout=self._timeout, verify=self._verify, trust_env=False) as client:
                answer = client.post(self.url, content=request, headers={"Content-Type": CONTENT_TYPE})
        except httpx.TimeoutException as error:
            raise InsiFailure("muet") from error
        except httpx.HTTPError as error:
            raise InsiFailure("injoignable") from error
        if len(answer.content) > LARGEST_ANSWER:
            raise InsiFailure("illisible")
        fault = wire.fault_of(answer.content) if answer.status_code >= 400 else ""
        if fault.endswith("Sender"):
            raise InsiRefusal("refus")
        if answer.status_code >= 400:
            raise InsiFailure("panne")
        return answer.content
