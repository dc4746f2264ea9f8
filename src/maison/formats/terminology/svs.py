"""IHE Sharing Value Sets: `RetrieveValueSetResponse` and `RetrieveMultipleValueSetsResponse`, as the CI-SIS publishes its JDV.

Source: IHE ITI-48 and ITI-60 (namespace urn:ihe:iti:svs:2008); `dateValid` and `dateFin` are additions of the ANS (YYYYMMDDHHMMSS).
"""

from __future__ import annotations

import datetime as dt

from lxml import etree

from .model import Term, Terminology, UnreadableTerminology

NAMESPACE = "{urn:ihe:iti:svs:2008}"


def read(data: bytes) -> list[Terminology]:
    """Raises UnreadableTerminology when the XML is broken or holds no value set."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as broken:
        raise UnreadableTerminology(f"XML illisible : {broken.msg}") from broken
    sets = [
        *root.iter(f"{NAMESPACE}ValueSet"),
        *root.iter(f"{NAMESPACE}DescribedValueSet"),
    ]
    if not sets:
        raise UnreadableTerminology("Aucun jeu de valeurs SVS (ValueSet) dans ce fichier XML.")
    return [_set(one) for one in sets]


def _set(node: etree._Element) -> Terminology:
    oid = (node.get("id") or "").removeprefix("urn:oid:")
    title = node.get("displayName") or oid
    if not oid:
        raise UnreadableTerminology(f"« {title} » n'a pas d'identifiant (id).")
    terms = tuple(_term(one) for one in node.iter(f"{NAMESPACE}Concept") if one.get("code"))
    if not terms:
        raise UnreadableTerminology(f"« {title} » ne liste aucun code.")
    return Terminology(
        kind="set", url="", oid=oid, title=title, version=node.get("version") or "",
        published_on=day(node.get("revisionDate") or node.get("effectiveDate")), publisher="ANS", terms=terms,
    )  # fmt: skip


def _term(node: etree._Element) -> Term:
    code = node.get("code") or ""
    system = (node.get("codeSystem") or "").removeprefix("urn:oid:")
    return Term(
        code=code, display=node.get("displayName") or code, system=f"urn:oid:{system}" if system else "",
        starts_on=day(node.get("dateValid")), ends_on=day(node.get("dateFin")),
    )  # fmt: skip


def day(text: str | None) -> dt.date | None:
    digits = (text or "").replace("-", "")[:8]
    try:
        return dt.date.fromisoformat(digits) if len(digits) == 8 else None
    except ValueError:
        return None
