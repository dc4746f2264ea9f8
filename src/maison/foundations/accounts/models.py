from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7


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
    REQUIRED_FIELDS: list[str] = []

    objects = UserManager()

    class Meta:
        verbose_name = "compte"
        ordering = ["family_name", "given_name", "id"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("email"),
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
