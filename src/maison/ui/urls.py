from django.urls import path

from maison.ui import views

app_name = "ui"

urlpatterns = [
    path("", views.index, name="index"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("composants/<slug:name>/", views.component, name="component"),
    path("pannes/<int:status>/", views.problem, name="problem"),
]
