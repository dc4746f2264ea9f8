"""Coded entries: kept whole, and said in words when they are simple (a measure, a code, a yes or no, a medicine)."""

from __future__ import annotations

from lxml import etree

from maison.formats.cda import header_reading as header
from maison.formats.cda.model import Code, Entry
from maison.formats.cda.moment import Moment
from maison.formats.cda.units import quantity
from maison.formats.cda.xml import HL7, XSI_TYPE, Walk, canonical, name_of, text_of

ACTS = (
    "observation",
    "act",
    "substanceAdministration",
    "supply",
    "procedure",
    "encounter",
    "organizer",
    "observationMedia",
    "regionOfInterest",
)


def entry_of(element: etree._Element) -> Entry:
    """`element` is the `entry`; a part of an act this deep is read the same way, without its text."""
    act = next((child for child in element if name_of(child) in ACTS), None)
    xml = canonical(element)
    if act is None:
        return Entry(xml)
    said = _act(act)
    return Entry(xml, *_fields(said))


def _fields(entry: Entry) -> tuple[str, Code | None, str, Code | None, str, str, bool, tuple[Entry, ...]]:
    return (entry.kind, entry.code, entry.value, entry.value_code, entry.when, entry.status, entry.negated, entry.parts)


def _act(act: etree._Element) -> Entry:
    walk = Walk()
    code = header.code(walk, act)
    value, value_code = _value(walk, act)
    if name_of(act) in ("substanceAdministration", "supply"):
        material = walk.down(act, "consumable", "manufacturedProduct", "manufacturedMaterial")
        if material is None:
            material = walk.down(act, "product", "manufacturedProduct", "manufacturedMaterial")
        medicine = header.code(walk, material)
        value = walk.text(material, "name") or (medicine.label if medicine else "")
        value_code = medicine
    return Entry(
        xml="",
        kind=name_of(act),
        code=code,
        value=value,
        value_code=value_code,
        when=_when(walk, act),
        status=walk.attribute(act, "statusCode", "code"),
        negated=act.get("negationInd") == "true",
        parts=tuple(
            _act(inner)
            for link in (*act.findall(f"{{{HL7}}}entryRelationship"), *act.findall(f"{{{HL7}}}component"))
            for inner in link
            if name_of(inner) in ACTS
        ),
    )


def _when(walk: Walk, act: etree._Element) -> str:
    start, end = header.interval(walk, act, "effectiveTime")
    if start and end and start != end:
        return f"du {start} au {end}"
    return str(start or end or "")


def _value(walk: Walk, act: etree._Element) -> tuple[str, Code | None]:
    element = walk.child(act, "value")
    if element is None or element.get("representation") == "B64":
        return "", None
    kind = (element.get(XSI_TYPE) or "").rpartition(":")[2]
    if kind in ("CD", "CE", "CO", "CV", "CS"):
        code = header.code_of(walk, element)
        return (code.label if code else ""), code
    if kind == "BL":
        return {"true": "Oui", "false": "Non"}.get(element.get("value", ""), ""), None
    if kind == "TS":
        return (str(Moment(element.get("value", ""))) if element.get("value") else ""), None
    if kind in ("IVL_PQ", "RTO_PQ_PQ", "RTO", "IVL_INT", "IVL_TS"):
        return _range(element, kind), None
    if kind in ("PQ", "INT", "REAL", "MO"):
        return quantity(element.get("value", ""), element.get("unit", "")), None
    return text_of(element), None


def _range(element: etree._Element, kind: str) -> str:
    names = ("numerator", "denominator") if kind.startswith("RTO") else ("low", "high")
    ends = [element.find(f"{{{HL7}}}{name}") for name in names]
    texts = [
        ""
        if end is None
        else str(Moment(end.get("value", "")))
        if kind == "IVL_TS"
        else quantity(end.get("value", ""), end.get("unit", ""))
        for end in ends
    ]
    if kind.startswith("RTO"):
        return " / ".join(text for text in texts if text)
    if all(texts):
        return texts[0] if texts[0] == texts[1] else f"{texts[0]} à {texts[1]}"
    return f"≥ {texts[0]}" if texts[0] else f"≤ {texts[1]}" if texts[1] else ""
