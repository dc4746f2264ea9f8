from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils import timezone

from maison.foundations.access import Actor
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the rules look at in a person: post, structure, territory and roles. Nobody in particular when all is empty."""

    profession: str = ""
    structure_types: tuple[str, ...] = ()
    department: str = ""
    roles: tuple[str, ...] = ()


class ServiceQuerySet(models.QuerySet["Service"]):
    def offered(self) -> Self:
        return self.exclude(status=Service.Status.WITHDRAWN)

    def for_citizens(self) -> Self:
        return self.filter(publics__overlap=[Service.Public.PATIENTS, Service.Public.USERS, Service.Public.CARERS])

    def visible_to(self, actor: Actor, viewer: Viewer | None = None) -> Self:
        """Services without rule, and those with a rule this person meets (PASS-03). `viewer` comes from `viewer_of`.

        Nobody signed in: the services without rule, whose explanation is public.
        """
        rules = VisibilityRule.objects.filter(service=models.OuterRef("pk"))
        visible = models.Q(~models.Exists(rules))
        if not actor.is_anonymous:
            viewer = viewer or Viewer(profession=actor.profession, roles=tuple(actor.roles))
            visible |= models.Q(models.Exists(rules.met_by(viewer)))
        return self.offered().filter(visible)


class Service(models.Model):
    """One service of the catalogue: a room of the house, or an outside site a professional of the region needs."""

    class Storey(models.TextChoices):
        """From the roof down, as one reads a house. DOMAIN §0.1."""

        TOOLS = "outils", "Outils et services métiers"
        REGISTRIES = "referentiels", "Référentiels et authentification"
        FOUNDATIONS = "fondations", "Fondations"

    class Scope(models.TextChoices):
        NATIONAL = "national", "National"
        REGIONAL = "regional", "Régional"
        LOCAL = "local", "Local"

    class Public(models.TextChoices):
        PROFESSIONALS = "professionnels", "Professionnels"
        STRUCTURES = "structures", "Structures"
        PATIENTS = "patients", "Patients"
        USERS = "usagers", "Usagers"
        CARERS = "aidants", "Aidants"

    class SignOn(models.TextChoices):
        HOUSE = "maison", "Ouvert avec votre connexion à la maison"
        OIDC = "oidc", "Connexion reprise automatiquement (OpenID Connect)"
        SAML = "saml", "Connexion reprise automatiquement (SAML)"
        LINK = "lien", "Site extérieur, avec sa propre connexion"
        NONE = "libre", "Accès libre, sans connexion"

    class Level(models.TextChoices):
        NONE = "", "Aucun"
        LOW = "faible", "Faible"
        SUBSTANTIAL = "substantiel", "Substantiel"
        HIGH = "eleve", "Élevé"

    class Status(models.TextChoices):
        AVAILABLE = "disponible", "Disponible"
        PREPARING = "preparation", "En préparation"
        SUSPENDED = "suspendu", "Suspendu"
        WITHDRAWN = "retire", "Retiré"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField("code", max_length=40, unique=True)
    name = models.CharField("nom", max_length=80)
    acronym = models.CharField("sigle", max_length=20, blank=True)
    storey = models.CharField("étage de la maison", max_length=15, choices=Storey)
    position = models.PositiveSmallIntegerField("rang dans l'étage", default=0)
    for_professionals = models.CharField("ce que le professionnel y fait", max_length=300)
    for_citizens = models.CharField("ce que cela change pour le patient ou l'usager", max_length=300)
    publics = ArrayField(models.CharField(max_length=15, choices=Public), verbose_name="publics")
    scope = models.CharField("portée", max_length=10, choices=Scope, default=Scope.REGIONAL)
    url_name = models.CharField("page de la maison", max_length=80, blank=True)
    link = models.URLField("adresse extérieure", blank=True)
    sign_on = models.CharField("mode de connexion", max_length=10, choices=SignOn, default=SignOn.HOUSE)
    level = models.CharField("niveau de garantie exigé", max_length=12, choices=Level, blank=True)
    psc_only = models.BooleanField("Pro Santé Connect exigé", default=False)
    permission = models.CharField("permission exigée", max_length=60, blank=True)
    roles = ArrayField(models.CharField(max_length=40), verbose_name="rôles que l'on peut y demander", default=list,
                       blank=True)  # fmt: skip
    owner = models.ForeignKey(Structure, models.PROTECT, null=True, blank=True, related_name="+",
                              verbose_name="structure responsable", help_text="à défaut, l'agence régionale")  # fmt: skip
    contact = models.CharField("contact", max_length=120, blank=True)
    status = models.CharField("état", max_length=12, choices=Status, default=Status.PREPARING)
    status_note = models.CharField("précision sur l'état", max_length=200, blank=True)
    status_since = models.DateTimeField("dans cet état depuis", default=timezone.now)
    keywords = ArrayField(models.CharField(max_length=60), verbose_name="mots-clés", default=list, blank=True)
    search_name = models.TextField(editable=False, help_text="nom, sigle et mots-clés, sans accents ni majuscules")
    search_text = models.TextField(editable=False, help_text="le même, avec les descriptions")
    kept_by_agency = models.BooleanField(
        "tenu par l'agence",
        default=False,
        editable=False,
        help_text="une livraison ne change plus ce que l'agence a décidé",
    )
    from_catalogue = models.BooleanField("livré avec la maison", default=False, editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = "service"
        ordering = ["position", "name", "id"]
        indexes = [GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="service_search")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(url_name="") | models.Q(link=""),
                name="service_one_address",
                violation_error_message="Un service a une page dans la maison ou une adresse extérieure, pas les deux.",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="disponible") | ~models.Q(url_name="", link=""),
                name="service_available_has_address",
                violation_error_message="Un service disponible a une adresse.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_available(self) -> bool:
        return self.status == self.Status.AVAILABLE

    @property
    def is_outside(self) -> bool:
        return bool(self.link)

    @property
    def public_labels(self) -> list[str]:
        return [str(self.Public(value).label) for value in self.publics]


class VisibilityRuleQuerySet(models.QuerySet["VisibilityRule"]):
    def met_by(self, viewer: Viewer) -> Self:
        """An empty part of a rule is met by everyone; all its parts must be met."""

        def part(name: str, *values: str) -> models.Q:
            return models.Q(**{name: []}) | models.Q(**{f"{name}__overlap": [value for value in values if value]})

        return self.filter(
            part("professions", viewer.profession),
            part("structure_types", *viewer.structure_types),
            part("departments", viewer.department),
            part("roles", *viewer.roles),
        )


class VisibilityRule(models.Model):
    """Who sees a service: profession × type of structure × territory × role. Several rules: one is enough."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(Service, models.CASCADE, related_name="rules")
    professions = ArrayField(models.CharField(max_length=10), verbose_name="professions (TRE_G15)", default=list,
                             blank=True)  # fmt: skip
    structure_types = ArrayField(models.CharField(max_length=40), verbose_name="types de structure", default=list,
                                 blank=True)  # fmt: skip
    departments = ArrayField(models.CharField(max_length=3), verbose_name="départements", default=list, blank=True)
    roles = ArrayField(models.CharField(max_length=40), verbose_name="rôles", default=list, blank=True)

    objects = VisibilityRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "règle de visibilité"
        verbose_name_plural = "règles de visibilité"

    def __str__(self) -> str:
        return f"{self.service_id}"


class Favourite(models.Model):
    """A service a person keeps at hand."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites")
    service = models.ForeignKey(Service, models.CASCADE, related_name="favourites")
    added_at = models.DateTimeField("ajouté le", default=timezone.now)

    class Meta:
        verbose_name = "favori"
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "service"], name="favourite_once")]

    def __str__(self) -> str:
        return f"{self.service_id}"


class UsageEvent(models.Model):
    """A service was opened, by whom, from which post and territory. Never a patient (PASS-06)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="usage")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("le", default=timezone.now)
    profession = models.CharField("profession", max_length=10, blank=True)
    structure = models.ForeignKey(Structure, models.PROTECT, null=True, related_name="+", verbose_name="structure")
    department = models.CharField("département", max_length=3, blank=True)

    class Meta:
        verbose_name = "ouverture de service"
        verbose_name_plural = "ouvertures de services"
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["user", "-at"], name="usage_of_user"),
            models.Index(fields=["service", "at"], name="usage_of_service"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.at:%Y-%m-%d}"
