from django.urls import path

from . import replay_views, views

app_name = "exchanges"
urlpatterns = [
    path("", views.journal, name="journal"),
    path("export.csv", views.export, name="export"),
    path("logiciels/", views.clients, name="clients"),
    path("patient/", replay_views.patient, name="patient"),
    path("patient/chercher/", replay_views.find_patient, name="find_patient"),
    path("essai/", replay_views.rehearse, name="rehearse"),
    path("rejouer/", replay_views.replay_selection, name="replay_selection"),
    path("<uuid:exchange_id>/", views.detail, name="detail"),
    path("<uuid:exchange_id>/contenu/", views.payload, name="payload"),
    path("<uuid:exchange_id>/contenu/<int:rank>/", views.document, name="document"),
    path("<uuid:exchange_id>/rejouer/", views.replay, name="replay"),
    path("<uuid:exchange_id>/classer/", views.set_aside, name="set_aside"),
]
