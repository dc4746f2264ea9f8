"""django-allauth's pages, each saying who may open it."""

from __future__ import annotations

from allauth.account import views as account

from maison.foundations.access import public

sign_in = public("Connexion d'un compte local")(account.login)
