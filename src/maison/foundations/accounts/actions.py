"""Writes of accounts: recognise a professional, accept the terms, invite to a local account, end sessions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.access.permissions import P
from maison.foundations.errors import NotFound
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Situation, Structure

from .errors import AccountClosed, EmailTaken, InvitationUnusable, NotYourStructure
from .models import Invitation, ProviderSession, Session, User
from .psc_claims import ProfessionalClaims, SituationClaim
from .psc_client import Authenticated, EndedSession
from .selectors import structure_of


def actor_for(user: User, *, situation: Situation | None = None, session_key: str = "") -> Actor:
    """The person as the trace names them while they come in; it holds no right."""
    return Actor(
        subject=user.subject,
        name=user.full_name,
        auth=user.kind,
        user_id=user.id,
        situation_id=situation.id if situation else None,
        structure_id=situation.structure_id if situation else None,
        profession=situation.profession if situation else "",
        session_key=session_key,
    )


@transaction.atomic
def recognise_professional(claims: ProfessionalClaims) -> User:
    """The account of the person Pro Santé Connect speaks of, made at the first visit, brought up to date at the others."""
    user = _account_of(claims)
    if not user.is_active:
        raise AccountClosed("account_closed")
    seen = {
        "rpps": claims.rpps or user.rpps,
        "family_name": claims.family_name[:100] or user.family_name,
        "given_name": claims.given_name[:100] or user.given_name,
    }
    changed = [name for name, value in seen.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, seen[name])
    if changed:
        user.save(update_fields=changed)
    _follow_situations(user, claims.situations)
    return user


def _account_of(claims: ProfessionalClaims) -> User:
    """PASS-01: the key is the IdNat_PS. A former number of the same person (ADELI → RPPS) leads to the same account."""
    known = {
        user.subject: user
        for user in User.objects.select_for_update().filter(
            subject__in=[claims.subject, *claims.former_subjects], kind=User.Kind.PSC
        )
    }
    user = known.pop(claims.subject, None)
    if user is None and known:
        user = next(known.pop(subject) for subject in claims.former_subjects if subject in known)
        former, user.subject = user.subject, claims.subject
        user.save(update_fields=["subject"])
        _move_habilitations(user, former)
    if user is None:
        user, made = User.objects.get_or_create(
            subject=claims.subject, defaults={"id": uuid7(), "kind": User.Kind.PSC, "password": "!"}
        )
        if made:
            audit.record(actor_for(user), "accounts.created", target=user)
    for former_user in known.values():
        _merge(user, former_user)
    return user


def _move_habilitations(user: User, former: str) -> None:
    """Rights follow the person; one already held under the new number stays as it is."""
    held = set(Habilitation.objects.filter(subject=user.subject, revoked_at=None).values_list("structure_id", "role"))
    for habilitation in Habilitation.objects.select_for_update().filter(subject=former, revoked_at=None):
        if (habilitation.structure_id, habilitation.role) in held:
            habilitation.revoked_at, habilitation.revoked_by = timezone.now(), user.subject
            habilitation.reason = "Numéro remplacé"
            habilitation.save(update_fields=["revoked_at", "revoked_by", "reason"])
        else:
            habilitation.subject = user.subject
            habilitation.save(update_fields=["subject"])
    audit.record(actor_for(user), "accounts.identifier_replaced", target=user, details={"former": former})


def _merge(user: User, former: User) -> None:
    """Two accounts of one person: the former one is closed, its rights go to the other; its situations stay as history."""
    if not former.is_active:
        return
    former.is_active = False
    former.save(update_fields=["is_active"])
    end_sessions_of(former.id)
    _move_habilitations(user, former.subject)


def _follow_situations(user: User, claims: tuple[SituationClaim, ...]) -> None:
    """What is declared is open, what is no longer declared has ended; nothing is deleted."""
    today, now, actor = timezone.localdate(), timezone.now(), actor_for(user)
    known = {
        (it.organisation_key, it.profession, it.mode, it.role): it
        for it in Situation.objects.select_for_update().filter(user=user, source=Situation.Source.PSC)
    }
    for claim in claims:
        key = (claim.key, claim.profession[:10], claim.mode[:5], claim.role[:20])
        situation = known.pop(key, None) or Situation(
            id=uuid7(),
            user=user,
            source=Situation.Source.PSC,
            organisation_key=key[0],
            profession=key[1],
            mode=key[2],
            role=key[3],
        )
        opened = situation._state.adding or not situation.is_open
        situation.structure = structure_of(claim)
        situation.organisation_name = claim.organisation_name[:200]
        situation.skill, situation.sector = claim.skill[:20], claim.sector[:10]
        situation.last_seen_at, situation.ended_on = now, None
        situation.save()
        if opened:
            audit.record(actor, "accounts.situation_opened", target=situation, structure=situation.structure_id)
    for situation in known.values():
        if situation.is_open:
            situation.ended_on = today
            situation.save(update_fields=["ended_on"])
            audit.record(actor, "accounts.situation_ended", target=situation, structure=situation.structure_id)


@transaction.atomic
def end_situations(*, actor: Actor, situation_ids: Collection[UUID], reason: str) -> int:
    """A registry says that these posts are over: what hung on them closes at once (REF-03). Returns how many were open."""
    ended = 0
    for situation in Situation.objects.select_for_update().filter(id__in=situation_ids, ended_on=None).order_by("id"):
        situation.ended_on = timezone.localdate()
        situation.save(update_fields=["ended_on"])
        audit.record(
            actor, "accounts.situation_ended", target=situation, structure=situation.structure_id, reason=reason
        )
        ended += 1
    return ended


@transaction.atomic
def accept_terms(user_id: UUID) -> None:
    """PASS-01: accepted once per version, with the date."""
    user = User.objects.select_for_update().get(id=user_id)
    if user.terms_version == settings.TERMS_VERSION:
        return
    user.terms_version, user.terms_accepted_at = settings.TERMS_VERSION, timezone.now()
    user.save(update_fields=["terms_version", "terms_accepted_at"])
    audit.record(actor_for(user), "accounts.terms_accepted", target=user, details={"version": settings.TERMS_VERSION})


def keep_provider_session(user: User, authenticated: Authenticated, issuer: str) -> ProviderSession:
    return ProviderSession.objects.create(
        user=user,
        issuer=issuer,
        subject=authenticated.subject,
        sid=authenticated.sid,
        id_token=authenticated.id_token,
    )


@transaction.atomic
def end_sessions_of(user_id: UUID, *, but: str = "") -> int:
    """End every session of a person, except the one of key `but`. Returns how many ended."""
    ended, _ = Session.objects.filter(user_id=user_id).exclude(session_key=but).delete()
    if not but:
        ProviderSession.objects.filter(user_id=user_id).delete()
    return ended


@transaction.atomic
def end_sessions(*, actor: Actor, user_id: UUID) -> int:
    """Support or security signs a person out of everywhere."""
    ended = end_sessions_of(user_id)
    audit.record(actor, "accounts.sessions_ended", target=("accounts.user", user_id), details={"sessions": ended})
    return ended


@transaction.atomic
def follow_provider_logout(ended: EndedSession) -> int:
    """The provider ended its session (card withdrawn, signed out elsewhere): ours end with it. Returns how many."""
    sessions = ProviderSession.objects.select_related("user")
    found = list(sessions.filter(sid=ended.sid) if ended.sid else sessions.filter(subject=ended.subject))
    found = [it for it in found if not ended.subject or it.subject == ended.subject]
    count, _ = Session.objects.filter(provider_session_id__in=[it.id for it in found]).delete()
    for it in found:
        audit.record(actor_for(it.user), "accounts.session_ended_by_provider", target=it)
        it.delete()
    return count


# -- local accounts


def _administers(actor: Actor, structure_id: UUID) -> None:
    """PASS-04: local accounts are validated by the administrator of the structure; the house itself may, by command."""
    if not (actor.is_system or actor.can(P.MANAGE_HABILITATIONS, structure_id)):
        raise NotYourStructure


def _local_account(actor: Actor, user_id: UUID) -> User:
    """A local account of a structure the actor administers. Of another: not found."""
    user = User.objects.select_for_update().filter(id=user_id, kind=User.Kind.LOCAL).first()
    structures = Situation.objects.filter(user_id=user_id, source=Situation.Source.LOCAL)
    if user is None or not (
        actor.is_system
        or any(actor.can(P.MANAGE_HABILITATIONS, it) for it in structures.values_list("structure_id", flat=True))
    ):
        raise NotFound
    return user


@transaction.atomic
def invite(
    *, actor: Actor, structure_id: UUID, email: str, family_name: str, given_name: str
) -> tuple[Invitation, str]:
    """Invite a person without RPPS. Returns the invitation and the secret of its link, which is kept nowhere."""
    if not Structure.objects.open().filter(id=structure_id).exists():
        raise NotFound
    _administers(actor, structure_id)
    if User.objects.filter(email__iexact=email, kind=User.Kind.LOCAL).exists():
        raise EmailTaken
    Invitation.objects.usable().filter(email__iexact=email, structure_id=structure_id, user=None).update(
        withdrawn_at=timezone.now()
    )
    return _invitation(actor, structure_id, email=email, family_name=family_name, given_name=given_name)


@transaction.atomic
def invite_again(*, actor: Actor, user_id: UUID) -> tuple[Invitation, str]:
    """For a lost password or second factor: the link replaces both. Until it is used, the old ones still serve."""
    user = _local_account(actor, user_id)
    situation = Situation.objects.filter(user=user, source=Situation.Source.LOCAL).order_by("-id").first()
    if situation is None or situation.structure_id is None or not user.is_active:
        raise NotFound
    Invitation.objects.usable().filter(user=user).update(withdrawn_at=timezone.now())
    return _invitation(
        actor,
        situation.structure_id,
        user=user,
        email=user.email,
        family_name=user.family_name,
        given_name=user.given_name,
    )


def _invitation(actor: Actor, structure_id: UUID, *, email: str, family_name: str, given_name: str,
                user: User | None = None) -> tuple[Invitation, str]:  # fmt: skip
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        digest=_digest(secret),
        structure_id=structure_id,
        email=email,
        family_name=family_name,
        given_name=given_name,
        user=user,
        invited_by=actor.subject,
        expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
    )
    audit.record(actor, "accounts.invited", target=invitation, structure=structure_id)
    return invitation, secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def withdraw_invitation(*, actor: Actor, invitation_id: UUID) -> None:
    invitation = Invitation.objects.select_for_update().usable().filter(id=invitation_id).first()
    if invitation is None:
        raise NotFound
    _administers(actor, invitation.structure_id)
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    audit.record(actor, "accounts.invitation_withdrawn", target=invitation, structure=invitation.structure_id)


def usable_invitation(secret: str) -> Invitation:
    """The invitation of a link, or the one refusal that says nothing of why."""
    found = Invitation.objects.usable().select_related("structure", "user").filter(digest=_digest(secret)).first()
    if found is None or found.structure.closed_on is not None or (found.user and not found.user.is_active):
        raise InvitationUnusable
    return found


@transaction.atomic
def accept_invitation(secret: str, password: str) -> User:
    """Open the account, or replace what was lost. The link has then served."""
    invitation = usable_invitation(secret)
    taken = Invitation.objects.usable().filter(id=invitation.id).update(accepted_at=timezone.now())
    if not taken:
        raise InvitationUnusable  # used a moment ago from another tab
    user = invitation.user
    if user is None:
        user = _open_local_account(invitation, password)
    else:
        user.set_password(password)
        user.save(update_fields=["password"])
        Authenticator.objects.filter(user=user).delete()
        end_sessions_of(user.id)
    Invitation.objects.filter(id=invitation.id).update(user=user)
    audit.record(actor_for(user), "accounts.invitation_accepted", target=invitation, structure=invitation.structure_id)
    return user


def _open_local_account(invitation: Invitation, password: str) -> User:
    try:
        with transaction.atomic():
            user = User.objects.create_local(
                email=invitation.email,
                password=password,
                family_name=invitation.family_name,
                given_name=invitation.given_name,
            )
    except IntegrityError as error:
        raise EmailTaken from error
    situation = Situation.objects.create(
        id=uuid7(),
        user=user,
        structure=invitation.structure,
        organisation_name=invitation.structure.name,
        organisation_key=str(invitation.structure_id),
        mode="S",
        source=Situation.Source.LOCAL,
    )
    actor = actor_for(user, situation=situation)
    audit.record(actor, "accounts.created", target=user)
    audit.record(actor, "accounts.situation_opened", target=situation)
    return user


@transaction.atomic
def close_local_account(*, actor: Actor, user_id: UUID, reason: str) -> None:
    """The person left: no more sign-in, and every session ends now."""
    user = _local_account(actor, user_id)
    user.is_active = False
    user.save(update_fields=["is_active"])
    Invitation.objects.usable().filter(user=user).update(withdrawn_at=timezone.now())
    end_sessions_of(user.id)
    audit.record(actor, "accounts.closed", target=user, reason=reason)


@transaction.atomic
def reopen_local_account(*, actor: Actor, user_id: UUID) -> None:
    user = _local_account(actor, user_id)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(actor, "accounts.reopened", target=user)


@transaction.atomic
def enrol_known_totp(*, actor: Actor, user_id: UUID, secret: str) -> None:
    """Give a local account a second factor whose secret is written down: demonstration and tests, never production."""
    if settings.PRODUCTION or not actor.is_system:
        raise NotFound
    user = User.objects.select_for_update().get(id=user_id, kind=User.Kind.LOCAL)
    Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).delete()
    TOTP.activate(user, secret)
    audit.record(actor, "accounts.second_factor_added", target=user, details={"kind": "totp"})


def purge() -> int:
    """Forget what has ended: sessions past their end, the provider's sessions behind none of ours, the cache's old rows.

    An idle session leaves no other trace than its last act: it ended by nobody's doing. Called by the worker.
    """
    now = timezone.now()
    ended, _ = Session.objects.filter(expire_date__lt=now).delete()
    alive = Session.objects.exclude(provider_session_id=None).values("provider_session_id")
    ProviderSession.objects.filter(started_at__lt=now - timedelta(hours=1)).exclude(id__in=alive).delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_cache WHERE expires < %s", [now])
    return ended
