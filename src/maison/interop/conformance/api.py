"""The bench for software: POST the sample as it is, get the report in JSON. The key is that of a declared software."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from maison.foundations import audit
from maison.foundations.access import public
from maison.foundations.access.actor import Actor

from . import actions, selectors
from .errors import TooManyChecks
from .forms import NOTHING, TOO_LARGE
from .grading import MAX_BYTES

WRONG_KEYS_PER_MINUTE = 20
MINUTE_SECONDS = 60


# No cookie opens this door, only a key in a header: another site has nothing to forge, hence no CSRF token.
@csrf_exempt
@require_POST
@public("porte des logiciels, ouverte par une clé propre à chacun")
def check(request: HttpRequest) -> JsonResponse:
    """`?type=RS-EDA` says the type of a bare Hub Santé body. 200 with a report, whatever its grade."""
    actor = selectors.software_of_key(request.headers.get("Authorization", ""))
    if actor is None:
        return _nobody(request)
    data = _body(request)
    if data is None:
        return _said(TOO_LARGE, 413)
    if not data.strip():
        return _said(NOTHING, 400)
    try:
        report = actions.check_sample(actor=actor, data=data, expected=request.GET.get("type", ""))
    except TooManyChecks as refusal:
        return _said(str(refusal.message), refusal.status, retry=True)
    return _answer(report.document(), 200)


def _body(request: HttpRequest) -> bytes | None:
    """None when there is more than allowed; what a broken connection let through is nothing."""
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > MAX_BYTES:
        return None
    try:
        body = request.read(MAX_BYTES + 1)
    except UnreadablePostError:
        return b""
    return None if len(body) > MAX_BYTES else body


def _nobody(request: HttpRequest) -> JsonResponse:
    origin = hashlib.sha256(f"{settings.SECRET_KEY}{request.META.get('REMOTE_ADDR', '')}".encode()).hexdigest()[:32]
    key = f"conformance-key-{origin}"
    count = int(cache.get(key, 0)) + 1
    cache.set(key, count, MINUTE_SECONDS)
    if count <= WRONG_KEYS_PER_MINUTE:
        stranger = Actor.software("unknown", "Émetteur inconnu")
        audit.record(stranger, "conformance.refused", outcome="refused", details={"origin": origin[:16]})
    else:
        return _said("Trop de clés inconnues. Attendez une minute.", 429, retry=True)
    answer = _said(
        "Clé absente ou inconnue : envoyez « Authorization: Bearer » suivi de la clé de votre logiciel.", 401
    )
    answer["WWW-Authenticate"] = 'Bearer realm="conformite"'
    return answer


def _said(message: str, status: int, *, retry: bool = False) -> JsonResponse:
    answer = _answer({"message": message}, status)
    if retry:
        answer["Retry-After"] = str(MINUTE_SECONDS)
    return answer


def _answer(document: dict[str, object], status: int) -> JsonResponse:
    answer = JsonResponse(document, status=status, json_dumps_params={"ensure_ascii": False})
    answer["Cache-Control"] = "no-store"
    return answer
