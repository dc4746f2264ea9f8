from django.urls import path

from . import views

app_name = "facilities"
urlpatterns = [
    path("", views.search, name="search"),
    path("<uuid:facility_id>/", views.sheet, name="sheet"),
]
