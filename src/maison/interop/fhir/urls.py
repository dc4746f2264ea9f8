from django.urls import path, re_path

from . import views

app_name = "fhir"
urlpatterns = [
    path("metadata", views.metadata, name="metadata"),
    path(".well-known/smart-configuration", views.smart_configuration, name="smart_configuration"),
    path("auth/token", views.token, name="token"),
    # One view for all: addresses of FHIR are read by the engine, with or without a final slash.
    re_path(r"^(?P<path>[A-Za-z0-9\-._$/]*)$", views.door, name="door"),
]
