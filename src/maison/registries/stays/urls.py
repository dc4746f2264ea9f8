from django.urls import path

from . import views

app_name = "stays"
urlpatterns = [
    path("", views.census, name="census"),
    path("export.csv", views.export, name="export"),
    path("unites/<uuid:unit_id>/", views.unit, name="unit"),
    path("<uuid:stay_id>/", views.stay, name="stay"),
]
