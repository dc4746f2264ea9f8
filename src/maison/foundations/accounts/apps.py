import logging

from django.apps import AppConfig

PURGE_SECONDS = 600.0


class AccountsConfig(AppConfig):
    name = "maison.foundations.accounts"
    label = "accounts"
    verbose_name = "Comptes et sessions"

    def ready(self) -> None:
        from allauth.mfa import signals

        from maison.foundations.jobs.loops import every, register_loop
        from maison.ui import frame

        from . import actions, frame_notices, local_views

        logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold addresses, and ours say enough
        frame.register_identity(sign_in="accounts:sign_in", sign_out="accounts:sign_out", change="accounts:situation")
        frame.register_head("accounts/_session.html")
        frame.register_notice(frame_notices.provider_down)
        frame.register_menu(frame.Place("Sécurité de mon compte", "mfa_index", visible=frame_notices.has_local_account))
        frame.register_menu(
            frame.Place(
                "Comptes locaux de ma structure",
                "accounts:local_accounts",
                visible=frame_notices.administers_people,
            )
        )
        for signal, code in [
            (signals.authenticator_added, "accounts.second_factor_added"),
            (signals.authenticator_removed, "accounts.second_factor_removed"),
            (signals.authenticator_reset, "accounts.recovery_codes_renewed"),
            (signals.authentication_failed, "accounts.second_factor_refused"),
        ]:
            signal.connect(local_views.trace_second_factor(code), weak=False, dispatch_uid=code)
        register_loop("sessions", every(PURGE_SECONDS, actions.purge))
