"""One request and its answer, without their transport: the same engine serves pages, the fast door and bundles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from maison.formats.fhir.wire import MEDIA_TYPE, write

JSON_TYPE = f"{MEDIA_TYPE};charset=utf-8"


@dataclass(slots=True)
class Call:
    """`path` is what follows the base (`Patient/12`), `headers` have lower-case names, `base` has no final slash."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = b""
    base: str = ""

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True, max_num_fields=500) if self.query else []

    @property
    def parts(self) -> list[str]:
        return [part for part in self.path.split("/") if part]


@dataclass(slots=True)
class Answer:
    """`body` is JSON already written; `resource` is kept beside it when a bundle needs to look inside."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE

    @classmethod
    def of(cls, resource: dict[str, Any], status: int = 200, **headers: str) -> Answer:
        return cls(status, write(resource), {name.replace("_", "-"): value for name, value in headers.items()})
