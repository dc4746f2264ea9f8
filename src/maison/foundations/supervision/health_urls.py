from django.urls import path

from . import health

app_name = "health"
urlpatterns = [
    path("vie", health.alive, name="alive"),
    path("prete", health.ready, name="ready"),
]
