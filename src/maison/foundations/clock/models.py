from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7


class DelaySetting(models.Model):
    """The value in force of a declared delay, when its owner changed it."""

    code = models.CharField("délai", primary_key=True, max_length=60)
    seconds = models.PositiveIntegerField("secondes")
    changed_by = models.CharField(max_length=64)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "réglage de délai"

    def __str__(self) -> str:
        return self.code


class Timer(models.Model):
    """A running delay for one thing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField("délai", max_length=60)
    target_id = models.UUIDField()
    due_at = models.DateTimeField("échéance")
    fired_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "délai en cours"
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "target_id"],
                condition=models.Q(fired_at=None, stopped_at=None),
                name="timer_running_once",
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(fired_at=None, stopped_at=None), name="timer_due"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.due_at:%Y-%m-%d %H:%M:%S}"
