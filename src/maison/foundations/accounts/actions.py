"""Writes of accounts: recognise a professional, accept the terms, end sessions."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Situation

from .errors import AccountClosed
from .models import ProviderSession, Session, User
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
