"""Bring the delivered catalogue up to date. Run by the region's load and by `manage.py load_catalogue`, at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from maison.formats.folding import plain
from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.events import publish
from maison.services.portal.catalogue import ENTRIES, Entry
from maison.services.portal.events import CatalogueLoaded
from maison.services.portal.models import Service, VisibilityRule


@dataclass(frozen=True, slots=True)
class Loaded:
    created: int
    changed: int
    withdrawn: int


def _has_page(entry: Entry) -> bool:
    try:
        reverse(entry.url_name)
    except NoReverseMatch:
        return False
    return True


def fields_of(entry: Entry, position: int) -> dict[str, Any]:
    """The row an entry asks for. A page that does not exist yet is not promised: the service is in preparation."""
    page = entry.url_name if entry.url_name and _has_page(entry) else ""
    names = " ".join(plain(text) for text in (entry.name, entry.acronym, *entry.keywords))
    return {
        "name": entry.name,
        "acronym": entry.acronym,
        "storey": entry.storey,
        "position": position,
        "for_professionals": entry.for_professionals,
        "for_citizens": entry.for_citizens,
        "publics": [str(public) for public in entry.publics],
        "scope": entry.scope,
        "url_name": page,
        "link": entry.link,
        "sign_on": entry.sign_on,
        "level": entry.level,
        "psc_only": entry.psc_only,
        "permission": entry.permission,
        "roles": list(entry.roles),
        "keywords": list(entry.keywords),
        "search_name": names,
        "search_text": f"{names} {plain(entry.for_professionals)} {plain(entry.for_citizens)}",
        "from_catalogue": True,
    }


@transaction.atomic
def load_catalogue(*, actor: Actor | None = None, entries: tuple[Entry, ...] = ENTRIES) -> Loaded:
    """Create and update the services of the table, withdraw those that left it; those of the operator are not touched.

    A service an operator suspended stays suspended.
    """
    actor = actor or Actor.system("portal.load_catalogue")
    known = {service.code: service for service in Service.objects.select_for_update().prefetch_related("rules")}
    created = changed = withdrawn = 0
    for position, entry in enumerate(entries):
        service = known.get(entry.code)
        is_new = service is None
        if service is None:
            service = Service(code=entry.code)
        fields = fields_of(entry, position)
        status = Service.Status.AVAILABLE if fields["url_name"] or fields["link"] else Service.Status.PREPARING
        if service.status == Service.Status.SUSPENDED:
            status = Service.Status.SUSPENDED
        if service.kept_by_agency:
            # What the agency decided stays; the page, the permission and the roles follow the room.
            kept_status = service.status
            fields = {name: fields[name] for name in ("url_name", "permission", "roles", "from_catalogue")}
            if service.link:
                fields["url_name"] = ""
            has_address = fields["url_name"] or service.link
            if kept_status == Service.Status.AVAILABLE and not has_address:
                status = Service.Status.PREPARING
            elif kept_status != Service.Status.PREPARING:
                status = Service.Status(kept_status)
        before = {name: getattr(service, name) for name in fields}
        if (
            is_new
            or before != fields
            or service.status != status
            or (not service.kept_by_agency and _rules_differ(service, entry))
        ):
            if service.status != status:
                service.status_since = timezone.now()
            service.status = status
            for name, value in fields.items():
                setattr(service, name, value)
            service.full_clean(exclude=["owner"])
            service.save()
            if not service.kept_by_agency:
                _write_rules(service, entry)
            created, changed = created + is_new, changed + (not is_new)
    gone = [service.pk for code, service in known.items()
            if service.from_catalogue and service.status != Service.Status.WITHDRAWN
            and code not in {entry.code for entry in entries}]  # fmt: skip
    if gone:
        withdrawn = Service.objects.filter(pk__in=gone).update(
            status=Service.Status.WITHDRAWN, status_since=timezone.now()
        )
    loaded = Loaded(created, changed, withdrawn)
    if created or changed or withdrawn:
        audit.record(actor, "portal.catalogue_loaded", details={"created": created, "changed": changed,
                                                                "withdrawn": withdrawn})  # fmt: skip
        publish(CatalogueLoaded(created, changed, withdrawn))
    return loaded


_PARTS = ("professions", "structure_types", "departments", "roles")


def _rules_differ(service: Service, entry: Entry) -> bool:
    held = [tuple(tuple(getattr(rule, part)) for part in _PARTS) for rule in service.rules.all()]
    asked = [tuple(tuple(rule.get(part, ())) for part in _PARTS) for rule in entry.rules]
    return sorted(held) != sorted(asked)


def _write_rules(service: Service, entry: Entry) -> None:
    VisibilityRule.objects.filter(service=service).delete()
    VisibilityRule.objects.bulk_create(VisibilityRule(service=service, **rule) for rule in entry.rules)
