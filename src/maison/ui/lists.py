"""Lists: sorting asked by the address, twenty rows a page, and the CSV twin every list owes its reader."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

ROWS = 20
"""Rows a page: the node budget of a page, and what fits under the eyes."""


class Sorting:
    """The order asked by `?tri=name` or `?tri=-name`, among those allowed; anything else means the default."""

    def __init__(self, request: HttpRequest, fields: Mapping[str, str], default: str) -> None:
        self.fields = fields
        asked = request.GET.get("tri", default)
        self.value = asked if asked.removeprefix("-") in fields else default

    @property
    def key(self) -> str:
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.value.startswith("-")

    @property
    def order_by(self) -> str:
        """For `QuerySet.order_by`; add the primary key after it so that equal rows keep their place."""
        return ("-" if self.descending else "") + self.fields[self.key]


def page_of(request: HttpRequest, rows: Any, *, per_page: int = ROWS) -> Page[Any]:
    """The page asked by `?page=`; out of range shows the nearest one rather than an error."""
    return Paginator(rows, per_page).get_page(request.GET.get("page"))


class _Echo:
    def write(self, value: str) -> str:
        return value


def _cell(value: Any) -> str:
    """Text that a spreadsheet will not run as a formula (=, +, -, @ first), numbers left alone."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, str) and text[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{text}"
    return text


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """UTF-8 with its mark and semicolons, as French spreadsheets open it without asking; sent as it is read."""

    def lines() -> Iterator[str]:
        writer = csv.writer(_Echo(), delimiter=";")
        yield "\ufeff" + writer.writerow([_cell(value) for value in header])
        for row in rows:
            yield writer.writerow([_cell(value) for value in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]
