from django.urls import path

from . import views

app_name = "hl7v2"
urlpatterns = [
    path("emetteurs/nouveau/", views.new_sender, name="new_sender"),
    path("emetteurs/<uuid:client_id>/", views.sender, name="sender"),
    path("emetteurs/<uuid:client_id>/modifier/", views.edit_sender, name="edit_sender"),
    path("emetteurs/<uuid:client_id>/porte/", views.switch_sender, name="switch_sender"),
    path("cibles/nouvelle/", views.new_target, name="new_target"),
    path("cibles/<uuid:target_id>/", views.target, name="target"),
    path("cibles/<uuid:target_id>/modifier/", views.edit_target, name="edit_target"),
    path("cibles/<uuid:target_id>/porte/", views.switch_target, name="switch_target"),
    path("cibles/<uuid:target_id>/essayer/", views.try_target, name="try_target"),
]
