"""One call to one answer: which interaction it is, the transaction around it, its traces, and its refusals as OperationOutcomes."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import parse_qsl

from django.db import Error, InterfaceError, OperationalError, transaction

from maison.formats.fhir.faults import issue, outcome
from maison.formats.fhir.wire import ACCEPTED_TYPES, UnreadableJson, read, write

from . import bundles, reading, searching, steps, validating, writing
from .callers import Caller
from .calls import Answer, Call
from .errors import (
    BaseRefused,
    NotAuthenticated,
    NotServed,
    Refusal,
    TooLarge,
    Unavailable,
    UnknownContent,
    UnknownFormat,
    UnknownType,
    Unreadable,
)
from .registry import Declared, find
from .shaping import Shape
from .tracing import Trace, write_traces

log = logging.getLogger(__name__)
ANY_TYPE = frozenset({"*/*", "application/*", "text/*"})
PATCH_TYPES = frozenset({"application/json-patch+json"})
FORM_TYPE = "application/x-www-form-urlencoded"


def handle(call: Call, caller: Caller | None) -> Answer:
    """The whole of a request, in one transaction with its traces; a refusal leaves nothing but its own trace."""
    try:
        try:
            if caller is None:
                raise NotAuthenticated
            with transaction.atomic():
                answer, traces = interact(call, caller)
                write_traces((caller.actor, trace) for trace in traces)
        except Refusal as refusal:
            return refused(call, caller, refusal)
    except Error as error:
        return answer_of(failure(error))
    return answer


def failure(error: Error) -> Refusal:
    """What is told of an error of the base: to come back when it may pass, and in no case what the base said."""
    log.error("fhir.base_failed %s", type(error.__cause__ or error).__name__)
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable()
    return BaseRefused()


def refused(call: Call, caller: Caller | None, refusal: Refusal) -> Answer:
    """The refused transaction is gone: its refusal is traced on its own."""
    if caller is not None:
        with transaction.atomic():
            write_traces([(caller.actor, trace_of(call, refusal))])
    return answer_of(refusal)


def trace_of(call: Call, refusal: Refusal) -> Trace:
    details = {
        "error": refusal.code,
        "method": call.method,
        **{key: str(value)[:80] for key, value in refusal.context.items()},
    }
    kind = call.parts[0] if call.parts and find(call.parts[0]) else ""
    identifier = call.parts[1] if kind and len(call.parts) > 1 and call.parts[1][:1] not in "_$" else ""
    return Trace("fhir.refused", kind, identifier[:64], outcome="refused", details=details)


def answer_of(refusal: Refusal) -> Answer:
    """The business code and the French sentence; each fault of a resource at its place. Never a value of the request."""
    issues = [fault.as_issue(refusal.code if fault.is_error else "") for fault in refusal.faults]
    if not any(fault.is_error for fault in refusal.faults):
        issues.insert(0, issue("error", refusal.issue, refusal.text, business_code=refusal.code))
    headers = {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="fhir"'
    if refusal.status == 503:
        headers["Retry-After"] = "5"
    return Answer(refusal.status, write(outcome(issues)), headers)


def interact(call: Call, caller: Caller) -> tuple[Answer, list[Trace]]:
    """Runs in the transaction of the caller; raises Refusal."""
    if usual(call):
        return steps.alone(usual_steps(call, caller))
    _must_accept_json(call)
    parts = call.parts
    method = "GET" if call.method == "HEAD" else call.method
    if not parts:
        return _system(call, caller, method)
    if parts == ["_history"] and method == "GET":
        answer, traces = reading.history(None, caller, "", call.parameters, call.base, call.path)
        return answer, traces
    if parts == ["$validate"] and method == "POST":
        return validating.validate(None, caller, body_of(call), call.parameters)
    declared = _declared(parts[0])
    rest = parts[1:]
    if declared.acts is not None and written_apart(call):
        return declared.acts(declared, caller, call, method, rest, lambda: body_of(call))
    if rest and rest[0].startswith(("$", "_")):
        return _on_type(declared, caller, call, method, rest)
    if not rest:
        return _type(declared, caller, call, method)
    return _instance(declared, caller, call, method, rest)


def written_apart(call: Call) -> bool:
    """A write, or an operation other than $validate: what a room that keeps its own rows does itself."""
    last = call.parts[-1]
    if last.startswith("$"):
        return last != "$validate"
    return call.method not in {"GET", "HEAD"} and last != "_search"


def _declared(kind: str) -> Declared:
    declared = find(kind)
    if declared is None:
        raise UnknownType(f"Type {kind[:40]}.", type=kind[:40])
    return declared


def usual(call: Call) -> str:
    """`read`, `search` or `create` (without condition), which are most of what is asked; empty for the rest, and for
    what a room writes itself."""
    parts = call.parts
    if not parts or parts[0][:1] in "$_":
        return ""
    if call.method in {"GET", "HEAD"}:
        if len(parts) == 1:
            return "search"
        return "read" if len(parts) == 2 and parts[1][:1] not in "$_" else ""
    if call.method != "POST" or len(parts) != 1 or "if-none-exist" in call.headers:
        return ""
    declared = find(parts[0])
    return "" if declared is not None and declared.acts is not None else "create"


def usual_steps(call: Call, caller: Caller) -> steps.Steps[tuple[Answer, list[Trace]]]:
    """What `usual` names, step by step. Raises Refusal."""
    _must_accept_json(call)
    parts = call.parts
    declared = _declared(parts[0])
    if call.method == "POST":
        _must_serve(declared, "create")
        return _said((yield from writing.creating(declared, caller, body_of(call), call.base)), call)
    if len(parts) == 1:
        return (yield from _search(declared, caller, call, call.parameters, show_values=True))
    shape = _shape(call)
    _must_serve(declared, "read")
    answer, trace = yield from reading.read(declared, caller, parts[1], shape, call.headers)
    return answer, [trace]


def _system(call: Call, caller: Caller, method: str) -> tuple[Answer, list[Trace]]:
    if method != "POST":
        raise NotServed("La base ne reçoit que des lots (Bundle) par POST.")
    return bundles.run(body_of(call), caller, call.base, call.headers.get("prefer", ""), interact, alone)


def alone(call: Call, caller: Caller) -> tuple[Answer, list[Trace]]:
    """An entry of a batch: in a savepoint, its refusal is its own answer and its own trace."""
    try:
        with transaction.atomic():
            return interact(call, caller)
    except Refusal as refused:
        refusal = refused
    except (OperationalError, InterfaceError):
        raise  # the base is gone for all of them
    except Error as error:
        refusal = failure(error)
    kind = call.parts[0] if call.parts and find(call.parts[0]) else ""
    return answer_of(refusal), [Trace("fhir.refused", kind, outcome="refused", details={"error": refusal.code})]


def _on_type(
    declared: Declared, caller: Caller, call: Call, method: str, rest: list[str]
) -> tuple[Answer, list[Trace]]:
    if rest == ["_search"] and method == "POST":
        if _content_type(call) != FORM_TYPE:
            raise UnknownContent("Une recherche par POST est un formulaire (application/x-www-form-urlencoded).")
        asked = [*call.parameters, *_form(call)]
        return steps.alone(_search(declared, caller, call, asked, show_values=False))
    if rest == ["_history"] and method == "GET":
        _must_serve(declared, "history-type")
        return reading.history(declared, caller, "", call.parameters, call.base, call.path)
    if rest == ["$validate"] and method == "POST":
        return validating.validate(declared, caller, body_of(call), call.parameters)
    raise NotServed("Cette opération n'est pas servie.")


def _form(call: Call) -> list[tuple[str, str]]:
    try:
        return parse_qsl(_bytes(call).decode("utf-8"), keep_blank_values=True, max_num_fields=500)
    except ValueError as error:
        raise Unreadable("Le formulaire de recherche n'est pas lisible.") from error


def _type(declared: Declared, caller: Caller, call: Call, method: str) -> tuple[Answer, list[Trace]]:
    base, headers = call.base, call.headers
    match method:
        case "POST":
            _must_serve(declared, "create")
            criterion = headers["if-none-exist"]
            asked = parse_qsl(criterion.lstrip("?"), keep_blank_values=True)
            return _said(writing.create(declared, caller, body_of(call), asked, base), call)
        case "PUT":
            _must_serve(declared, "update")
            return _said(
                writing.update_where(declared, caller, call.parameters, body_of(call), headers.get("if-match"), base,
                                     only_new=_only_new(call)),
                call,
            )  # fmt: skip
        case "PATCH":
            _must_serve(declared, "patch")
            return _said(
                writing.patch_where(declared, caller, call.parameters, _patch_of(call), headers.get("if-match"), base),
                call,
            )
        case "DELETE":
            _must_serve(declared, "delete")
            written = writing.delete_where(declared, caller, call.parameters, headers.get("if-match"))
            return _ended(written)
    raise NotServed


def _instance(
    declared: Declared, caller: Caller, call: Call, method: str, rest: list[str]
) -> tuple[Answer, list[Trace]]:
    identifier, more = rest[0], rest[1:]
    shape = _shape(call)
    if method == "GET" and more == ["_history"]:
        _must_serve(declared, "history-instance")
        return reading.history(declared, caller, identifier, call.parameters, call.base, call.path)
    if method == "GET" and len(more) == 2 and more[0] == "_history":
        _must_serve(declared, "vread")
        answer, trace = reading.vread(declared, caller, identifier, more[1], shape)
        return answer, [trace]
    if method == "POST" and more == ["$validate"]:
        return validating.validate(declared, caller, body_of(call), call.parameters)
    if more:
        raise NotServed
    if_match = call.headers.get("if-match")
    match method:
        case "PUT":
            _must_serve(declared, "update")
            resource = body_of(call)
            if "id" not in resource:
                raise Unreadable("La ressource d'une mise à jour porte son identifiant.")
            only_new = _only_new(call)
            return _said(
                writing.update(declared, caller, identifier, resource, if_match, call.base, only_new=only_new), call
            )
        case "PATCH":
            _must_serve(declared, "patch")
            return _said(writing.patch(declared, caller, identifier, _patch_of(call), if_match, call.base), call)
        case "DELETE":
            _must_serve(declared, "delete")
            return _ended(writing.delete(declared, caller, identifier, if_match))
    raise NotServed


def _search(declared: Declared, caller: Caller, call: Call, asked: list[tuple[str, str]], *, show_values: bool) -> steps.Steps[tuple[Answer, list[Trace]]]:  # fmt: skip
    _must_serve(declared, "search-type")
    page = next((value for name, value in asked if name == "_page"), "")
    if page:
        search = searching.resume(declared, caller, page)
    else:
        lenient = "handling=lenient" in call.headers.get("prefer", "")
        search = searching.read_search(declared, caller, asked, lenient=lenient)
    body, traces = yield from searching.answer(
        search, caller, call.base, path=declared.type, show_values=show_values and not page
    )
    return Answer(200, body), traces


def _said(written: writing.Written, call: Call) -> tuple[Answer, list[Trace]]:
    return writing.answer(written, call.base, call.headers.get("prefer", "")), [written.trace()]


def _ended(written: writing.Written | None) -> tuple[Answer, list[Trace]]:
    if written is None:
        return Answer(204), []
    return Answer(204, b"", {"ETag": reading.etag(written.version)}), [written.trace()]


# -- what a request says of itself


def _only_new(call: Call) -> bool:
    """If-None-Match of a write: `*`, nothing may stand there yet. A list of versions has no use here, and is refused."""
    known = call.headers.get("if-none-match")
    if known is not None and known.strip() != "*":
        raise Unreadable("If-None-Match d'une écriture vaut « * » ; pour une version citée, employez If-Match.")
    return known is not None


def _shape(call: Call) -> Shape:
    asked = dict(call.parameters)
    return Shape(asked.get("_summary", ""), asked.get("_elements", ""))


def _must_serve(declared: Declared, interaction: str) -> None:
    if interaction not in declared.interactions:
        raise NotServed(type=declared.type)


def _must_accept_json(call: Call) -> None:
    """`_format` wins over Accept (R4, http 3.1.0.6)."""
    chosen = next((value for name, value in call.parameters if name == "_format"), None)
    if chosen is not None:
        if chosen.partition(";")[0].strip().replace(" ", "+") not in ACCEPTED_TYPES:
            raise UnknownFormat
        return
    accept = call.headers.get("accept", "")
    types = {part.partition(";")[0].strip().lower() for part in accept.split(",")} - {""}
    if types and not types & (ACCEPTED_TYPES | ANY_TYPE):
        raise UnknownFormat


def _content_type(call: Call) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


def _bytes(call: Call) -> bytes:
    if call.body is None:
        raise TooLarge
    return call.body


def body_of(call: Call) -> dict[str, Any]:
    if _content_type(call) not in ACCEPTED_TYPES:
        raise UnknownContent
    try:
        return read(_bytes(call))
    except UnreadableJson as error:
        raise Unreadable(str(error)) from error


def _patch_of(call: Call) -> Any:
    if _content_type(call) not in PATCH_TYPES:
        return body_of(call)
    try:
        return read(b'{"patch":' + _bytes(call) + b"}")["patch"]
    except UnreadableJson as error:
        raise Unreadable(str(error)) from error
