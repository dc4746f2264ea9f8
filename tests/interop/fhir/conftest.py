from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maison.interop.fhir import authentication, definitions
from tests.interop.fhir.software import Partner


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """Tokens and definitions are kept by the process: each test starts without."""
    authentication.forget()
    definitions.forget()
    yield
    authentication.forget()
    definitions.forget()


@pytest.fixture
def partner(db: None) -> Partner:
    """Software of a hospital, with every right on its own resources."""
    return Partner("fr.health.logiciel-a")


@pytest.fixture
def example(shared: Path) -> Any:
    def read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((shared / "specs" / "fhir" / name).read_text(encoding="utf-8"))
        return found

    return read
