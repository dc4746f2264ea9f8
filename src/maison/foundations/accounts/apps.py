import logging

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "maison.foundations.accounts"
    label = "accounts"
    verbose_name = "Comptes et sessions"

    def ready(self) -> None:
        from maison.ui import frame

        from . import frame_notices

        logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold addresses, and ours say enough
        frame.register_identity(sign_in="accounts:sign_in", sign_out="accounts:sign_out", change="accounts:situation")
        frame.register_notice(frame_notices.provider_down)
