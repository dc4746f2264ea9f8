"""From JSON bytes to typed messages: one fast pass that says yes, a second one that says everything that is wrong.

The fast pass refuses a few messages the schemas accept (a member written twice, an integer written 1.0, a header with
local members); the second one decides, so that the verdict is always the one of the published schemas.
"""

from typing import Any

import msgspec
from msgspec import Raw, structs
from msgspec.json import Decoder

from maison.formats.hub_sante.envelope import Content, Distribution, Envelope, Format
from maison.formats.hub_sante.faults import Fault, InvalidMessage, UnreadableMessage, faults_of
from maison.formats.hub_sante.message_types import BY_CODE, BY_KEY, BY_MODEL, MESSAGE_TYPES, MessageType
from maison.formats.hub_sante.protocol import Header, HubError
from maison.formats.hub_sante.shape import Shape, shape_of

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 64
"""The deepest published model has eleven levels; what is free inside (errors, custom content) must stay reasonable."""

_HEADER_FIELDS = structs.fields(Header)
_HEADER_SHAPE = shape_of(Header)
_HEADER_NAMES = tuple(item.name for item in _HEADER_FIELDS)
_HEADER_SIZE = len(_HEADER_FIELDS)
_header_has_right_forms = BY_CODE["RC-DE"].has_right_forms

# The members of the header, then one for each type, all optional: a whole envelope is decoded in one pass.
_AnyMessage = msgspec.defstruct(
    "_AnyMessage",
    [(item.name, item.type, msgspec.field(default=None, name=item.encode_name)) for item in _HEADER_FIELDS]
    + [(kind.key, kind.model, None) for kind in MESSAGE_TYPES],
    forbid_unknown_fields=True,
    gc=False,
)
_envelope_decoder: Decoder[Distribution[Any]] = Decoder(Distribution[_AnyMessage])  # type: ignore[valid-type]


def _bare(kind: MessageType) -> Decoder[Any]:
    body = ("body", kind.model, msgspec.field(name=kind.key))
    return Decoder(msgspec.defstruct("_Bare", [body], forbid_unknown_fields=True, gc=False))


_bare_decoders = {kind.key.encode(): (kind, _bare(kind).decode, kind.has_right_forms) for kind in MESSAGE_TYPES}
_FREE = (BY_CODE["customContent"], BY_CODE["RS-ERROR"])


def checked_text(data: bytes) -> bytes:
    """The bytes without their mark, once sure they are UTF-8 and of a reasonable size."""
    if len(data) > MAX_BYTES:
        raise UnreadableMessage(f"Message trop volumineux : plus de {MAX_BYTES // 1024 // 1024} Mo.")
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise UnreadableMessage("Le message n’est pas encodé en UTF-8.") from error
    return data


def parse(text: bytes) -> Any:
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise UnreadableMessage("Le message n’est pas du JSON lisible (incomplet ou mal formé).") from error
    except RecursionError as error:
        raise UnreadableMessage("Le message est trop profondément imbriqué.") from error
    refuse_depth(document)
    return document


def refuse_depth(value: Any) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return
    raise UnreadableMessage("Le message est trop profondément imbriqué.")


def read_envelope_text(text: bytes, *, raw: bytes, source: Format) -> Envelope:
    contents: list[Content] = []
    try:
        distribution = _envelope_decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        pass  # the second reading says whether it is unreadable or wrong, and where
    else:
        contents = [
            content
            for item in distribution.content
            if (content := _content(item.json_content.embedded_json_content.message)) is not None
        ]
    if not contents or len(contents) < len(distribution.content):
        document = parse(text)
        contents = _second_reading(document)
        distribution = msgspec.convert(document, Distribution[Any])
    address = distribution.descriptor.explicit_address
    return Envelope(
        distribution_id=distribution.distribution_id,
        sender_id=distribution.sender_id,
        sent_at=distribution.date_time_sent,
        expires_at=distribution.date_time_expires,
        kind=distribution.distribution_kind,
        status=distribution.distribution_status,
        recipient_id=address.explicit_address_value,
        scheme=address.explicit_address_scheme,
        language=distribution.descriptor.language,
        contents=contents,
        format=source,
        raw=raw,
        json=text,
    )


def _content(message: Any) -> Content | None:
    """None when the fast pass cannot say yes."""
    members = structs.astuple(message)
    bodies = [body for body in members[_HEADER_SIZE:] if body is not None]
    if len(bodies) != 1:
        return None
    (body,) = bodies
    message_type = BY_MODEL[type(body)]
    if not message_type.has_right_forms(body) or (message_type in _FREE and _is_too_deep(body)):
        return None
    if not message_type.has_header:
        return Content(message_type, body)
    if None in members[:_HEADER_SIZE]:
        return None
    header = Header(**dict(zip(_HEADER_NAMES, members, strict=False)))
    return Content(message_type, body, header) if _header_has_right_forms(header) else None


def _is_too_deep(body: Any) -> bool:
    """Only the free contents can be: the models bound the others."""
    try:
        refuse_depth(body.source_message if isinstance(body, HubError) else body)
    except UnreadableMessage:
        return True
    return False


def read_bare_text(text: bytes, expected: MessageType | None) -> Content:
    """A use case out of its envelope: `{"createCaseHealth": {…}}`, or only its body when `expected` says what it is."""
    start = text.find(b'"') + 1
    known = _bare_decoders.get(text[start : text.find(b'"', start)])
    if known is not None and len(text) <= MAX_BYTES:
        message_type, decode, has_right_forms = known
        try:
            body = decode(text).body
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass  # the second reading says whether it is unreadable or wrong, and where
        else:
            if has_right_forms(body) and (message_type not in _FREE or not _is_too_deep(body)):
                return Content(message_type, body)
    document = parse(checked_text(text))
    if isinstance(document, dict) and len(keys := document.keys() & BY_KEY.keys()) == 1:
        (key,) = keys
        return _second_bare_reading(document, BY_KEY[key])
    if expected is None:
        raise InvalidMessage([_no_type()])
    faults = list(faults_of(document, expected.shape))
    if faults:
        raise InvalidMessage(faults)
    return _read_as(expected, document)


def _second_bare_reading(document: dict[str, Any], message_type: MessageType) -> Content:
    """Beside the use case, only its header may stand."""
    key = message_type.key
    if len(document) == 1 and not message_type.has_integers:
        return _plain_verdict(document[key], message_type)
    faults = list(faults_of(document[key], message_type.shape, key))
    beside = {name: value for name, value in document.items() if name != key}
    is_headed = bool(beside) and beside.keys() <= _HEADER_SHAPE.members.keys()
    if is_headed:
        faults += faults_of(beside, _HEADER_SHAPE, "", "header")
    else:
        faults += faults_of(beside, Shape(kind="object"))
    if faults:
        raise InvalidMessage(faults)
    return _read_as(message_type, document[key], beside if is_headed else None)


def _plain_verdict(body: Any, message_type: MessageType) -> Content:
    """Without integers in the model, what msgspec refuses once members are single, the schema refuses too."""
    try:
        message = msgspec.convert(body, message_type.model)
    except msgspec.ValidationError:
        pass  # refused just below, with the faults
    else:
        if message_type.has_right_forms(message):
            return Content(message_type, message)
    raise InvalidMessage(lambda: list(faults_of(body, message_type.shape, message_type.key)))


def _read_as(message_type: MessageType, body: Any, header: dict[str, Any] | None = None) -> Content:
    """Once the second reading found no fault."""
    return Content(
        type=message_type,
        message=msgspec.convert(_plain_integers(body, message_type.shape), message_type.model),
        header=msgspec.convert(header, Header) if header is not None else None,
    )


def _plain_integers(value: Any, shape: Shape) -> Any:
    """The same value with 1.0 written 1 where the model asks for an integer."""
    if isinstance(value, dict) and shape.members:
        return {
            name: _plain_integers(item, shape.members[name].shape) if name in shape.members else item
            for name, item in value.items()
        }
    if isinstance(value, list) and shape.item is not None:
        return [_plain_integers(item, shape.item) for item in value]
    if shape.kind == "integer" and isinstance(value, float):
        return int(value)
    return value


def _second_reading(document: Any) -> list[Content]:
    """Every content of an envelope, or every fault of it."""
    faults = list(faults_of(document, shape_of(Distribution[Raw]), "", "envelope"))
    contents = []
    for rank, message in _embedded_messages(document):
        place = f"content[{rank}].jsonContent.embeddedJsonContent.message"
        if not isinstance(message, dict):
            faults += faults_of(message, Shape(kind="object"), place, "envelope")
            continue
        message_type, found = _message_faults(message, place)
        faults += found
        if message_type is not None:
            header = message if message_type.has_header else None
            contents.append(_read_as(message_type, message[message_type.key], header))
    if faults:
        raise InvalidMessage(faults)
    return contents


def _embedded_messages(document: Any) -> list[tuple[int, Any]]:
    """Each message that is there, with the rank of its content; a missing one is already a fault of the envelope."""
    found = []
    items = document.get("content") if isinstance(document, dict) else None
    for rank, item in enumerate(items if isinstance(items, list) else []):
        for name in ("jsonContent", "embeddedJsonContent", "message"):
            if not isinstance(item, dict) or name not in item:
                break
            item = item[name]
        else:
            found.append((rank, item))
    return found


def _message_faults(message: dict[str, Any], place: str) -> tuple[MessageType | None, list[Fault]]:
    """The schema asks that one and only one use case be valid: its type, or the faults."""
    header = list(faults_of(message, _HEADER_SHAPE, "", "header"))
    keys = [key for key in BY_KEY if key in message]
    if not keys:
        return None, [*header, _no_type(place)]
    verdicts = {key: _use_case_faults(message, key, header) for key in keys}
    valid = [key for key, found in verdicts.items() if not found]
    if len(valid) == 1:
        return BY_KEY[valid[0]], []
    if not valid:
        return None, list(dict.fromkeys(fault for found in verdicts.values() for fault in found))
    fault = Fault(
        place,
        "one_of",
        f"Le message porte {len(valid)} contenus valides ({', '.join(valid)}) ; un seul est permis.",
        f"should be valid to one and only one schema, but {len(valid)} are valid",
        "envelope",
    )
    return None, [fault]


def _use_case_faults(message: dict[str, Any], key: str, header: list[Fault]) -> list[Fault]:
    message_type = BY_KEY[key]
    found = list(faults_of(message[key], message_type.shape, key))
    return [*header, *found] if message_type.has_header else found


def _no_type(place: str = "") -> Fault:
    return Fault(
        place,
        "one_of",
        "Aucun contenu connu dans ce message : il faut exactement un cas d’usage, par exemple createCaseHealth.",
        "Could not detect any schemas in the message, at least one is required",
        "envelope",
    )
