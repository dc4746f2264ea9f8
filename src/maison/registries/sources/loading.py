"""One file, from its first byte to its last difference. Not one transaction: each batch stands alone, and a file begun again goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access import Actor
from maison.foundations.errors import BusinessError
from maison.foundations.events import publish

from . import applying, staging
from .catalogue import Opened, Source
from .errors import FileRefused, LoadingRunning, OlderThanServed, TooMuchGone
from .events import LoadingAborted, SourceApplied
from .models import Loading

SILENT_AFTER = dt.timedelta(minutes=2)
State = Loading.State


def load(actor: Actor, source: Source, path: Path, *, apply: bool = True, accept_losses: str = "",
         progress: Callable[[Loading], None] = lambda loading: None) -> Loading:  # fmt: skip
    """Read the file, show what it would change, apply it unless it is only a trial.

    `accept_losses` is the reason a person gives when the publisher really removed that much. Raises FileRefused, TooMuchGone,
    OlderThanServed (the loading is kept with its reason, nothing else is written) and LoadingRunning.
    """
    loading = _begin(actor, source, path)
    try:
        _read(loading, source, path, accept_losses, progress)
        if apply and loading.state == State.READING:
            _apply(actor, loading, source, accept_losses, progress)
        elif loading.state == State.READING:
            _end(loading, State.TRIED)
    except BusinessError as refused:
        _abort(actor, loading, refused.text)
        raise
    except BaseException as error:
        _abort(actor, loading, f"Le chargement s'est interrompu ({type(error).__name__}). Relancez-le : il reprendra où il en était.")  # fmt: skip
        raise
    return loading


def _begin(actor: Actor, source: Source, path: Path) -> Loading:
    silent = Loading.objects.filter(
        source=source.code, state__in=Loading.RUNNING, heard_at__lt=timezone.now() - SILENT_AFTER
    )
    silent.update(state=State.ABORTED, reason="Interrompu sans un mot.", ended_at=timezone.now())
    try:
        with transaction.atomic():
            return Loading.objects.create(
                source=source.code, source_name=source.name, file_name=path.name, started_by=actor.label
            )
    except IntegrityError as running:
        raise LoadingRunning from running


def _read(
    loading: Loading, source: Source, path: Path, accept_losses: str, progress: Callable[[Loading], None]
) -> None:
    if path.is_file():
        with path.open("rb") as file:
            loading.file_hash = file_digest(file, "sha256").hexdigest()
    opened = source.open(path)
    loading.vintage = opened.vintage
    loading.save(update_fields=["file_hash", "vintage"])
    _refuse_dates(source, opened)
    refusals = staging.Refusals(loading)

    def told(count: int) -> None:
        _beat(loading, lines=count)
        progress(loading)

    loading.lines = staging.stage(loading, opened, refusals, told)
    if not loading.lines:
        raise FileRefused("Le fichier ne contient aucune ligne.")
    different, loading.gone, open_rows = staging.compare(source.code)
    ratio = loading.gone / open_rows if open_rows else 0.0
    if ratio > source.max_gone_ratio and not accept_losses:
        loading.save()
        raise TooMuchGone(f"{loading.gone} lignes sur {open_rows} ({ratio:.0%}) ne sont plus dans le fichier ; la limite est de {source.max_gone_ratio:.0%}.".replace("%", " %"))  # fmt: skip
    staging.understand(opened, different, refusals, lambda count: _beat(loading))
    refusals.flush()
    loading.refused, loading.warned = refusals.refused, refusals.warned
    loading.new, loading.changed = applying.counts(source)
    loading.same = max(loading.lines - len(different) - loading.refused, 0)
    loading.samples = applying.samples(source)
    loading.save()
    progress(loading)


def _refuse_dates(source: Source, opened: Opened) -> None:
    if opened.vintage > timezone.localdate() + dt.timedelta(days=1):
        raise FileRefused(f"Sa date, {opened.vintage:%d/%m/%Y}, est dans le futur.")
    served = served_vintage(source.code)
    if served and opened.vintage < served:
        raise OlderThanServed(f"Celui-ci est du {opened.vintage:%d/%m/%Y}, la version en service du {served:%d/%m/%Y}.")


def served_vintage(source: str) -> dt.date | None:
    found = Loading.objects.filter(source=source, state__in=(State.APPLIED, State.UNCHANGED)).order_by("-vintage")
    return found.values_list("vintage", flat=True).first()


def _apply(actor: Actor, loading: Loading, source: Source, accept_losses: str, progress: Callable[[Loading], None]) -> None:  # fmt: skip
    if not (loading.new or loading.changed or loading.gone):
        _end(loading, State.UNCHANGED)
        return
    loading.state = State.APPLYING
    loading.save(update_fields=["state"])
    assert loading.vintage is not None

    def told(count: int) -> None:
        _beat(loading, done=count)
        progress(loading)

    applying.apply(source, loading.vintage, told)
    with transaction.atomic():
        _end(loading, State.APPLIED)
        audit.record(
            actor, "sources.applied", target=loading, reason=accept_losses,
            details={"source": source.code, "new": loading.new, "changed": loading.changed, "gone": loading.gone},
        )  # fmt: skip
        publish(SourceApplied(loading.id, source.code))


def _beat(loading: Loading, **figures: int) -> None:
    for name, value in figures.items():
        setattr(loading, name, value)
    loading.heard_at = timezone.now()
    loading.save(update_fields=["heard_at", *figures])


def _end(loading: Loading, state: State) -> None:
    loading.state, loading.ended_at = state, timezone.now()
    loading.save(update_fields=["state", "ended_at"])


def _abort(actor: Actor, loading: Loading, reason: str) -> None:
    with transaction.atomic():
        loading.reason = reason
        loading.state, loading.ended_at = State.ABORTED, timezone.now()
        loading.save()
        audit.record(actor, "sources.aborted", target=loading, outcome="failed", details={"source": loading.source})
        publish(LoadingAborted(loading.id, loading.source, reason))
