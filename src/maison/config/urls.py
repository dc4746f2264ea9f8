"""Where each room stands in the address bar."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path

from maison.foundations.access import public
from maison.ui import urls as style_pages

# The floor of components knows no rights: its style pages are declared here.
for pattern in style_pages.urlpatterns:
    pattern.callback = public("the style page shows fictional people only")(pattern.callback)


def favicon(request: HttpRequest) -> HttpResponse:
    """For browsers that ask without reading the page; the address of the mark changes with its content."""
    return redirect(static("maison/mark.svg"))


urlpatterns: list[URLPattern | URLResolver] = [
    path("connexion/", include("maison.foundations.accounts.urls")),
    path("sante/", include("maison.foundations.supervision.health_urls")),
    path("supervision/crise/", include("maison.foundations.crisis.urls")),
    path("supervision/", include("maison.steering.board.urls")),
    path("notifications/", include("maison.foundations.notifications.urls")),
    path("fichiers/", include("maison.foundations.files.urls")),
    path("ui/", include("maison.ui.urls")),
    path("urgences/", include("maison.services.emergency.urls")),
    path("fhir/", include("maison.interop.fhir.urls")),
    path("hub-sante/", include("maison.interop.hub_sante.urls")),
    path("sejours/", include("maison.registries.stays.urls")),
    path("referentiels/chargements/", include("maison.registries.sources.urls")),
    path("referentiels/professionnels/", include("maison.registries.professionals.urls")),
    path("referentiels/qualite/", include("maison.registries.quality.urls")),
    path("referentiels/", include("maison.registries.offer.urls")),
    path("referentiels/structures/", include("maison.registries.facilities.urls")),
    path("nomenclatures/", include("maison.registries.terminology.urls")),
    path("identites/", include("maison.registries.identity.urls")),
    path("echanges/conformite/", include("maison.interop.conformance.urls")),
    path("echanges/logiciels/hl7v2/", include("maison.interop.hl7v2.urls")),
    path("echanges/abonnements/", include("maison.interop.fhir.subscriptions.urls")),
    path("echanges/", include("maison.interop.exchanges.urls")),
    path("echanges/", include("maison.interop.channels.urls")),
    path("courriers/", include("maison.interop.letters.urls")),
    path("favicon.ico", public("the mark of the house")(favicon), name="favicon"),
    path("", include("maison.services.portal.urls")),
]

handler400 = "maison.ui.errors.bad_request"
handler403 = "maison.ui.errors.forbidden"
handler404 = "maison.ui.errors.not_found"
handler500 = "maison.ui.errors.server_error"
