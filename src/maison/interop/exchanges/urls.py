from django.urls import path

from . import views

app_name = "exchanges"
urlpatterns = [
    path("", views.journal, name="journal"),
    path("export.csv", views.export, name="export"),
    path("logiciels/", views.clients, name="clients"),
    path("<uuid:exchange_id>/", views.detail, name="detail"),
    path("<uuid:exchange_id>/contenu/", views.payload, name="payload"),
    path("<uuid:exchange_id>/rejouer/", views.replay, name="replay"),
    path("<uuid:exchange_id>/classer/", views.set_aside, name="set_aside"),
]
