"""Fixtures every part of the suite may use; loaded by tests/conftest.py through `pytest_plugins`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from maison.foundations.accounts.models import User
from maison.foundations.structures.models import Structure
from tests.factories import HabilitationFactory, SituationFactory, StructureFactory, UserFactory

SignIn = Callable[..., Client]


def signed_in(role: str = "", structure: Structure | None = None, auth: str = "psc", *, user: User | None = None,
              profession: str = "10", **client: Any) -> Client:  # fmt: skip
    """A browser where someone is signed in, in a situation in `structure`, with `role` there.

    `client.user`, `client.situation` and `client.structure` tell who it is. `auth="local"` signs in a local account.
    """
    structure = structure or StructureFactory()
    user = user or (UserFactory(local=True) if auth == "local" else UserFactory())
    source = "local" if auth == "local" else "psc"
    situation = SituationFactory(user=user, structure=structure, profession=profession, source=source)
    if role:
        HabilitationFactory(subject=user.subject, structure=structure, role=role)
    browser = Client(**client)
    browser.force_login(user)
    session = browser.session
    session["auth"], session["situation_id"], session["entered"] = auth, str(situation.id), settings.TERMS_VERSION
    session.save()
    browser.user, browser.situation, browser.structure = user, situation, structure  # type: ignore[attr-defined]
    return browser


@pytest.fixture
def signed_in_client(db: None) -> SignIn:
    """`signed_in_client("ioa", structure)`: see `signed_in`."""
    return signed_in
