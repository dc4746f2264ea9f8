from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from maison.foundations.access.registry import Permission

if TYPE_CHECKING:
    from .models import Relay


@dataclass(frozen=True, slots=True)
class StepKind:
    """`waits` says that after this step the relay still waits for the receiver."""

    code: str
    label: str
    waits: bool = False


@dataclass(frozen=True, slots=True)
class RelayKind:
    """One kind of hand-over. `permission`: what the receiver must hold to see and take it. `url`: where to act."""

    code: str
    label: str
    permission: Permission
    steps: tuple[StepKind, ...]
    url: Callable[[Relay], str]
    room: str = ""

    def step(self, code: str) -> StepKind:
        for step in self.steps:
            if step.code == code:
                return step
        raise KeyError(code)

    def rank(self, code: str) -> int:
        return [step.code for step in self.steps].index(code)


_kinds: dict[str, RelayKind] = {}


def register_kind(kind: RelayKind) -> RelayKind:
    if kind.code in _kinds:
        raise ValueError(f"The relay kind {kind.code} is registered twice.")
    _kinds[kind.code] = kind
    return kind


def kind_of(code: str) -> RelayKind:
    return _kinds[code]


def kinds() -> dict[str, RelayKind]:
    return dict(_kinds)
