"""Which family a sample belongs to, by its content, never by the name of its file.

    recognise(b"MSH|^~\\\\&|…")            # Recognised(Family.HL7V2, "er7")
    recognise(b"%PDF-1.7")                # None

Looks, does not judge: a broken message of a family is of that family, its checker says what is wrong with it.
"""

import re
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from maison.formats.hl7v2.mllp import START
from maison.formats.hl7v2.reader import recognise as is_hl7v2
from maison.formats.hub_sante.message_types import BY_KEY

Syntax = Literal["json", "xml", "er7"]


class Family(StrEnum):
    HUB_SANTE = "hub-sante"
    HL7V2 = "hl7v2"
    CDA = "cda"
    FHIR = "fhir"
    RPU = "rpu"

    @property
    def french(self) -> str:
        return _FRENCH[self]


_FRENCH = {
    Family.HUB_SANTE: "Hub Santé",
    Family.HL7V2: "HL7 v2",
    Family.CDA: "CDA R2",
    Family.FHIR: "FHIR R4",
    Family.RPU: "RPU (OSCOUR)",
}


class Recognised(Struct, frozen=True):
    """`is_framed`: inside the bytes of MLLP. `is_enveloped`: inside EDXL-DE."""

    family: Family
    syntax: Syntax
    is_framed: bool = False
    is_enveloped: bool = False


_LOOKED_AT = 65_536
_MARK = b"\xef\xbb\xbf"
_PROLOG = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]{0,1000}(?:\[.*?\])?\s{0,20}>|\s)*", re.DOTALL)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)([^>]*)")
_FHIR = b"http://hl7.org/fhir"
_HUB_XML = frozenset({"edxlDistribution", "message", *BY_KEY})
_HUB_MEMBERS = ("distributionID", "embeddedJsonContent", "distributionElement", *BY_KEY)
_HUB_JSON = re.compile(rb'"(?:' + "|".join(map(re.escape, _HUB_MEMBERS)).encode() + rb')"\s*:')
_FHIR_JSON = re.compile(rb'"resourceType"\s*:')
_ENVELOPE_NAMES = (b'"distributionID"', b'"embeddedJsonContent"')


def recognise(data: bytes) -> Recognised | None:
    """None when this is of no family the house speaks."""
    if is_hl7v2(data):
        return Recognised(Family.HL7V2, "er7", is_framed=data.lstrip(b"\0\r\n").startswith(START))
    start = _readable(data[:_LOOKED_AT]).lstrip()
    if start[:1] in (b"{", b"["):
        return _json(start, data)
    if start[:1] == b"<":
        return _xml(start)
    return None


def _readable(start: bytes) -> bytes:
    """Without its mark; UTF-16, which no door takes, is still looked at so that it can be named."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return start.decode("utf-16", errors="replace").encode()
    return start.removeprefix(_MARK)


def _json(start: bytes, data: bytes) -> Recognised | None:
    """The first name that says something wins: a Hub Santé error may quote anything."""
    fhir, hub = _FHIR_JSON.search(start), _HUB_JSON.search(start)
    if fhir is None and hub is None and len(data) > len(start):
        fhir, hub = _FHIR_JSON.search(data), _HUB_JSON.search(data)
    if fhir is not None and (hub is None or fhir.start() < hub.start()):
        return Recognised(Family.FHIR, "json")
    if hub is not None:
        return Recognised(Family.HUB_SANTE, "json", is_enveloped=hub[0].startswith(_ENVELOPE_NAMES))
    return None


def _xml(start: bytes) -> Recognised | None:
    prolog = _PROLOG.match(start)
    root = _ROOT.match(start, prolog.end() if prolog else 0)
    if root is None:
        return None
    name, attributes = root[1].decode("ascii", errors="replace"), root[2]
    if name == "ClinicalDocument":
        return Recognised(Family.CDA, "xml")
    if name == "OSCOUR":
        return Recognised(Family.RPU, "xml")
    if _FHIR in attributes:
        return Recognised(Family.FHIR, "xml")
    if name in _HUB_XML:
        return Recognised(Family.HUB_SANTE, "xml", is_enveloped=name == "edxlDistribution")
    return None
