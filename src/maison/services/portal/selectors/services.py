"""Services as a person sees them: which, on which storey, and whether the door is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import add
from uuid import UUID

from django.contrib.postgres.search import TrigramWordSimilarity
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Exists, F, FloatField, Max, OuterRef, Q, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest

from maison.formats.folding import plain
from maison.foundations.access import Actor
from maison.foundations.access import registry as house_roles
from maison.services.portal.access import Access, access_service, user_of
from maison.services.portal.models import AccessRequest, Favourite, Service, UsageEvent
from maison.services.portal.models.service import Viewer
from maison.services.portal.search import words

KIOSK_ROWS = 30
SHELF = 6
ALIKE = 0.33
NEAR_THE_BEST = 0.7
"""Least likeness (0–1) of the searched words with those of a service, alone and beside the best one found: low enough
for the typing errors of the tests, since what resembles much less than the best is left out anyway."""

STOREY_TEXTS: Mapping[str, str] = {
    Service.Storey.TOOLS: "Ce dont on se sert chaque jour pour soigner, orienter et accompagner.",
    Service.Storey.REGISTRIES: "Ce qui dit avec certitude qui est qui, qui fait quoi et qui a le droit d'entrer.",
    Service.Storey.FOUNDATIONS: "Ce qui porte le reste : les échanges, la sécurité, l'assistance et le pilotage.",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A service with how this person stands before it."""

    service: Service
    access: Access
    request_id: UUID | None = None
    favourite: bool = False

    @property
    def is_open(self) -> bool:
        return self.access is Access.OPEN


@dataclass(frozen=True, slots=True)
class Floor:
    """One storey of the house with its services."""

    code: str
    label: str
    text: str
    entries: list[Entry]

    @property
    def ready(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.access is not Access.NOT_READY]

    @property
    def later(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.access is Access.NOT_READY]


VIEWER_SQL = """
SELECT held.kind, held.category, held.department
FROM structures_structure mine JOIN structures_structure held ON held.id = ANY(mine.lineage)
WHERE mine.id = %s ORDER BY array_position(mine.lineage, held.id)
"""


def viewer_of(actor: Actor) -> Viewer:
    """What the rules look at. A service takes the category and the territory of the site that contains it. One query."""
    if actor.is_anonymous:
        return Viewer()
    rows: list[tuple[str, str, str]] = []
    if actor.structure_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(VIEWER_SQL, [actor.structure_id])
            rows = cursor.fetchall()
    types = {rows[0][0], *(category for _, category, _ in rows)} if rows else set()
    return Viewer(
        profession=actor.profession,
        structure_types=tuple(sorted(types - {""})),
        department=next((department for _, _, department in rows if department), ""),
        roles=tuple(sorted(actor.roles)),
    )


def access_to(actor: Actor, service: Service, *, requested: bool = False) -> Access:
    """Whether the door is open (PASS-03, PASS-04). A permission that no room declares opens nothing."""
    if not service.is_available:
        return Access.NOT_READY
    needs_someone = bool(service.url_name) and (service.permission or service.sign_on == Service.SignOn.HOUSE)
    if actor.is_anonymous:
        return Access.NEEDS_SIGN_IN if needs_someone else Access.OPEN
    if service.psc_only and actor.auth == "local":
        return Access.NEEDS_PSC
    permission = house_roles.permissions().get(service.permission)
    if not service.permission or (permission is not None and actor.can(permission)):
        return Access.OPEN
    if requested:
        return Access.REQUESTED
    return Access.REQUESTABLE if service.roles and actor.structure_id else Access.CLOSED


def _entries(actor: Actor, services: Iterable[Service]) -> list[Entry]:
    """One query for the requests under way, whatever the number of services."""
    services = list(services)
    asked: dict[UUID, UUID] = {}
    if services and actor.structure_id is not None:
        asked = dict(
            AccessRequest.objects.under_way()
            .filter(subject=actor.subject, structure_id=actor.structure_id)
            .values_list("service_id", "id")
        )
    return [
        Entry(
            service=service,
            access=access_to(actor, service, requested=service.id in asked),
            request_id=asked.get(service.id),
            favourite=getattr(service, "is_favourite", False),
        )
        for service in services
    ]


def _floors(entries: Iterable[Entry]) -> list[Floor]:
    by_storey: dict[str, list[Entry]] = {}
    for entry in entries:
        by_storey.setdefault(entry.service.storey, []).append(entry)
    return [
        Floor(storey.value, str(storey.label), STOREY_TEXTS[storey], by_storey[storey])
        for storey in Service.Storey
        if storey.value in by_storey
    ]


def _opened_by(permissions: Iterable[str], actor: Actor) -> Q:
    """Services open now, in SQL, for the filter « ouverts pour moi »."""
    strong = Q() if actor.auth != "local" else Q(psc_only=False)
    return strong & Q(status=Service.Status.AVAILABLE) & Q(permission__in=["", *permissions])


def kiosk(
    actor: Actor,
    viewer: Viewer,
    *,
    storey: str = "",
    scope: str = "",
    public: str = "",
    only_open: bool = False,
    number: int | str = 1,
) -> tuple[list[Floor], Page[Service]]:
    """The services this person may see, storey by storey. Three queries: count, services, requests."""
    rows = Service.objects.visible_to(actor, viewer)
    if storey:
        rows = rows.filter(storey=storey)
    if scope:
        rows = rows.filter(scope=scope)
    if public:
        rows = rows.filter(publics__contains=[public])
    if only_open:
        held = [code for code, permission in house_roles.permissions().items() if actor.can(permission)]
        rows = rows.filter(_opened_by(held, actor))
    page = Paginator(rows, KIOSK_ROWS).get_page(number)
    return _floors(_entries(actor, page.object_list)), page


def shelf(actor: Actor, viewer: Viewer) -> list[Entry]:
    """What this person keeps at hand, then what he opened last. One query, and one for the requests."""
    used = UsageEvent.objects.filter(service=OuterRef("pk"), user_id=user_of(actor))
    last = used.values("service").annotate(last=Max("at")).values("last")
    kept = Favourite.objects.filter(service=OuterRef("pk"), user_id=user_of(actor))
    rows = (
        Service.objects.visible_to(actor, viewer)
        .annotate(is_favourite=Exists(kept), last_opened=Subquery(last))
        .filter(Q(is_favourite=True) | Q(last_opened__isnull=False))
        .order_by("-is_favourite", F("last_opened").desc(nulls_last=True), "name", "id")
    )
    return _entries(actor, rows[:SHELF])


def house_floors(actor: Actor, viewer: Viewer) -> list[Floor]:
    """The whole house, roof to foundations, as far as this person may know of it. Two queries."""
    return _floors(_entries(actor, Service.objects.visible_to(actor, viewer)))


def citizens_services(actor: Actor) -> list[Entry]:
    """What the public page offers: open doors first."""
    entries = _entries(actor, Service.objects.visible_to(actor).for_citizens())
    return sorted(entries, key=lambda entry: (not entry.service.link, entry.service.position))


@dataclass(frozen=True, slots=True)
class ServiceSheet:
    """One service, all that is known of it, and the roles one may ask for."""

    entry: Entry
    roles: list[tuple[str, str]]
    last_opened: datetime | None


def service_sheet(actor: Actor, code: str) -> ServiceSheet:
    viewer = viewer_of(actor)
    service = access_service(actor, code, viewer)
    last_opened = None
    favourite = False
    if not actor.is_anonymous:
        favourite = Favourite.objects.filter(service=service, user_id=user_of(actor)).exists()
        last_opened = UsageEvent.objects.filter(service=service, user_id=user_of(actor)).aggregate(at=Max("at"))["at"]
    entry = _entries(actor, [service])[0]
    known = house_roles.roles()
    return ServiceSheet(
        entry=Entry(entry.service, entry.access, entry.request_id, favourite),
        roles=[(role, known[role].label) for role in service.roles if role in known],
        last_opened=last_opened,
    )


# -- search


def _likeness(asked: Sequence[str]) -> Combinable:
    """The mean likeness of the asked words, 0 to 1: a name or a keyword says more than a description."""
    each: list[Combinable] = [
        Greatest(
            TrigramWordSimilarity(word, "search_name"),
            TrigramWordSimilarity(word, "search_text") * Value(0.7),
            output_field=FloatField(),
        )
        for word in asked
    ]
    return reduce(add, each) / Value(float(len(asked)), output_field=FloatField())


def search(actor: Actor, viewer: Viewer, query: str, *, limit: int = 20) -> list[Entry]:
    """Visible services that resemble the words asked, nearest first: accents, typing errors and acronyms are forgiven."""
    asked = words(query)
    if not asked:
        return []
    rows = (
        Service.objects.visible_to(actor, viewer)
        .annotate(likeness=_likeness(asked))
        .filter(likeness__gte=ALIKE)
        .order_by("-likeness", "position", "id")
    )
    found = list(rows[:limit])
    return _entries(actor, [row for row in found if row.likeness >= NEAR_THE_BEST * found[0].likeness])


PLACES_SQL = """
SELECT at FROM (
  SELECT place.at, avg(word_similarity(asked.word, place.label)) AS likeness
  FROM unnest(%s::text[]) WITH ORDINALITY AS place(label, at), unnest(%s::text[]) AS asked(word)
  GROUP BY place.at
) AS compared WHERE likeness >= %s ORDER BY likeness DESC, at LIMIT %s
"""


def places_like(query: str, labels: Sequence[str], *, limit: int = 5) -> list[int]:
    """Which of these labels resemble the words asked, nearest first, by their rank in the list. One query."""
    asked = words(query)
    if not asked or not labels:
        return []
    with connection.cursor() as cursor:
        cursor.execute(PLACES_SQL, [[plain(label) for label in labels], asked, ALIKE, limit])
        return [row[0] - 1 for row in cursor.fetchall()]
