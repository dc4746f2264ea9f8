"""What every test may ask for. The database, the network guard and the order come from `maison.cli.pytest_house`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maison.cli.pytest_house import house_databases

pytest_plugins = ["tests.fixtures", "tests.browsers"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """One migrated template for the run, one copy for each worker; a test with real commits gets a fresh copy after it."""
    yield from house_databases(request.config, django_db_blocker)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference texts and official files, beside the repository. The product never reads them; tests compare with them."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.fail(
            f"This test compares with the reference files, expected in {folder}: put the `shared` folder there."
        )
    return folder
