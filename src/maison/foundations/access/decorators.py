"""Every view says who may open it; a house test walks the URLs and refuses a view that says nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from maison.foundations.errors import Forbidden

from .registry import Permission

type View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a view said of its access: exactly one of the three is set."""

    permission: Permission | None = None
    signed_in: str = ""
    public: str = ""


class MissingPermission(Forbidden):
    """No habilitation of the current situation opens this."""

    code = "FND-001"
    message = "Votre situation d'exercice actuelle ne donne pas accès à ce service."


class StrongSignInNeeded(Forbidden):
    """Health data need Pro Santé Connect (X-01)."""

    code = "FND-002"
    message = "Ce service contient des données de santé. Connectez-vous avec Pro Santé Connect pour l'ouvrir."


def declare(view: View, declaration: Declaration) -> View:
    cast(Any, view).access = declaration
    return view


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    if request.headers.get("HX-Request") == "true":
        current = request.headers.get("HX-Current-URL", "")
        back = "/" + current.split("/", 3)[3] if current.count("/") >= 3 else "/"
        answer = HttpResponse(status=401)
        answer["HX-Redirect"] = f"{reverse('accounts:sign_in')}?{urlencode({'next': back})}"
        return answer
    return HttpResponseRedirect(f"{reverse('accounts:sign_in')}?{urlencode({'next': back})}")


def requires(permission: Permission) -> Callable[[View], View]:
    """Open to actors who hold the permission in at least one structure; the action or selector then checks which."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            actor = request.actor
            if actor.is_anonymous:
                return _to_sign_in(request)
            if not actor.can(permission):
                if permission.health and actor.auth == "local":
                    raise StrongSignInNeeded
                raise MissingPermission(f"Il faut : « {permission.label} ».", permission=permission.code)
            return view(request, *args, **kwargs)

        return declare(checked, Declaration(permission=permission))

    return decorate


def signed_in(reason: str) -> Callable[[View], View]:
    """Open to anyone signed in, whatever the rights; `reason` says why no permission is needed."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.actor.is_anonymous:
                return _to_sign_in(request)
            return view(request, *args, **kwargs)

        return declare(checked, Declaration(signed_in=reason))

    return decorate


def public(reason: str) -> Callable[[View], View]:
    """Open to everyone; `reason` says why. Also for doors that check a key of their own."""

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            return view(request, *args, **kwargs)

        return declare(opened, Declaration(public=reason))

    return decorate
