"""Invariants in FHIRPath, and the few of base R4 that are quicker said in Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

import fhirpathpy
from fhirpathpy.models import models

from maison.formats.fhir.moments import NoMoment, bounds
from maison.formats.fhir.wire import Json

from .nodes import Invariant

R4 = models["r4"]
EXPRESSIONS = 4096


class NotEvaluable(ValueError):
    """The expression is beyond the engine: the rule is then said not to have been checked."""


def _has_value(inputs: list[Any]) -> bool:
    return len(inputs) == 1 and inputs[0] is not None and getattr(inputs[0], "data", inputs[0]) is not None


def _unknown(_: list[Any], *__: Any) -> list[Any]:
    return []


OPTIONS: Any = {
    "userInvocationTable": {
        "hasValue": {"fn": _has_value, "arity": {0: []}},
        "resolve": {"fn": _unknown, "arity": {0: []}},
    }
}
type Compiled = Callable[[Json, dict[str, Any]], list[Any]]


@lru_cache(maxsize=EXPRESSIONS)
def compiled(expression: str) -> Compiled:
    """An expression ready to run on (value, environment); raises NotEvaluable when it cannot be parsed."""
    try:
        return cast(Compiled, fhirpathpy.compile(expression, model=R4, options=OPTIONS))
    except Exception as error:  # the parser raises bare exceptions of several kinds
        raise NotEvaluable(expression) from error


def evaluate(expression: str, value: Json, *, resource: Json = None, root: Json = None) -> list[Any]:
    """The collection an expression gives; raises NotEvaluable."""
    run = compiled(expression)
    try:
        return run(value, {"resource": resource or value, "rootResource": root or resource or value})
    except NotEvaluable:
        raise
    except Exception as error:  # the engine raises bare exceptions, and KeyErrors on odd data
        raise NotEvaluable(expression) from error


def holds(rule: Invariant, value: Json, *, resource: Json, root: Json) -> bool:
    """Whether the rule is kept; an empty answer counts as kept, as in the reference validator. Raises NotEvaluable."""
    native = BY_HAND.get(rule.expression)
    if native is not None:
        return native(value, resource, root)
    found = evaluate(rule.expression, value, resource=resource, root=root)
    return not found or found == [True]


def _period(value: Json, _: Json, __: Json) -> bool:
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    try:
        return bounds(start)[0] < bounds(end)[1]
    except NoMoment:
        return True  # said by the check of formats


def _reference(value: Json, _: Json, root: Json) -> bool:
    reference = value.get("reference")
    if not isinstance(reference, str) or not reference.startswith("#") or reference == "#":
        return True
    return any(item.get("id") == reference[1:] for item in root.get("contained", ()) if isinstance(item, dict))


def _contact(value: Json, _: Json, __: Json) -> bool:
    return "value" not in value or "system" in value


BY_HAND: dict[str, Callable[[Json, Json, Json], bool]] = {
    "start.hasValue().not() or end.hasValue().not() or (start <= end)": _period,
    "reference.startsWith('#').not() or (reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))": _reference,
    "value.empty() or system.exists()": _contact,
}
