"""A snapshot compiled into a tree that keeps only what the profile adds to base R4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from maison.formats.fhir.wire import Json

UNSET: Any = object()
NATIVE = frozenset({"ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6"})
"""Checked by `fhirkit` or by hand on every resource, or (dom-6, a narrative) a counsel the house does not give."""


class UnusableDefinition(ValueError):
    """A StructureDefinition without snapshot, or whose snapshot does not hold together."""


@dataclass(frozen=True, slots=True)
class Invariant:
    key: str
    severity: str
    expression: str
    human: str


@dataclass(frozen=True, slots=True)
class TypeRef:
    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discriminator:
    kind: str
    path: str


@dataclass(slots=True, eq=False)
class Node:
    """One element. `most` None: without limit. `children` are those that say something, found by `prune`."""

    id: str
    name: str
    slice_name: str = ""
    least: int = 0
    most: int | None = None
    base_least: int = 0
    base_most: int | None = None
    types: tuple[TypeRef, ...] = ()
    base_types: int = 0
    fixed: Json = UNSET
    pattern: Json = UNSET
    binding: tuple[str, str] = ("", "")
    invariants: tuple[Invariant, ...] = ()
    discriminators: tuple[Discriminator, ...] = ()
    rules: str = ""
    refers_to: str = ""
    target: Node | None = None
    all_children: dict[str, Node] = field(default_factory=dict)
    slices: list[Node] = field(default_factory=list)
    children: tuple[Node, ...] = ()
    active_slices: tuple[Node, ...] = ()
    speaks: bool | None = None
    may_be_absent: bool = False

    @property
    def is_choice(self) -> bool:
        return self.name.endswith("[x]")

    @property
    def own_word(self) -> bool:
        """Does the element itself say more than base R4?"""
        return (
            self.least > self.base_least
            or (self.most is not None and self.most != self.base_most)
            or self.fixed is not UNSET
            or self.pattern is not UNSET
            or bool(self.invariants)
            or self.binding[0] in {"required", "extensible"}
            or any(reference.profiles or reference.targets for reference in self.types)
            or (self.is_choice and len(self.types) < self.base_types)
        )


def build(definition: dict[str, Any]) -> Node:
    """The tree of a StructureDefinition with a snapshot; raises UnusableDefinition."""
    elements = definition.get("snapshot", {}).get("element")
    if not isinstance(elements, list) or not elements:
        raise UnusableDefinition(str(definition.get("url", "")))
    nodes: dict[str, Node] = {}
    root: Node | None = None
    for element in elements:
        node = _node(element)
        nodes[node.id] = node
        head, _, last = node.id.rpartition(".")
        if not head:
            root = root or node
            continue
        owner = nodes.get(f"{head}.{last.rpartition(':')[0]}") if ":" in last else None
        if ":" in last and owner is not None:
            owner.slices.append(node)
        elif (parent := nodes.get(head)) is not None:
            parent.all_children[last] = node
        else:
            raise UnusableDefinition(f"{definition.get('url', '')}: {node.id}")
    if root is None:
        raise UnusableDefinition(str(definition.get("url", "")))
    for node in nodes.values():
        if node.refers_to:
            node.target = nodes.get(node.refers_to)
    _prune(root)
    return root


def _node(element: dict[str, Any]) -> Node:
    identifier = str(element.get("id") or element["path"])
    last = identifier.rpartition(".")[2]
    name, _, slice_name = last.partition(":")
    base = element.get("base", {})
    types = tuple(
        TypeRef(
            _type_code(item),
            tuple(item.get("profile", ())),
            tuple(item.get("targetProfile", ())) if item.get("code") in {"Reference", "canonical"} else (),
        )
        for item in element.get("type", ())
    )
    slicing = element.get("slicing", {})
    binding = element.get("binding", {})
    return Node(
        id=identifier,
        name=name,
        slice_name=slice_name,
        least=int(element.get("min", 0)),
        most=_limit(element.get("max", "*")),
        base_least=int(base.get("min", 0)) if not slice_name else 0,
        base_most=_limit(base.get("max", "*")) if not slice_name else None,
        types=types,
        base_types=99 if identifier.endswith("[x]") and not slice_name else 0,
        fixed=_prefixed(element, "fixed"),
        pattern=_prefixed(element, "pattern"),
        binding=(binding.get("strength", ""), binding.get("valueSet", "")),
        invariants=tuple(_invariants(element)),
        discriminators=tuple(Discriminator(item["type"], item["path"]) for item in slicing.get("discriminator", ())),
        rules=slicing.get("rules", ""),
        refers_to=str(element.get("contentReference", "")).rpartition("#")[2],
    )


def _type_code(item: dict[str, Any]) -> str:
    code = str(item.get("code", ""))
    if code.startswith("http://hl7.org/fhirpath/System."):
        return "string"
    return code.rpartition("/")[2]


def _limit(text: str) -> int | None:
    return None if text == "*" else int(text)


def _prefixed(element: dict[str, Any], prefix: str) -> Json:
    return next(
        (value for key, value in element.items() if key.startswith(prefix) and key[len(prefix)].isupper()), UNSET
    )


def _invariants(element: dict[str, Any]) -> Iterator[Invariant]:
    for item in element.get("constraint", ()):
        if item.get("key") not in NATIVE and item.get("expression"):
            yield Invariant(item["key"], item.get("severity", "error"), item["expression"], item.get("human", ""))


def _prune(node: Node) -> bool:
    if node.speaks is not None:
        return node.speaks
    node.speaks = True  # while its own content is looked at: a recursive element speaks
    node.children = tuple(child for child in node.all_children.values() if _prune(child))
    told = [_prune(one) or one.least or one.most is not None for one in node.slices]  # each is pruned, none is skipped
    node.active_slices = tuple(node.slices) if any(told) else ()
    closed = node.rules == "closed" and bool(node.slices)
    if closed:
        node.active_slices = tuple(node.slices)
    node.may_be_absent = node.least == 0 and not node.is_choice and not any(one.least for one in node.active_slices)
    node.speaks = bool(node.own_word or node.children or node.active_slices or node.target is not None)
    return node.speaks
