from django.urls import path

from .views import keeping, pages, requests, services

app_name = "portal"

urlpatterns = [
    path("", pages.home, name="home"),
    path("maison/", pages.house, name="house"),
    path("recherche/", pages.search, name="search"),
    path("mentions/", pages.legal, name="legal"),
    path("accessibilite/", pages.accessibility, name="accessibility"),
    path("services/<slug:code>/", services.service, name="service"),
    path("services/<slug:code>/ouvrir/", services.open_service, name="open"),
    path("services/<slug:code>/favori/", services.favourite, name="favourite"),
    path("services/<slug:code>/demande/", services.ask, name="ask"),
    path("catalogue/", keeping.catalogue, name="catalogue"),
    path("catalogue/export/", keeping.catalogue_export, name="catalogue_export"),
    path("catalogue/ajouter/", keeping.add, name="add_service"),
    path("catalogue/services/<slug:code>/", keeping.kept, name="kept"),
    path("catalogue/services/<slug:code>/modifier/", keeping.change, name="change_service"),
    path("catalogue/services/<slug:code>/regles/<int:rank>/", keeping.rule, name="rule"),
    path("catalogue/services/<slug:code>/regles/<int:rank>/retirer/", keeping.remove_rule, name="remove_rule"),
    path("catalogue/services/<slug:code>/retirer/", keeping.withdraw_service, name="withdraw_service"),
    path("catalogue/services/<slug:code>/versions/<uuid:version_id>/annuler/", keeping.undo, name="undo_version"),
    path("demandes/", requests.requests, name="requests"),
    path("demandes/<uuid:request_id>/", requests.request, name="request"),
    path("demandes/<uuid:request_id>/approuver/", requests.approve, name="approve"),
    path("demandes/<uuid:request_id>/approuver-service/", requests.approve_service, name="approve_service"),
    path("demandes/<uuid:request_id>/complement/", requests.ask_more, name="ask_more"),
    path("demandes/<uuid:request_id>/completer/", requests.complete, name="complete"),
    path("demandes/<uuid:request_id>/refuser/", requests.refuse, name="refuse"),
    path("demandes/<uuid:request_id>/retirer/", requests.withdraw, name="withdraw"),
    path("demandes/<uuid:request_id>/vu/", requests.acknowledge, name="acknowledge"),
    path("demandes/<uuid:request_id>/revoquer/", requests.revoke, name="revoke"),
]
