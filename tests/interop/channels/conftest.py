from __future__ import annotations

import pytest
from django.conf import settings as house

from tests.interop.channels.workshop import Workshop


@pytest.fixture
def workshop(db, tmp_path, settings):
    """An agency, two integrators, folders of its own."""
    settings.CHANNEL_FOLDERS = tmp_path / "canaux"
    settings.CHANNEL_HOSTS = []
    settings.CHANNEL_ACCESS = str(tmp_path / "acces.toml")
    assert not house.PRODUCTION
    return Workshop(tmp_path / "canaux")
