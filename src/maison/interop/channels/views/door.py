from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from maison.foundations.access import public
from maison.interop.channels import door
from maison.interop.channels.language.message import MAX_BYTES

# No cookie opens this door, only a key in a header: another site has nothing to forge, hence no CSRF token.


@csrf_exempt
@require_POST
@public("porte des logiciels, ouverte par une clé propre à chacun")
def deposit(request: HttpRequest, code: str) -> HttpResponse:
    authorization = request.headers.get("Authorization", "")
    said = request.headers.get("Content-Length", "")
    announced = int(said) if said.isdigit() else 0
    body = _body(request, announced) if door.client_of(authorization) is not None else b""
    call = door.Deposit(
        code=code, authorization=authorization, origin=request.META.get("REMOTE_ADDR", ""), content_type=request.headers.get("Content-Type", ""),
        identity=request.headers.get("Idempotency-Key", "")[:200], body=body, size=announced or len(body or b""),
    )  # fmt: skip
    answer = door.deposit(call)
    content, kind = answer.body(call.media_type)
    response = HttpResponse(content, status=answer.status, content_type=kind)
    response["Cache-Control"] = "no-store"
    for name, value in answer.headers.items():
        response[name] = value
    return response


def _body(request: HttpRequest, announced: int) -> bytes | None:
    """The bytes, never more than allowed; what a broken connection let through is kept for what it is."""
    if announced > MAX_BYTES:
        return None
    try:
        body = request.read(MAX_BYTES + 1)
    except UnreadablePostError:
        return b""
    return None if len(body) > MAX_BYTES else body
