from __future__ import annotations

from django.db import models

from maison.foundations.ids import uuid7


class Entry(models.Model):
    """One trace. The table is partitioned by month and refuses UPDATE, DELETE and TRUNCATE (see the migration)."""

    class Outcome(models.TextChoices):
        SUCCESS = "success", "Réussi"
        REFUSED = "refused", "Refusé"
        FAILED = "failed", "Échoué"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("le")
    position = models.BigIntegerField()
    seq = models.BigIntegerField()
    subject = models.CharField("identifiant de l'auteur", max_length=64)
    auth = models.CharField("mode de connexion", max_length=10)
    user_id = models.UUIDField(null=True)
    situation_id = models.UUIDField(null=True)
    structure_id = models.UUIDField("structure", null=True)
    profession = models.CharField("profession", max_length=10)
    session = models.CharField(max_length=40)
    exchange_id = models.UUIDField(null=True)
    code = models.CharField("action", max_length=60)
    target_type = models.CharField("objet", max_length=60)
    target_id = models.CharField(max_length=64)
    patient_id = models.CharField("patient", max_length=64)
    reason = models.CharField("motif", max_length=500)
    outcome = models.CharField("résultat", max_length=10, choices=Outcome)
    details = models.JSONField("précisions")

    class Meta:
        managed = False
        db_table = "audit_entry"
        verbose_name = "trace"
        ordering = ["position", "seq"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.code}"


class Seal(models.Model):
    """A closed batch of traces: every row whose position lies in [from_position, to_position)."""

    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    from_position = models.BigIntegerField()
    to_position = models.BigIntegerField()
    count = models.IntegerField()
    ids = models.BinaryField(help_text="16 bytes a row, in order")
    digests = models.BinaryField(help_text="32 bytes a row, in order")
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        managed = False
        db_table = "audit_seal"
        verbose_name = "scellé"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number} ({self.count})"
