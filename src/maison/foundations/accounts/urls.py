"""Under `/connexion/`: the door, and the pages of django-allauth in use, under the names it knows.

No other page of allauth is mounted: no sign-up, no password reset by mail, no e-mail management, no social account.
"""

from django.urls import include, path

from . import local_views, views

door = [
    path("", views.sign_in, name="sign_in"),
    path("psc/", views.psc_start, name="psc_start"),
    path("psc/retour/", views.psc_return, name="psc_return"),
    path("psc/deconnexion/", views.psc_logout, name="psc_logout"),
    path("psc/cles/", views.psc_keys, name="psc_keys"),
    path("entree/", views.enter, name="enter"),
    path("conditions/", views.terms, name="terms"),
    path("situation/", views.situation, name="situation"),
    path("prolonger/", views.stay, name="stay"),
    path("sortie/", views.sign_out, name="sign_out"),
    path("fin/", views.signed_out, name="signed_out"),
    path("invitation/<str:secret>/", local_views.invitation, name="invitation"),
    path("comptes/", local_views.local_accounts, name="local_accounts"),
    path("comptes/inviter/", local_views.invite, name="invite"),
    path("comptes/<uuid:user_id>/inviter/", local_views.invite_again, name="invite_again"),
    path("comptes/<uuid:user_id>/fermer/", local_views.close, name="close"),
    path("comptes/<uuid:user_id>/rouvrir/", local_views.reopen, name="reopen"),
    path(
        "comptes/invitations/<uuid:invitation_id>/retirer/",
        local_views.withdraw_invitation,
        name="withdraw_invitation",
    ),
]

local = [
    path("locale/", local_views.sign_in, name="account_login"),
    path("locale/second-facteur/", local_views.second_factor, name="mfa_authenticate"),
    path("compte/", local_views.my_account, name="mfa_index"),
    path("compte/confirmer/", local_views.password_again, name="account_reauthenticate"),
    path("compte/confirmer/code/", local_views.code_again, name="mfa_reauthenticate"),
    path("compte/confirmer/cle/", local_views.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("compte/mot-de-passe/", local_views.change_password, name="account_change_password"),
    path("compte/application/", local_views.activate_totp, name="mfa_activate_totp"),
    path("compte/application/retirer/", local_views.remove_totp, name="mfa_deactivate_totp"),
    path("compte/cles/ajouter/", local_views.add_passkey, name="mfa_add_webauthn"),
    path("compte/cles/<int:pk>/retirer/", local_views.remove_passkey, name="mfa_remove_webauthn"),
    path("compte/cles/", local_views.passkeys, name="mfa_list_webauthn"),
    path("compte/codes/", local_views.show_codes, name="mfa_view_recovery_codes"),
    path("compte/codes/renouveler/", local_views.renew_codes, name="mfa_generate_recovery_codes"),
]

urlpatterns = [path("", include((door, "accounts"))), path("", include(local))]
