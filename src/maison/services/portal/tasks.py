"""The delay of an access request: an answer within thirty days, or the request expires (DOMAIN §4)."""

from __future__ import annotations

from uuid import UUID

from maison.foundations import clock

EXPIRY = clock.declare(
    "portal.access_request_expiry",
    "Expiration d'une demande d'accès restée sans décision",
    seconds=30 * 86_400,
    owner="chef_produit",
)


@clock.on(EXPIRY.code)
def expire(request_id: UUID) -> None:
    from .actions.requests import expire_request

    expire_request(request_id=request_id)
