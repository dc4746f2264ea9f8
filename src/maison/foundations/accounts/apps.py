from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "maison.foundations.accounts"
    label = "accounts"
    verbose_name = "Comptes et sessions"
