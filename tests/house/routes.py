"""Every address of the house, with what its view said of its access, and a way to call it with plausible arguments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import RegexPattern

from maison.foundations.access.decorators import Declaration

NOBODYS_ID = UUID("01990000-0000-7000-8000-000000000001")  # well formed, and of nothing


@dataclass(frozen=True)
class Route:
    name: str
    path: str
    view: Any
    arguments: dict[str, Any]

    @property
    def declaration(self) -> Declaration | None:
        return getattr(self.view, "access", None)

    @property
    def module(self) -> str:
        return getattr(self.view, "__module__", "")

    def address(self) -> str:
        return reverse(self.name, kwargs=self.arguments)


def _argument(name: str, converter: str) -> Any:
    if converter == "UUIDConverter" or (converter == "regex" and name.endswith("_id")):
        return str(NOBODYS_ID)
    return 1 if converter == "IntConverter" else "inconnu"


def _walk(patterns: list[Any], namespace: str, path: str) -> Iterator[Route]:
    for one in patterns:
        if not isinstance(one, URLPattern):
            yield from _walk(one.url_patterns, one.namespace or namespace, path + str(one.pattern))
            continue
        converters = {name: type(converter).__name__ for name, converter in one.pattern.converters.items()}
        if isinstance(one.pattern, RegexPattern):
            converters = dict.fromkeys(one.pattern.regex.groupindex, "regex")
        yield Route(
            name=f"{namespace}:{one.name}" if namespace else str(one.name),
            path=path + str(one.pattern),
            view=one.callback,
            arguments={name: _argument(name, converter) for name, converter in converters.items()},
        )


def routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, "", ""))
