"""`$validate`: the same check as a write, without writing."""

from __future__ import annotations

from typing import Any

from maison.formats.fhir.faults import WARNING, Fault, outcome_of
from maison.formats.fhir.wire import write

from .callers import Caller
from .calls import Answer
from .conformity import faults_of
from .errors import NotConform, Unreadable
from .registry import Declared, find
from .tracing import Trace


def validate(declared: Declared | None, caller: Caller, body: dict[str, Any], parameters: list[tuple[str, str]]) -> tuple[Answer, list[Trace]]:  # fmt: skip
    """A resource, or Parameters with `resource`, `profile` and `mode`. Answers 200 with the faults: the question was answered.

    Open to every caller: what is checked is what the caller brings, and nothing of it is kept.
    """
    asked = [value for name, value in parameters if name == "profile" and value]
    resource: Any = body
    if body.get("resourceType") == "Parameters" and (declared is None or declared.type != "Parameters"):
        given = [item for item in body.get("parameter", ()) if isinstance(item, dict)]
        resource = next((item.get("resource") for item in given if item.get("name") == "resource"), None)
        asked += [str(value) for item in given if item.get("name") == "profile"
                  for key, value in item.items() if key.startswith("value")]  # fmt: skip
    if not isinstance(resource, dict):
        raise Unreadable("L'opération $validate attend une ressource.")
    kind = resource.get("resourceType")
    faults: list[Fault]
    if declared is not None and kind != declared.type:
        faults = [Fault(str(kind or "Resource"), "invalid", f"Une ressource {declared.type} est attendue.")]
    else:
        faults = faults_of(declared or find(str(kind)), resource, asked)
        if declared is None and find(str(kind)) is None:
            faults.append(
                Fault(str(kind or "Resource"), "informational", "Ce type n'est pas servi par la maison.", WARNING)
            )
    code = NotConform.code
    details = {"errors": sum(fault.is_error for fault in faults)}
    trace = Trace("fhir.validate", declared.type if declared else "", details=details)
    return Answer(200, write(outcome_of(faults, code))), [trace]
