"""read, vread and history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from uuid import UUID

import msgspec

from maison.formats.fhir.moments import bounds, instant, within_reach
from maison.formats.fhir.wire import write

from . import cursors, store
from .callers import Caller
from .calls import Answer
from .errors import BadSearch, Gone, NoSuchResource
from .horizon import horizon
from .questions import rows_of
from .registry import Declared, declared
from .shaping import Shape
from .sql import WHOLE, Sql, every
from .steps import Row, Rows, Steps, alone
from .tracing import Trace, of_rows

ETAG = re.compile(r'(?:W/)?"([^"]{1,64})"')
HISTORY_COUNT = 50


def etag(version: int | str) -> str:
    return f'W/"{version}"'


def http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def version_of(header: str) -> str:
    """The version an ETag names; the bare text when it is no ETag."""
    found = ETAG.fullmatch(header.strip())
    return found[1] if found else header.strip()


def read(
    resource: Declared, caller: Caller, identifier: str, shape: Shape, headers: dict[str, str]
) -> Steps[tuple[Answer, Trace]]:
    """One resource; 304 when the caller already has it, 410 when it was deleted, 404 when it may not know of it."""
    caller.need(resource.type, "r")
    if resource.is_stored:
        row: store.Current | None = yield Row(resource.type, identifier)
        if row is None or not store.sees(caller, row.structure_id):
            raise NoSuchResource(type=resource.type)
        if row.deleted:
            raise Gone(type=resource.type)
        return answer_of(resource, identifier, row, shape, headers)
    backing = resource.backing
    where = every([rows_of(resource, caller), Sql(f"{backing.id}::text = %s", (identifier,))])
    found = yield Rows(
        f"SELECT {backing.patient}, {backing.columns} FROM {backing.source} WHERE {where.text} LIMIT 1", where.args
    )
    if not found:
        raise NoSuchResource(type=resource.type)
    answer = Answer(200, shape.cut(resource, backing.body(found[0][1:])))
    return answer, Trace("fhir.read", resource.type, identifier, found[0][0])


def answer_of(resource: Declared, identifier: str, row: store.Current, shape: Shape, headers: dict[str, str]) -> tuple[Answer, Trace]:  # fmt: skip
    trace = Trace("fhir.read", resource.type, identifier, row.patient, details={"version": row.version})
    marks = {"ETag": etag(row.version), "Last-Modified": http_date(row.updated_at)}
    if _already_held(row, headers):
        return Answer(304, b"", marks), trace
    return Answer(200, shape.cut(resource, row.body.encode()), marks), trace


def _already_held(row: store.Current, headers: dict[str, str]) -> bool:
    if (known := headers.get("if-none-match")) is not None:
        return known.strip() == "*" or str(row.version) in {version_of(one) for one in known.split(",")}
    if (since := headers.get("if-modified-since")) is not None:
        try:
            return row.updated_at.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False  # RFC 9110 §13.1.3: an unreadable date is ignored
    return False


def vread(resource: Declared, caller: Caller, identifier: str, number: str, shape: Shape) -> tuple[Answer, Trace]:
    caller.need(resource.type, "r")
    row = store.current(resource.type, identifier)
    if row is None or not store.sees(caller, row.structure_id) or not WHOLE.fullmatch(number):
        raise NoSuchResource(type=resource.type)
    version = store.version(row.pk, int(number))
    if version is None:
        raise NoSuchResource("Cette version n'existe pas.", type=resource.type)
    if version.deleted:
        raise Gone("Cette version est une suppression.", type=resource.type)
    answer = Answer(200, shape.cut(resource, version.body.encode()), {"ETag": etag(version.version)})
    return answer, Trace("fhir.vread", resource.type, identifier, row.patient, details={"version": version.version})


def history(resource: Declared | None, caller: Caller, identifier: str, parameters: Iterable[tuple[str, str]], base: str, path: str) -> tuple[Answer, list[Trace]]:  # fmt: skip
    """Of one resource, of a type, or (without either) of all the types the caller reads: newest first, by pages."""
    asked = {name: value for name, value in parameters if value}
    if text := asked.get("_page"):
        state = cursors.unseal(caller.actor.subject, text)
        asked, after = state["asked"], state["after"]
        before: tuple[datetime, UUID, int] | None = (datetime.fromisoformat(after[0]), UUID(after[1]), int(after[2]))
        whole = datetime.fromisoformat(state["whole"]) if state.get("whole") else None
    else:
        before = whole = None
    since, at, count = _limits(asked)
    if since is not None:
        whole = whole or alone(horizon())
    pk, kinds = None, [one.type for one in declared().values() if one.is_stored and caller.may(one.type, "r")]
    if resource is not None:
        caller.need(resource.type, "r")
        if identifier:
            row = store.current(resource.type, identifier)
            if row is None or not store.sees(caller, row.structure_id):
                raise NoSuchResource(type=resource.type)
            pk = row.pk
    elif not kinds:
        caller.need("*", "r")
    found = store.versions(caller, kind=resource.type if resource else "", pk=pk, since=since, at=at, before=before, until=whole,
                           limit=count + 1, kinds=kinds)  # fmt: skip
    more, found = len(found) > count, found[:count]
    links = [{"relation": "self", "url": f"{base}/{path}"}]
    if more:
        last = found[-1]
        state = {"asked": asked, "after": [last.at.isoformat(), str(last.pk), last.version],
                 "whole": whole.isoformat() if whole else ""}  # fmt: skip
        links.append({"relation": "next", "url": cursors.link(base, path, caller.actor.subject, state)})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "history", "link": links}
    if whole is not None:
        bundle["meta"] = {"lastUpdated": instant(whole)}
    if before is None and not more:
        bundle["total"] = len(found)
    if found:
        bundle["entry"] = [_entry(base, version) for version in found]
    traces = of_rows("fhir.history", resource.type if resource else "", [(one.id, one.patient) for one in found], {})
    return Answer(200, write(bundle)), traces


def _limits(asked: dict[str, str]) -> tuple[datetime | None, tuple[float, float] | None, int]:
    try:
        since = datetime.fromtimestamp(bounds(asked["_since"].replace(" ", "+"))[0], UTC) if "_since" in asked else None
        at = within_reach(*bounds(asked["_at"].replace(" ", "+"))) if "_at" in asked else None
    except (ValueError, OverflowError) as error:
        raise BadSearch("« _since » est un instant, « _at » une date.") from error
    count = asked.get("_count", str(HISTORY_COUNT))
    if not WHOLE.fullmatch(count) or int(count) == 0:
        raise BadSearch("« _count » est un nombre entier, au moins 1.")
    return since, at, min(int(count), 250)


def _entry(base: str, version: store.Version) -> dict[str, Any]:
    """R4: each entry says how the version came; a deletion has no resource."""
    method = "PUT" if version.version > 1 and version.method == "POST" else version.method
    url = version.type if method == "POST" else f"{version.type}/{version.id}"
    entry: dict[str, Any] = {"fullUrl": f"{base}/{version.type}/{version.id}"}
    if not version.deleted:
        entry["resource"] = msgspec.Raw(version.body.encode())
    entry["request"] = {"method": method, "url": url}
    status = "201" if version.version == 1 else "204" if version.deleted else "200"
    entry["response"] = {"status": status, "etag": etag(version.version), "lastModified": version.at.isoformat()}
    return entry
