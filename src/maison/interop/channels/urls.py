from django.urls import path

from . import views

app_name = "channels"
urlpatterns = [path("a-reparer/<uuid:relay_id>/", views.task, name="task")]
