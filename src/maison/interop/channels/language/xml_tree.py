"""XML (CDA, EDXL, Hub Santé) as rules see it. Names are compared without their namespace; DTD and entities are refused.

Paths are a part of XPath: `/ClinicalDocument/recordTarget/patientRole/id[1]/@extension`,
`//id[@root='1.2.3']/@extension`, `/a/b[code='x']/c` (every place that matches, `[n]` counted from 1 among the matches of its parent).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, override

from lxml import etree

from .errors import NotWritable, PathFault, Unreadable
from .message import Message

STEP = re.compile(r"(//|/)(@?)([A-Za-z_][\w.-]*)((?:\[[^\]]*\])*)")
PREDICATE = re.compile(r"\[(?:(\d{1,6})|(@?)([A-Za-z_][\w.-]*)='([^']*)')\]")
HELP = "écrivez par exemple /ClinicalDocument/recordTarget/patientRole/id[@root='1.2.3']/@extension."


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    deep: bool
    attribute: bool
    rank: int | None
    tests: tuple[tuple[bool, str, str], ...]
    """(is an attribute, name, value)"""


@lru_cache(maxsize=4096)
def read_path(text: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = STEP.match(text, at)
        if found is None or (steps and steps[-1].attribute):
            raise PathFault(f"« {text} » n'est pas un chemin XML : {HELP}")
        axis, attribute, name, predicates = found.groups()
        rank, tests, inner = None, [], 0
        while inner < len(predicates):
            part = PREDICATE.match(predicates, inner)
            if part is None or attribute or (part[1] and (rank is not None or int(part[1]) == 0)):
                raise PathFault(
                    f"« {text} » : les crochets portent un rang à partir de 1 ou un test comme [@root='1.2.3']."
                )
            if part[1]:
                rank = int(part[1])
            else:
                tests.append((bool(part[2]), part[3], part[4]))
            inner = part.end()
        steps.append(Step(name, axis == "//", bool(attribute), rank, tuple(tests)))
        at = found.end()
    if not steps:
        raise PathFault(f"Le chemin est vide : {HELP}")
    return tuple(steps)


def _local(element: Any) -> str:
    return str(etree.QName(element).localname) if isinstance(element.tag, str) else ""


class XmlMessage(Message):
    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            self.root = etree.fromstring(payload, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            raise Unreadable(f"XML mal formé{f', ligne {line}' if line else ''}.") from error
        if getattr(self.root.getroottree().docinfo, "doctype", ""):
            raise Unreadable("Une DTD n'est pas admise dans un message.")

    @override
    def values(self, path: str) -> list[str]:
        steps = read_path(path)
        found = [_value(element, steps[-1]) for element in self._elements(steps)]
        return [text for text in found if text]

    @override
    def assign(self, path: str, value: str) -> None:
        steps = read_path(path)
        elements = list(self._elements(steps)) or [self._make(path, steps)]
        for element in elements:
            if not steps[-1].attribute and len(element):
                raise NotWritable(f"{path} contient d'autres éléments : nommez celui à écrire.")
            self._put(element, steps[-1], value)

    @override
    def delete(self, path: str) -> None:
        steps = read_path(path)
        for element in list(self._elements(steps)):
            if steps[-1].attribute:
                for name in [name for name in element.attrib if etree.QName(name).localname == steps[-1].name]:
                    del element.attrib[name]
                    self.touched = True
            elif element.getparent() is not None:
                parent, tail = element.getparent(), element.tail
                before = element.getprevious()
                parent.remove(element)
                if tail and before is not None:
                    before.tail = (before.tail or "") + tail
                elif tail:
                    parent.text = (parent.text or "") + tail
                self.touched = True
            else:
                raise NotWritable("L'élément racine ne s'efface pas.")

    @override
    def change(self, path: str, rewrite: Callable[[str], str]) -> int:
        steps, count = read_path(path), 0
        for element in list(self._elements(steps)):
            if text := _value(element, steps[-1]):
                count += 1
                if (new := rewrite(text)) != text:
                    self._put(element, steps[-1], new)
        return count

    @override
    def copy(self, source: str, target: str) -> bool:
        found = self.values(source)
        if found:
            self.assign(target, found[0])
        return bool(found)

    @override
    def leaves(self) -> Iterator[tuple[str, str]]:
        yield from _leaves(f"/{_local(self.root)}", self.root)

    @override
    def _dump(self) -> bytes:
        tree = self.root.getroottree()
        encoding = tree.docinfo.encoding or "UTF-8"
        declared = self.original.lstrip()[:5] == b"<?xml"
        written = etree.tostring(tree, encoding=encoding, xml_declaration=declared)
        return written if isinstance(written, bytes) else written.encode(encoding)

    # -- inside

    def _elements(self, steps: tuple[Step, ...]) -> Iterator[Any]:
        """The elements the path names; for an attribute, the elements that bear it."""
        walked = steps[:-1] if steps[-1].attribute else steps
        found: list[Any] = [None]
        for step in walked:
            found = [down for element in found for down in self._down(element, step)]
        if steps[-1].attribute:
            found = [
                element for element in found if element is not None and _attribute(element, steps[-1].name) is not None
            ]
        return iter(found)

    def _down(self, element: Any, step: Step) -> list[Any]:
        if element is None:
            pool = self.root.iter(etree.Element) if step.deep else [self.root]
        else:
            pool = (one for one in element.iter(etree.Element) if one is not element) if step.deep else element
        found = [one for one in pool if _local(one) == step.name and all(_passes(one, test) for test in step.tests)]
        return found if step.rank is None else found[step.rank - 1 : step.rank]

    def _make(self, path: str, steps: tuple[Step, ...]) -> Any:
        walked = steps[:-1] if steps[-1].attribute else steps
        here: Any = None
        for step in walked:
            below = self._down(here, step)
            if below:
                here = below[0]
                continue
            if here is None or step.deep or step.tests or step.rank not in (None, 1):
                raise NotWritable(f"Le message n'a pas de place {path} où écrire.")
            space = etree.QName(here).namespace
            here = etree.SubElement(here, f"{{{space}}}{step.name}" if space else step.name)
            self.touched = True
        if here is None:
            raise NotWritable(f"Le message n'a pas de place {path} où écrire.")
        return here

    def _put(self, element: Any, step: Step, value: str) -> None:
        if _value(element, step) == value:
            return
        try:
            if step.attribute:
                known = [name for name in element.attrib if etree.QName(name).localname == step.name]
                element.set(known[0] if known else step.name, value)
            else:
                element.text = value
        except ValueError as error:
            raise NotWritable("La valeur contient un caractère que XML ne permet pas.") from error
        self.touched = True


def _attribute(element: Any, name: str) -> str | None:
    for key, value in element.attrib.items():
        if etree.QName(key).localname == name:
            return str(value)
    return None


def _value(element: Any, step: Step) -> str:
    return (_attribute(element, step.name) or "") if step.attribute else (element.text or "").strip()


def _passes(element: Any, test: tuple[bool, str, str]) -> bool:
    is_attribute, name, value = test
    if is_attribute:
        return _attribute(element, name) == value
    return any(_local(child) == name and (child.text or "").strip() == value for child in element)


def _leaves(where: str, element: Any) -> Iterator[tuple[str, str]]:
    for key, value in element.attrib.items():
        yield f"{where}/@{etree.QName(key).localname}", str(value)
    if text := (element.text or "").strip():
        yield where, text
    names = [_local(child) for child in element]
    totals, counts = Counter(names), Counter[str]()
    for child, name in zip(element, names, strict=True):
        if name:
            counts[name] += 1
            rank = f"[{counts[name]}]" if totals[name] > 1 else ""
            yield from _leaves(f"{where}/{name}{rank}", child)
