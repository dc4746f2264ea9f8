from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from maison.foundations.access import public
from maison.interop.exchanges.models import Door

from . import door

# No cookie opens this door, only a key in a header: another site has nothing to forge, hence no CSRF token.


@csrf_exempt
@require_http_methods(["POST", "GET"])
@public("porte des logiciels, ouverte par une clé propre à chacun")
def messages(request: HttpRequest) -> HttpResponse:
    call = _call(request)
    return _answer(door.post(call) if request.method == "POST" else door.listing(call))


@csrf_exempt
@require_http_methods(["DELETE"])
@public("porte des logiciels, ouverte par une clé propre à chacun")
def message(request: HttpRequest, exchange_id: str) -> HttpResponse:
    return _answer(door.take(_call(request), exchange_id))


def _call(request: HttpRequest) -> door.Call:
    client = door.client_of_key(request.headers.get("Authorization", ""))
    length = request.headers.get("Content-Length", "")
    call = door.Call(
        method=request.method or "", door=Door.HTTP, client=client, origin=request.META.get("REMOTE_ADDR", ""),
        declared_length=int(length) if length.isdigit() else None,
        content_type=request.headers.get("Content-Type", ""), after=request.GET.get("apres", ""),
    )  # fmt: skip
    if request.method == "POST" and client is not None:
        call.body = _body(request, call.declared_length)
    return call


def _body(request: HttpRequest, declared: int | None) -> bytes | None:
    """The bytes, never more than allowed; what a broken connection let through is kept for what it is."""
    if declared is not None and declared > settings.EXCHANGE_MAX_BYTES:
        return None
    try:
        body = request.read(settings.EXCHANGE_MAX_BYTES + 1)
    except UnreadablePostError:
        return b""
    return None if len(body) > settings.EXCHANGE_MAX_BYTES else body


def _answer(answer: door.Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.content_type)
    response["Cache-Control"] = "no-store"
    for name, value in answer.headers.items():
        response[name] = value
    return response
