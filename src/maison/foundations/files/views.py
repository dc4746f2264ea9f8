from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from maison.foundations.access import signed_in
from maison.ui.pages import fresh

from .access import access_file
from .actions import content


@require_GET
@signed_in("Chaque usage de fichier a sa règle de lecture, vérifiée pour ce fichier.")
def download(request: Any, file_id: UUID) -> HttpResponse:
    """Always an attachment, never shown by the browser as a page of the house."""
    file = access_file(request.actor, file_id)
    response = StreamingHttpResponse(content(file), content_type=file.kind.media_type)
    response["Content-Length"] = str(file.size)
    response["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return fresh(response)  # type: ignore[arg-type]
