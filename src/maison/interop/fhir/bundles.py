"""`transaction` (all or nothing, references between entries resolved) and `batch` (each entry for itself)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from maison.formats.fhir.faults import Fault
from maison.formats.fhir.profiles import check
from maison.formats.fhir.wire import write
from maison.foundations.ids import uuid7

from . import definitions, steps, store, writing
from .callers import Caller
from .calls import Answer, Call
from .errors import BadBundle, NotConform, ReferenceMissing, Refusal, UnknownType
from .registry import Declared, find
from .tracing import Trace

MOST = 500
METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
type Run = Callable[[Call, Caller], tuple[Answer, list[Trace]]]


@dataclass(slots=True)
class Entry:
    """One entry as read: `target` is the id it writes, known before anything is written."""

    place: int
    method: str
    url: str
    full_url: str
    resource: dict[str, Any]
    if_match: str | None
    if_none_match: str
    if_none_exist: str | None
    target: str = ""
    existing: bool = False

    @property
    def path(self) -> str:
        return self.url.partition("?")[0].strip("/")

    @property
    def query(self) -> str:
        return self.url.partition("?")[2]

    @property
    def kind(self) -> str:
        return self.path.partition("/")[0]

    @property
    def at(self) -> str:
        return f"Bundle.entry[{self.place}]"


def run(
    bundle: dict[str, Any], caller: Caller, base: str, prefer: str, one: Run, alone: Run
) -> tuple[Answer, list[Trace]]:
    """`one` runs a call in this transaction, `alone` in a savepoint of its own, turning its refusal into an answer."""
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in {"transaction", "batch"}:
        raise BadBundle("Un Bundle de type transaction ou batch est attendu.")
    entries = _entries(bundle)
    meta = bundle.get("meta")
    if isinstance(meta, dict) and meta.get("profile"):
        faults = check(definitions.library(), bundle)
        if any(fault.is_error for fault in faults):
            raise NotConform(faults=tuple(faults))
    if kind == "batch":
        return _batch(entries, caller, base, prefer, alone)
    return _transaction(entries, caller, base, prefer, one)


def _entries(bundle: dict[str, Any]) -> list[Entry]:
    given = bundle.get("entry", [])
    if not isinstance(given, list) or len(given) > MOST:
        raise BadBundle(f"{MOST} entrées au plus.")
    found = []
    for place, item in enumerate(given):
        request = item.get("request") if isinstance(item, dict) else None
        if (
            not isinstance(request, dict)
            or request.get("method") not in METHODS
            or not isinstance(request.get("url"), str)
        ):
            raise BadBundle(faults=(Fault(f"Bundle.entry[{place}].request", "required", "Chaque entrée dit sa méthode et son adresse."),))  # fmt: skip
        resource = item.get("resource") or {}
        if not isinstance(resource, dict) or (request["method"] in {"POST", "PUT", "PATCH"} and not resource):
            raise BadBundle(faults=(Fault(f"Bundle.entry[{place}].resource", "required", "Cette entrée doit porter une ressource."),))  # fmt: skip
        found.append(Entry(place, request["method"], request["url"].lstrip("/"), str(item.get("fullUrl", "")), resource,
                           request.get("ifMatch"), str(request.get("ifNoneMatch", "")), request.get("ifNoneExist")))  # fmt: skip
    return found


# -- batch


def _batch(entries: Iterable[Entry], caller: Caller, base: str, prefer: str, alone: Run) -> tuple[Answer, list[Trace]]:
    answers, traces = [], []
    for entry in entries:
        answer, more = alone(_call(entry, base, prefer), caller)
        answers.append(_response(answer, outcome=answer.status >= 400))
        traces += more
    return Answer(200, write({"resourceType": "Bundle", "type": "batch-response", "entry": answers})), traces


def _call(entry: Entry, base: str, prefer: str) -> Call:
    headers = {"content-type": "application/fhir+json", "prefer": prefer}
    if entry.if_match:
        headers["if-match"] = str(entry.if_match)
    if entry.if_none_match:
        headers["if-none-match"] = entry.if_none_match
    if entry.if_none_exist:
        headers["if-none-exist"] = str(entry.if_none_exist)
    return Call(entry.method, entry.path, entry.query, headers, write(entry.resource) if entry.resource else b"", base)


def _response(answer: Answer, *, outcome: bool = False) -> dict[str, Any]:
    response: dict[str, Any] = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    if "Location" in answer.headers:
        response["location"] = answer.headers["Location"]
    if "ETag" in answer.headers:
        response["etag"] = answer.headers["ETag"]
    entry: dict[str, Any] = {}
    if answer.body:
        if outcome:
            response["outcome"] = msgspec.Raw(answer.body)
        else:
            entry["resource"] = msgspec.Raw(answer.body)
    return {**entry, "response": response}


# -- transaction


def _transaction(entries: list[Entry], caller: Caller, base: str, prefer: str, one: Run) -> tuple[Answer, list[Trace]]:
    """Deletes, then creations, then updates and patches, then reads (R4, http 3.1.0.11.2); the answer keeps the given order."""
    places: dict[str, str] = {}
    for entry in entries:
        with _said_at(entry):
            _aim(entry, caller)
        if entry.full_url and entry.target:
            address = f"{entry.kind}/{entry.target}"
            if places.setdefault(entry.full_url, address) != address:
                raise BadBundle(faults=(Fault(entry.at, "invalid", "Deux entrées portent la même fullUrl."),))
    _apart(entries)
    answers: dict[int, dict[str, Any]] = {}
    traces: list[Trace] = []
    for entry in entries:
        with _said_at(entry):
            entry.resource = _resolved(entry.resource, places, caller)
    drafts: list[tuple[Entry, store.Draft]] = []
    for entry in sorted(entries, key=lambda item: METHODS.index(item.method)):
        if entry.method != "POST" and drafts:
            _create_all(drafts, answers, traces, base, prefer)
            drafts = []
        with _said_at(entry):
            if entry.method == "POST" and not entry.existing:
                declared = _declared(entry)
                caller.need(declared.type, "c")
                writing.must_be_stored(declared, "create")
                drafts.append((entry, writing.draft(declared, caller, entry.resource, place=f"{entry.at}.resource", base=base,
                                                    identifier=entry.target)))  # fmt: skip
                continue
            answer, more = one(_targeted(entry, base, prefer), caller)
        answers[entry.place] = _response(answer)
        traces += more
    _create_all(drafts, answers, traces, base, prefer)
    ordered = [answers[entry.place] for entry in entries]
    body = {"resourceType": "Bundle", "type": "transaction-response", **({"entry": ordered} if ordered else {})}
    return Answer(200, write(body)), traces


def _create_all(drafts: list[tuple[Entry, store.Draft]], answers: dict[int, dict[str, Any]], traces: list[Trace], base: str, prefer: str) -> None:  # fmt: skip
    if drafts:
        steps.keep([draft for _, draft in drafts])
    for entry, draft in drafts:
        written = writing.created(draft)
        answers[entry.place] = _response(writing.answer(written, base, prefer))
        answers[entry.place]["response"]["lastModified"] = draft.at.isoformat() if draft.at else ""
        traces.append(written.trace())


def _aim(entry: Entry, caller: Caller) -> None:
    """Which id each writing entry is about, before any of them is run."""
    parts = entry.path.split("/")
    if entry.method == "POST":
        if len(parts) != 1:
            raise BadBundle("Une transaction ne contient pas d'opération.")
        declared = _declared(entry)
        if entry.if_none_exist:
            found = writing.designated(declared, caller, parse_qsl(str(entry.if_none_exist).lstrip("?")))
            entry.existing, entry.target = found is not None, found or str(uuid7())
        else:
            entry.target = str(uuid7())
    elif entry.method in {"PUT", "PATCH", "DELETE"}:
        if len(parts) == 2 and not entry.query:
            entry.target = parts[1]
        elif len(parts) == 1 and entry.query:
            found = writing.designated(_declared(entry), caller, parse_qsl(entry.query))
            entry.existing = found is not None
            entry.target = found or (str(entry.resource.get("id") or uuid7()) if entry.method == "PUT" else "")
        else:
            raise BadBundle("Cette adresse n'est pas celle d'une ressource.")


def _targeted(entry: Entry, base: str, prefer: str) -> Call:
    """The call of an entry; a conditional one is now about the id its criterion designated."""
    call = _call(entry, base, prefer)
    if entry.method == "POST":  # If-None-Exist found one: it is only read
        return Call("GET", f"{entry.kind}/{entry.target}", "", {}, b"", base)
    if entry.method in {"PUT", "PATCH", "DELETE"} and entry.query:
        if not entry.target:
            return call  # the criterion designates nothing: the interaction says so itself
        call.path, call.query = f"{entry.kind}/{entry.target}", ""
        if entry.method == "PUT":
            call.body = write({**entry.resource, "id": entry.target})
    return call


def _apart(entries: Iterable[Entry]) -> None:
    """R4: the identities written by the entries do not overlap."""
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.kind, entry.target)
        if entry.target and not (entry.method == "POST" and entry.existing):
            if key in seen:
                raise BadBundle(faults=(Fault(entry.at, "invalid", "Deux entrées écrivent la même ressource."),))
            seen.add(key)


def _resolved(value: Any, places: dict[str, str], caller: Caller) -> Any:
    """References to a `fullUrl` of the bundle become the ids given here; conditional references are looked up."""
    if isinstance(value, dict):
        return {key: _reference(item, places, caller) if key == "reference" and isinstance(item, str) else _resolved(item, places, caller) for key, item in value.items()}  # fmt: skip
    if isinstance(value, list):
        return [_resolved(item, places, caller) for item in value]
    return places.get(value, value) if isinstance(value, str) and value.startswith("urn:") else value


def _reference(text: str, places: dict[str, str], caller: Caller) -> str:
    if text in places:
        return places[text]
    if text.startswith(("urn:uuid:", "urn:oid:")):
        raise ReferenceMissing("Une référence « urn: » ne désigne aucune entrée du lot.")
    kind, mark, query = text.partition("?")
    if mark and kind.isalpha() and (target := find(kind)) is not None:
        found = writing.matching_ids(target, caller, parse_qsl(query))
        if len(found) != 1:
            raise ReferenceMissing(type=kind)
        return f"{kind}/{found[0]}"
    return text


def _declared(entry: Entry) -> Declared:
    declared = find(entry.kind)
    if declared is None:
        raise UnknownType(f"Type {entry.kind[:40]}.", type=entry.kind[:40])
    return declared


class _said_at:  # noqa: N801 -- read as a sentence: with _said_at(entry)
    """A refusal met inside says which entry it is about."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refusal) and not error.faults:
            error.faults = (Fault(self.entry.at, error.issue, error.text),)
