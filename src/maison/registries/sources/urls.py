from django.urls import path

from . import views

app_name = "sources"
urlpatterns = [
    path("", views.loadings, name="loadings"),
    path("<uuid:loading_id>/", views.loading, name="loading"),
    path("<uuid:loading_id>/anomalies.csv", views.anomalies, name="anomalies"),
]
