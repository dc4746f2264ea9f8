"""XML of a file of RPU, in the order of the format. Strict: only what has a place in the format is written."""

from typing import cast

from lxml import etree

from maison.formats.rpu.model import Establishment, Passage, RpuFile

_BEFORE_LISTS = (
    "CP",
    "COMMUNE",
    "NAISSANCE",
    "SEXE",
    "ENTREE",
    "MODE_ENTREE",
    "PROVENANCE",
    "TRANSPORT",
    "TRANSPORT_PEC",
    "MOTIF",
    "GRAVITE",
    "DP",
)
_AFTER_LISTS = ("SORTIE", "MODE_SORTIE", "DESTINATION", "ORIENT")


class UnwritableFile(ValueError):
    """XML has no way to write this text (control characters): our own mistake, never the partner's."""


def write(file: RpuFile, encoding: str = "ISO-8859-15") -> bytes:
    """Characters the charset does not have are written as references. Raises UnwritableFile."""
    root = etree.Element("OSCOUR")
    _establishment(etree.SubElement(root, "ETABLISSEMENT"), file.establishment)
    passages = etree.SubElement(root, "PASSAGES")
    for passage in file.passages:
        _passage(etree.SubElement(passages, "PATIENT"), passage)
    return cast("bytes", etree.tostring(root, xml_declaration=True, encoding=encoding, pretty_print=True))


def _establishment(parent: etree._Element, about: Establishment) -> None:
    extracted = f"{about.extracted_at:%d/%m/%Y %H:%M:%S}" if about.extracted_at else ""
    _leaf(parent, "FINESS", about.finess)
    _leaf(parent, "ORDRE", about.order)
    _leaf(parent, "EXTRACT", extracted)
    _leaf(parent, "DATEDEBUT", f"{about.first_day:%d/%m/%Y}" if about.first_day else "")
    _leaf(parent, "DATEFIN", f"{about.last_day:%d/%m/%Y}" if about.last_day else "")


def _passage(parent: etree._Element, passage: Passage) -> None:
    for name in _BEFORE_LISTS:
        _leaf(parent, name, passage.text(name))
    diagnoses = etree.SubElement(parent, "LISTE_DA")
    for code in passage.associated:
        _leaf(diagnoses, "DA", code)
    acts = etree.SubElement(parent, "LISTE_ACTES")
    for code in passage.acts:
        _leaf(acts, "ACTE", code)
    for name in _AFTER_LISTS:
        _leaf(parent, name, passage.text(name))


def _leaf(parent: etree._Element, name: str, text: str) -> None:
    try:
        etree.SubElement(parent, name).text = text or None
    except ValueError as error:
        raise UnwritableFile(f"Le champ {name} contient un caractère interdit en XML.") from error
