from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from maison.foundations.accounts import psc_client
from maison.foundations.structures.actions import save_structure
from maison.foundations.structures.models import Structure
from maison_region.people import PURPAN, RANGUEIL
from tests.foundations.accounts.visitor import Visitor
from tests.sandbox.process import CLIENT, Sandbox, running_sandbox

CHU = "310781406"


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(sandbox_process: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """The provider of the house for one test: no fault left from another, no memory of what it published."""
    sandbox_process.play()
    settings.PSC = {"issuer": sandbox_process.issuer, **CLIENT}
    psc_client._client.cache_clear()
    yield sandbox_process
    sandbox_process.play()
    psc_client.provider().close()
    psc_client._client.cache_clear()


@pytest.fixture
def visitor(db: None, client: Client, sandbox: Sandbox) -> Visitor:
    return Visitor(client, sandbox)


@pytest.fixture
def hospital(db: None) -> dict[str, Structure]:
    """The hospital of Toulouse, where the fictional professionals of journey J1 work."""
    entity = save_structure(kind="EJ", finess=CHU, name="CHU de Toulouse", short_name="CHU de Toulouse")
    rangueil = save_structure(
        kind="EG", finess=RANGUEIL, parent_id=entity.id, name="CHU de Toulouse – Rangueil", short_name="Rangueil"
    )
    purpan = save_structure(
        kind="EG", finess=PURPAN, parent_id=entity.id, name="CHU de Toulouse – Purpan", short_name="Purpan"
    )
    samu = save_structure(
        kind="SERVICE", parent_id=purpan.id, name="SAMU 31 (Haute-Garonne)", short_name="SAMU 31", service_type="samu"
    )
    return {"entity": entity, "rangueil": rangueil, "purpan": purpan, "samu": samu}
