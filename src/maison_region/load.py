"""The demonstration load: structures, then rights, software keys and accounts through the house's own actions.

With `load_channels` and `load_offers`, the one place of this package that imports the house. Loading again brings everything up to date and adds nothing twice.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.db import transaction
from jwt.algorithms import ECAlgorithm

from maison.foundations.access.actions import give_role
from maison.foundations.access.actor import Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.accounts.models import User
from maison.foundations.ids import uuid7
from maison.foundations.structures.models import Situation, Structure
from maison.interop.exchanges.actions import key_hash, register_client
from maison.interop.exchanges.models import Client, Door
from maison.interop.fhir.models import Software
from maison.interop.fhir.tokens import register as register_fhir
from maison.registries.identity.domains import check_domain
from maison.registries.identity.models import Domain
from maison.services.portal.actions import load_catalogue
from maison_region.facilities import (
    EMERGENCY_SITES,
    OPERATOR_FINESS_EJ,
    OPERATOR_PHONE,
    SAMUS,
    SERVICE_LABELS,
    SMUR_BASES,
    fictional_phone,
    legal_entities,
)
from maison_region.geography import COMMUNES
from maison_region.hospitals import APPLICATION, DOMAIN_ROOT, HOSPITALS, software_of
from maison_region.letter_channels import load_letter_channels
from maison_region.load_channels import load_channels
from maison_region.load_offers import load_offers
from maison_region.people import EDITOR_NAME, RoleAt, is_public, local_people, professionals
from maison_region.sending import demonstration_key, demonstration_private_key

SINCE = date(2026, 1, 1)
WHY = "Région de démonstration"
FHIR_SOFTWARE, FHIR_KEY_ID, FHIR_SCOPES = (
    "demonstration.fhir",
    "demonstration",
    ("system/*.cruds", "system/AuditEvent.crs"),
)
HOSPITAL_FINESS, HOSPITAL_SOFTWARE = "310783048", "demonstration.gam"

Places = dict[str, UUID]


@transaction.atomic
def load() -> Counter[str]:
    """Load or refresh the region; returns how many of each thing stand."""
    actor = Actor.system("demonstration")
    counts: Counter[str] = Counter()
    places = _load_structures(counts)
    _load_software(actor, places, counts)
    _load_roles(actor, places, counts)
    load_offers(actor, places, counts)
    _load_local_accounts(actor, places, counts)
    load_catalogue(actor=actor)
    counts["canaux d'échange"] = load_channels(places["operator"])
    load_letter_channels(places, counts)
    return counts


class _Structures:
    """What `save_structure` does one by one, for five hundred at once: two statements instead of six thousand.

    Nothing is written for a structure that is already so; the database's constraints check the rest.
    """

    def __init__(self) -> None:
        self.known = {_key(row.kind, row.finess, row.parent_id, row.name): row for row in Structure.objects.all()}
        self.lineages = {row.id: row.lineage for row in self.known.values()}
        self.new: list[Structure] = []
        self.changed: list[Structure] = []

    def save(self, *, kind: str, finess: str = "", parent_id: UUID | None = None, **fields: Any) -> UUID:
        found = self.known.get(_key(kind, finess, parent_id, str(fields["name"])))
        row = found or Structure(id=uuid7(), kind=kind, finess=finess)
        lineage = [row.id, *(self.lineages[parent_id] if parent_id else [])]
        wanted = {"parent_id": parent_id, "lineage": lineage, **fields}
        self.lineages[row.id] = lineage
        if found is None or any(getattr(row, name) != value for name, value in wanted.items()):
            for name, value in wanted.items():
                setattr(row, name, value)
            row.clean_fields(exclude=["parent", "lineage"])
            (self.changed if found else self.new).append(row)
        return row.id

    def flush(self) -> None:
        Structure.objects.bulk_create(self.new)
        fields = [field.name for field in Structure._meta.concrete_fields if not field.primary_key]
        Structure.objects.bulk_update(self.changed, fields)


def _key(kind: str, finess: str, parent_id: UUID | None, name: str) -> tuple[str, str, UUID | None, str]:
    """As `save_structure` finds one: by FINESS when there is one, else by name within its parent."""
    return (kind, finess, None, "") if finess else (kind, "", parent_id, name)


def _load_software(actor: Actor, places: Places, counts: Counter[str]) -> None:
    """Each SAMU's regulation software, with its demonstration key for the HTTPS door and a mailbox for the answers."""
    known = set(Client.objects.in_use().values_list("client_id", "structure_id", "key_hash"))
    for samu in SAMUS.values():
        key, structure_id = demonstration_key(samu.client_id), places[f"samu/{samu.department}"]
        if (samu.client_id, structure_id, key_hash(key)) not in known:
            register_client(
                actor=actor,
                client_id=samu.client_id,
                name=f"Logiciel de régulation du {samu.name}",
                structure_id=structure_id,
                doors=(Door.HTTP, Door.MAILBOX),
                key=key,
            )
        counts["logiciels"] += 1
    _load_hospital_software(actor, places, counts)


def _load_hospital_software(actor: Actor, places: Places, counts: Counter[str]) -> None:
    """The hospitals that tell their stays; and whoever speaks at the demonstration's port, for `./maison send` of HL7v2 messages."""
    for site in HOSPITALS:
        code, place = software_of(site), places[f"site/{site.finess_eg}"]
        if not Client.objects.in_use().filter(client_id=code, structure_id=place).exists():
            register_client(
                actor=actor, client_id=code, name=f"Gestion administrative de {site.short_name}", structure_id=place,
                doors=(Door.MLLP,), mllp=(APPLICATION, site.finess_eg, None),
            )  # fmt: skip
        counts["logiciels"] += 1
        _check_domain(actor, place, site.short_name, f"{DOMAIN_ROOT}.{site.finess_eg.lstrip('0')}")
    structure_id = places[f"site/{HOSPITAL_FINESS}"]
    if not Client.objects.in_use().filter(client_id=HOSPITAL_SOFTWARE, structure_id=structure_id).exists():
        register_client(
            actor=actor, client_id=HOSPITAL_SOFTWARE, name="Gestion administrative de démonstration",
            structure_id=structure_id, doors=(Door.MLLP,), mllp=("*", "", None),
        )  # fmt: skip
    counts["logiciels"] += 1
    _load_fhir_software(actor, structure_id)
    counts["logiciels"] += 1


def _load_fhir_software(actor: Actor, structure_id: UUID) -> None:
    """The one `./maison send` uses for FHIR: its key is public, it exists only with the demonstration."""
    public = json.loads(ECAlgorithm.to_jwk(demonstration_private_key(FHIR_SOFTWARE).public_key()))
    keys = [{**public, "kid": FHIR_KEY_ID, "alg": "ES384", "use": "sig"}]
    found = Software.objects.filter(
        client__client_id=FHIR_SOFTWARE, client__structure_id=structure_id, client__active=True
    ).first()
    if found is None or found.keys != keys or found.scopes != sorted(FHIR_SCOPES):
        register_client(actor=actor, client_id=FHIR_SOFTWARE, name="Logiciel FHIR de démonstration", structure_id=structure_id,
                        doors=(Door.HTTP,), key=demonstration_key(FHIR_SOFTWARE))  # fmt: skip
        register_fhir(actor=actor, client_id=FHIR_SOFTWARE, keys=keys, scopes=FHIR_SCOPES)


def _check_domain(actor: Actor, structure_id: UUID, name: str, code: str) -> None:
    """As the regional cell would: the feed was looked at, its INS may be used."""
    found, is_new = Domain.objects.get_or_create(
        code=code, is_oid=True, defaults={"structure_id": structure_id, "name": f"IPP de {name}"}
    )
    if is_new:
        check_domain(actor=actor, domain_id=found.id, name=found.name, contact="", is_trusted=True)


def _in_commune(insee: str) -> dict[str, Any]:
    commune = COMMUNES[insee]
    return {"department": commune.department, "city": commune.name, "city_code": insee}


def _load_structures(counts: Counter[str]) -> Places:
    """The agency, then legal entities, their sites, and in each site its receiving services, its SAMU and its SMUR."""
    places: Places = {}
    structures = _Structures()
    places["operator"] = structures.save(
        kind=Structure.Kind.AGENCY,
        finess=OPERATOR_FINESS_EJ,
        name=settings.OPERATOR_NAME,
        short_name=settings.OPERATOR_NAME[:60],
        category="GRADES",
        phone=OPERATOR_PHONE,
        **_in_commune("31555"),
    )
    places["editor"] = structures.save(
        kind=Structure.Kind.LEGAL_ENTITY,
        name=EDITOR_NAME,
        short_name=EDITOR_NAME[:60],
        category="EDITEUR",
        **_in_commune("31555"),
    )
    entity_communes = {base.finess_ej: base.insee for base in SMUR_BASES.values()}
    entity_communes.update((site.finess_ej, site.insee) for site in reversed(EMERGENCY_SITES.values()))
    for ej, name in legal_entities().items():
        places[f"entity/{ej}"] = structures.save(
            kind=Structure.Kind.LEGAL_ENTITY,
            finess=ej,
            name=name,
            short_name=name[:60],
            category=_category(ej),
            **_in_commune(entity_communes[ej]),
        )
        counts["entités juridiques"] += 1
    for site in EMERGENCY_SITES.values():
        _save_site(
            structures,
            places,
            counts,
            site.finess_eg,
            site.finess_ej,
            site.name,
            site.short_name,
            site.insee,
            site.latitude,
            site.longitude,
            site.phone,
        )
        for service in site.services:
            places[f"service/{site.finess_eg}/{service.type}"] = structures.save(
                kind=Structure.Kind.SERVICE,
                parent_id=places[f"site/{site.finess_eg}"],
                name=service.name,
                short_name=SERVICE_LABELS[service.type],
                category=_category(site.finess_ej),
                service_type=service.type,
                latitude=site.latitude,
                longitude=site.longitude,
                phone=service.phone,
                **_in_commune(site.insee),
            )
            counts["services receveurs"] += 1
    for rank, base in enumerate(SMUR_BASES.values()):
        _save_site(
            structures,
            places,
            counts,
            base.finess_eg,
            base.finess_ej,
            base.name,
            base.name,
            base.insee,
            base.latitude,
            base.longitude,
        )
        places[f"smur/{base.finess_eg}"] = structures.save(
            kind=Structure.Kind.SERVICE,
            parent_id=places[f"site/{base.finess_eg}"],
            name=base.name,
            short_name=base.name[:60],
            category=_category(base.finess_ej),
            service_type="smur",
            hub_id=base.hub_id,
            latitude=base.latitude,
            longitude=base.longitude,
            phone=fictional_phone(base.department, 8000 + rank),
            **_in_commune(base.insee),
        )
        counts["SMUR"] += 1
    for samu in SAMUS.values():
        commune = COMMUNES[samu.commune]
        _save_site(
            structures,
            places,
            counts,
            samu.finess_eg,
            samu.finess_ej,
            f"Plateforme du {samu.name}",
            samu.name,
            samu.commune,
            commune.latitude,
            commune.longitude,
        )
        places[f"samu/{samu.department}"] = structures.save(
            kind=Structure.Kind.SERVICE,
            parent_id=places[f"site/{samu.finess_eg}"],
            name=samu.long_name,
            short_name=samu.name,
            category=_category(samu.finess_ej),
            service_type="samu",
            hub_id=samu.client_id,
            latitude=commune.latitude,
            longitude=commune.longitude,
            phone=samu.phone,
            **_in_commune(samu.commune),
        )
        counts["SAMU"] += 1
    structures.flush()
    return places


def _category(ej: str) -> str:
    return "ES_PUBLIC" if is_public(ej) else "ES_PRIVE"


def _save_site(structures: _Structures, places: Places, counts: Counter[str], eg: str, ej: str, name: str,
               short_name: str, insee: str, latitude: float, longitude: float, phone: str = "") -> None:  # fmt: skip
    """A site, unless an emergency department of the same number has already made it."""
    if f"site/{eg}" in places:
        return
    places[f"site/{eg}"] = structures.save(
        kind=Structure.Kind.SITE,
        finess=eg,
        parent_id=places[f"entity/{ej}"],
        name=name,
        short_name=short_name[:60],
        category=_category(ej),
        latitude=latitude,
        longitude=longitude,
        phone=phone,
        **_in_commune(insee),
    )
    counts["sites"] += 1


def _load_roles(actor: Actor, places: Places, counts: Counter[str]) -> None:
    held = set(Habilitation.objects.filter(revoked_at=None).values_list("subject", "structure_id", "role"))
    for person in professionals():
        counts["professionnels"] += 1
        for activity in person.activities:
            for role in activity.roles:
                _give(actor, person.idnat, role, places, held, ends_on=activity.ended_on)
                counts["habilitations"] += 1


def _give(actor: Actor, subject: str, role: RoleAt, places: Places, held: set[tuple[str, UUID, str]], *,
          ends_on: date | None = None) -> None:  # fmt: skip
    structure_id = places[role.place]
    if (subject, structure_id, role.role) not in held:
        give_role(actor=actor, subject=subject, structure_id=structure_id, role_code=role.role, starts_on=SINCE,
                  ends_on=ends_on, reason=WHY)  # fmt: skip


def _load_local_accounts(actor: Actor, places: Places, counts: Counter[str]) -> None:
    held = set(Habilitation.objects.filter(revoked_at=None).values_list("subject", "structure_id", "role"))
    for person in local_people():
        user = User.objects.filter(email__iexact=person.email, kind=User.Kind.LOCAL).first()
        if user is None:
            user = User.objects.create_local(
                email=person.email,
                password=person.password,
                family_name=person.family_name,
                given_name=person.given_name,
            )
        if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            TOTP.activate(user, person.totp_secret)
        for role in person.roles:
            structure = Structure.objects.get(id=places[role.place])
            Situation.objects.get_or_create(
                user=user,
                organisation_key=str(structure.id),
                profession="",
                mode="S",
                role="",
                defaults={
                    "structure": structure,
                    "organisation_name": structure.name,
                    "source": Situation.Source.LOCAL,
                },
            )
            _give(actor, user.subject, role, places, held)
            counts["habilitations"] += 1
        counts["comptes locaux"] += 1
