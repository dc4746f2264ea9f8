from django.urls import path

from . import views

app_name = "crisis"
urlpatterns = [
    path("", views.levels, name="levels"),
    path("changer/", views.change, name="change"),
]
