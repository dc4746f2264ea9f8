"""What the house serves: rooms declare resources, the engine reads the declarations and nothing else of the rooms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from maison.formats.fhir.profiles.base import RESOURCE_TYPES
from maison.foundations.access.registry import Permission

from .callers import Caller
from .calls import Answer, Call
from .parameters import Parameter, Stored, parameters
from .permissions import P
from .sql import TRUE, Sql
from .tracing import Trace

READING = frozenset({"read", "search-type"})
EVERYTHING = READING | {"vread", "history-instance", "history-type", "create", "update", "patch", "delete"}
type Row = tuple[Any, ...]
type Acts = Callable[[Declared, Caller, Call, str, list[str], Callable[[], dict[str, Any]]], tuple[Answer, list[Trace]]]
"""(declared, caller, call, method, what follows the type in the path, body of the request): the answer and its traces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """Where rows are: a FROM clause whose main table is `r`. `columns` are what `body` needs, after pk, id and version.

    `visible` limits the rows to those the caller may know of; it runs inside every question, chains and includes too.
    """

    source: str
    pk: str
    id: str
    columns: str
    visible: Callable[[Caller], Sql]
    body: Callable[[Row], bytes]
    where: Sql = TRUE
    updated: str = ""
    patient: str = "''"
    bare_source: str = ""

    @property
    def ids_source(self) -> str:
        """The FROM of a question that only needs ids."""
        return self.bare_source or self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One type as the house serves it. `required_profile`: what a resource must conform to, claimed or not.

    `checks` are the room's own rules on what is written: each answers French faults. `health`: the data of patients.
    `acts`: a room that writes its own rows, and its operations; `capability`: what it adds to the CapabilityStatement, from the base.
    """

    type: str
    label: str
    parameters: Mapping[str, Parameter]
    backing: Backing
    profiles: Sequence[str] = ()
    required_profile: str = ""
    interactions: frozenset[str] = EVERYTHING
    health: bool = True
    reading: Permission = P.READ
    writing: Permission = P.WRITE
    patient_path: str = ""
    summary: frozenset[str] = frozenset()
    checks: Sequence[Callable[[dict[str, Any]], Sequence[Any]]] = ()
    stored: tuple[Stored, ...] = field(default=())
    acts: Acts | None = None
    capability: Callable[[str], dict[str, Any]] | None = None

    @property
    def is_stored(self) -> bool:
        return bool(self.stored)


_declared: dict[str, Declared] = {}


def declare(resource: Declared) -> Declared:
    if resource.type not in RESOURCE_TYPES:
        raise ValueError(f"{resource.type} is not a resource of FHIR R4.")
    if _declared.setdefault(resource.type, resource) is not resource:
        raise ValueError(f"Two rooms declare {resource.type}.")
    return resource


def withdraw(kind: str) -> None:
    _declared.pop(kind, None)


def declared() -> dict[str, Declared]:
    return dict(_declared)


def find(kind: str) -> Declared | None:
    return _declared.get(kind)


COMMON = """
_profile uri meta.profile
_tag token meta.tag
_security token meta.security
_source uri meta.source
"""


def stored(kind: str, label: str, table: str, **options: Any) -> Declared:
    """A type kept whole in the generic store; `table` says its search parameters (see `parameters.parameters`)."""
    from .store import STORE_COLUMNS, STORE_SOURCE, stored_body, visible_rows

    found = parameters(kind, COMMON + table.strip())
    backing = Backing(
        source=STORE_SOURCE, bare_source="fhir_resource r", pk="r.pk", id="r.id", columns=STORE_COLUMNS,
        where=Sql("r.type = %s AND NOT r.deleted", (kind,)), visible=visible_rows, body=stored_body, updated="r.updated_at",
        patient="r.patient",
    )  # fmt: skip
    return Declared(type=kind, label=label, parameters=found, backing=backing, stored=tuple(found.values()), **options)
