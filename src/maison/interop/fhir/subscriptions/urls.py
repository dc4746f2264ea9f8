from django.urls import path

from . import screens

app_name = "subscriptions"
urlpatterns = [
    path("", screens.subscription_list, name="list"),
    path("export.csv", screens.export, name="export"),
    path("<uuid:pk>/", screens.detail, name="detail"),
    path("<uuid:pk>/agir/", screens.act, name="act"),
]
