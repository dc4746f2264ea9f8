"""The pages that say a failure: what happened, why, what to do now. Wired as handlers by `maison.config.urls`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from maison.ui.pages import fresh, refused


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(
        request,
        "Les informations reçues ne permettent pas de répondre.",
        status=400,
        next_step="Revenez à la page précédente et recommencez ; votre saisie n'a pas été enregistrée.",
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: nearly always a form left open across a sign-out."""
    return refused(
        request,
        "Ce formulaire est resté ouvert trop longtemps, ou votre session a changé entre-temps.",
        status=403,
        title="Ce formulaire n'est plus utilisable",
        next_step="Rechargez la page, puis envoyez à nouveau. Rien n'a été enregistré.",
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(
        request,
        str(exception or "") or "Votre situation d'exercice actuelle ne donne pas ce droit.",
        status=403,
        next_step="Changez de situation si vous en avez une autre, ou demandez l'habilitation "
        "à l'administrateur de votre structure.",
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refused(
        request,
        "Elle a pu être déplacée ou fermée, ou bien l'adresse contient une erreur.",
        status=404,
        next_step="Vérifiez l'adresse, ou repartez de l'accueil.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Drawn without context processors nor database: it must stand when they are what broke."""
    return fresh(HttpResponse(render_to_string("maison/outage.html"), status=500))


def degraded(request: HttpRequest, message: str = "", next_step: str = "") -> HttpResponse:
    """A part of the house does not answer; the rest goes on."""
    return refused(
        request,
        message or "Un service extérieur dont cette page a besoin ne répond pas. Les autres pièces restent ouvertes.",
        status=503,
        next_step=next_step or "La page reviendra d'elle-même. En cas d'urgence, continuez par téléphone.",
    )
