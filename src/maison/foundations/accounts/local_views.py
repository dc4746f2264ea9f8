"""Local accounts: django-allauth's pages in our clothes, the invitation, and the page of the administrator.

Each view of allauth that is mounted says here who may open it; those that are not mounted do not exist.
"""

from __future__ import annotations

from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account import views as account
from allauth.account.internal.flows.login import record_authentication
from allauth.core import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from maison.foundations import audit
from maison.foundations.access import public, requires
from maison.foundations.access.decorators import View
from maison.foundations.access.permissions import P
from maison.ui.components import Column
from maison.ui.lists import page_of
from maison.ui.pages import done, fresh, leave, page

from . import actions, selectors, signing_in
from .errors import LastSecondFactor
from .forms import ChoosePasswordForm, InvitationForm
from .models import User

OWN_ACCOUNT = "Compte local de la personne connectée : vérifie elle-même qui est là, avant même la fin des étapes"


def of_local_person(view: View) -> View:
    """For someone signed in with a local account, all steps done or not: enrolling a second factor is one of them."""

    @wraps(view)
    def checked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        user = signing_in.pending_user(request)
        if user is None or request.session.get(signing_in.AUTH) != User.Kind.LOCAL:
            return leave(request, "accounts:sign_in")
        return fresh(view(request, *args, **kwargs))

    return public(OWN_ACCOUNT)(checked)


def keeping_next(view: View) -> View:
    """Where the person wanted to go waits in the session, past the second factor and the steps."""

    @wraps(view)
    def checked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if wanted := request.GET.get(REDIRECT_FIELD_NAME):
            request.session[signing_in.NEXT] = signing_in.safe_next(request, wanted)
        return fresh(view(request, *args, **kwargs))

    return checked


# -- signing in

sign_in = public("Connexion d'un compte local")(
    keeping_next(account.LoginView.as_view(template_name="accounts/local_sign_in.html"))
)
second_factor = public("Second facteur d'une connexion commencée")(
    keeping_next(mfa.AuthenticateView.as_view(template_name="accounts/second_factor.html"))
)

# -- one's own account

password_again = of_local_person(account.ReauthenticateView.as_view(template_name="accounts/confirm.html"))
code_again = of_local_person(mfa.ReauthenticateView.as_view(template_name="accounts/confirm.html"))
passkey_again = of_local_person(
    webauthn.ReauthenticateWebAuthnView.as_view(template_name="accounts/confirm_passkey.html")
)
change_password = of_local_person(account.PasswordChangeView.as_view(template_name="accounts/change_password.html"))
activate_totp = of_local_person(totp.ActivateTOTPView.as_view(template_name="accounts/activate_totp.html"))
remove_totp = of_local_person(totp.DeactivateTOTPView.as_view(template_name="accounts/remove_totp.html"))
add_passkey = of_local_person(webauthn.AddWebAuthnView.as_view(template_name="accounts/add_passkey.html"))
show_codes = of_local_person(recovery_codes.ViewRecoveryCodesView.as_view(template_name="accounts/recovery_codes.html"))
renew_codes = of_local_person(
    recovery_codes.GenerateRecoveryCodesView.as_view(template_name="accounts/renew_codes.html")
)
_remove_passkey = webauthn.RemoveWebAuthnView.as_view(template_name="accounts/remove_passkey.html")


@of_local_person
def remove_passkey(request: Any, pk: int) -> HttpResponse:
    """allauth asks `can_delete_authenticator` for the application only."""
    found = Authenticator.objects.filter(pk=pk, user_id=request.user.pk, type=Authenticator.Type.WEBAUTHN).first()
    if found is not None and not get_adapter().can_delete_authenticator(found):
        raise LastSecondFactor
    return _remove_passkey(request, pk=pk)


@of_local_person
def my_account(request: Any) -> HttpResponse:
    """The second factors of the person, and during the first visit the step that asks for one."""
    user = request.user
    kinds: dict[str, list[Authenticator]] = {}
    for one in Authenticator.objects.filter(user=user).order_by("created_at"):
        kinds.setdefault(one.type, []).append(one)
    codes = kinds.get(Authenticator.Type.RECOVERY_CODES, [])
    context = {
        "totp": next(iter(kinds.get(Authenticator.Type.TOTP, [])), None),
        "passkeys": kinds.get(Authenticator.Type.WEBAUTHN, []),
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
        "protected": signing_in.has_second_factor(user),
        "inside": not request.actor.is_anonymous,
    }
    return page(request, "accounts/my_account.html", context)


@require_safe
@of_local_person
def passkeys(request: Any) -> HttpResponse:
    """Where allauth goes after a passkey was removed: they are listed with the rest."""
    return leave(request, "mfa_index")


# -- the invitation


@public("Lien d'invitation personnel, à usage unique, vérifié par son secret")
def invitation(request: Any, secret: str) -> HttpResponse:
    """Choose a password; the second factor and the terms come next."""
    if limited := ratelimit.consume_or_429(request, action="login"):
        return limited
    found = actions.usable_invitation(secret)
    person = found.user or User(email=found.email, family_name=found.family_name, given_name=found.given_name)
    form = ChoosePasswordForm(request.POST if request.method == "POST" else None, person=person)
    if request.method == "POST" and form.is_valid():
        user = actions.accept_invitation(secret, form.cleaned_data["password"])
        signing_in.open_session(request, user, auth=User.Kind.LOCAL, next_url="/")
        # The password was chosen this very moment: no need to ask for it again before the second factor.
        record_authentication(request, user, method="password", email=user.email, reauthenticated=True)
        return leave(request, "accounts:enter")
    status = 422 if request.method == "POST" else 200
    return page(request, "accounts/invitation.html", {"form": form, "invitation": found}, status=status)


# -- the administrator of the structure


def _accounts_context(request: Any, form: InvitationForm | None = None) -> dict[str, Any]:
    structures = selectors.administered_structures(request.actor)
    return {
        "form": form or InvitationForm(structures=structures),
        "accounts": page_of(request, selectors.local_accounts(request.actor)),
        "invitations": selectors.open_invitations(request.actor),
        "days": settings.INVITATION_DAYS,
        "columns": [Column("Personne"), Column("Structure"), Column("État"), Column("Actions")],
    }


@require_safe
@requires(P.MANAGE_HABILITATIONS)
def local_accounts(request: Any) -> HttpResponse:
    return page(request, "accounts/local_accounts.html", _accounts_context(request))


@require_POST
@requires(P.MANAGE_HABILITATIONS)
def invite(request: Any) -> HttpResponse:
    form = InvitationForm(request.POST, structures=selectors.administered_structures(request.actor))
    if not form.is_valid():
        return page(request, "accounts/local_accounts.html", _accounts_context(request, form), status=422)
    data = form.cleaned_data
    _, secret = actions.invite(
        actor=request.actor,
        structure_id=data["structure"],
        email=data["email"],
        family_name=data["family_name"],
        given_name=data["given_name"],
    )
    return _link(request, f"{data['given_name']} {data['family_name']}", secret)


@require_POST
@requires(P.MANAGE_HABILITATIONS)
def invite_again(request: Any, user_id: UUID) -> HttpResponse:
    invited, secret = actions.invite_again(actor=request.actor, user_id=user_id)
    return _link(request, f"{invited.given_name} {invited.family_name}", secret)


def _link(request: Any, name: str, secret: str) -> HttpResponse:
    """Shown once: the house does not keep it."""
    url = request.build_absolute_uri(reverse("accounts:invitation", args=[secret]))
    return page(request, "accounts/invitation_link.html", {"url": url, "name": name, "days": settings.INVITATION_DAYS})


@require_POST
@requires(P.MANAGE_HABILITATIONS)
def withdraw_invitation(request: Any, invitation_id: UUID) -> HttpResponse:
    actions.withdraw_invitation(actor=request.actor, invitation_id=invitation_id)
    return done(request, to="accounts:local_accounts", say="Invitation retirée : son lien ne s'ouvre plus.")


@require_POST
@requires(P.MANAGE_HABILITATIONS)
def close(request: Any, user_id: UUID) -> HttpResponse:
    actions.close_local_account(actor=request.actor, user_id=user_id, reason="Fermé par l'administrateur")
    return done(
        request,
        to="accounts:local_accounts",
        say="Compte fermé, ses sessions aussi.",
        undo=("accounts:reopen", user_id),
    )


@require_POST
@requires(P.MANAGE_HABILITATIONS)
def reopen(request: Any, user_id: UUID) -> HttpResponse:
    actions.reopen_local_account(actor=request.actor, user_id=user_id)
    return done(request, to="accounts:local_accounts", say="Compte rouvert.")


def trace_second_factor(code: str) -> Any:
    """A receiver of allauth's signals: a second factor that comes or goes leaves a trace like any act."""

    def receive(sender: Any, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
        audit.record(actions.actor_for(user), code, target=user, details={"kind": authenticator.type})

    return receive
