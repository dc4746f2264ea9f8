"""What the exchange itself needs: header (RC-DE), functional acknowledgement (RC-REF), error (RS-ERROR)."""

from typing import Any, Literal

from msgspec import field

from maison.formats.hub_sante.model import AtLeastOne, DateTime, Maybe, Model, Number
from maison.formats.hub_sante.vocabulary import IntegrationStep


class Party(Model, kw_only=True):
    name: str
    uri: str = field(name="URI")


class Header(Model, kw_only=True, forbid_unknown_fields=False):
    """RC-DE: who says what to whom. Stands beside the use case in `message`, so that other members are allowed."""

    message_id: str
    sender: Party
    sent_at: DateTime
    kind: Literal["Report", "Update", "Cancel", "Ack", "Error"]
    status: Literal["Actual", "Exercise", "System"]
    recipient: AtLeastOne[Party]


class Reference(Model, kw_only=True):
    """RC-REF, `reference`: functional acknowledgement of the message it names."""

    distribution_id: str = field(name="distributionID")
    refused: Maybe[bool] = None
    error_distribution_id: Maybe[str] = field(default=None, name="errorDistributionID")
    step: Maybe[IntegrationStep] = None


class ErrorCode(Model, kw_only=True):
    status_code: Number
    status_string: str


class HubError(Model, kw_only=True):
    """RS-ERROR, `error`: why a message was refused; travels without a header."""

    error_code: ErrorCode
    error_cause: str
    source_message: Maybe[dict[str, Any]] = None
    referenced_distribution_id: str = field(name="referencedDistributionID")
