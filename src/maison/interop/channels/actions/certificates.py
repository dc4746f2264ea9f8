"""The certificate a software presents, declared so that its end is known before it comes."""

from __future__ import annotations

from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from django.db import transaction
from django.utils import timezone

from maison.foundations import audit
from maison.foundations.access.actor import Actor
from maison.foundations.errors import NotFound
from maison.interop.channels.access import require_in
from maison.interop.channels.errors import CertificateUnreadable, NotItsCertificate
from maison.interop.channels.flow import read_certificate
from maison.interop.channels.models import Certificate
from maison.interop.channels.permissions import P
from maison.interop.exchanges.models import Client


@transaction.atomic
def declare(*, actor: Actor, client_id: UUID | str, pem: str) -> Certificate:
    """Only the certificate the door already knows by its fingerprint: nothing opens here."""
    client = Client.objects.filter(id=client_id).first()
    if client is None:
        raise NotFound
    require_in(actor, P.EDIT, client.structure_id)
    try:
        read = read_certificate(pem.encode())
    except ValueError as error:
        raise CertificateUnreadable from error
    fingerprint = read.fingerprint(SHA256()).hex()
    if fingerprint != client.certificate_fingerprint:
        raise NotItsCertificate
    certificate, _ = Certificate.objects.update_or_create(
        client_id=client.id,
        defaults={"fingerprint": fingerprint, "subject": read.subject.rfc4514_string()[:300], "expires_at": read.not_valid_after_utc, "declared_at": timezone.now()},
    )  # fmt: skip
    audit.record(
        actor,
        "channels.certificate_declared",
        target=client,
        structure=client.structure_id,
        details={"client": client.client_id},
    )
    return certificate
