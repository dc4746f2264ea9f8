from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure
from maison.registries.offer.permissions import P

if TYPE_CHECKING:
    from maison.foundations.access import Actor


def spoken(phone: str) -> str:
    """`+33536490001` gives `05 36 49 00 01`, with no-break spaces; what is not a French number stays as it is."""
    digits = "".join(character for character in phone if character.isdigit())
    national = f"0{digits[2:]}" if phone.startswith("+33") else digits
    if len(national) != 10 or not national.startswith("0"):
        return phone
    return "\u00a0".join(national[start : start + 2] for start in range(0, 10, 2))


def level_of(actor: Actor) -> int:
    """The confidentiality level an actor reads up to: 0 public, 1 professionals, 2 those who look for beds, 3 regulation."""
    if actor.can(P.VIEW_SENSITIVE):
        return 3
    if actor.can(P.VIEW_BEDS):
        return 2
    return 0 if actor.is_anonymous else 1


class OfferQuerySet(models.QuerySet["Offer"]):
    def visible_to(self, actor: Actor) -> Self:
        """Published offers; sensitive units only for those of that level and for the structure itself (F3.2). The regional manager
        and whoever describes the offer also see it before it is published. Lists, counts and exports all start here."""
        if actor.can(P.VALIDATE):
            return self
        shown = Q(state__in=(Offer.State.PUBLISHED, Offer.State.CLOSED_FOR_NOW))
        if not actor.can(P.VIEW_SENSITIVE):
            shown &= Q(sensitive=False)
        own = actor.structures_with(P.COUNT_BEDS) | actor.structures_with(P.ANSWER_REQUESTS)
        return self.filter(
            shown | Q(structure__in=actor.structures_with(P.DESCRIBE))
            | Q(structure__in=own, state__in=(Offer.State.PUBLISHED, Offer.State.CLOSED_FOR_NOW))
        )  # fmt: skip

    def with_beds(self) -> Self:
        """Those whose beds are counted by the hour (lits chauds)."""
        return self.exclude(bed_kind="").filter(state__in=(Offer.State.PUBLISHED, Offer.State.CLOSED_FOR_NOW))


class Offer(models.Model):
    """What a unit takes in charge. Its described columns are those of the version in force; `sensitive` is the more protective of the
    version in force and the one in preparation."""

    class State(models.TextChoices):
        DRAFT = "brouillon", "Brouillon"
        SUBMITTED = "soumis", "Soumise"
        TO_MEND = "a_corriger", "À corriger"
        VALIDATED = "valide", "Validée"
        PUBLISHED = "publie", "Publiée"
        CLOSED_FOR_NOW = "ferme_pro", "Fermée provisoirement"
        CLOSED = "ferme_def", "Fermée définitivement"

    class BedKind(models.TextChoices):
        """The house's own words for hot beds; the official activity stays in the code J17."""

        NONE = "", "Sans lits suivis"
        INTENSIVE = "reanimation", "Réanimation"
        HIGH_CARE = "soins_intensifs", "Soins intensifs"
        SURVEILLANCE = "surveillance_continue", "Surveillance continue"

    class Audience(models.TextChoices):
        ADULT = "adulte", "Adultes"
        CHILD = "pediatrie", "Enfants"
        NEWBORN = "neonatal", "Nouveau-nés"

    MOVES = {
        State.PUBLISHED: (State.CLOSED_FOR_NOW, State.CLOSED),
        State.CLOSED_FOR_NOW: (State.PUBLISHED, State.CLOSED),
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identifier = models.CharField("identifiant de l'offre", max_length=60, unique=True)
    structure = models.ForeignKey(Structure, models.PROTECT, related_name="offers", verbose_name="unité")
    site = models.ForeignKey(Structure, models.PROTECT, related_name="site_offers", verbose_name="établissement")
    unit_code = models.CharField(
        "code de l'unité fonctionnelle",
        max_length=40,
        blank=True,
        help_text="Tel que les mouvements du logiciel le disent.",
    )
    state = models.CharField("état", max_length=12, choices=State, default=State.DRAFT)
    name = models.CharField("nom", max_length=200)
    bed_kind = models.CharField("lits suivis", max_length=24, choices=BedKind, blank=True, default=BedKind.NONE)
    audience = models.CharField("public", max_length=12, choices=Audience, default=Audience.ADULT)
    sensitive = models.BooleanField("unité sensible", default=False)
    hours = models.CharField("horaires", max_length=200, blank=True)
    closing_reason = models.CharField("motif de fermeture", max_length=300, blank=True)
    updated_at = models.DateTimeField("mise à jour le", default=timezone.now)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = "offre"
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["bed_kind", "state"], name="offer_beds_of_kind")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_beds(self) -> bool:
        return bool(self.bed_kind)


class Version(models.Model):
    """One description of an offer: the coded fields of the ROR, frozen once it is published."""

    class State(models.TextChoices):
        DRAFT = "brouillon", "Brouillon"
        SUBMITTED = "soumis", "Soumise"
        TO_MEND = "a_corriger", "À corriger"
        VALIDATED = "valide", "Validée"
        PUBLISHED = "publie", "En vigueur"
        REPLACED = "remplace", "Remplacée"

    MOVES = {
        State.DRAFT: (State.SUBMITTED,),
        State.SUBMITTED: (State.TO_MEND, State.VALIDATED),
        State.TO_MEND: (State.SUBMITTED,),
        State.VALIDATED: (State.PUBLISHED, State.TO_MEND),
        State.PUBLISHED: (State.REPLACED,),
    }
    PENDING = (State.DRAFT, State.SUBMITTED, State.TO_MEND, State.VALIDATED)
    REQUIRED = ("name", "offer_type", "field", "activity", "care_mode")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="versions", verbose_name="offre")
    number = models.PositiveSmallIntegerField("version")
    state = models.CharField("état", max_length=12, choices=State, default=State.DRAFT)
    name = models.CharField("nom de l'offre", max_length=200, blank=True)
    offer_type = models.CharField("type d'offre", max_length=20, blank=True, help_text="J238")
    field = models.CharField("champ d'activité", max_length=20, blank=True, help_text="J20")
    activity = models.CharField("activité opérationnelle", max_length=20, blank=True, help_text="J17")
    care_mode = models.CharField("mode de prise en charge", max_length=20, blank=True, help_text="J19")
    bed_kind = models.CharField("lits suivis", max_length=24, choices=Offer.BedKind, blank=True, default="")
    audience = models.CharField("public", max_length=12, choices=Offer.Audience, default=Offer.Audience.ADULT)
    sensitive = models.BooleanField("unité sensible", default=False)
    written_by = models.CharField("identifiant", max_length=64)
    written_by_name = models.CharField("décrite par", max_length=200)
    written_at = models.DateTimeField("décrite le", default=timezone.now)
    remark = models.CharField("à corriger", max_length=400, blank=True)

    class Meta:
        verbose_name = "version d'une offre"
        ordering = ["offer", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "number"], name="offer_version_once"),
            models.UniqueConstraint(
                fields=["offer"], condition=Q(state="publie"), name="offer_one_version_in_force",
                violation_error_message="Une seule version d'une offre est en vigueur.",
            ),
            models.UniqueConstraint(
                fields=["offer"], condition=Q(state__in=("brouillon", "soumis", "a_corriger", "valide")),
                name="offer_one_version_in_preparation",
                violation_error_message="Une modification de cette offre est déjà en préparation.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} (version {self.number})"

    @classmethod
    def label_of(cls, name: str) -> str:
        """How a page names a described field."""
        return next(str(one.verbose_name) for one in cls._meta.concrete_fields if one.name == name)


class Contact(models.Model):
    """A way to reach the unit. `level`: who may read it (0 public to 3 regulation)."""

    class Level(models.IntegerChoices):
        PUBLIC = 0, "Tout public"
        PROFESSIONAL = 1, "Professionnels"
        BEDS = 2, "Professionnels qui cherchent un lit"
        REGULATION = 3, "Régulation et pilotage"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="contacts", verbose_name="offre")
    label = models.CharField("ligne", max_length=80)
    phone = models.CharField("téléphone", max_length=20)
    level = models.PositiveSmallIntegerField("confidentialité", choices=Level, default=Level.BEDS)

    class Meta:
        verbose_name = "contact d'une offre"
        ordering = ["-level", "label"]
        constraints = [models.UniqueConstraint(fields=["offer", "label"], name="offer_contact_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def spoken(self) -> str:
        """As French people write and say a number, two digits at a time."""
        return spoken(self.phone)
