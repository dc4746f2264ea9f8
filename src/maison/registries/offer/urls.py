from django.urls import path

from . import description_views, promise_views, views

app_name = "offer"
urlpatterns = [
    path("lits/", views.board, name="board"),
    path("lits/export.csv", views.export, name="export"),
    path("lits/demandes/", promise_views.requests, name="requests"),
    path("lits/demandes/recues/", promise_views.receive, name="receive"),
    path("lits/demandes/miennes/", promise_views.asked, name="asked"),
    path("lits/demandes/a-approuver/", promise_views.approvals, name="approvals"),
    path("lits/demandes/<uuid:promise_id>/accepter/", promise_views.accept, name="accept"),
    path("lits/demandes/<uuid:promise_id>/refuser/", promise_views.refuse, name="refuse"),
    path("lits/demandes/<uuid:promise_id>/arrive/", promise_views.arrived, name="arrived"),
    path("lits/demandes/<uuid:promise_id>/vu/", promise_views.acknowledge, name="acknowledge"),
    path("lits/demandes/<uuid:promise_id>/rendre/", promise_views.release, name="release"),
    path("lits/demandes/<uuid:promise_id>/approuver/", promise_views.approve, name="approve"),
    path("lits/demandes/<uuid:promise_id>/rejeter/", promise_views.reject, name="reject"),
    path("lits/plans-blancs/", views.white_plans, name="white_plans"),
    path("lits/plans-blancs/changer/", views.set_white_plan, name="set_white_plan"),
    path("lits/<uuid:offer_id>/", views.unit, name="unit"),
    path("lits/<uuid:offer_id>/noter/", views.note, name="note"),
    path("lits/<uuid:offer_id>/demander/", promise_views.ask, name="ask"),
    path("offres/", description_views.offers, name="offers"),
    path("offres/export.csv", description_views.export, name="offers_export"),
    path("offres/decrire/", description_views.describe, name="describe"),
    path("offres/<uuid:offer_id>/", description_views.offer, name="offer"),
    path("offres/<uuid:offer_id>/modifier/", description_views.amend, name="amend"),
    path("offres/<uuid:offer_id>/contacts/", description_views.contacts, name="contacts"),
    path("offres/<uuid:offer_id>/avancer/", description_views.step, name="step"),
    path("offres/<uuid:offer_id>/controler/", description_views.judge, name="judge"),
]
