"""The XML form of the messages, driven by the models: they say what is a list, a number or a boolean.

Reading is tolerant of namespaces and hostile to everything XML can hide (DTD, entities, odd character sets, depth).
Writing follows the official XSD: namespaces `urn:emergency:eda:1.9…`, members in the order of the models.
"""

import re
from decimal import Decimal
from typing import Any

from lxml import etree

from maison.formats.hub_sante.faults import UnreadableMessage
from maison.formats.hub_sante.message_types import BY_KEY, NAMESPACE, MessageType
from maison.formats.hub_sante.protocol import Header
from maison.formats.hub_sante.reading import MAX_BYTES, MAX_DEPTH
from maison.formats.hub_sante.shape import Shape, shape_of

EDXL = "urn:oasis:names:tc:emergency:EDXL:DE:2.0"
XLINK = "http://www.w3.org/1999/xlink"

_FREE = Shape(kind="any")
_CHARSETS = frozenset({"UTF-8", "US-ASCII", "ASCII", "ISO-8859-1", "ISO-8859-15", "WINDOWS-1252"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\Z")
_FREE_LISTS = frozenset({"content"})
"""Members that are lists in the free parts: an error quotes the envelope it answers."""


class UnwritableMessage(ValueError):
    """XML has no way to write this text (control characters)."""

    code = "HUB-003"


def document_from_xml(data: bytes) -> dict[str, Any]:
    """The JSON form of an XML envelope or of a bare use case."""
    root = _parse(data)
    name = _name(root)
    if name == "edxlDistribution":
        return _distribution_document(root)
    if name == "message":
        return _message_document(root)
    if name in BY_KEY:
        return {name: _value(root, BY_KEY[name].shape)}
    raise UnreadableMessage(f"Élément racine inconnu : « {name[:60]} ».")


def _parse(data: bytes) -> etree._Element:
    if len(data) > MAX_BYTES:
        raise UnreadableMessage(f"Message trop volumineux : plus de {MAX_BYTES // 1024 // 1024} Mo.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise UnreadableMessage("Le message n’est pas encodé en UTF-8.")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise UnreadableMessage("Une définition de type (DTD) ou d’entité est interdite dans un message.")
    declared = re.match(rb"""\s*(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""", data)
    if declared and declared[1].decode().upper() not in _CHARSETS:
        raise UnreadableMessage("Le message n’est pas encodé en UTF-8.")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )
    try:
        root = etree.fromstring(data.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableMessage("Le message n’est pas du XML lisible (incomplet ou mal formé).") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableMessage("Une définition de type (DTD) ou d’entité est interdite dans un message.")
    _refuse_depth(root)
    return root


def _refuse_depth(root: etree._Element) -> None:
    depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > MAX_DEPTH:
            raise UnreadableMessage("Le message est trop profondément imbriqué.")


def _name(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _distribution_document(root: etree._Element) -> dict[str, Any]:
    """Members under their JSON names; an unknown one is kept, so that the check names it."""
    document: dict[str, Any] = {}
    for child in root:
        name = _name(child)
        if name == "content":
            document.setdefault("content", []).extend(_content_document(item) for item in child)
        else:
            _add(document, name, _free_value(child), is_list=False)
    return document


def _content_document(item: etree._Element) -> dict[str, Any]:
    messages = [element for element in item.iterdescendants() if _name(element) == "message"]
    if not messages:
        return {"jsonContent": {"embeddedJsonContent": {}}}
    return {"jsonContent": {"embeddedJsonContent": {"message": _message_document(messages[0])}}}


def _message_document(element: etree._Element) -> dict[str, Any]:
    document: dict[str, Any] = {}
    members = shape_of(Header).members
    for child in element:
        name = _name(child)
        if name in BY_KEY:
            _add(document, name, _value(child, BY_KEY[name].shape), is_list=False)
        elif name in members:
            shape = members[name].shape
            _add_shaped(document, name, child, shape)
        else:
            _add(document, name, _free_value(child), is_list=False)
    return document


def _value(element: etree._Element, shape: Shape) -> Any:
    if shape.kind == "object":
        return _object(element, shape)
    if len(element) or shape.kind == "any":
        return _free_value(element)
    text = element.text or ""
    match shape.kind:
        case "boolean":
            return {"true": True, "1": True, "false": False, "0": False}.get(text.strip(), text)
        case "integer" if _INTEGER.match(text.strip()):
            return int(text)
        case "integer" | "number" if _NUMBER.match(text.strip()):
            return int(text) if _INTEGER.match(text.strip()) else float(text)
        case _:
            return text


def _object(element: etree._Element, shape: Shape) -> Any:
    if not len(element) and element.text and element.text.strip():
        return element.text
    document: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if name in shape.members:
            _add_shaped(document, name, child, shape.members[name].shape)
        else:
            _add(document, name, _free_value(child), is_list=shape.is_open and name in _FREE_LISTS)
    return document


def _add_shaped(document: dict[str, Any], name: str, child: etree._Element, shape: Shape) -> None:
    if shape.kind == "array":
        _add(document, name, _value(child, shape.item or _FREE), is_list=True)
    else:
        _add(document, name, _value(child, shape), is_list=False)


def _add(document: dict[str, Any], name: str, value: Any, *, is_list: bool) -> None:
    """A second element of the same name makes a list: right for a list, a fault of type for anything else."""
    if is_list:
        document.setdefault(name, []).append(value)
    elif name not in document:
        document[name] = value
    elif isinstance(document[name], list):
        document[name].append(value)
    else:
        document[name] = [document[name], value]


def _free_value(element: etree._Element) -> Any:
    if not len(element):
        return element.text or ""
    document: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        _add(document, name, _free_value(child), is_list=name in _FREE_LISTS)
    return document


def write_distribution(document: dict[str, Any]) -> bytes:
    """EDXL-DE in XML from its JSON form, already checked."""
    root = etree.Element(_in(EDXL, "edxlDistribution"), {_in(XLINK, "type"): "extended"}, _default(EDXL, xlink=XLINK))
    for name in (
        "distributionID",
        "senderID",
        "dateTimeSent",
        "dateTimeExpires",
        "distributionStatus",
        "distributionKind",
    ):
        _leaf(root, EDXL, name, document[name])
    descriptor = etree.SubElement(root, _in(EDXL, "descriptor"), {_in(XLINK, "type"): "resource"})
    _leaf(descriptor, EDXL, "language", document["descriptor"]["language"])
    address = etree.SubElement(descriptor, _in(EDXL, "explicitAddress"))
    for name in ("explicitAddressScheme", "explicitAddressValue"):
        _leaf(address, EDXL, name, document["descriptor"]["explicitAddress"][name])
    content = etree.SubElement(root, _in(EDXL, "content"), {_in(XLINK, "type"): "resource"})
    for item in document["content"]:
        holder = etree.SubElement(content, _in(EDXL, "contentObject"), {_in(XLINK, "type"): "resource"})
        embedded = etree.SubElement(etree.SubElement(holder, _in(EDXL, "contentXML")), _in(EDXL, "embeddedXMLContent"))
        _write_message(embedded, item["jsonContent"]["embeddedJsonContent"]["message"])
    return _bytes(root)


def _write_message(parent: etree._Element, message: dict[str, Any]) -> None:
    element = etree.SubElement(parent, _in(NAMESPACE, "message"), nsmap=_default(NAMESPACE))
    for name, member in shape_of(Header).members.items():
        if name in message:
            _write(element, NAMESPACE, name, message[name], member.shape)
    for key, value in message.items():
        if key in BY_KEY:
            _write_use_case(element, BY_KEY[key], value)


def write_use_case(message_type: MessageType, value: dict[str, Any]) -> bytes:
    """The bare use case as a document of its own."""
    return _bytes(_write_use_case(None, message_type, value))


def _write_use_case(parent: etree._Element | None, message_type: MessageType, value: dict[str, Any]) -> etree._Element:
    name, namespaces = _in(message_type.namespace, message_type.key), _default(message_type.namespace)
    if parent is None:
        element = etree.Element(name, nsmap=namespaces)
    else:
        element = etree.SubElement(parent, name, nsmap=namespaces)
    _write_members(element, message_type.namespace, value, message_type.shape)
    return element


def _write(parent: etree._Element, namespace: str, name: str, value: Any, shape: Shape) -> None:
    if isinstance(value, list):
        for item in value:
            _write(parent, namespace, name, item, shape.item or _FREE)
    elif isinstance(value, dict):
        _write_members(etree.SubElement(parent, _in(namespace, name)), namespace, value, shape)
    else:
        _leaf(parent, namespace, name, value)


def _write_members(element: etree._Element, namespace: str, value: dict[str, Any], shape: Shape) -> None:
    for name, member in shape.members.items():
        if name in value:
            _write(element, namespace, name, value[name], member.shape)
    for name, item in value.items():
        if name not in shape.members:
            _write(element, namespace, name, item, _FREE)


def _leaf(parent: etree._Element, namespace: str, name: str, value: Any) -> None:
    try:
        etree.SubElement(parent, _in(namespace, name)).text = _text(value)
    except ValueError as error:
        raise UnwritableMessage(f"Le champ « {name[:60]} » contient un caractère interdit en XML.") from error


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return format(Decimal(repr(value)), "f")
        case _:
            return str(value)


def _default(namespace: str, **others: str) -> Any:
    """The default namespace is keyed by None, which the type stubs of lxml do not know."""
    return {None: namespace, **others}


def _in(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def _bytes(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
