"""The EDXL-DE envelope and what it carries, once read."""

from functools import cached_property
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from maison.formats.hub_sante.message_types import BY_MODEL, MessageType
from maison.formats.hub_sante.model import AtLeastOne
from maison.formats.hub_sante.protocol import Header

Kind = Literal["Report", "Update", "Cancel", "Ack", "Error"]
Status = Literal["Actual", "Exercise"]
Format = Literal["json", "xml"]


class Content(Struct):
    """One use case, with its header when its type has one. `message` is the model of the type (a dict if free)."""

    type: MessageType
    message: Any
    header: Header | None = None

    @classmethod
    def of(cls, message: Any, header: Header | None = None) -> "Content":
        return cls(type=BY_MODEL[type(message)], message=message, header=header)


class Envelope(Struct, kw_only=True, dict=True):
    """`raw` is what was received, to the byte; `json` the same in JSON form (equal to `raw` when it came so)."""

    distribution_id: str
    sender_id: str
    sent_at: str
    expires_at: str
    kind: Kind
    status: Status
    recipient_id: str
    contents: list[Content]
    scheme: str = "hubex"
    language: str = "fr-FR"
    format: Format = "json"
    raw: bytes = b""
    json: bytes = b""

    @property
    def content(self) -> Content:
        """The transport carries one use case per envelope; the schema allows several, see `contents`."""
        return self.contents[0]

    @property
    def type(self) -> MessageType:
        return self.content.type

    @property
    def message(self) -> Any:
        return self.content.message

    @property
    def header(self) -> Header | None:
        return self.content.header

    @cached_property
    def document(self) -> dict[str, Any]:
        """The whole envelope as JSON values, with the members the models do not read."""
        if self.json:
            return dict(msgspec.json.decode(self.json))
        return document_of(self)


class ExplicitAddress(Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    explicit_address_scheme: str
    explicit_address_value: str


class Descriptor(Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    language: str
    explicit_address: ExplicitAddress


class Embedded[M](Struct, kw_only=True):
    message: M


class JsonContent[M](Struct, kw_only=True, rename="camel"):
    embedded_json_content: Embedded[M]


class ContentObject[M](Struct, kw_only=True, rename="camel"):
    json_content: JsonContent[M]


class Distribution[M](Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """EDXL-DE in its JSON form, as the national schema EDXL-DE-full has it; `M` is what is known of the message."""

    distribution_id: str = field(name="distributionID")
    sender_id: str = field(name="senderID")
    date_time_sent: str
    date_time_expires: str
    distribution_status: Status
    distribution_kind: Kind
    descriptor: Descriptor
    content: AtLeastOne[ContentObject[M]]


def document_of(envelope: Envelope) -> dict[str, Any]:
    return {
        "distributionID": envelope.distribution_id,
        "senderID": envelope.sender_id,
        "dateTimeSent": envelope.sent_at,
        "dateTimeExpires": envelope.expires_at,
        "distributionStatus": envelope.status,
        "distributionKind": envelope.kind,
        "descriptor": {
            "language": envelope.language,
            "explicitAddress": {
                "explicitAddressScheme": envelope.scheme,
                "explicitAddressValue": envelope.recipient_id,
            },
        },
        "content": [
            {"jsonContent": {"embeddedJsonContent": {"message": message_document(content)}}}
            for content in envelope.contents
        ],
    }


def message_document(content: Content) -> dict[str, Any]:
    """Header members first, then the use case: the order the XML asks."""
    document: dict[str, Any] = msgspec.to_builtins(content.header) if content.header is not None else {}
    document[content.type.key] = msgspec.to_builtins(content.message)
    return document
