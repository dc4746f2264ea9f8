"""The agency keeps the catalogue: add, change, withdraw a service, go back. Each act is a version with both states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from maison.formats.folding import plain
from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.access import registry as house_roles
from maison.foundations.errors import NotFound
from maison.foundations.events import publish
from maison.services.portal.access import keeping_agency, kept_service
from maison.services.portal.errors import CodeTaken, NothingToUndo, PscAlwaysNeeded, ServiceChangedMeanwhile
from maison.services.portal.events import ServiceKept
from maison.services.portal.models import Service, ServiceVersion, VisibilityRule
from maison.services.portal.models.version import KEPT_FIELDS, State, state_of

Act = ServiceVersion.Act


@transaction.atomic
def add_service(*, actor: Actor, code: str, fields: Mapping[str, Any]) -> ServiceVersion:
    """A service of the agency's own, beside those delivered with the house; seen by everyone until a rule narrows it."""
    keeping_agency(actor)
    if Service.objects.select_for_update().filter(code=code).exists():
        raise CodeTaken
    service = Service(code=code)
    return _keep(actor, service, Act.ADDED, None, fields)


@transaction.atomic
def change_service(
    *,
    actor: Actor,
    code: str,
    seen: int,
    fields: Mapping[str, Any] | None = None,
    rules: list[dict[str, list[str]]] | None = None,
) -> ServiceVersion | None:
    """Change what the agency decides of a service. `seen` is the version the person had before the eyes.

    None when nothing differs. From then on a load of the delivered catalogue leaves these fields alone.
    """
    service = kept_service(actor, code, lock=True)
    _check_seen(service, seen)
    before = state_of(service)
    wanted = {**(fields or {}), **({} if rules is None else {"rules": rules})}
    if all(before[name] == _plain(value) for name, value in wanted.items()):
        return None
    return _keep(actor, service, Act.CHANGED, before, wanted)


@transaction.atomic
def withdraw_service(*, actor: Actor, code: str, seen: int, reason: str) -> ServiceVersion:
    """Nobody is offered the service any more; favourites, counts and versions stay."""
    service = kept_service(actor, code, lock=True)
    _check_seen(service, seen)
    if service.status == Service.Status.WITHDRAWN:
        raise ServiceChangedMeanwhile
    withdrawn = {"status": Service.Status.WITHDRAWN, "status_note": ""}
    return _keep(actor, service, Act.WITHDRAWN, state_of(service), withdrawn, reason=reason)


@transaction.atomic
def undo_version(*, actor: Actor, code: str, version_id: UUID, seen: int) -> ServiceVersion:
    """Back to the state before this version; before the first, the service was not offered. It is a version too."""
    service = kept_service(actor, code, lock=True)
    _check_seen(service, seen)
    version = ServiceVersion.objects.filter(service=service, id=version_id).first()
    if version is None:
        raise NotFound
    before = state_of(service)
    wanted: State = version.before or {**before, "status": Service.Status.WITHDRAWN}
    if before == wanted:
        raise NothingToUndo
    return _keep(actor, service, Act.UNDONE, before, wanted, reason=f"Version {version.number} annulée", keep=False)


def last_number(service: Service) -> int:
    return service.versions.values_list("number", flat=True).order_by("-number").first() or 0


def _check_seen(service: Service, seen: int) -> None:
    if last_number(service) != seen:
        raise ServiceChangedMeanwhile


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def _keep(actor: Actor, service: Service, act: Act, before: State | None, wanted: Mapping[str, Any], *,
          reason: str = "", keep: bool = True) -> ServiceVersion:  # fmt: skip
    status = service.status
    for name in KEPT_FIELDS:
        if name in wanted:
            setattr(service, name, wanted[name])
    permission = house_roles.permissions().get(service.permission)
    if permission is not None and permission.health and not service.psc_only:
        raise PscAlwaysNeeded
    if keep:
        service.kept_by_agency = True
    if service.status != status or before is None:
        service.status_since = timezone.now()
    names = " ".join(plain(text) for text in (service.name, service.acronym, *service.keywords))
    service.search_name = names
    service.search_text = f"{names} {plain(service.for_professionals)} {plain(service.for_citizens)}"
    service.full_clean(exclude=["owner"])
    service.save()
    if "rules" in wanted:
        VisibilityRule.objects.filter(service=service).delete()
        VisibilityRule.objects.bulk_create(VisibilityRule(service=service, **rule) for rule in wanted["rules"])
    version = ServiceVersion.objects.create(
        service=service, number=last_number(service) + 1, act=act, subject=actor.subject, name=actor.name,
        reason=reason, before=before, after=state_of(service),
    )  # fmt: skip
    audit.record(
        actor, f"portal.service_{act.value}", target=service, reason=reason,
        details={"service": service.code, "version": version.number, "changed": version.changed},
    )  # fmt: skip
    publish(ServiceKept(service.id, version.number, act.value))
    return version
