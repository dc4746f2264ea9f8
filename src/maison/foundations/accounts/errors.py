"""Refusals at the door. Each says what happened and what to do; none says to a stranger whether an account exists."""

from __future__ import annotations

from maison.foundations.errors import BusinessError, Conflict, Forbidden


class ProviderDown(BusinessError):
    """Pro Santé Connect does not answer, or not as it should. There is no way around it (PASS)."""

    code, status = "ACC-001", 503
    message = "Pro Santé Connect ne répond pas pour le moment."


class SignInRefused(BusinessError):
    """What came back from the provider cannot be trusted. `reason` is traced, never shown."""

    code, status = "ACC-002", 403
    message = "Cette connexion n'a pas pu être vérifiée, elle est refusée."

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        super().__init__(detail, reason=reason)


class SignInExpired(SignInRefused):
    """The answer matches no sign-in begun in this browser: left too long, answered already, or never asked."""

    code, status = "ACC-003", 409
    message = "Cette connexion a expiré ou a déjà servi. Recommencez depuis la page de connexion."


class LevelTooLow(SignInRefused):
    """The provider authenticated the person below the level asked for (acr)."""

    code, status = "ACC-004", 403
    message = "Pro Santé Connect n'a pas vérifié votre identité au niveau demandé. Connectez-vous avec votre e-CPS."


class AccountClosed(SignInRefused):
    code, status = "ACC-005", 403
    message = "Votre compte est désactivé. Adressez-vous à l'administrateur de votre structure."


class SituationNotYours(Forbidden):
    code = "ACC-006"
    message = "Cette situation d'exercice n'est pas ouverte à votre nom. Choisissez-en une autre."


class InvitationUnusable(BusinessError):
    """Unknown, used, withdrawn or expired: the same words for all, so that a guess learns nothing."""

    code, status = "ACC-007", 404
    message = "Cette invitation n'est plus utilisable. Demandez-en une nouvelle à l'administrateur de votre structure."


class EmailTaken(Conflict):
    code = "ACC-008"
    message = "Un compte local existe déjà avec cette adresse."


class NotYourStructure(Forbidden):
    """PASS-05: an administrator manages the people of his own structures only."""

    code = "ACC-009"
    message = "Vous n'administrez pas cette structure."


class LastSecondFactor(Conflict):
    """X-01: a local account always has a second factor."""

    code = "ACC-010"
    message = "Un compte local garde toujours un second facteur. Ajoutez-en un autre avant de retirer celui-ci."
