"""Two questions a launcher or a load balancer asks: is the process alive, and may it be sent people?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from maison.foundations.access.decorators import public
from maison.ui.pages import fresh

from .beats import FRESH_SECONDS, is_alive
from .house_probes import SEAL_STALE, oldest_unsealed, state_of

_migrated = False


def migrations_applied() -> bool:
    """Read once: a process never goes back to an older schema."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def reasons() -> list[dict[str, str]]:
    """Why the house should not be sent people now; empty when it is ready."""
    try:
        connection.ensure_connection()
        if not migrations_applied():
            return [{"code": "migrations", "texte": "La base de données n'est pas à jour."}]
        found = []
        if not is_alive("worker"):
            found.append({"code": "worker", "texte": f"Aucun travail de fond vu depuis {FRESH_SECONDS} secondes."})
        if state_of(oldest_unsealed(), SEAL_STALE, SEAL_STALE) == "failed":
            found.append({"code": "audit", "texte": "Le scellement des traces est en retard."})
    except DatabaseError:
        return [{"code": "database", "texte": "La base de données ne répond pas."}]
    return found


@require_safe
@public("Sonde du lanceur : dit seulement que le processus répond.")
def alive(request: HttpRequest) -> JsonResponse:
    return fresh(JsonResponse({"etat": "vivante"}))  # type: ignore[return-value]


@require_safe
@public("Sonde du lanceur et du répartiteur : codes techniques seulement.")
def ready(request: HttpRequest) -> JsonResponse:
    found = reasons()
    answer = {"etat": "indisponible" if found else "prete", "raisons": found}
    return fresh(JsonResponse(answer, status=503 if found else 200))  # type: ignore[return-value]
