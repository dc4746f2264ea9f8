"""What a message would do if it were taken again, without doing it: the real work in a transaction that is given up.

A channel tells how it deals with one message (`register_dealer`); the journal runs that, notes what changed (state, faults,
facts published, messages written), and rolls all of it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from . import journal
from .models import Exchange

type Dealer = Callable[[Exchange], None]
"""Deals with one exchange in the state `received`, in the current transaction, as the channel's own loop would."""

_dealers: dict[str, Dealer] = {}


def register_dealer(channel: str, dealer: Dealer) -> None:
    if _dealers.setdefault(channel, dealer) is not dealer:
        raise ValueError(f"Two dealers for the channel {channel}.")


@dataclass(slots=True)
class Rehearsal:
    """Before and after. `possible` False: nothing can be told before doing it (`why`)."""

    exchange: Exchange
    possible: bool = True
    why: str = ""
    state: str = ""
    fault_code: str = ""
    faults: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""
    facts: list[tuple[str, int]] = field(default_factory=list)
    messages: list[tuple[str, int]] = field(default_factory=list)

    @property
    def state_label(self) -> str:
        return str(Exchange.State(self.state).label) if self.state else ""

    @property
    def changes_nothing(self) -> bool:
        """Same state and same faults: replaying now would only repeat the refusal."""
        same = (self.state, self.fault_code) == (self.exchange.state, self.exchange.fault_code)
        return (
            self.possible
            and same
            and [_place(one) for one in self.faults] == [_place(one) for one in self.exchange.faults]
        )


def _place(fault: dict[str, Any]) -> tuple[str, str]:
    return str(fault.get("place", "")), str(fault.get("rule", ""))


class _GivenUp(Exception):
    """Carries nothing: it undoes the rehearsal."""


def rehearse(exchange: Exchange) -> Rehearsal:
    """What replaying this exchange would change now."""
    told = Rehearsal(exchange)
    if exchange.direction == Exchange.Direction.OUT:
        told.possible, told.why = (
            False,
            "Un message émis est renvoyé tel quel : seule la réponse de sa cible dira son sort.",
        )
        return told
    dealer = _dealers.get(exchange.channel)
    if dealer is None or journal.payload_of(exchange) is None:
        told.possible, told.why = False, "Ce message ne peut pas être répété à blanc."
        return told
    try:
        with transaction.atomic():
            _play(exchange, dealer, told)
            raise _GivenUp
    except _GivenUp:
        return told


def _play(exchange: Exchange, dealer: Dealer, told: Rehearsal) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT last_value FROM events_event_seq UNION ALL SELECT last_value FROM exchanges_exchange_seq"
        )
        event_seq, exchange_seq = (row[0] for row in cursor.fetchall())
    again = Exchange.objects.select_for_update().get(id=exchange.id, at=exchange.at)
    again.needs_mending, again.relay_id, again.attempts = False, None, 0
    again.fault_code, again.faults = "", []
    journal.update(again, state=Exchange.State.RECEIVED)
    dealer(again)
    again = Exchange.objects.get(id=exchange.id, at=exchange.at)
    told.state, told.fault_code, told.faults, told.note = again.state, again.fault_code, again.faults, again.note
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM events_event WHERE position = ledger_position() AND seq > %s", [event_seq])
        told.facts = sorted(Counter(row[0] for row in cursor.fetchall()).items())
        cursor.execute(
            "SELECT message_type FROM exchanges_exchange WHERE position = ledger_position() AND seq > %s AND direction = 'out'",
            [exchange_seq],
        )
        told.messages = sorted(Counter(row[0] for row in cursor.fetchall()).items())
