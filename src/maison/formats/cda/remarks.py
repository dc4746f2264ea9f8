"""What the reader had to forgive, noted as it goes."""

from __future__ import annotations

from lxml import etree

from maison.formats.cda.model import Remark
from maison.formats.cda.xml import Places


class Remarks:
    def __init__(self) -> None:
        self.places = Places()
        self._noted: list[Remark] = []

    def add(self, element: etree._Element, message: str) -> None:
        self.add_at(self.places.of(element), message)

    def add_at(self, place: str, message: str) -> None:
        self._noted.append(Remark(place, message))

    def all(self) -> tuple[Remark, ...]:
        return tuple(self._noted)
