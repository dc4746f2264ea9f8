"""Small steps of writing: an element, a code, an identifier, a name. What is empty is not written."""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from maison.formats.cda import oids
from maison.formats.cda.model import Address, Code, Identifier, Name, Organisation, Telecom
from maison.formats.cda.moment import Moment
from maison.formats.cda.xml import HL7, XSI_TYPE


def element(parent: etree._Element, name: str, text: str = "", /, **attributes: str) -> etree._Element:
    """Attributes in the order given; one that is empty is left out. `type` is `xsi:type`."""
    made = etree.SubElement(parent, f"{{{HL7}}}{name}")
    for attribute, value in attributes.items():
        if value:
            made.set(XSI_TYPE if attribute == "type" else attribute, value)
    if text:
        made.text = text
    return made


def code(parent: etree._Element, name: str, value: Code | None, /, type_: str = "") -> etree._Element | None:
    if value is None:
        return None
    made = element(
        parent,
        name,
        type=type_,
        code=value.code,
        displayName=value.display,
        codeSystem=value.system,
        codeSystemName=value.system_name,
        nullFlavor=value.null,
    )
    if value.original:
        element(made, "originalText", value.original)
    for translation in value.translations:
        code(made, "translation", translation)
    return made


def ids(parent: etree._Element, values: Iterable[Identifier], name: str = "id") -> None:
    for value in values:
        element(parent, name, root=value.root, extension=value.extension)


def moment(parent: etree._Element, name: str, value: Moment | None, *, null: str = "") -> None:
    if value is not None:
        element(parent, name, value=value.raw)
    elif null:
        element(parent, name, nullFlavor=null)


def interval(parent: etree._Element, name: str, start: Moment | None, end: Moment | None, *, null: str = "") -> None:
    if start is None and end is None:
        if null:
            element(parent, name, nullFlavor=null)
        return
    made = element(parent, name)
    moment(made, "low", start)
    moment(made, "high", end)


def address(parent: etree._Element, value: Address | None, *, null: str = "") -> None:
    if value is None:
        if null:
            element(parent, "addr", nullFlavor=null)
        return
    made = element(parent, "addr", use=value.use)
    for line in value.lines:
        element(made, "streetAddressLine", line)
    for name, text in (
        ("houseNumber", value.number),
        ("streetName", value.street),
        ("unitID", value.unit),
        ("postalCode", value.postal_code),
        ("city", value.city),
        ("county", value.county),
        ("state", value.state),
        ("country", value.country),
    ):
        if text:
            element(made, name, text)


def telecoms(parent: etree._Element, values: Iterable[Telecom], *, null: str = "") -> None:
    some = False
    for value in values:
        element(parent, "telecom", value=value.value, use=value.use)
        some = True
    if not some and null:
        element(parent, "telecom", nullFlavor=null)


def name(parent: etree._Element, value: Name) -> None:
    made = element(parent, "name")
    for tag, text in (
        ("prefix", value.prefix),
        ("given", value.given),
        ("family", value.family),
        ("suffix", value.suffix),
    ):
        if text:
            element(made, tag, text)


def organisation(parent: etree._Element, tag: str, value: Organisation | None) -> None:
    if value is None:
        return
    made = element(parent, tag)
    ids(made, value.ids)
    if value.name:
        element(made, "name", value.name)
    telecoms(made, value.telecoms)
    address(made, value.address)
    code(made, "standardIndustryClassCode", value.practice_setting)


def loinc(value: str, display: str) -> Code:
    return Code(value, display, oids.LOINC, oids.NAMES[oids.LOINC])
