from django.urls import path

from . import views

app_name = "notifications"
urlpatterns = [
    path("", views.notifications, name="list"),
    path("<uuid:notification_id>/lire/", views.read, name="read"),
    path("tout-lire/", views.read_all, name="read_all"),
]
