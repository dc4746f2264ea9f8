"""The definitions a house has loaded: profiles, value sets, code systems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from maison.formats.fhir.codes import REQUIRED

from .nodes import Node, UnusableDefinition, build

KINDS = ("StructureDefinition", "ValueSet", "CodeSystem")
type Code = tuple[str, str]


def bare(canonical: str) -> str:
    return canonical.partition("|")[0]


class Library:
    """Filled once, then only read: one per process, replaced as a whole when profiles are imported."""

    def __init__(self, resources: Iterable[dict[str, Any]] = ()) -> None:
        self._definitions: dict[str, dict[str, Any]] = {}
        self._trees: dict[str, Node | None] = {}
        self._value_sets: dict[str, dict[str, Any]] = {}
        self._systems: dict[str, dict[str, Any]] = {}
        self._codes: dict[str, frozenset[Code] | None] = {}
        self.unusable: dict[str, str] = {}
        for resource in resources:
            self.add(resource)

    def add(self, resource: dict[str, Any]) -> None:
        """A StructureDefinition, ValueSet or CodeSystem; anything else, or one without `url`, is left."""
        kind, url = resource.get("resourceType"), resource.get("url")
        if not isinstance(url, str):
            return
        shelf = {"StructureDefinition": self._definitions, "ValueSet": self._value_sets, "CodeSystem": self._systems}
        if kind not in shelf:
            return
        version = resource.get("version")
        if version:
            shelf[kind][f"{url}|{version}"] = resource
        shelf[kind][url] = resource

    def __contains__(self, canonical: str) -> bool:
        return self.definition(canonical) is not None

    def definition(self, canonical: str) -> dict[str, Any] | None:
        """The definition of that version, else of the version that is loaded: a canonical pinned to another one still speaks."""
        return self._definitions.get(canonical) or self._definitions.get(bare(canonical))

    def profiles(self) -> list[dict[str, Any]]:
        return [item for key, item in sorted(self._definitions.items()) if "|" not in key]

    def tree(self, canonical: str) -> Node | None:
        """The compiled profile; None when it is not loaded, or unusable (then `unusable` says why)."""
        if canonical not in self._trees:
            definition = self.definition(canonical)
            tree = None
            if definition is not None:
                try:
                    tree = build(definition)
                except (UnusableDefinition, KeyError, TypeError, ValueError, AttributeError) as error:
                    self.unusable[canonical] = type(error).__name__
            self._trees[canonical] = tree
        return self._trees[canonical]

    def type_of(self, canonical: str) -> str:
        """The type a profile constrains; core canonicals are known without being loaded. Empty: unknown."""
        definition = self.definition(canonical)
        if definition is not None:
            return str(definition.get("type", ""))
        head, _, tail = bare(canonical).rpartition("/")
        return tail if head == "http://hl7.org/fhir/StructureDefinition" and tail[:1].isupper() else ""

    # -- codes

    def codes(self, canonical: str) -> frozenset[Code] | None:
        """Every (system, code) of a value set; None when it cannot be known whole. System "": any system."""
        if canonical not in self._codes:
            self._codes[canonical] = None  # a value set that includes itself is not known
            self._codes[canonical] = self._enumerate(canonical)
        return self._codes[canonical]

    def _enumerate(self, canonical: str) -> frozenset[Code] | None:
        value_set = self._value_sets.get(canonical) or self._value_sets.get(bare(canonical))
        if value_set is None:
            base = REQUIRED.get(bare(canonical))
            return None if base is None else frozenset(("", code) for code in base)
        compose = value_set.get("compose")
        if compose is None:
            return self._expansion(value_set)
        found: set[Code] = set()
        for part in compose.get("include", ()):
            codes = self._part(part)
            if codes is None:
                return self._expansion(value_set)
            found |= codes
        for part in compose.get("exclude", ()):
            codes = self._part(part)
            if codes is None:
                return None
            found -= codes
        return frozenset(found)

    def _part(self, part: dict[str, Any]) -> set[Code] | None:
        if part.get("filter"):
            return None
        found: set[Code] | None = None
        if (system := part.get("system")) is not None:
            concepts = part.get("concept")
            found = {(system, item["code"]) for item in concepts} if concepts else self._system(system)
            if found is None:
                return None
        for other in part.get("valueSet", ()):
            codes = self.codes(other)
            if codes is None:
                return None
            found = set(codes) if found is None else found & codes
        return found

    def _system(self, url: str) -> set[Code] | None:
        system = self._systems.get(url)
        if system is None or system.get("content") != "complete":
            return None
        found: set[Code] = set()
        pending = list(system.get("concept", ()))
        while pending:
            concept = pending.pop()
            found.add((url, concept["code"]))
            pending.extend(concept.get("concept", ()))
        return found

    @staticmethod
    def _expansion(value_set: dict[str, Any]) -> frozenset[Code] | None:
        expansion = value_set.get("expansion")
        if expansion is None or expansion.get("total", 0) > len(expansion.get("contains", ())):
            return None
        found: set[Code] = set()
        pending = list(expansion.get("contains", ()))
        while pending:
            item = pending.pop()
            if "code" in item and not item.get("abstract"):
                found.add((item.get("system", ""), item["code"]))
            pending.extend(item.get("contains", ()))
        return frozenset(found)
