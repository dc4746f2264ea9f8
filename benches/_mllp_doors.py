"""The MLLP doors that `benches/hub.py` compares, each in its own process: `python -m benches._mllp_doors KIND`.

`batched` is the house's own door; `single` the same with one commit for each message; `memory` the same reading and the same
answers with no storage at all. Prints its port, then lives until it is ended.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import uvloop

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "maison.config.settings")
import django

django.setup()

from django.utils import timezone  # noqa: E402

from maison.foundations.ids import uuid7  # noqa: E402
from maison.interop.gateway.process import House  # noqa: E402
from maison.interop.hl7v2 import answers, intake  # noqa: E402
from maison.interop.hl7v2.listener import Address, MllpDoor  # noqa: E402


def from_memory(arrivals: Sequence[intake.Arrival]) -> list[bytes]:
    """Reads and answers as the door does; nothing is kept."""
    found = []
    for arrival in arrivals:
        judged = intake.judge(arrival)
        assert judged.message is not None
        found.append(answers.answer(judged.message, "AA", uuid7(), timezone.now()))
    return found


async def main(kind: str) -> None:
    door = MllpDoor([Address("127.0.0.1", 0)])
    if kind == "single":
        door.batch = 1
    elif kind == "memory":
        door.keeper = from_memory
    import asyncio

    listening = asyncio.ensure_future(door.run(House()))
    await door.listening.wait()
    print(door.addresses[0].port, flush=True)
    await listening


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
