from __future__ import annotations

from uuid import UUID

from maison.foundations import audit
from maison.foundations.access.actor import STRONG_AUTHENTICATIONS, Actor
from maison.foundations.access.decorators import StrongSignInNeeded
from maison.foundations.errors import NotFound

from .models import StoredFile


def access_file(actor: Actor, file_id: UUID) -> StoredFile:
    """The file, if its purpose lets the actor read it; the reading is traced. Unseen or withdrawn: NotFound."""
    file = StoredFile.objects.filter(id=file_id, state=StoredFile.State.STORED).first()
    purpose = file.purpose if file else None
    if file is None or purpose is None or not purpose.may_read(actor, file):
        raise NotFound
    if purpose.health and actor.auth not in STRONG_AUTHENTICATIONS:
        raise StrongSignInNeeded
    audit.record(actor, "files.read", target=file, patient=purpose.patient_of(file), structure=file.structure_id,
                 details={"purpose": purpose.code})  # fmt: skip
    return file
