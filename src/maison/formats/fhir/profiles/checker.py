"""The check of one resource: base R4, then each profile, every fault with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from maison.formats.fhir.faults import ERROR, INFORMATION, WARNING, Fault
from maison.formats.fhir.wire import Json

from .base import faults_of_base
from .library import Library, bare
from .matching import Matcher, codings, equal, fits, has_code
from .nodes import UNSET, Node
from .rules import NotEvaluable, holds

MOST_FAULTS = 200
NOT_CODED = frozenset({"Reference", "canonical", "Extension"})


@dataclass(frozen=True, slots=True)
class Item:
    """One occurrence of an element: `value` None when a primitive has only extensions (`extra`)."""

    path: str
    value: Json
    extra: Json = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What invariants may ask of: the nearest resource, and the outermost one."""

    resource: dict[str, Any]
    root: dict[str, Any]


def check_base(resource: dict[str, Any]) -> list[Fault]:
    return list(faults_of_base(resource))


def check(library: Library, resource: dict[str, Any], profiles: Iterable[str] | None = None, *, base: bool = True) -> list[Fault]:  # fmt: skip
    """Faults against base R4 and `profiles` (default: those of `meta.profile`, in the resource and in its parts).

    A profile that is not loaded is a warning when the resource claims it, an error when the caller asks for it.
    """
    faults = check_base(resource) if base else []
    checker = _Checker(library)
    asked = list(profiles or ())
    for canonical in asked:
        if canonical not in library:
            faults.append(_unknown(canonical, resource, ERROR))
    for canonical in [*asked, *(item for item in _claimed(resource) if item not in asked)]:
        if canonical in library:
            found = checker.conformity(resource, canonical, str(resource.get("resourceType", "")))
            faults += found if canonical in asked else checker.claim(resource, canonical, found)
        elif canonical not in asked:
            faults.append(_unknown(canonical, resource, WARNING))
    faults += checker.parts(resource)
    return list(dict.fromkeys(faults))[:MOST_FAULTS]


def _claimed(resource: dict[str, Any]) -> list[str]:
    meta = resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    return [item for item in profiles if isinstance(item, str)] if isinstance(profiles, list) else []


def _unknown(canonical: str, resource: dict[str, Any], severity: str) -> Fault:
    path = f"{resource.get('resourceType', 'Resource')}.meta.profile"
    return Fault(
        path, "not-found", f"Le profil {bare(canonical)} n'est pas chargé dans la maison.", severity, "profile"
    )


class _Checker:
    def __init__(self, library: Library) -> None:
        self.library = library
        self.matcher = Matcher(library, self._conforms)
        self._verdicts: dict[tuple[int, str], bool] = {}
        self._root: dict[str, Any] | None = None

    def _conforms(self, value: Json, canonical: str) -> bool:
        key = (id(value), canonical)
        if key not in self._verdicts:
            self._verdicts[key] = True  # while it is found out: a value that refers to itself
            self._verdicts[key] = not any(fault.is_error for fault in self.conformity(value, canonical, "x"))
        return self._verdicts[key]

    def parts(self, resource: dict[str, Any]) -> Iterator[Fault]:
        """Resources inside (contained, entries of a Bundle, parameters) against the profiles they claim."""
        kind = str(resource.get("resourceType", ""))
        for path, inner in _inner(resource, kind):
            root = resource if path.startswith(f"{kind}.contained") else inner
            for canonical in _claimed(inner):
                if canonical in self.library:
                    yield from self.claim(inner, canonical, self.conformity(inner, canonical, path, root=root))
                else:
                    yield _unknown(canonical, inner, WARNING)
            if not path.startswith(f"{kind}.contained"):
                for fault in self.parts(inner):
                    tail = fault.path.partition(".")[2]
                    yield Fault(f"{path}.{tail}" if tail else path, fault.code, fault.text, fault.severity, fault.key)

    def conformity(
        self, value: Json, canonical: str, path: str, *, root: dict[str, Any] | None = None
    ) -> Iterator[Fault]:
        tree = self.library.tree(canonical)
        if tree is None:
            return
        if not isinstance(value, dict):
            yield from self._content(tree, Item(path, value), Around({}, {}))
            return
        expected = self.library.type_of(canonical)
        if "resourceType" in value and value["resourceType"] != expected:
            text = f"Le profil {bare(canonical)} s'applique au type {expected}."
            yield Fault(path, "invalid", text, key="type")
            return
        around = Around(value, root or value)
        yield from self._content(tree, Item(path, value), around)

    def claim(self, resource: dict[str, Any], canonical: str, found: Iterable[Fault]) -> Iterator[Fault]:
        """The faults of a claim of the resource; only warnings when the claim is of another version than the one loaded.

        Some profiles demand that `meta.profile` names them with their version: a claim without it is of an earlier one.
        """
        tree = self.library.tree(canonical)
        meta = tree.all_children.get("meta") if tree is not None else None
        profile = meta.all_children.get("profile") if meta is not None else None
        pins = [one.pattern for one in (profile.slices if profile else ()) if bare(str(one.pattern)) == bare(canonical)]
        if not pins or set(pins) & set(_claimed(resource)):
            yield from found
            return
        for fault in found:
            yield Fault(fault.path, fault.code, fault.text, WARNING if fault.is_error else fault.severity, fault.key)

    # -- one element

    def _children(self, node: Node, item: Item, around: Around) -> Iterator[Fault]:
        value = item.value
        if not isinstance(value, dict):
            value = item.extra if isinstance(item.extra, dict) else {}
        for child in node.children:
            if child.may_be_absent and child.name not in value and f"_{child.name}" not in value:
                continue
            yield from self._element(child, list(_items(value, child, item.path)), item.path, around)

    def _element(self, node: Node, items: list[Item], parent: str, around: Around) -> Iterator[Fault]:
        name = node.name.removesuffix("[x]")
        count = len(items)
        if count < node.least:
            text = (
                "Élément obligatoire absent."
                if count == 0
                else f"{node.least} occurrences attendues, {count} trouvée(s)."
            )
            yield Fault(f"{parent}.{name}", "required", text, key="cardinality")
        if node.most is not None and count > node.most:
            text = "Élément interdit par le profil." if node.most == 0 else f"Trop d'occurrences : {node.most} au plus."
            yield Fault(f"{parent}.{name}", "structure", text, key="cardinality")
        if node.most == 0:
            return
        for item in items:
            yield from self._content(node, item, around)
        if node.active_slices:
            yield from self._slices(node, items, f"{parent}.{name}", around)

    def _slices(self, node: Node, items: list[Item], path: str, around: Around) -> Iterator[Fault]:
        taken: dict[int, list[Item]] = {id(one): [] for one in node.slices}
        for item in items:
            home = next((one for one in node.slices if self.matcher.belongs(item.value, item.kind, node, one)), None)
            if home is not None:
                taken[id(home)].append(item)
            elif node.rules == "closed":
                yield Fault(
                    item.path, "structure", "Cet élément n'entre dans aucune des tranches admises.", key="slice"
                )
        for one in node.slices:
            mine = taken[id(one)]
            label = f"Tranche « {one.slice_name} »"
            if len(mine) < one.least:
                yield Fault(
                    path,
                    "required",
                    f"{label} : {one.least} attendue(s) au moins, {len(mine)} trouvée(s).",
                    key="slice",
                )
            if one.most is not None and len(mine) > one.most:
                yield Fault(path, "structure", f"{label} : {one.most} au plus, {len(mine)} trouvée(s).", key="slice")
            for item in mine:
                yield from self._content(one, item, around)
                if one.active_slices:
                    yield from self._slices(one, [item], item.path, around)

    def _content(self, node: Node, item: Item, around: Around) -> Iterator[Fault]:
        value = item.value
        if node.target is not None:
            node = node.target
        if (
            isinstance(value, dict)
            and "resourceType" in value
            and value is not around.resource
            and value is not around.root
        ):
            around = Around(value, around.root if ".contained[" in item.path else value)
        if node.types and value is not None:
            yield from self._types(node, item)
        if node.fixed is not UNSET and value is not None and not equal(value, node.fixed):
            yield Fault(
                item.path, "value", f"La valeur fixée par le profil est attendue{_shown(node.fixed)}.", key="fixed"
            )
        if node.pattern is not UNSET and value is not None and not fits(value, node.pattern):
            yield Fault(
                item.path,
                "value",
                f"Le motif imposé par le profil n'est pas respecté{_shown(node.pattern)}.",
                key="pattern",
            )
        if node.binding[0] in {"required", "extensible"} and value is not None:
            yield from self._binding(node, item)
        for rule in node.invariants:
            yield from self._rule(rule, item, around)
        if node.children:
            yield from self._children(node, item, around)

    def _types(self, node: Node, item: Item) -> Iterator[Fault]:
        types = [one for one in node.types if one.code == item.kind] if item.kind else list(node.types)
        if not types:
            yield Fault(item.path, "structure", "Le profil n'admet pas ce type de valeur.", key="type")
            return
        if isinstance(item.value, dict) and "resourceType" in item.value:
            given = item.value["resourceType"]
            types = [one for one in types if one.code in {given, "Resource", "DomainResource"}]
            if not types:
                yield Fault(item.path, "structure", "Le profil n'admet pas ce type de ressource.", key="type")
                return
        profiles = [profile for one in types for profile in one.profiles]
        known = [profile for profile in profiles if self.library.tree(profile) is not None]
        if known and len(known) == len(profiles):
            if len(known) == 1:
                yield from self.conformity(item.value, known[0], item.path)
            elif not any(self._conforms(item.value, profile) for profile in known):
                yield Fault(item.path, "invalid", "La valeur ne suit aucun des profils admis.", key="profile")
        targets = [target for one in types for target in one.targets]
        if targets and isinstance(item.value, dict):
            yield from self._target(targets, item)

    def _target(self, targets: list[str], item: Item) -> Iterator[Fault]:
        """A reference that says its type must name one of those admitted."""
        reference = item.value.get("reference")
        given = item.value.get("type")
        if isinstance(reference, str) and not reference.startswith("#"):
            parts = reference.partition("/_history/")[0].split("/")
            if len(parts) >= 2 and parts[-2][:1].isupper() and parts[-2].isalpha():
                given = parts[-2]
        kinds = {self.library.type_of(target) for target in targets}
        if isinstance(given, str) and kinds and not kinds & {"", "Resource"} and given not in kinds:
            admitted = ", ".join(sorted(kinds))
            yield Fault(item.path, "value", f"La référence doit désigner : {admitted}.", key="target")

    def _binding(self, node: Node, item: Item) -> Iterator[Fault]:
        strength, value_set = node.binding
        if any(one.code in NOT_CODED for one in node.types) or not value_set:
            return
        codes = self.library.codes(value_set)
        if codes is None:
            return
        given = codings(item.value)
        if strength == "extensible":
            if given and not has_code(item.value, codes):
                text = f"Code hors du jeu de valeurs conseillé {bare(value_set)}."
                yield Fault(item.path, "code-invalid", text, WARNING, "binding")
            return
        if not has_code(item.value, codes):
            if any(system == "" and any(code == known for _, known in codes) for system, code in given):
                yield Fault(item.path, "code-invalid", "Le code est donné sans son système.", WARNING, "binding")
                return
            text = "Un code est attendu, pris dans" if not given else "Code absent du jeu de valeurs"
            yield Fault(item.path, "code-invalid", f"{text} {bare(value_set)}.", key="binding")

    def _rule(self, rule: Any, item: Item, around: Around) -> Iterator[Fault]:
        subject = item.value if item.value is not None else item.extra
        if subject is None:
            return
        try:
            kept = holds(rule, subject, resource=around.resource, root=around.root)
        except NotEvaluable:
            yield Fault(
                item.path, "not-supported", f"Règle {rule.key} non vérifiée par la maison.", INFORMATION, rule.key
            )
            return
        if not kept:
            severity = WARNING if rule.severity == "warning" else ERROR
            yield Fault(item.path, "invariant", f"Règle {rule.key} : {rule.human}", severity, rule.key)


def _items(owner: dict[str, Any], node: Node, path: str) -> Iterator[Item]:
    if not node.is_choice:
        yield from _occurrences(owner, node.name, f"{path}.{node.name}", "")
        return
    stem = node.name[:-3]
    for key in owner:
        name = key.lstrip("_")
        if name.startswith(stem) and name[len(stem) :][:1].isupper() and not (key[0] == "_" and name in owner):
            kind = name[len(stem) :]
            primitive = kind[0].lower() + kind[1:]
            yield from _occurrences(owner, name, f"{path}.{stem}", primitive if primitive in PRIMITIVES else kind)


def _occurrences(owner: dict[str, Any], name: str, path: str, kind: str) -> Iterator[Item]:
    value, extra = owner.get(name), owner.get(f"_{name}")
    if isinstance(value, list) or isinstance(extra, list):
        values = value if isinstance(value, list) else []
        extras = extra if isinstance(extra, list) else []
        for place in range(max(len(values), len(extras))):
            one = values[place] if place < len(values) else None
            more = extras[place] if place < len(extras) else None
            yield Item(f"{path}[{place}]", one, more, kind)
    elif value is not None or extra is not None:
        yield Item(path, value, extra, kind)


def _inner(resource: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in ("contained", "entry", "parameter"):
        found = resource.get(name)
        if not isinstance(found, list):
            continue
        for place, item in enumerate(found):
            inner = item.get("resource") if name != "contained" and isinstance(item, dict) else item
            if isinstance(inner, dict) and "resourceType" in inner:
                yield f"{kind}.{name}[{place}]" + ("" if name == "contained" else ".resource"), inner


def _shown(expected: Json) -> str:
    """What the profile (a public document) expects, when it is short."""
    return f" : « {expected} »" if isinstance(expected, str | int) and len(str(expected)) < 120 else ""


PRIMITIVES = frozenset(
    [
        "base64Binary",
        "boolean",
        "canonical",
        "code",
        "date",
        "dateTime",
        "decimal",
        "id",
        "instant",
        "integer",
        "markdown",
        "oid",
        "positiveInt",
        "string",
        "time",
        "unsignedInt",
        "uri",
        "url",
        "uuid",
    ]
)
