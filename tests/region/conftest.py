"""Official validators of the hub's messages, from the reference files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from maison_region.script import Sending

SCHEMAS = {
    "createCaseHealth": "RS-EDA",
    "createCaseHealthUpdate": "RS-EDA-MAJ",
    "resourcesInfo": "RS-RI",
    "resourcesStatus": "RS-SR",
}


def message_of(sending: Sending) -> dict[str, Any]:
    message: dict[str, Any] = sending.envelope["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    return message


def object_of(sending: Sending) -> dict[str, Any]:
    body: dict[str, Any] = message_of(sending)[sending.key]
    return body


@pytest.fixture(scope="session")
def official_faults(shared: Path) -> Callable[[dict[str, Any]], list[str]]:
    """What the published schemas say against a whole envelope: EDXL-DE, RC-DE header, and the object it carries."""

    def schema(code: str) -> Any:
        document = json.loads((shared / f"specs/hub-sante/json-schema/{code}.schema.json").read_text())
        document.pop("$id", None)
        return jsonschema_rs.Draft7Validator(document, validate_formats=True)

    envelope, header = schema("EDXL-DE-envelope-only"), schema("RC-DE")
    objects = {key: schema(code) for key, code in SCHEMAS.items()}

    def faults(document: dict[str, Any]) -> list[str]:
        message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        carried = [key for key in message if key in objects]
        found = [f"carries {carried}"] if len(carried) != 1 else []
        found += [str(error.message) for error in envelope.iter_errors(document)]
        found += [str(error.message) for error in header.iter_errors(message)]
        return found + [str(error.message) for key in carried for error in objects[key].iter_errors(message[key])]

    return faults
