"""A house as it is in the middle of a day, for the weight of its pages: walls full, requests under way, news to read."""

from __future__ import annotations

import contextlib
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from benches._cases import oriented_cases
from maison.cli.house import mllp_port
from maison.cli.throwaway import OpenHouse
from maison_region import hospitals
from maison_region.facilities import EMERGENCY_SITES, RANGUEIL
from maison_region.people import professional
from maison_region.sending import Door
from maison_region.stories import claude_falls, until

if TYPE_CHECKING:
    from maison.foundations.access import Actor

LINES, STORIES, NEWS, STAYS = 20, 6, 20, 60


def live(house: OpenHouse) -> dict[str, str]:
    """Fills the house by its doors and its actions, once Léonie Romarin has come in; the ids that addresses need."""
    from maison.foundations.structures.models import Structure
    from maison.interop.exchanges.models import Exchange
    from maison.services.emergency.actions import receive_arrivals
    from maison.services.emergency.models import Arrival
    from maison.services.portal.models import AccessRequest

    now = datetime.now(UTC).astimezone().replace(microsecond=0)
    door = Door(house.url)
    for rank in range(STORIES):
        for message in until(claude_falls(now - timedelta(minutes=4 * rank), rank=500 + rank), "transport"):
            door.post(message.client_id, message.body)
    door.close()
    oriented(house, [RANGUEIL.finess_eg], LINES - STORIES, now)
    oriented(house, sorted(EMERGENCY_SITES), len(EMERGENCY_SITES), now)
    wall = Structure.objects.get(parent__finess=RANGUEIL.finess_eg, service_type="urgences_adultes")
    deadline = time.monotonic() + 90
    while Arrival.objects.filter(service=wall).count() < LINES and time.monotonic() < deadline:
        time.sleep(0.3)
    unit, stay = stays_of_a_day(house, now)
    nurse = come_in(professional("Romarin").idnat)
    arrivals = Arrival.objects.filter(service=wall).values_list("id", flat=True)
    receive_arrivals(
        actor=nurse, service_id=wall.id, arrival_ids=list(arrivals)
    )  # the screen of the service is open all day
    ask(nurse)
    arrival = Arrival.objects.filter(service=wall, eta_at__isnull=False).order_by("id")[0]
    return {
        "wall": str(wall.id),
        "arrival": str(arrival.id),
        "case": str(arrival.case_id),
        "exchange": str(Exchange.objects.order_by("-at")[0].id),
        "unit": unit,
        "stay": stay,
        "request": str(AccessRequest.objects.order_by("id")[0].id),
    }


def stays_of_a_day(house: OpenHouse, now: datetime) -> tuple[str, str]:
    """Hospitals say who is in their units; one unit of Rangueil and one of its stays."""
    from maison.registries.stays.models import Stay

    hospitals.tell("127.0.0.1", mllp_port(house.port), now, seed=31)
    deadline = time.monotonic() + 60
    of_rangueil = Stay.objects.filter(structure__finess=RANGUEIL.finess_eg, state="presente", care_unit__isnull=False)
    while of_rangueil.count() < STAYS and time.monotonic() < deadline:
        time.sleep(0.3)
    one = of_rangueil.order_by("id")[0]
    return str(one.care_unit_id), str(one.id)


def oriented(house: OpenHouse, finess: list[str], count: int, now: datetime) -> None:
    for body, authorization in oriented_cases(finess, count, now):
        headers = {"Content-Type": "application/json", "Authorization": authorization}
        with urllib.request.urlopen(urllib.request.Request(f"{house.url}/hub-sante/messages/", body, headers)):
            pass


def come_in(subject: str) -> Actor:
    from maison.foundations.access.selectors import actor_for_session
    from maison.foundations.accounts.models import User

    user = User.objects.get(subject=subject)
    situation = user.situations.order_by("first_seen_at")[0]
    return actor_for_session(user_id=user.id, situation_id=situation.id, auth="psc", session_key="")


def ask(actor: Actor) -> None:
    """The person has asked for every service that can be asked for, and has twenty notifications."""
    from maison.foundations.errors import BusinessError
    from maison.foundations.notifications.actions import notify
    from maison.services.portal.actions import submit_request
    from maison.services.portal.models import Service

    for service in Service.objects.order_by("code"):
        for role in service.roles[:1]:
            with contextlib.suppress(BusinessError):  # open to the person already, or not to be asked for
                submit_request(actor=actor, code=service.code, role_code=role, justification="Relève de nuit.")
    for number in range(NEWS):
        notify([actor.subject], kind="portal.request", title=f"Votre demande {number + 1} avance", text="À lire.")
