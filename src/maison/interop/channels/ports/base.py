"""The two ports. An adapter of another room (MLLP, FHIR, AMQP) registers itself in its `AppConfig.ready()`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal
from uuid import UUID

from maison.interop.channels.language.configuration import Configuration, Item, Vocabulary
from maison.interop.channels.language.shapes import Shape

if TYPE_CHECKING:
    from maison.interop.channels.models import Channel


class Source(ABC):
    """Brings messages: each is held in the journal, with its passage, in one transaction, before anything is answered."""

    shape: ClassVar[Shape]
    may_be_mute: ClassVar[bool] = False
    """Whether it may not answer: its state is then kept and told (`SourceState`)."""

    @abstractmethod
    def collect(self, channel: Channel, config: Configuration, limit: int) -> int:
        """Take at most `limit` new messages, oldest first; returns how many. Must be able to run twice on the same ones."""

    def faults(self, config: Configuration) -> list[str]:
        """What prevents this source from working here and now (a folder that does not exist), in French."""
        return []

    def reach(self, channel: Channel, config: Configuration) -> list[str]:
        """Why a channel that is not the agency's may not listen there, in French."""
        return []

    def forget(self, channel: Channel) -> None:  # noqa: B027 -- most sources keep nothing
        """The channel is retired: nothing must wait for it any more."""


type Result = Literal["delivered", "rejected", "later", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one attempt.

    `delivered`; `rejected` the content is refused, a person must look (AE); `later` this message is refused for now (AR);
    `down` nothing was taken, the target does not answer; `unknown` it may have been taken and must not be sent twice blindly.
    `words` are French and never quote the message; `answer` is what the target said, for a synchronous channel. `reason` leads
    what is rejected to its desk (see `desks.LABELS`); without one the integrator looks.
    """

    result: Result
    words: str = ""
    answer: bytes = b""
    answer_type: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for one target. `key` is the same at each attempt."""

    delivery_id: UUID
    key: str
    rank: int
    payload: bytes
    content_type: str
    message_type: str


type Send = Callable[[Parcel], Receipt]


class Target(ABC):
    """Takes messages. `opened` gives the function that sends one, usable from several threads; it raises nothing."""

    shape: ClassVar[Shape]

    @abstractmethod
    @contextmanager
    def opened(self, item: Item) -> Iterator[Send]: ...

    def faults(self, item: Item) -> list[str]:
        return []

    def misfits(self, config: Configuration, item: Item) -> list[str]:
        """Why the messages of this channel are not for such a target, in French."""
        return []

    def reach(self, channel: Channel, item: Item) -> list[str]:
        """Why a channel that is not the agency's may not send there, in French."""
        return []

    def certificate_files(self, item: Item) -> list[str]:
        """Certificates the house presents to this target, watched for their expiry."""
        return []


_sources: dict[str, Source] = {}
_targets: dict[str, Target] = {}


def register_source(source: Source) -> None:
    if type(_sources.setdefault(source.shape.code, source)) is not type(source):
        raise ValueError(f"Two sources are called {source.shape.code}.")


def register_target(target: Target) -> None:
    if type(_targets.setdefault(target.shape.code, target)) is not type(target):
        raise ValueError(f"Two targets are called {target.shape.code}.")


def source(code: str) -> Source:
    return _sources[code]


def target(code: str) -> Target:
    return _targets[code]


def vocabulary() -> Vocabulary:
    return Vocabulary(
        {code: one.shape for code, one in _sources.items()}, {code: one.shape for code, one in _targets.items()}
    )
