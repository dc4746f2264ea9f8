"""Under `/connexion/`: the door, and the pages of django-allauth in use, under the names it knows. No other of its pages is mounted."""

from django.urls import include, path

from . import views

door = [
    path("", views.sign_in, name="sign_in"),
    path("psc/", views.psc_start, name="psc_start"),
    path("psc/retour/", views.psc_return, name="psc_return"),
    path("psc/deconnexion/", views.psc_logout, name="psc_logout"),
    path("entree/", views.enter, name="enter"),
    path("conditions/", views.terms, name="terms"),
    path("situation/", views.situation, name="situation"),
    path("prolonger/", views.stay, name="stay"),
    path("sortie/", views.sign_out, name="sign_out"),
    path("fin/", views.signed_out, name="signed_out"),
]

from . import local_views  # noqa: E402

urlpatterns = [
    path("", include((door, "accounts"))),
    path("locale/", local_views.sign_in, name="account_login"),
]
