"""What a code means, which codes a field accepts, and words to find them. `on` is the day the question is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.utils import timezone

from maison.formats.folding import plain
from maison.foundations.searching import holding, words_of

from .models import Concept, Member, System, ValueSet

MOST_FOUND = 200
MOST_WORDS = 6


def find_system(reference: str) -> System | None:
    """By canonical address, `urn:oid:…` or bare OID."""
    return System.objects.filter(_named(reference)).first() if reference else None


def find_set(reference: str) -> ValueSet | None:
    return ValueSet.objects.filter(_named(reference)).first() if reference else None


def _named(reference: str) -> Q:
    oid = reference.removeprefix("urn:oid:")
    known_by = Q(url=reference)
    return known_by | Q(oid=oid) if oid.replace(".", "").isdigit() else known_by


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code and its state on that day. `is_current`: may still be entered; otherwise `why` says since when it may not."""

    concept: Concept
    is_current: bool
    why: str = ""


def lookup(system: System, code: str, on: dt.date | None = None) -> Meaning | None:
    """The state in service on that day, else the nearest one: an ended code still has its words. None: never heard of."""
    day = on or timezone.localdate()
    states = list(Concept.objects.filter(_code(system, code), system=system).order_by("-since", "-id"))
    if not states:
        return None
    served = next((one for one in states if one.since <= day and (one.until is None or day < one.until)), None)
    chosen = served or states[0]
    return Meaning(chosen, *current(chosen, day))


def _code(system: System, code: str) -> Q:
    return Q(code=code) if system.case_sensitive else Q(code__in={code, code.upper(), code.lower()})


def current(one: Concept | Member, on: dt.date | None = None) -> tuple[bool, str]:
    """May it be entered that day, and otherwise why not."""
    day = on or timezone.localdate()
    if one.ends_on and day > one.ends_on:
        return False, f"code clos depuis le {one.ends_on:%d/%m/%Y}"
    if one.until and day >= one.until:
        return False, f"code retiré de la nomenclature le {one.until:%d/%m/%Y}"
    if one.starts_on and day < one.starts_on:
        return False, f"code valable seulement à partir du {one.starts_on:%d/%m/%Y}"
    return True, ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok`: the code may be entered that day. `message` is French; `display` is the official label when the code is known."""

    ok: bool
    message: str = ""
    display: str = ""


def validate_code(owner: System | ValueSet, code: str, *, system: str = "", display: str = "",
                  on: dt.date | None = None) -> Verdict:  # fmt: skip
    """Is this code of this system or set, on that day, under that label? A wrong label is refused: it may hide a wrong code."""
    day = on or timezone.localdate()
    if isinstance(owner, System):
        meaning = lookup(owner, code, day)
        if meaning is None:
            return Verdict(False, f"Le code {code} n'existe pas dans « {owner.title} ».")
        found: Concept | Member = meaning.concept
    else:
        members = Member.objects.filter(value_set=owner, code=code).order_by(F("until").asc(nulls_first=True), "-since")
        systems = _same_system(system)
        one = next((m for m in members if not systems or not m.system or m.system in systems), None)
        if one is None:
            return Verdict(False, f"Le code {code} n'est pas accepté par « {owner.title} ».")
        found = one
    is_current, why = current(found, day)
    if not is_current:
        return Verdict(False, f"{code} « {found.display} » : {why}.", found.display)
    if display and plain(display) not in _labels(found):
        return Verdict(False, f"Le libellé de {code} est « {found.display} », pas « {display[:80]} ».", found.display)
    return Verdict(True, "", found.display)


def _labels(found: Concept | Member) -> set[str]:
    return {plain(found.display), plain(found.short) if isinstance(found, Concept) and found.short else ""} - {""}


def _same_system(reference: str) -> set[str]:
    """Every way a publisher may write the same system."""
    if not reference:
        return set()
    known = find_system(reference)
    names = {reference}
    if known is not None:
        names |= {known.url} | ({f"urn:oid:{known.oid}", known.oid} if known.oid else set())
    return names


def expand(owner: ValueSet, *, text: str = "", on: dt.date | None = None, active_only: bool = True) -> QuerySet[Member]:
    """The codes of a set on that day, in the publisher's order; `text` keeps those whose code or label holds every word."""
    day = on or timezone.localdate()
    members = Member.objects.filter(value_set=owner, since__lte=day).filter(Q(until__isnull=True) | Q(until__gt=day))
    if on is None:
        members = Member.objects.filter(value_set=owner, until__isnull=True)
    if active_only:
        members = members.filter(_valid(day))
    for word in words_of(text)[:MOST_WORDS]:
        members = members.filter(Q(display__icontains=word) | Q(code__icontains=word))
    return members.order_by("id")


def _valid(day: dt.date) -> Q:
    return (Q(starts_on__isnull=True) | Q(starts_on__lte=day)) & (Q(ends_on__isnull=True) | Q(ends_on__gte=day))


def concepts_of(system: System, *, text: str = "", active_only: bool = False) -> QuerySet[Concept]:
    found = Concept.objects.filter(system=system, until__isnull=True)
    if active_only:
        found = found.filter(_valid(timezone.localdate()))
    return _matching(found, text) if text.strip() else found.order_by("code")


def search(text: str, *, systems: Iterable[str] = ()) -> QuerySet[Concept]:
    """Codes in service of any system whose code or label holds every word, accents and case aside; a misspelt word is
    compared with the nearest ones when nothing holds it. The exact code comes first, then the shortest label."""
    found = Concept.objects.filter(until__isnull=True).select_related("system")
    wanted = list(systems)
    return _matching(found.filter(system__url__in=wanted) if wanted else found, text)


def _matching(found: QuerySet[Concept], text: str) -> QuerySet[Concept]:
    words = words_of(text)[:MOST_WORDS]
    if not words:
        return found.none()
    code = text.strip()
    rank = Case(When(code__iexact=code, then=Value(0)), When(code__istartswith=code, then=Value(1)),
                When(words__contains=f" {words[0]}", then=Value(2)), default=Value(3), output_field=IntegerField())  # fmt: skip
    return holding(found, words).order_by(rank, Length("display"), "code")


def history_of(system: System, code: str) -> list[Concept]:
    return list(Concept.objects.filter(system=system, code=code).order_by("-since", "-id"))


def labels(reference: str, codes: Iterable[str]) -> dict[str, str]:
    """Code → label in service, or the last one said; a code never heard of is left out. One query for a whole list."""
    system = find_system(reference)
    if system is None:
        return {}
    rows = Concept.objects.filter(system=system, code__in=set(codes)).order_by(
        F("until").desc(nulls_last=True), "since"
    )
    return dict(rows.values_list("code", "display"))


def catalogue(text: str = "") -> list[System | ValueSet]:
    """Systems then sets whose name holds every word."""
    found: list[Any] = []
    for model in (System, ValueSet):
        rows: QuerySet[Any] = model.objects.all()
        for word in text.split()[:MOST_WORDS]:
            rows = rows.filter(Q(title__icontains=word) | Q(url__icontains=word) | Q(oid=word))
        found.extend(rows)
    return found
