"""Which slice an item belongs to: discriminators by value, pattern, existence, type and profile."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from maison.formats.fhir.wire import Json

from .library import Library, bare
from .nodes import UNSET, Discriminator, Node

EXTENSION_STEP = re.compile(r"extension\('([^']+)'\)")
STEPS = re.compile(r"(?:[^.'()]|\('[^']*'\)|\(\))+")
type Conforms = Callable[[Json, str], bool]


def equal(value: Json, expected: Json) -> bool:
    return type(value) is type(expected) and bool(value == expected)


def fits(value: Json, pattern: Json) -> bool:
    """A pattern is held when all it says is found in the value; each item of a list by some item (R4 ElementDefinition)."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and fits(value[key], item) for key, item in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(fits(item, one) for item in value) for one in pattern)
    return equal(value, pattern)


def steps(path: str) -> tuple[str, ...]:
    return () if path == "$this" else tuple(step for step in STEPS.findall(path) if step != "$this")


def select(value: Json, path: str) -> list[Json]:
    """The values at a discriminator path: child names and `extension('url')`; `resolve()` leads nowhere here."""
    found = [value]
    for step in steps(path):
        next_values: list[Json] = []
        extension = EXTENSION_STEP.fullmatch(step)
        for item in found:
            if not isinstance(item, dict):
                continue
            if extension:
                next_values += [one for one in item.get("extension", ()) if isinstance(one, dict) and one.get("url") == extension[1]]  # fmt: skip
                continue
            child = item.get(step)
            if child is None:
                child = next(
                    (item[key] for key in item if key.startswith(step) and key[len(step) :][:1].isupper()), None
                )
            if isinstance(child, list):
                next_values += child
            elif child is not None:
                next_values.append(child)
        found = next_values
    return found


class Matcher:
    """Slices of one library. `conforms(value, profile)` is the checker's own answer, for discriminators by profile."""

    def __init__(self, library: Library, conforms: Conforms) -> None:
        self.library = library
        self.conforms = conforms

    def belongs(self, value: Json, kind: str, slicing: Node, one: Node) -> bool:
        """`kind` is the type of the value when its name says it (`valueCode`), else empty."""
        if not slicing.discriminators:
            return False
        return all(self._agrees(value, kind, discriminator, one) for discriminator in slicing.discriminators)

    def _agrees(self, value: Json, kind: str, discriminator: Discriminator, one: Node) -> bool:
        path = discriminator.path
        if discriminator.kind in {"value", "pattern"}:
            if path == "url" and one.name in {"extension", "modifierExtension"}:
                return isinstance(value, dict) and value.get("url") == self._extension_url(one)
            node = self._descend(one, path)
            found = select(value, path)
            return node is not None and any(self._says(node, item) for item in found)
        if discriminator.kind == "exists":
            node = self._descend(one, path)
            must = node is None or node.most != 0
            return bool(select(value, path)) is must
        if discriminator.kind == "type":
            node = self._descend(one, path) if path != "$this" else one
            codes = {reference.code for reference in (node.types if node else ())}
            return any(self._type(item, kind if path == "$this" else "") in codes for item in select(value, path))
        node = self._descend(one, path)
        profiles = [
            profile
            for reference in (node.types if node else ())
            for profile in (*reference.profiles, *reference.targets)
        ]
        return any(self._has_profile(item, profile) for item in select(value, path) for profile in profiles)

    def _extension_url(self, one: Node) -> str:
        child = one.all_children.get("url")
        if child is not None and child.fixed is not UNSET:
            return str(child.fixed)
        return bare(one.types[0].profiles[0]) if one.types and one.types[0].profiles else ""

    @staticmethod
    def _type(value: Json, kind: str) -> str:
        if kind:
            return kind
        return str(value.get("resourceType", "")) if isinstance(value, dict) else type(value).__name__

    def _has_profile(self, value: Json, profile: str) -> bool:
        if not isinstance(value, dict):
            return False
        kind = self.library.type_of(profile)
        if kind and "resourceType" in value and value["resourceType"] != kind:
            return False
        declared = value.get("meta", {}).get("profile", ()) if isinstance(value.get("meta"), dict) else ()
        if any(bare(item) == bare(profile) for item in declared if isinstance(item, str)):
            return True
        return self.library.tree(profile) is None or self.conforms(value, profile)

    def _descend(self, node: Node, path: str) -> Node | None:
        """The element of a slice at the discriminator's path, in the snapshot or in the profile of its type."""
        found: Node | None = node
        for step in steps(path):
            if found is None:
                return None
            found = self._child(found, step)
        return found

    def _child(self, node: Node, step: str) -> Node | None:
        extension = EXTENSION_STEP.fullmatch(step)
        holder = node.all_children.get("extension" if extension else step) or node.all_children.get(f"{step}[x]")
        if holder is None:
            for profile in (profile for reference in node.types for profile in reference.profiles):
                tree = self.library.tree(profile)
                if tree is not None and (child := self._child(tree, step)) is not None:
                    return child
            return None
        if extension:
            return next((one for one in holder.slices if self._extension_url(one) == extension[1]), None)
        return holder

    def _says(self, node: Node, value: Json) -> bool:
        """Does the value hold what the slice's element fixes: itself, below itself, or by its codes?"""
        said = False
        if node.fixed is not UNSET:
            if not equal(value, node.fixed):
                return False
            said = True
        if node.pattern is not UNSET:
            if not fits(value, node.pattern):
                return False
            said = True
        for child in self._fixing(node):
            if not any(self._says(child, item) for item in select(value, child.name)):
                return False
            said = True
        if not said and node.binding[0] == "required":
            codes = self.library.codes(node.binding[1])
            return codes is not None and has_code(value, codes)
        if not said:
            trees = [self.library.tree(profile) for reference in node.types for profile in reference.profiles]
            return any(self._says(tree, value) for tree in trees if tree is not None)
        return said

    def _fixing(self, node: Node) -> list[Node]:
        return [child for child in node.all_children.values() if child.least and self._fixes(child)]

    def _fixes(self, node: Node) -> bool:
        return node.fixed is not UNSET or node.pattern is not UNSET or any(map(self._fixes, node.all_children.values()))


def codings(value: Json) -> list[tuple[str, str]]:
    """(system, code) of a code, Coding, CodeableConcept or Quantity; a bare code has no system."""
    if isinstance(value, str):
        return [("", value)]
    if not isinstance(value, dict):
        return []
    found: list[Any] = value["coding"] if isinstance(value.get("coding"), list) else [value]
    return [(str(item.get("system", "")), item["code"]) for item in found if isinstance(item, dict) and isinstance(item.get("code"), str)]  # fmt: skip


def has_code(value: Json, codes: frozenset[tuple[str, str]]) -> bool:
    """A bare code is compared without its system; a list without systems (base R4) accepts any system."""
    given = codings(value)
    if isinstance(value, str):
        return any(code == given[0][1] for _, code in codes)
    return any(coding in codes or ("", coding[1]) in codes for coding in given)
