from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure


class UserManager(BaseUserManager["User"]):
    def create_local(self, *, email: str, password: str | None, **fields: Any) -> User:
        """An account for a person without RPPS; it never opens health data (X-01)."""
        user = self.model(id=uuid7(), email=self.normalize_email(email), kind=User.Kind.LOCAL, **fields)
        user.subject = f"local:{user.id}"
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(subject=username)


class User(AbstractBaseUser):
    """A person who may sign in. There is no superuser and no staff flag: rights are habilitations."""

    class Kind(models.TextChoices):
        PSC = "psc", "Pro Santé Connect"
        LOCAL = "local", "Compte local"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.CharField("identifiant", max_length=64, unique=True)
    kind = models.CharField("mode de connexion", max_length=10, choices=Kind)
    rpps = models.CharField("numéro RPPS", max_length=11, blank=True)
    family_name = models.CharField("nom d'exercice", max_length=100, blank=True)
    given_name = models.CharField("prénom d'exercice", max_length=100, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    is_active = models.BooleanField("actif", default=True)
    created_at = models.DateTimeField(default=timezone.now)
    terms_version = models.CharField("version des conditions acceptée", max_length=20, blank=True)
    terms_accepted_at = models.DateTimeField("conditions acceptées le", null=True, blank=True)

    USERNAME_FIELD = "subject"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []  # type: ignore[misc]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = "compte"
        ordering = ["family_name", "given_name", "id"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(kind="local"),
                name="local_account_email_once",
                violation_error_message="Un compte existe déjà avec cette adresse.",
            )
        ]

    def __str__(self) -> str:
        return self.full_name or self.subject

    @property
    def full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()


class SessionManager(BaseSessionManager["Session"]):
    pass


class Session(AbstractBaseSession):
    """A browser's session. The two keys are copies of what the data says, so that sessions can be ended by them."""

    user_id = models.UUIDField(null=True, db_index=True, editable=False)
    provider_session_id = models.UUIDField(null=True, db_index=True, editable=False)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta:
        verbose_name = "session"

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .sessions import SessionStore

        return SessionStore


class ProviderSession(models.Model):
    """A session of Pro Santé Connect behind one of ours: what it takes to end the one with the other.

    Beside the session's data, which is read at every request and has no use for it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="provider_sessions")
    issuer = models.CharField(max_length=200)
    subject = models.CharField("sub", max_length=255)
    sid = models.CharField(max_length=255, blank=True)
    id_token = models.TextField()
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "session Pro Santé Connect"
        indexes = [
            models.Index(fields=["sid"], name="provider_session_sid"),
            models.Index(fields=["subject"], name="provider_session_subject"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def usable(self) -> Self:
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A scoped link that opens one local account, or lets its owner choose a new password and second factor.

    Only the digest of the link's secret is kept: the table opens nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="+")
    email = models.EmailField("adresse électronique")
    family_name = models.CharField("nom", max_length=100)
    given_name = models.CharField("prénom", max_length=100)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="invitations")
    invited_by = models.CharField("invité par", max_length=64)
    invited_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField("valable jusqu'au")
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        ordering = ["-invited_at", "id"]

    def __str__(self) -> str:
        return str(self.id)
