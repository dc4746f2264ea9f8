from __future__ import annotations

from django.db import models
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from .case import Case


class Resource(models.Model):
    """A vehicle and its crew engaged on a case (RS-RI)."""

    class MedicalLevel(models.TextChoices):
        MED = "MED", "Médicalisé"
        PARAMED = "PARAMED", "Paramédicalisé"
        SECOURS = "SECOURS", "Secouriste"
        SANS = "SANS", "Sans soins"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="resources")
    resource_ref = models.CharField("identifiant partagé", max_length=200)
    structure = models.ForeignKey(
        Structure, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="équipe de"
    )
    organisation = models.CharField("organisation", max_length=120, blank=True)
    name = models.CharField("indicatif", max_length=120, blank=True)
    vehicle_type = models.CharField("type de véhicule", max_length=40, blank=True)
    medical_level = models.CharField("équipage", max_length=10, choices=MedicalLevel, blank=True)
    team_name = models.CharField("équipe", max_length=120, blank=True)
    phone = models.CharField("téléphone", max_length=40, blank=True)

    class Meta:
        verbose_name = "moyen engagé"
        verbose_name_plural = "moyens engagés"
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["case", "resource_ref"], name="resource_once_a_case")]

    def __str__(self) -> str:
        return self.name or self.resource_ref


class VehicleStatus(models.Model):
    """One of the eighteen ordered statuses of a vehicle, with the time its crew gave and the time it reached the house."""

    class Code(models.TextChoices):
        DECISION = "DECISION", "Décision"
        DECLENCHE = "DECLENCHE", "Déclenché"
        DEPART = "DEPART", "Parti"
        ANNULE = "ANNULE", "Annulé"
        ARRIVEE = "ARRIVEE", "Sur les lieux"
        PEC = "PEC", "Auprès du patient"
        BILAN = "BILAN", "Bilan transmis"
        ORIENTAT = "ORIENTAT", "Destination transmise"
        TRANSP = "TRANSP", "Transport en cours"
        ETAPE1 = "ETAPE1", "Étape 1"
        TRANSP2 = "TRANSP2", "Départ de l'étape 1"
        ETAPE2 = "ETAPE2", "Étape 2"
        TRANSP3 = "TRANSP3", "Départ de l'étape 2"
        DESTIN = "DESTIN", "Arrivé à destination"
        FINPEC = "FINPEC", "Fin de prise en charge"
        RETOUR = "RETOUR", "A quitté la destination"
        RET_BASE = "RET-BASE", "Retour à la base"
        REN_BASE = "REN-BASE", "Rentré à la base"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="statuses")
    code = models.CharField("état", max_length=10, choices=Code)
    at = models.DateTimeField("à")
    sent_at = models.DateTimeField("dit le")
    received_at = models.DateTimeField("reçu le", default=timezone.now)

    class Meta:
        verbose_name = "état d'un véhicule"
        verbose_name_plural = "états d'un véhicule"
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["resource", "code"], name="vehicle_status_once")]

    def __str__(self) -> str:
        return self.code
