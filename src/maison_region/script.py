"""The messages of one case, in the order in which they leave the SAMU."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from maison_region.calibration import DUPLICATE_RATIO, LATE_RATIO, OVERTAKEN_RATIO
from maison_region.chance import Dice
from maison_region.messages import (
    CaseNumbers,
    Json,
    Resource,
    encode,
    envelope,
    resource_status,
    resources_info,
    update_case,
)

LATE, DUPLICATE, OVERTAKEN = "late", "duplicate", "overtaken"


@dataclass(frozen=True, slots=True)
class Sending:
    """One delivery to the house: `at` is when it arrives, `key` the health object it carries, `fault` what went wrong."""

    at: datetime
    client_id: str
    case_id: str
    key: str
    envelope: Json
    fault: str = ""

    def body(self) -> bytes:
        return encode(self.envelope)


@dataclass(slots=True)
class CaseScript:
    numbers: CaseNumbers
    generator: Dice
    sendings: list[Sending] = field(default_factory=list)

    def send(
        self, at: datetime, key: str, body: Json, *, kind: str = "Report", hub_seconds: float | None = None
    ) -> None:
        """Write the message at `at`; the hub hands it over a few seconds later."""
        transit = self.generator.uniform(1, 12) if hub_seconds is None else hub_seconds
        client = self.numbers.samu.client_id
        written = envelope(self.generator, sender=client, key=key, body=body, sent_at=at, kind=kind)
        self.sendings.append(Sending(at + timedelta(seconds=transit), client, self.numbers.case_id, key, written))

    def create(self, at: datetime, body: Json) -> None:
        self.send(at, "createCaseHealth", body)

    def update(self, at: datetime, **changes: object) -> None:
        self.send(at, "createCaseHealthUpdate", update_case(self.numbers, **changes), kind="Update")

    def engage(self, at: datetime, resources: list[tuple[Resource, list[tuple[str, datetime]]]]) -> None:
        self.send(at, "resourcesInfo", resources_info(self.numbers, resources))

    def status(self, at: datetime, resource: Resource, status: str) -> None:
        self.send(at, "resourcesStatus", resource_status(self.numbers, resource, status, at))


def with_imperfections(sendings: list[Sending], generator: Dice) -> list[Sending]:
    """The same messages as a real feed delivers them: some late, some twice, some before the one they follow."""
    delivered: list[Sending] = []
    for sending in sorted(sendings, key=lambda one: one.at):
        draw = generator.random()
        if draw < LATE_RATIO:
            sending = replace(sending, at=sending.at + timedelta(minutes=generator.uniform(2, 20)), fault=LATE)
        elif draw < LATE_RATIO + DUPLICATE_RATIO:
            again = sending.at + timedelta(seconds=generator.uniform(1, 90))
            delivered.append(replace(sending, at=again, fault=DUPLICATE))
        elif draw < LATE_RATIO + DUPLICATE_RATIO + OVERTAKEN_RATIO and delivered:
            before = delivered[-1]
            sending = replace(sending, at=before.at - timedelta(seconds=1), fault=OVERTAKEN)
        delivered.append(sending)
    return delivered
