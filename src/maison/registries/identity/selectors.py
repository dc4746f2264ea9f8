"""Reads: the sheet of an identity, its history, what waits for a steward."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from maison.formats.civil_status import Difference, Remark, place_words, remarks
from maison.formats.countries import COUNTRIES
from maison.foundations.access import Actor

from . import documents
from .banners import STATUS_WORDS, banner_of, place_names
from .models import Change, Domain, Identity, InsiCall, Link, Merge, Pair, WorkItem
from .permissions import P
from .srir.clusters import cluster_of

CHANGES = {
    "registered": "Enregistrée",
    "registered_unknown": "Enregistrée sans identité connue",
    "told": "Dite par l'établissement",
    "corrected": "Traits corrigés",
    "complemented": "Traits complémentaires changés",
    "insi_taken": "Traits d'INSi repris",
    "apcv_read": "Application carte Vitale lue",
    "document_checked": "Pièce contrôlée",
    "ins_invalidated": "INS retiré",
    "ins_verified": "INS vérifié",
    "ins_ko": "INS invalidé par INSi",
    "devalidated": "Redevenue provisoire",
    "attributes_set": "Attributs changés",
    "merged": "Fusionnée dans une autre",
    "merge_undone": "Fusion annulée",
    "renumbered": "Nouveau numéro",
    "linking_refused": "Rapprochement régional refusé",
    "linking_accepted": "Rapprochement régional accepté",
    "never_used": "Jamais utilisée",
}
FIELD_LABELS = {
    "first_name": "premier prénom", "insi_at": "date INSi", "insi_source": "", "ins_oid": "", "ins_verified_at": "vérification INS",
    "check_source": "", "check_structure_id": "", "attributes_source": "", "comments": "", "merged_into_id": "", "state": "état",
}  # fmt: skip


@dataclass(slots=True)
class Linked:
    """Another identity of the same person, as far as the reader may know: where, its status and since when."""

    identity: Identity
    link: Link | None
    may_open: bool


@dataclass(slots=True)
class Sheet:
    identity: Identity
    numbers: list[Any]
    call: InsiCall | None
    documents: list[Any]
    merges: list[Merge]
    linked: list[Linked]
    work: list[WorkItem]
    remarks: list[Remark]
    check_structure: str = ""
    document: str = ""


def sheet(actor: Actor, identity: Identity) -> Sheet:
    """All that one page shows of one identity."""
    linked = _linked(actor, identity)
    merges = Merge.objects.filter(Q(kept=identity) | Q(gone=identity)).select_related("kept", "gone")
    return Sheet(
        identity=identity,
        numbers=list(identity.numbers.all()),
        call=InsiCall.objects.filter(identity=identity).order_by("-asked_at", "-id").first(),
        documents=list(identity.documents.select_related("structure")[:3]),
        merges=list(merges[:5]),
        linked=linked,
        work=list(WorkItem.objects.waiting().filter(Q(identity=identity) | Q(other=identity)).select_related("identity", "other")[:8]),
        remarks=remarks(identity.strict, timezone.localdate(), identity.ins_matricule),
        check_structure=identity.check_structure.name if identity.check_structure else "",
        document=documents.LABELS.get(identity.check_document, ""),
    )  # fmt: skip


def _linked(actor: Actor, identity: Identity) -> list[Linked]:
    """INS-09: that another structure qualified the same person is visible, with its place; its sheet opens to those of there."""
    ids = cluster_of(identity.id) - {identity.id}
    if not ids:
        return []
    rows = list(
        Identity.objects.active().filter(id__in=ids).select_related("domain__structure").order_by("domain__name", "id")
    )
    links = {}
    for one in Link.objects.filter(Q(one=identity) | Q(other=identity), ended_at=None):
        links[one.other_id if one.one_id == identity.id else one.one_id] = one
    seen = set(Identity.objects.visible_to(actor).filter(id__in=ids).values_list("id", flat=True))
    return [Linked(row, links.get(row.id), row.id in seen) for row in rows]


# -- history


@dataclass(slots=True)
class Step:
    """One change: what, by whom, and the traits before and after."""

    change: Change
    what: str
    status: str
    lines: list[tuple[str, str, str]] = field(default_factory=list)


def history(identity: Identity) -> QuerySet[Change]:
    return Change.objects.filter(identity=identity).order_by("-version")


def steps(changes: list[Change]) -> list[Step]:
    """The page of changes with what each changed; one query for the states just before."""
    before = {
        (one.identity_id, one.version): one.state
        for one in Change.objects.filter(
            identity__in={one.identity_id for one in changes}, version__in={one.version - 1 for one in changes}
        )
    }
    found = []
    for one in changes:
        old = before.get((one.identity_id, one.version - 1), {})
        lines = []
        for name in one.fields:
            label = label_of(name)
            if label:
                lines.append((label, _words(name, old.get(name)), _words(name, one.state.get(name))))
        found.append(
            Step(one, CHANGES.get(one.code, one.code), STATUS_WORDS.get(one.state.get("status", ""), ""), lines)
        )
    return found


def label_of(name: str) -> str:
    if name in FIELD_LABELS:
        return FIELD_LABELS[name]
    return str(getattr(Identity._meta.get_field(name.removesuffix("_id")), "verbose_name", name))


def _words(name: str, value: Any) -> str:
    if value in (None, "", [], False):
        return "–"
    if value is True:
        return "oui"
    if name == "check_document":
        return documents.LABELS.get(str(value), str(value))
    text = str(value)
    if name.endswith("_at"):
        return f"{datetime.fromisoformat(text):%d/%m/%Y}"
    if name in ("birth_date", "died_on"):
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    choices = dict(getattr(Identity._meta.get_field(name.removesuffix("_id")), "flatchoices", []))
    return str(choices.get(text, text))


def as_of(identity_id: UUID, at: datetime) -> dict[str, Any] | None:
    """What the house held of it at that moment; None before it was known."""
    found = Change.objects.filter(identity=identity_id, at__lte=at).order_by("-version").first()
    return found.state if found else None


# -- work


def work_rows(actor: Actor, reason: str = "") -> QuerySet[WorkItem]:
    """Oldest first: what waits longest is seen first."""
    rows = WorkItem.objects.visible_to(actor).waiting().select_related("identity", "other", "structure")
    return rows.filter(reason=reason) if reason else rows


def pair_rows(actor: Actor) -> QuerySet[Pair]:
    """Duplicates of the domains the actor keeps; between domains, for the regional cell."""
    waiting = Pair.objects.filter(state__in=(Pair.State.PROPOSED, Pair.State.SECONDED)).select_related(
        "one__domain__structure", "other__domain__structure"
    )
    if actor.can(P.REGION):
        return waiting
    return waiting.filter(one__domain=F("other__domain"), one__domain__in=Domain.objects.open_to(actor, P.STEWARD))


def work_counts(actor: Actor) -> dict[str, int]:
    rows = WorkItem.objects.visible_to(actor).waiting().order_by().values_list("reason").annotate(count=Count("id"))
    return dict(rows)


def with_banners(rows: list[Any], *names: str) -> None:
    """Give each row the banners of its identities, places asked once."""
    people = [getattr(row, name) for row in rows for name in names if getattr(row, name) is not None]
    places = place_names({one.birth_place for one in people})
    for row in rows:
        for name in names:
            found = getattr(row, name)
            setattr(row, f"{name}_banner", banner_of(found, places) if found is not None else None)


def with_places(lines: list[Difference]) -> list[Difference]:
    """The place of birth in words beside its code."""
    return [
        line._replace(
            one=place_label(line.one) if line.one else "", other=place_label(line.other) if line.other else ""
        )
        if line.trait == "birth_place"
        else line
        for line in lines
    ]


def place_label(code: str) -> str:
    name = place_names([code]).get(code, "")
    words = place_words(code, name)
    return f"{words} ({code})" if name or code in COUNTRIES else words
