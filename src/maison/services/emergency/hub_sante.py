"""Between Hub Santé messages and the room: mapping only, no transport."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from maison.formats.hub_sante.wire import moment
from maison.foundations.access import Actor
from maison.foundations.errors import BusinessError

from . import actions
from .foreseen import Coming, Foreseen, foresee
from .models import Case

if TYPE_CHECKING:
    from maison.formats.hub_sante.envelope import Envelope

INTEGRATED_TYPES = ("RS-EDA", "RS-EDA-MAJ", "RS-RI", "RS-SR", "RS-ER")


class ImpossibleMoment(BusinessError):
    """The schemas only check the form of a moment; the calendar is checked here."""

    code, status = "EMG-008", 422
    message = "La date d'envoi de ce message n'existe pas au calendrier."


@dataclass(frozen=True, slots=True)
class Integration:
    """`status`: integrated, waiting (an update whose case has not come yet: it is kept and will be merged) or duplicate."""

    status: str
    case_id: UUID
    case_ref: str


def foresee_all(envelopes: Sequence[Envelope]) -> Foreseen:
    """Read once what these messages will need; their cases stay locked until the end of the transaction."""
    return foresee(
        [
            Coming(envelope.message.case_id, envelope.sender_id, envelope.distribution_id, _body(envelope))
            for envelope in envelopes
        ]
    )


def _body(envelope: Envelope) -> dict[str, Any]:
    return dict(msgspec.to_builtins(envelope.message))


def integrate(actor: Actor, envelope: Envelope, foreseen: Foreseen | None = None) -> Integration:
    """Take one valid message into the room, in the caller's transaction."""
    sent_at = moment(envelope.sent_at)
    if sent_at is None:
        raise ImpossibleMoment
    body = _body(envelope)
    case, new = actions.take_in(
        actor=actor,
        case_ref=body["caseId"],
        distribution_id=envelope.distribution_id,
        kind=envelope.type.code,
        sender=envelope.sender_id,
        sent_at=sent_at,
        body=body,
        foreseen=foreseen,
    )
    status = "duplicate" if not new else "integrated" if case.known else "waiting"
    return Integration(status, case.id, case.case_ref)


def case_message(case_id: UUID) -> dict[str, Any]:
    """The case as an RS-EDA object (the value of `createCaseHealth`)."""
    return dict(Case.objects.values_list("document", flat=True).get(id=case_id))
