from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from maison.foundations.ids import uuid7

from .channel import Channel


class Passage(models.Model):
    """One message in one channel (HUB-01). `lanes` are fingerprints; no content, no identity."""

    class State(models.TextChoices):
        RECEIVED = "received", "Reçu"
        FILTERED = "filtered", "Écarté par le filtre"
        SENDING = "sending", "Transformé"
        DONE = "done", "Remis"
        STOPPED = "stopped", "À réparer"
        ABANDONED = "abandoned", "Abandonné"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    seq = models.BigIntegerField("rang", db_default=models.Value(0))
    exchange_id = models.UUIDField("échange")
    exchange_at = models.DateTimeField()
    received_at = models.DateTimeField("reçu le", default=timezone.now)
    state = models.CharField("état", max_length=10, choices=State, default=State.RECEIVED)
    lanes = ArrayField(models.CharField(max_length=32), verbose_name="files", default=list)
    version = models.PositiveIntegerField("version appliquée", null=True)
    attempts = models.PositiveSmallIntegerField("tentatives", default=0)
    due_at = models.DateTimeField("à traiter le", db_default=Now())
    reason = models.CharField("motif", max_length=40, blank=True)
    words = models.CharField("précision", max_length=300, blank=True)
    path = models.CharField("endroit", max_length=400, blank=True)
    flags = ArrayField(models.CharField(max_length=400), verbose_name="codes signalés", default=list)
    done_at = models.DateTimeField("terminé le", null=True)
    relay_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "passage"
        ordering = ["-seq"]
        constraints = [models.UniqueConstraint(fields=["channel", "exchange_id"], name="passage_once")]
        indexes = [
            models.Index(fields=["channel", "seq"], condition=models.Q(state="received"), name="passage_to_do"),
            models.Index(fields=["channel", "reason"], condition=models.Q(state="stopped"), name="passage_stopped"),
            models.Index(fields=["channel", "-received_at"], name="passage_recent"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def kind(self) -> str:
        return PASSAGE_KINDS[self.state]


PASSAGE_KINDS = {
    "received": "waiting",
    "filtered": "neutral",
    "sending": "info",
    "done": "ok",
    "stopped": "danger",
    "abandoned": "stale",
}


class Delivery(models.Model):
    """What one target still has to receive, or received. The bytes are those of its exchange in the journal."""

    class State(models.TextChoices):
        PENDING = "pending", "À remettre"
        DELIVERED = "delivered", "Remis"
        STOPPED = "stopped", "À réparer"
        ABANDONED = "abandoned", "Abandonné"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    passage = models.ForeignKey(Passage, models.PROTECT, related_name="deliveries")
    target = models.CharField("cible", max_length=24)
    seq = models.BigIntegerField("rang", db_default=models.Value(0))
    exchange_id = models.UUIDField("échange émis")
    exchange_at = models.DateTimeField()
    version = models.PositiveIntegerField("version appliquée")
    lanes = ArrayField(models.CharField(max_length=32), default=list)
    state = models.CharField("état", max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField("tentatives", default=0)
    due_at = models.DateTimeField("à remettre le", db_default=Now())
    received_at = models.DateTimeField("reçu par la maison le")
    since = models.DateTimeField("à remettre depuis", default=timezone.now)
    done_at = models.DateTimeField("remis le", null=True)
    reason = models.CharField("motif", max_length=40, blank=True)
    words = models.CharField("précision", max_length=300, blank=True)
    relay_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "remise"
        ordering = ["-seq"]
        constraints = [models.UniqueConstraint(fields=["passage", "target"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["channel", "target", "seq"], condition=models.Q(state="pending"), name="delivery_to_do"
            ),
            models.Index(fields=["channel", "target"], condition=models.Q(state="stopped"), name="delivery_stopped"),
            models.Index(fields=["channel", "target", "-done_at"], name="delivery_recent"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def kind(self) -> str:
        return {"pending": "waiting", "delivered": "ok", "stopped": "danger", "abandoned": "stale"}[self.state]


class TargetState(models.Model):
    """How a target lives: lent to one deliverer at a time, left alone for a while when it does not answer."""

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    target = models.CharField("cible", max_length=24)
    lent_until = models.DateTimeField(default=timezone.now)
    lent_to = models.UUIDField(null=True)
    paused_until = models.DateTimeField("rappelée le", default=timezone.now)
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    down_since = models.DateTimeField("muette depuis", null=True)
    last_ok_at = models.DateTimeField("dernière remise le", null=True)
    words = models.CharField("dernier défaut", max_length=300, blank=True)

    class Meta:
        verbose_name = "état d'une cible"
        constraints = [models.UniqueConstraint(fields=["channel", "target"], name="target_state_once")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.target}"

    @property
    def next_try_at(self) -> datetime | None:
        """When a mute target is tried again; None when it is being tried."""
        return self.paused_until if self.down_since is not None and self.paused_until > timezone.now() else None


class LaneTime(models.Model):
    """The time a sender gave to the last thing sent on about a lane: an update older than that comes too late (HUB-03).

    A clock is only compared with itself, so each sender has its own line.
    """

    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    lane = models.CharField("file", max_length=32)
    sender = models.CharField("émetteur", max_length=200)
    told_at = models.DateTimeField("dit le")
    moved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "heure d'une file"
        constraints = [models.UniqueConstraint(fields=["channel", "lane", "sender"], name="lane_time_once")]
        indexes = [models.Index(fields=["moved_at"], name="lane_time_old")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.lane}"


class SourceCursor(models.Model):
    """How far a channel has read a ledger of the house."""

    channel = models.OneToOneField(Channel, models.PROTECT, related_name="+")
    position = models.BigIntegerField(default=0)
    rank = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "lecture d'une source"

    def __str__(self) -> str:
        return str(self.channel_id)
