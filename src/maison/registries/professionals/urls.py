from django.urls import path

from . import views

app_name = "professionals"
urlpatterns = [
    path("", views.search, name="search"),
    path("<uuid:professional_id>/", views.sheet, name="sheet"),
]
