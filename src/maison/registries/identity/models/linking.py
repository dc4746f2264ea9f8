from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from maison.foundations.ids import uuid7

from .domain import Domain
from .identity import Identity

if TYPE_CHECKING:
    from maison.foundations.access import Actor


class Merge(models.Model):
    """Two identities of one domain said to be one patient. Nothing moves: `gone` points to `kept` while it holds.

    Each keeps its traits, its numbers and what was attached to it, so that undoing gives back the exact states. Both states at
    that moment are kept beside, with the numbers each had.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kept = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name="conservée")
    gone = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name="fusionnée")
    at = models.DateTimeField("le", default=timezone.now)
    told_at = models.DateTimeField("dit le", null=True, blank=True)
    by = models.CharField("par", max_length=64)
    by_name = models.CharField(max_length=120, blank=True)
    seconded_by = models.CharField("confirmée par", max_length=64, blank=True)
    reason = models.CharField("motif", max_length=300, blank=True)
    exchange_id = models.UUIDField("message", null=True, blank=True)
    kept_state = models.JSONField("état de la conservée")
    gone_state = models.JSONField("état de la fusionnée")
    undone_at = models.DateTimeField("annulée le", null=True, blank=True)
    undone_by = models.CharField("annulée par", max_length=64, blank=True)
    undone_reason = models.CharField("motif d'annulation", max_length=300, blank=True)

    class Meta:
        verbose_name = "fusion"
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="identity_merge_once"),
            models.CheckConstraint(condition=~Q(kept=F("gone")), name="identity_merge_of_two"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Link(models.Model):
    """An edge between two identities of different domains. Clusters are computed from the edges that hold, so that removing
    one gives back exactly the groups there were. `one` has the smaller id."""

    class How(models.TextChoices):
        AUTOMATIC = "automatique", "Même INS, deux identités qualifiées, mêmes traits"
        DECISION = "decision", "Décision d'une personne"
        FEED = "flux", "Dit par un établissement (A24)"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    one = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name="identité")
    other = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name="autre identité")
    how = models.CharField("établi par", max_length=12, choices=How)
    at = models.DateTimeField("le", default=timezone.now)
    by = models.CharField("par", max_length=64)
    reason = models.CharField("motif", max_length=300, blank=True)
    ended_at = models.DateTimeField("rompu le", null=True, blank=True)
    ended_by = models.CharField("rompu par", max_length=64, blank=True)
    ended_code = models.CharField("raison", max_length=12, blank=True)
    ended_reason = models.CharField("motif de rupture", max_length=300, blank=True)

    class Meta:
        verbose_name = "rapprochement"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["other"], name="identity_link_other", condition=Q(ended_at=None))]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], condition=Q(ended_at=None), name="identity_link_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="identity_link_ordered"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Member(models.Model):
    """In which group of linked identities one stands: computed from the links and merges that hold (`srir.clusters`).

    A table of its own, so that grouping never locks the identities themselves.
    """

    identity_id = models.UUIDField("identité", primary_key=True)
    cluster_id = models.UUIDField("groupe")

    class Meta:
        verbose_name = "membre d'un groupe régional"
        verbose_name_plural = "membres de groupes régionaux"
        indexes = [models.Index(fields=["cluster_id"], name="identity_member_cluster")]

    def __str__(self) -> str:
        return str(self.identity_id)


class MatchingKey(models.Model):
    """A blocking key of an identity (shape of `maison.formats.matching.blocking`): who shares one is worth comparing."""

    pk = models.CompositePrimaryKey("key", "identity_id")
    key = models.BigIntegerField("clé")
    identity_id = models.UUIDField("identité")

    class Meta:
        verbose_name = "clé de rapprochement"
        verbose_name_plural = "clés de rapprochement"
        indexes = [models.Index(fields=["identity_id"], name="identity_key_of")]

    def __str__(self) -> str:
        return str(self.key)


class PairQuerySet(models.QuerySet["Pair"]):
    def visible_to(self, actor: Actor) -> Self:
        seen = Domain.objects.visible_to(actor)
        return self.filter(one__domain__in=seen, other__domain__in=seen)


class Pair(models.Model):
    """Two identities that may be one person, scored and explained. Decided, it is not asked again until traits change.

    In one domain it is a suspected duplicate, for its identity cell; between domains, a proposal for the regional cell.
    """

    class State(models.TextChoices):
        PROPOSED = "propose", "À décider"
        SECONDED = "second", "Attend une seconde personne"
        LINKED = "lie", "Même personne"
        REJECTED = "rejete", "Deux personnes"
        UNLINKED = "delie", "Délié"
        LAPSED = "caduc", "Sans objet"

    class Verdict(models.TextChoices):
        MATCH = "meme", "Sans doute la même personne"
        SIBLING = "fratrie", "Sans doute jumeaux ou frères et sœurs"
        POSSIBLE = "possible", "Peut-être la même personne"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    one = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name="identité")
    other = models.ForeignKey(Identity, models.PROTECT, related_name="+", verbose_name="autre identité")
    state = models.CharField("état", max_length=8, choices=State, default=State.PROPOSED)
    score = models.FloatField("score")
    verdict = models.CharField("avis du calcul", max_length=8, choices=Verdict)
    explanation = models.JSONField("explication", default=dict)
    model_version = models.CharField("version du modèle", max_length=40)
    one_print = models.CharField("empreinte des traits", max_length=64)
    other_print = models.CharField("empreinte des traits", max_length=64)
    proposed_at = models.DateTimeField("proposé le", default=timezone.now)
    first_decided_by = models.CharField("première décision par", max_length=64, blank=True)
    first_decision = models.CharField("première décision", max_length=8, blank=True)
    decided_at = models.DateTimeField("décidé le", null=True, blank=True)
    decided_by = models.CharField("décidé par", max_length=64, blank=True)
    decided_by_name = models.CharField(max_length=120, blank=True)
    reason = models.CharField("motif", max_length=300, blank=True)

    objects = PairQuerySet.as_manager()

    class Meta:
        verbose_name = "paire à rapprocher"
        verbose_name_plural = "paires à rapprocher"
        ordering = ["-score", "proposed_at", "id"]
        indexes = [
            models.Index(fields=["state", "-score"], name="identity_pair_waiting"),
            models.Index(fields=["other"], name="identity_pair_other"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["one", "other"], name="identity_pair_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="identity_pair_ordered"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_waiting(self) -> bool:
        return self.state in (self.State.PROPOSED, self.State.SECONDED)
