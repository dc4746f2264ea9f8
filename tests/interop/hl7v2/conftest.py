from __future__ import annotations

import pytest

from maison.interop.hl7v2.listener import Address, MllpDoor
from tests.interop import mllp
from tests.interop.conftest import background  # noqa: F401 -- a fixture of the doors


@pytest.fixture
def door(background):  # noqa: F811
    running = MllpDoor([Address("127.0.0.1", 0)])
    background.listen(running)
    background.run(running.listening.wait())
    return running


@pytest.fixture
def call():
    """Opens a line; all are closed at the end."""
    opened = []

    def open_line(port, context=None):
        opened.append(mllp.Line(port, context))
        return opened[-1]

    yield open_line
    for line in opened:
        line.close()


@pytest.fixture
def line(door, call):
    mllp.declare()
    return call(door.addresses[0].port)
