from django.urls import path

from . import views

app_name = "letters"
urlpatterns = [
    path("", views.letters, name="list"),
    path("export.csv", views.export, name="export"),
    path("<uuid:letter_id>/", views.letter, name="letter"),
    path("<uuid:letter_id>/adresse/", views.give_address, name="give_address"),
    path("<uuid:letter_id>/document/", views.document, name="document"),
    path("<uuid:letter_id>/fichier/", views.file, name="file"),
]
