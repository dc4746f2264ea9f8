from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from .channel import Channel


class SourceState(models.Model):
    """How a distant source lives: lent to one worker at a time, left alone for a while when it does not answer."""

    channel = models.OneToOneField(Channel, models.PROTECT, related_name="+")
    lent_until = models.DateTimeField(default=timezone.now)
    lent_to = models.UUIDField(null=True)
    paused_until = models.DateTimeField("rappelée le", default=timezone.now)
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    down_since = models.DateTimeField("muette depuis", null=True)
    last_ok_at = models.DateTimeField("lue pour la dernière fois le", null=True)
    words = models.CharField("dernier défaut", max_length=300, blank=True)

    class Meta:
        verbose_name = "état d'une source"

    def __str__(self) -> str:
        return str(self.channel_id)

    @property
    def next_try_at(self) -> datetime | None:
        """When a mute source is tried again; None when it is being tried."""
        return self.paused_until if self.down_since is not None and self.paused_until > timezone.now() else None
