from django.urls import path

from . import views

app_name = "terminology"
urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("<uuid:system_id>/", views.system, name="system"),
    path("<uuid:system_id>/codes.csv", views.system_csv, name="system_csv"),
    path("<uuid:system_id>/code/", views.concept, name="concept"),
    path("jeux/<uuid:set_id>/", views.value_set, name="value_set"),
    path("jeux/<uuid:set_id>/codes.csv", views.value_set_csv, name="value_set_csv"),
]
