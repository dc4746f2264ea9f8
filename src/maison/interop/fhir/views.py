"""The door of the façade as a page of the house. No cookie opens it, only a token: hence no CSRF token, and no session."""

from __future__ import annotations

import json

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from maison.formats.fhir.wire import write
from maison.foundations import audit
from maison.foundations.access import public
from maison.foundations.access.actor import ANONYMOUS, Actor
from maison.interop.exchanges.strangers import FAILURES_PER_MINUTE, failures

from . import authentication, capability, engine, tokens
from .calls import Answer, Call
from .errors import NotAuthenticated, Refusal, TokenRefused, TooManyFailures

READ_HEADERS = ("Accept", "Content-Type", "If-Match", "If-None-Match", "If-Modified-Since", "If-None-Exist", "Prefer")


def base() -> str:
    """The address of the façade, as the world knows it: the one of the settings, never what a request pretends."""
    return f"{settings.PUBLIC_URL}/fhir"


@csrf_exempt
@public("façade FHIR, ouverte par un jeton d'accès")
def door(request: HttpRequest, path: str = "") -> HttpResponse:
    call = Call(
        method=request.method or "GET",
        path=path,
        query=request.META.get("QUERY_STRING", "")
        .encode("latin-1", "replace")
        .decode("utf-8", "replace"),  # WSGI: bytes as Latin-1
        headers={name.lower(): request.headers[name] for name in READ_HEADERS if name in request.headers},
        base=base(),
    )
    try:
        caller = authentication.caller_of(
            request.headers.get("Authorization", ""),
            base=call.base,
            situation=request.headers.get("Maison-Situation", ""),
        )
    except NotAuthenticated as refusal:
        return response(_stranger(request, refusal))
    except Error as error:
        return response(engine.answer_of(engine.failure(error)))
    except Refusal as refusal:
        return response(engine.answer_of(refusal))
    if call.method in {"POST", "PUT", "PATCH"}:
        call.body = _body(request)
    return response(engine.handle(call, caller))


def _stranger(request: HttpRequest, refusal: Refusal) -> Answer:
    """Nobody known: refused, and traced until there are too many of them."""
    try:
        if failures(request.META.get("REMOTE_ADDR", "")) > FAILURES_PER_MINUTE:
            return engine.answer_of(TooManyFailures())
        audit.record(ANONYMOUS, "fhir.refused", target=("fhir", ""), outcome="refused", details={"error": refusal.code})
    except Error as error:
        return engine.answer_of(engine.failure(error))
    return engine.answer_of(refusal)


def _body(request: HttpRequest) -> bytes | None:
    """The bytes, or None when they are more than allowed. A connection that broke gives nothing to parse."""
    declared = request.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > settings.EXCHANGE_MAX_BYTES:
        return None
    try:
        body = request.read(settings.EXCHANGE_MAX_BYTES + 1)
    except UnreadablePostError:
        return b""
    return None if len(body) > settings.EXCHANGE_MAX_BYTES else body


def response(answer: Answer) -> HttpResponse:
    found = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    found["Cache-Control"] = "no-store"
    if answer.status not in {204, 304}:
        found["Content-Length"] = str(len(answer.body))
    for name, value in answer.headers.items():
        found[name] = value
    return found


@require_GET
@public("ce que la façade sait faire, sans aucune donnée")
def metadata(request: HttpRequest) -> HttpResponse:
    return response(Answer.of(capability.statement(base())))


@require_GET
@public("où un logiciel demande un jeton")
def smart_configuration(request: HttpRequest) -> HttpResponse:
    return response(Answer(200, write(capability.smart_configuration(base())), content_type="application/json"))


@csrf_exempt
@require_POST
@public("porte des jetons : le logiciel s'y prouve par une clé")
def token(request: HttpRequest) -> HttpResponse:
    """RFC 6749 §5: a refusal is told by its OAuth word only; why is in the trace."""
    try:
        granted = tokens.issue(request.POST.dict(), audience=capability.token_address(base()), base=base())
    except TokenRefused as refusal:
        if failures(request.META.get("REMOTE_ADDR", "")) > FAILURES_PER_MINUTE:
            return _oauth({"error": "temporarily_unavailable"}, 429)
        client = str(refusal.context.get("client", ""))
        actor = Actor(subject=f"software:{client}", auth="software") if client else ANONYMOUS
        audit.record(actor, "fhir.token_refused", target=("fhir.software", client), outcome="refused",
                     details={"error": refusal.detail, "why": str(refusal.context.get("why", ""))})  # fmt: skip
        return _oauth({"error": refusal.detail}, 401 if refusal.detail == "invalid_client" else 400)
    return _oauth({"access_token": granted.token, "token_type": "bearer", "expires_in": granted.expires_in,
                   "scope": " ".join(granted.scopes)}, 200)  # fmt: skip


def _oauth(content: dict[str, object], status: int) -> HttpResponse:
    found = HttpResponse(json.dumps(content), status=status, content_type="application/json")
    found["Cache-Control"] = "no-store"
    found["Pragma"] = "no-cache"
    return found
