"""Who may listen to which topic: a room registers a rule for each of its topics; no rule, no stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maison.foundations.access.actor import Actor

type Rule = Callable[["Actor", str], bool]
_rules: dict[str, Rule] = {}


def register_topic(name: str, rule: Rule) -> None:
    """`rule(actor, key)` answers whether the actor may hear hints of the topic `name:key`."""
    if _rules.setdefault(name, rule) is not rule:
        raise ValueError(f"The topic {name} is registered twice.")


def may_listen(actor: Actor, topic: str) -> bool:
    name, _, key = topic.partition(":")
    rule = _rules.get(name)
    return rule is not None and rule(actor, key)
