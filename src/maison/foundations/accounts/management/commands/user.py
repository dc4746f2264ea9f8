from __future__ import annotations

import getpass
from argparse import ArgumentParser
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone

from maison.foundations.access import roles
from maison.foundations.access.actions import give_role, withdraw_role
from maison.foundations.access.actor import Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.accounts import actions
from maison.foundations.accounts.models import User
from maison.foundations.errors import BusinessError
from maison.foundations.structures.models import Structure

PLACE = "numéro FINESS d'un établissement (EG), EJ:numéro d'une entité juridique, ou identifiant d'une structure"


class Command(BaseCommand):
    """Each write goes through the action a person would use, and leaves its trace in the name of the machine's account."""

    help = "Comptes et habilitations : qui existe, qui peut quoi, et où."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="action")

        one = verbs.add_parser("list", help="les comptes, du plus récent au plus ancien")
        one.add_argument("--local", action="store_true", help="les comptes locaux seulement")
        one.add_argument("--limit", type=int, default=50, help="combien au plus (50)")

        one = verbs.add_parser("add-local", help="inviter une personne sans RPPS ; écrit son lien personnel")
        one.add_argument("email")
        one.add_argument("--given", required=True, help="prénom")
        one.add_argument("--family", required=True, help="nom")
        one.add_argument("--structure", required=True, help=PLACE)

        one = verbs.add_parser("invite-again", help="mot de passe ou second facteur perdu : écrit un nouveau lien")
        one.add_argument("email")

        one = verbs.add_parser("close", help="fermer un compte local et ses sessions")
        one.add_argument("email")
        one.add_argument("--reason", required=True, help="motif, inscrit dans la trace")

        one = verbs.add_parser("sign-out", help="fermer toutes les sessions d'une personne")
        one.add_argument("subject", help="identifiant national (8 suivi du RPPS) ou local:…")

        one = verbs.add_parser("roles", help="les habilitations d'une personne ; sans personne, les rôles qui existent")
        one.add_argument("subject", nargs="?", default="", help="identifiant national (8 suivi du RPPS) ou local:…")

        for verb, words in [("give", "donner un rôle"), ("withdraw", "retirer un rôle")]:
            one = verbs.add_parser(verb, help=words)
            one.add_argument("subject", help="identifiant national (8 suivi du RPPS) ou local:…")
            one.add_argument("role", help="code du rôle (voir : user roles)")
            one.add_argument("structure", help=PLACE)
            one.add_argument("--reason", default="", help="motif, inscrit dans la trace")
            if verb == "give":
                one.add_argument("--until", type=date.fromisoformat, default=None, help="dernier jour, AAAA-MM-JJ")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        self.actor = Actor.system(f"user:{getpass.getuser()}"[:50])
        try:
            getattr(self, verb.replace("-", "_"))(**options)
        except BusinessError as error:
            raise CommandError(f"{error.text} ({error.code})") from error

    # -- reads

    def list(self, *, local: bool, limit: int, **options: Any) -> None:
        accounts = User.objects.order_by("-created_at", "-id")
        for user in accounts.filter(kind=User.Kind.LOCAL)[:limit] if local else accounts[:limit]:
            state = "" if user.is_active else "  (fermé)"
            self.stdout.write(f"{user.subject:<44} {user.full_name or '—'}  {user.email}{state}".rstrip())

    def roles(self, *, subject: str, **options: Any) -> None:
        if not subject:
            for role in sorted(roles().values(), key=lambda it: it.code):
                self.stdout.write(f"{role.code:<20} {role.label}")
            return
        held = Habilitation.objects.filter(subject=subject, revoked_at=None).select_related("structure")
        for habilitation in held:
            until = f" jusqu'au {habilitation.ends_on:%d/%m/%Y}" if habilitation.ends_on else ""
            over = habilitation.ends_on is not None and habilitation.ends_on < timezone.localdate()
            structure = habilitation.structure
            self.stdout.write(
                f"{habilitation.role:<20} {structure.name} [{structure.kind} {structure.finess or structure.id}]"
                f"{until}{' (échue)' if over else ''}"
            )
        if not held:
            self.stdout.write("Aucune habilitation.")

    # -- writes

    def add_local(self, *, email: str, given: str, family: str, structure: str, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} n'est pas une adresse électronique.") from error
        _, secret = actions.invite(
            actor=self.actor,
            structure_id=_place(structure).id,
            email=email,
            family_name=family,
            given_name=given,
        )
        self._link(secret)

    def invite_again(self, *, email: str, **options: Any) -> None:
        self._link(actions.invite_again(actor=self.actor, user_id=_local(email).id)[1])

    def close(self, *, email: str, reason: str, **options: Any) -> None:
        actions.close_local_account(actor=self.actor, user_id=_local(email).id, reason=reason)
        self.stdout.write("Compte fermé, ses sessions aussi.")

    def sign_out(self, *, subject: str, **options: Any) -> None:
        user = User.objects.filter(subject=subject).first()
        if user is None:
            raise CommandError("Aucun compte ne porte cet identifiant.")
        self.stdout.write(f"Sessions fermées : {actions.end_sessions(actor=self.actor, user_id=user.id)}.")

    def give(self, *, subject: str, role: str, structure: str, until: date | None, reason: str, **options: Any) -> None:
        place = _place(structure)
        give_role(
            actor=self.actor, subject=subject, structure_id=place.id, role_code=role, ends_on=until, reason=reason
        )
        self.stdout.write(f"Rôle {role} donné dans {place.name}.")

    def withdraw(self, *, subject: str, role: str, structure: str, reason: str, **options: Any) -> None:
        place = _place(structure)
        held = Habilitation.objects.filter(subject=subject, role=role, structure=place, revoked_at=None).first()
        if held is None:
            raise CommandError("Cette personne n'a pas ce rôle dans cette structure.")
        withdraw_role(actor=self.actor, habilitation_id=held.id, reason=reason)
        self.stdout.write(f"Rôle {role} retiré dans {place.name}.")

    def _link(self, secret: str) -> None:
        self.stdout.write("Lien personnel, à remettre à la personne et à elle seule :")
        self.stdout.write(settings.PUBLIC_URL + reverse("accounts:invitation", args=[secret]))
        self.stdout.write(f"Il sert une fois, pendant {settings.INVITATION_DAYS} jours, et n'est gardé nulle part.")


def _local(email: str) -> User:
    user = User.objects.filter(email__iexact=email, kind=User.Kind.LOCAL).first()
    if user is None:
        raise CommandError("Aucun compte local n'a cette adresse.")
    return user


def _place(word: str) -> Structure:
    """The kind is written, never guessed: EJ and EG numbers share one format."""
    open_ones = Structure.objects.open()
    kind, colon, number = word.partition(":")
    if colon:
        found = open_ones.filter(kind=kind.upper(), finess=number).first()
    else:
        try:
            found = open_ones.filter(id=UUID(word)).first()
        except ValueError:
            found = open_ones.filter(kind=Structure.Kind.SITE, finess=word).first()
    if found is None:
        raise CommandError(f"Aucune structure ouverte pour « {word} » : donnez un {PLACE}.")
    return found
