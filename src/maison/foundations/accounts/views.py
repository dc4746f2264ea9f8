"""The door: sign in with Pro Santé Connect, accept the terms, choose a situation, leave."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from maison.foundations import audit
from maison.foundations.access import Actor, public, signed_in
from maison.ui.pages import fresh, leave, page, refused, unchanged

from . import actions, selectors, signing_in
from .errors import ProviderDown, SignInExpired, SignInRefused
from .forms import SituationForm, TermsForm
from .middleware import ENDED_COOKIE
from .psc_attempt import Attempt
from .psc_claims import UnusableClaims, read_claims
from .psc_client import provider

ATTEMPTS, ATTEMPTS_KEPT = "psc_attempts", 4
LEAVING = "leaving"


@require_safe
@public("La porte de la maison")
def sign_in(request: Any) -> HttpResponse:
    """Where everyone arrives. Someone half way in goes on with the next step; someone already in goes home."""
    next_url = signing_in.safe_next(request, request.GET.get("next"))
    if not request.actor.is_anonymous:
        return HttpResponseRedirect(next_url)
    if signing_in.pending_user(request) is not None:
        if "next" in request.GET:
            request.session[signing_in.NEXT] = next_url
        return HttpResponseRedirect(reverse("accounts:enter"))
    ended = bool(request.COOKIES.get(ENDED_COOKIE))
    response = page(
        request,
        "accounts/sign_in.html",
        {
            "next": next_url,
            "ended": ended,
            "idle_minutes": settings.IDLE_MINUTES,
            "provider_down": provider().is_down,
            "sandbox": settings.SANDBOX,
        },
    )
    if ended:
        response.delete_cookie(ENDED_COOKIE, path=reverse("accounts:sign_in"))
    return response


# -- Pro Santé Connect


@require_GET
@public("Départ vers Pro Santé Connect")
def psc_start(request: Any) -> HttpResponse:
    attempt = Attempt.start(
        redirect_uri=_own_address(request, "accounts:psc_return"),
        next_url=signing_in.safe_next(request, request.GET.get("next")),
    )
    try:
        url = provider().authorization_url(attempt)
    except (ProviderDown, SignInRefused) as error:
        return _not_in(request, error)
    kept = {state: it for state, it in request.session.get(ATTEMPTS, {}).items() if not Attempt.kept(it).is_over}
    kept = dict(list(kept.items())[-(ATTEMPTS_KEPT - 1) :])  # a few tabs, not a growing session
    request.session[ATTEMPTS] = {**kept, attempt.state: attempt.keep()}
    return fresh(HttpResponseRedirect(url))


@require_GET
@public("Retour de Pro Santé Connect, vérifié par son state")
def psc_return(request: Any) -> HttpResponse:
    """The state is used once, whatever the answer says."""
    attempts = request.session.get(ATTEMPTS, {})
    kept = attempts.pop(request.GET.get("state", ""), None)
    if kept is None:
        return _not_in(request, SignInExpired("unknown_state"))
    request.session[ATTEMPTS] = attempts
    attempt = Attempt.kept(kept)
    if error := request.GET.get("error", ""):
        return _given_up(request, error, attempt)
    try:
        client = provider()
        authenticated = client.authenticate(
            attempt, code=request.GET.get("code", ""), issuer=request.GET.get("iss", "")
        )
        user = actions.recognise_professional(read_claims(authenticated.claims))
    except UnusableClaims as error:
        return _not_in(request, SignInRefused(f"claims_{error}"))
    except (ProviderDown, SignInRefused) as error:
        return _not_in(request, error)
    kept_session = actions.keep_provider_session(user, authenticated, client.registration.issuer)
    signing_in.open_session(request, user, auth="psc", next_url=attempt.next, provider_session=kept_session.id)
    return fresh(HttpResponseRedirect(reverse("accounts:enter")))


@require_safe
@public("Clés publiques de la maison, que lit Pro Santé Connect")
def psc_keys(request: Any) -> HttpResponse:
    """What the provider encrypts our tokens with; kept an hour by whoever reads it."""
    response = JsonResponse(provider().published_keys(), content_type="application/jwk-set+json")
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _given_up(request: Any, error: str, attempt: Attempt) -> HttpResponse:
    if error == "access_denied":
        messages.info(request, "Vous avez renoncé à vous connecter avec Pro Santé Connect.")
        return fresh(HttpResponseRedirect(reverse("accounts:sign_in", query={"next": attempt.next})))
    if error in {"server_error", "temporarily_unavailable"}:
        return _not_in(request, ProviderDown())
    return _not_in(request, SignInRefused(f"authorization:{error[:40]}"))


def _not_in(request: Any, error: ProviderDown | SignInRefused) -> HttpResponse:
    """Nobody came in. Traced without a name: there is none to trust."""
    reason = error.reason if isinstance(error, SignInRefused) else "provider_down"
    outcome = "refused" if isinstance(error, SignInRefused) else "failed"
    audit.record(Actor(), "accounts.sign_in_refused", outcome=outcome, details={"error": error.code, "reason": reason})
    if isinstance(error, ProviderDown):
        return page(request, "accounts/provider_down.html", {"idle_minutes": settings.IDLE_MINUTES}, status=503)
    return refused(
        request,
        error.text,
        status=error.status,
        code=error.code,
        title="Connexion refusée",
        next_step="Si cela se répète, donnez la référence ci-dessous au support.",
        back=reverse("accounts:sign_in"),
    )


@csrf_exempt
@require_POST
@public("Appel de Pro Santé Connect, vérifié par la signature de son jeton")
def psc_logout(request: Any) -> HttpResponse:
    """Back-channel logout: 200 when followed, 400 when the token is not to be trusted, 503 when that cannot be told."""
    try:
        ended = provider().ended_session(request.POST.get("logout_token", ""))
    except SignInRefused as error:
        audit.record(Actor(), "accounts.provider_logout_refused", outcome="refused", details={"reason": error.reason})
        return fresh(HttpResponse(status=400))
    except ProviderDown:
        return fresh(HttpResponse(status=503))
    actions.follow_provider_logout(ended)
    return fresh(HttpResponse(status=200))


# -- steps


@require_GET
@public("Étapes de l'entrée : vérifie elle-même qui est là")
def enter(request: Any) -> HttpResponse:
    """Leads to the first step not done, else into the house."""
    user = signing_in.pending_user(request)
    if user is None:
        return leave(request, "accounts:sign_in")
    if step := signing_in.next_step(request, user):
        return leave(request, step)
    return leave(request, signing_in.enter(request, user))


@public("Étape de l'entrée : vérifie elle-même qui est là")
def terms(request: Any) -> HttpResponse:
    """The terms can be read by anyone; accepting them is a step."""
    user = signing_in.pending_user(request)
    to_accept = user is not None and user.terms_version != settings.TERMS_VERSION
    form = TermsForm(request.POST if request.method == "POST" else None)
    context = {"form": form, "to_accept": to_accept, "version": settings.TERMS_VERSION}
    if request.method == "POST" and user is not None and to_accept:
        if not form.is_valid():
            return page(request, "accounts/terms.html", context, status=422)
        actions.accept_terms(user.id)
        return leave(request, "accounts:enter")
    return page(request, "accounts/terms.html", context)


@public("Étape de l'entrée : vérifie elle-même qui est là")
def situation(request: Any) -> HttpResponse:
    """Choose, or change, the situation d'exercice (PASS-02)."""
    user = signing_in.pending_user(request)
    if user is None:
        return leave(request, "accounts:sign_in")
    step = signing_in.next_step(request, user) if request.actor.is_anonymous else ""
    if step and step != signing_in.SITUATION_STEP:
        return leave(request, step)
    choices = selectors.situation_choices(user.id, request.session.get(signing_in.SITUATION))
    form = SituationForm(
        request.POST if request.method == "POST" else None, situations=[it.situation for it in choices]
    )
    if form.is_valid():
        return leave(request, signing_in.enter(request, user, form.cleaned_data["situation"]))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "choices": choices, "user": user, "changing": not request.actor.is_anonymous}
    return page(request, "accounts/situation.html", context, status=status)


@require_POST
@signed_in("Prolonger sa propre session")
def stay(request: Any) -> HttpResponse:
    """Asked by the warning before the end: being asked is enough, the middleware counts it as activity."""
    return unchanged()


# -- the way out


@require_POST
@public("La sortie : ferme la session du navigateur, quelle qu'elle soit")
def sign_out(request: Any) -> HttpResponse:
    """Ends our session, then that of Pro Santé Connect in the browser."""
    kept = selectors.provider_session(request.session.get(signing_in.PROVIDER_SESSION))
    user = signing_in.pending_user(request)
    if user is not None:
        audit.record(
            actions.actor_for(user, session_key=request.session.session_key or ""), "accounts.signed_out", target=user
        )
    request.session.flush()
    if kept is None:
        return leave(request, "accounts:signed_out")
    state = secrets.token_urlsafe(32)
    request.session[LEAVING] = state
    url = provider().end_session_url(
        id_token=kept.id_token, return_to=_own_address(request, "accounts:signed_out"), state=state
    )
    kept.delete()
    # A page, not a redirect: form-action keeps a form of the house from ending elsewhere, redirects included.
    return page(request, "accounts/leaving.html", {"provider_url": url})


@require_safe
@public("Dit que la session est fermée")
def signed_out(request: Any) -> HttpResponse:
    state = request.session.pop(LEAVING, "")
    returned = request.GET.get("state", "")
    return page(
        request,
        "accounts/signed_out.html",
        {"provider_too": bool(state) and secrets.compare_digest(state.encode(), returned.encode())},
    )


def _own_address(request: Any, name: str) -> str:
    """An absolute address of the house: the registered one, or the one in use where there is only a sandbox."""
    path = reverse(name)
    return request.build_absolute_uri(path) if settings.SANDBOX else settings.PUBLIC_URL + path
