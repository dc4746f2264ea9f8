from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Case, Q, Value, When
from django.utils import timezone

from maison.formats.civil_status import StrictTraits
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Structure

from .domain import Domain

if TYPE_CHECKING:
    from maison.foundations.access import Actor


class IdentityQuerySet(models.QuerySet["Identity"]):
    def visible_to(self, actor: Actor) -> Self:
        return self.filter(domain__in=Domain.objects.visible_to(actor))

    def active(self) -> Self:
        return self.filter(state=Identity.State.ACTIVE)


class Identity(models.Model):
    """One person in one domain. Every change goes through `writing.change`, which keeps the state after it.

    `status` is computed by the database from the two acts: nobody types it. Names are in civil-status spelling; `*_key` are
    their letters only. `told_at`: the moment of the freshest word about it, so that a late message changes nothing.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        MERGED = "fusionnee", "Fusionnée"
        CLOSED = "cloturee", "Clôturée"

    class Status(models.TextChoices):
        PROV = "PROV", "Provisoire"
        RECUP = "RECUP", "Récupérée"
        VALI = "VALI", "Validée"
        QUAL = "QUAL", "Qualifiée"

    class Sex(models.TextChoices):
        MALE = "M", "Masculin"
        FEMALE = "F", "Féminin"
        UNDETERMINED = "I", "Indéterminé"

    class Known(models.TextChoices):
        DAY = "jour", "Date exacte"
        MONTH = "mois", "Jour inconnu"
        YEAR = "annee", "Jour et mois inconnus"
        ABOUT = "approchee", "Année approximative"

    class Source(models.TextChoices):
        HOUSE = "maison", "Fait dans la maison"
        FEED = "flux", "Dit par l'établissement"

    class InsHow(models.TextChoices):
        TRAITS = "traits", "INSi, par les traits"
        CARD = "carte", "INSi, par la carte Vitale"
        APCV = "apcv", "Application carte Vitale"
        FEED = "flux", "Message d'un établissement de confiance"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="identities", verbose_name="domaine")
    state = models.CharField("état", max_length=10, choices=State, default=State.ACTIVE)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name="fusionnée dans"
    )

    # Strict traits
    birth_name = models.CharField("nom de naissance", max_length=100, blank=True)
    first_name = models.CharField("premier prénom de naissance", max_length=60, blank=True)
    first_names = models.CharField("prénoms de naissance", max_length=200, blank=True)
    birth_date = models.DateField("date de naissance", null=True, blank=True)
    birth_date_known = models.CharField("ce qu'on en sait", max_length=10, choices=Known, default=Known.DAY)
    birth_date_corrected = models.BooleanField("date de naissance corrigée", default=False)
    sex = models.CharField("sexe", max_length=1, choices=Sex, blank=True)
    birth_place = models.CharField("lieu de naissance (code INSEE)", max_length=5, blank=True)

    # Complementary traits
    used_name = models.CharField("nom utilisé", max_length=100, blank=True)
    used_first_name = models.CharField("prénom utilisé", max_length=60, blank=True)
    birth_rank = models.PositiveSmallIntegerField("rang de naissance (jumeaux)", null=True, blank=True)
    mother_name = models.CharField("nom de naissance de la mère", max_length=100, blank=True)
    died_on = models.DateField("date de décès", null=True, blank=True)
    address = models.CharField("adresse", max_length=200, blank=True)
    postal_code = models.CharField("code postal", max_length=10, blank=True)
    city = models.CharField("commune", max_length=80, blank=True)
    phone = models.CharField("téléphone", max_length=30, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    insured_number = models.CharField("numéro de l'assuré (≠ INS)", max_length=15, blank=True)
    family_doctor = models.CharField("médecin traitant", max_length=120, blank=True)
    trusted_person = models.CharField("personne de confiance", max_length=160, blank=True)
    person_to_call = models.CharField("personne à prévenir", max_length=160, blank=True)

    # First act: INSi answered. The matricule and its OID never go one without the other.
    insi_at = models.DateTimeField("INSi interrogé avec succès le", null=True, blank=True)
    insi_source = models.CharField("INS obtenu par", max_length=8, choices=InsHow, blank=True)
    ins_matricule = models.CharField("matricule INS", max_length=15, blank=True)
    ins_oid = models.CharField("OID de l'INS", max_length=30, blank=True)
    ins_verified_at = models.DateTimeField("INS vérifié le", null=True, blank=True)
    # Second act: a document was checked
    checked_at = models.DateTimeField("pièce contrôlée le", null=True, blank=True)
    check_source = models.CharField("contrôle", max_length=8, choices=Source, blank=True)
    check_document = models.CharField("pièce", max_length=5, blank=True)
    check_structure = models.ForeignKey(
        Structure, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="contrôlée à"
    )

    is_homonym = models.BooleanField("homonyme", default=False)
    is_doubtful = models.BooleanField("douteuse", default=False)
    is_fictive = models.BooleanField("fictive", default=False)
    attributes_source = models.CharField("attributs", max_length=8, choices=Source, blank=True)
    comments = ArrayField(models.CharField(max_length=6), default=list, blank=True, verbose_name="commentaires")

    status = models.GeneratedField(
        expression=Case(
            When(Q(is_doubtful=True) | Q(is_fictive=True), then=Value("PROV")),
            When(insi_at__isnull=False, checked_at__isnull=False, then=Value("QUAL")),
            When(checked_at__isnull=False, then=Value("VALI")),
            When(insi_at__isnull=False, then=Value("RECUP")),
            default=Value("PROV"),
        ),
        output_field=models.CharField("statut", max_length=5, choices=Status),
        db_persist=True,
    )

    name_key = models.CharField(max_length=100, blank=True, editable=False)
    used_key = models.CharField(max_length=100, blank=True, editable=False)
    first_key = models.CharField(max_length=200, blank=True, editable=False)

    refuses_linking = models.BooleanField("refuse le rapprochement régional", default=False)
    to_match = models.BooleanField("à rapprocher", default=True)

    told_at = models.DateTimeField("dit le", null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField("enregistrée le", default=timezone.now)
    changed_at = models.DateTimeField("changée le", default=timezone.now)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = "identité"
        ordering = ["birth_name", "first_names", "birth_date", "id"]
        indexes = [
            models.Index(OpClass("name_key", name="text_pattern_ops"), "birth_date", name="identity_name"),
            models.Index(
                OpClass("used_key", name="text_pattern_ops"),
                "birth_date",
                name="identity_used",
                condition=~Q(used_key=""),
            ),
            models.Index("birth_date", OpClass("first_key", name="text_pattern_ops"), name="identity_born_first"),
            models.Index(fields=["ins_matricule"], name="identity_ins", condition=~Q(ins_matricule="")),
            models.Index(fields=["changed_at"], name="identity_to_match", condition=Q(to_match=True)),
            models.Index(fields=["merged_into"], name="identity_merged", condition=Q(merged_into__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ins_matricule="", ins_oid="") | (~Q(ins_matricule="") & ~Q(ins_oid="")),
                name="identity_ins_whole",
                violation_error_message="Le matricule INS et son OID vont ensemble.",
            ),
            models.CheckConstraint(
                condition=Q(ins_matricule="") | Q(insi_at__isnull=False),
                name="identity_ins_from_insi",
                violation_error_message="Un matricule INS ne vient que d'INSi, de l'ApCV ou d'un établissement de confiance.",
            ),
            models.CheckConstraint(
                condition=Q(is_doubtful=False, is_fictive=False) | Q(ins_matricule="", insi_at__isnull=True, checked_at__isnull=True),
                name="identity_doubt_without_acts",
                violation_error_message="Une identité douteuse ou fictive n'a ni INS ni contrôle.",
            ),
            models.CheckConstraint(
                condition=Q(state="fusionnee", merged_into__isnull=False) | (~Q(state="fusionnee") & Q(merged_into__isnull=True)),
                name="identity_merged_somewhere",
                violation_error_message="Une identité fusionnée l'est dans une autre.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.id)

    @property
    def strict(self) -> StrictTraits:
        return StrictTraits(
            self.birth_name, self.first_name, self.first_names, self.birth_date, self.sex, self.birth_place
        )

    @property
    def is_active(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def is_qualified(self) -> bool:
        return self.status == self.Status.QUAL

    @property
    def outward_ins(self) -> tuple[str, str] | None:
        """Matricule and OID, only when the identity is qualified and stands: the one way by which an INS leaves (INS-02)."""
        if self.is_active and self.is_qualified and self.ins_matricule:
            return self.ins_matricule, self.ins_oid
        return None


class Number(models.Model):
    """An IPP, for ever: one that was replaced (A47) or whose identity was merged still finds its patient."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="+", verbose_name="domaine")
    ipp = models.CharField("IPP", max_length=80)
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="numbers", verbose_name="identité")
    since = models.DateTimeField("depuis", default=timezone.now)
    retired_at = models.DateTimeField("remplacé le", null=True, blank=True)

    class Meta:
        verbose_name = "IPP"
        verbose_name_plural = "IPP"
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint(fields=["domain", "ipp"], name="identity_number_once")]

    def __str__(self) -> str:
        return self.ipp
