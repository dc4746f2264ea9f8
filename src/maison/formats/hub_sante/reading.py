"""From JSON bytes to typed messages: one fast pass that says yes, a second one that says everything that is wrong.

The fast pass is stricter than the schemas in two harmless ways (a member written twice, an integer written 1.0); the
second pass decides those cases, so that the verdict is always the one of the published schemas.
"""

from typing import Any

import msgspec
from msgspec import Raw, ValidationError
from msgspec.json import Decoder

from maison.formats.hub_sante.envelope import Content, Distribution, Envelope, Format
from maison.formats.hub_sante.faults import Fault, InvalidMessage, UnreadableMessage, faults_of
from maison.formats.hub_sante.message_types import BY_KEY, MessageType
from maison.formats.hub_sante.protocol import Header, HubError
from maison.formats.hub_sante.shape import Shape, shape_of

MAX_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 64
"""The deepest published model has eleven levels; what is free inside (errors, custom content) must stay reasonable."""


_distribution: Decoder[Distribution] = Decoder(Distribution)
_header: Decoder[Header] = Decoder(Header)
_members: Decoder[dict[str, Raw]] = Decoder(dict[str, Raw])
_HEADER_MEMBERS = frozenset(shape_of(Header).members)


class _Doubt(Exception):
    """The fast pass cannot say yes."""


def checked_text(data: bytes) -> bytes:
    """The bytes without their mark, once sure they are UTF-8 and of a reasonable size."""
    if len(data) > MAX_BYTES:
        raise UnreadableMessage(f"Message trop volumineux : plus de {MAX_BYTES // 1024 // 1024} Mo.")
    data = data.removeprefix(b"\xef\xbb\xbf")
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


def _body(message_type: MessageType, text: Raw) -> Any:
    body = message_type.decoder.decode(text)
    if isinstance(body, HubError):
        refuse_depth(body.source_message or {})
    elif isinstance(body, dict):
        refuse_depth(body)
    return body


def read_envelope_text(text: bytes, *, raw: bytes, source: Format) -> Envelope:
    try:
        return _envelope(text, raw, source, chosen=None)
    except (ValidationError, _Doubt):
        document = parse(text)
    except (msgspec.DecodeError, RecursionError):
        parse(text)
        raise
    faults, chosen = _envelope_faults(document)
    if faults:
        raise InvalidMessage(faults)
    plain = msgspec.json.encode(_plain_integers_in_envelope(document, chosen))
    return _envelope(plain, raw, source, chosen=chosen)


def _envelope(text: bytes, raw: bytes, source: Format, chosen: list[str] | None) -> Envelope:
    distribution = _distribution.decode(text)
    contents = []
    for rank, item in enumerate(distribution.content):
        contents.append(_content(item.json_content.embedded_json_content.message, chosen[rank] if chosen else None))
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


def _content(text: Raw, key: str | None) -> Content:
    members = _members.decode(text)
    if key is None:
        keys = members.keys() & BY_KEY.keys()
        if len(keys) != 1:
            raise _Doubt
        (key,) = keys
    message_type = BY_KEY[key]
    return Content(
        type=message_type,
        message=_body(message_type, members[key]),
        header=_header.decode(text) if message_type.has_header else None,
    )


def read_bare_text(text: bytes, expected: MessageType | None) -> Content:
    """A use case out of its envelope: `{"createCaseHealth": {…}}`, or only its body when `expected` says what it is."""
    try:
        members = _members.decode(text)
        keys = members.keys() & BY_KEY.keys()
        if len(keys) == len(members) == 1:
            (key,) = keys
            return Content(type=BY_KEY[key], message=_body(BY_KEY[key], members[key]))
    except ValidationError:
        pass  # the second pass below says what is wrong
    except (msgspec.DecodeError, RecursionError):
        parse(text)
        raise
    document = parse(text)
    if isinstance(document, dict) and len(keys := document.keys() & BY_KEY.keys()) == 1:
        (key,) = keys
        return _bare(document, BY_KEY[key])
    if expected is None:
        raise InvalidMessage([_no_type()])
    return Content(type=expected, message=decode_value(document, expected.shape, expected.model, ""))


def _bare(document: dict[str, Any], message_type: MessageType) -> Content:
    beside = document.keys() - {message_type.key}
    faults = list(faults_of(document[message_type.key], message_type.shape, message_type.key))
    header = None
    if beside and beside <= _HEADER_MEMBERS:
        faults += faults_of(document, shape_of(Header), "", "header")
    else:
        known = Shape(kind="object")
        faults += faults_of({name: document[name] for name in beside}, known)
    if faults:
        raise InvalidMessage(faults)
    if beside:
        header = msgspec.convert(document, Header)
    body = plain_integers(document[message_type.key], message_type.shape)
    return Content(type=message_type, message=msgspec.convert(body, message_type.model), header=header)


def decode_value[T](value: Any, shape: Shape, model: type[T], place: str) -> T:
    """A value already parsed, checked the way the schemas do. Raises InvalidMessage."""
    try:
        return msgspec.convert(value, model)
    except ValidationError:
        faults = list(faults_of(value, shape, place))
        if faults:
            raise InvalidMessage(faults) from None
        return msgspec.convert(plain_integers(value, shape), model)


def plain_integers(value: Any, shape: Shape) -> Any:
    """The same value with 1.0 written 1 where the model asks for an integer."""
    if isinstance(value, dict) and shape.members:
        return {
            name: plain_integers(item, shape.members[name].shape) if name in shape.members else item
            for name, item in value.items()
        }
    if isinstance(value, list) and shape.item is not None:
        return [plain_integers(item, shape.item) for item in value]
    if shape.kind == "integer" and isinstance(value, float):
        return int(value)
    return value


def _plain_integers_in_envelope(document: dict[str, Any], chosen: list[str]) -> dict[str, Any]:
    for item, key in zip(document["content"], chosen, strict=True):
        message = item["jsonContent"]["embeddedJsonContent"]["message"]
        message[key] = plain_integers(message[key], BY_KEY[key].shape)
    return document


def _envelope_faults(document: Any) -> tuple[list[Fault], list[str]]:
    """All the faults, and for each content the type retained."""
    faults = list(faults_of(document, shape_of(Distribution), "", "envelope"))
    chosen: list[str] = []
    for rank, message in _embedded_messages(document):
        place = f"content[{rank}].jsonContent.embeddedJsonContent.message"
        if not isinstance(message, dict):
            faults += faults_of(message, Shape(kind="object"), place, "envelope")
            continue
        key, found = _message_faults(message, place)
        chosen.append(key)
        faults += found
    return faults, chosen


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


def _message_faults(message: dict[str, Any], place: str) -> tuple[str, list[Fault]]:
    """The schema asks that one and only one use case be valid."""
    header = list(faults_of(message, shape_of(Header), "", "header"))
    keys = [key for key in BY_KEY if key in message]
    if not keys:
        return "", [*header, _no_type(place)]
    verdicts = {key: _use_case_faults(message, key, header) for key in keys}
    valid = [key for key, found in verdicts.items() if not found]
    if len(valid) == 1:
        return valid[0], []
    if len(valid) > 1:
        return "", [
            Fault(
                place,
                "one_of",
                f"Le message porte {len(valid)} contenus valides ({', '.join(valid)}) ; un seul est permis.",
                f"should be valid to one and only one schema, but {len(valid)} are valid",
                "envelope",
            )
        ]
    return "", [fault for found in verdicts.values() for fault in found]


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
