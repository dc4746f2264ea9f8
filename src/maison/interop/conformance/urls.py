from django.urls import path

from . import api, views

app_name = "conformance"
urlpatterns = [
    path("", views.bench, name="bench"),
    path("historique/", views.history, name="history"),
    path("historique.csv", views.history_csv, name="history_csv"),
    path("rapport/", views.export, name="export"),
    path("api/", api.check, name="api"),
]
