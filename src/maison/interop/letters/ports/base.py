"""What the house asks of an operator of MSSanté and of the DMP, whoever plays them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from maison.formats.xds.ebrim import Submission
from maison.formats.xds.soap import Answer
from maison.formats.xds.vihf import Claims

type Fate = Literal["taken", "unknown-address", "refused", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class Submitted:
    """`taken`: the operator answers for it. `unknown-address`, `refused`: it will never take it. `down`: it took nothing.
    `unknown`: cut while the mail was passing. `expects_receipt`: it will tell when the mail is in its mailbox."""

    fate: Fate
    words: str = ""
    expects_receipt: bool = False


class Unreachable(Exception):
    """The system does not answer, and took nothing. `words` are French."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class CutShort(Exception):
    """The line fell after the question left: nobody knows what became of it."""


class MailOperator(ABC):
    @abstractmethod
    def submit(self, address: str, mail: bytes, message_id: str, about_to: Callable[[], None]) -> Submitted:
        """One mail to one mailbox. `about_to` is called once, when nothing but the content remains to be said; raises nothing."""

    @abstractmethod
    def unread(self, limit: int) -> Iterator[tuple[str, bytes]]:
        """What came to the house's mailbox and was not settled, oldest first, with the operator's number. Raises Unreachable."""

    @abstractmethod
    def settle(self, numbers: Mapping[str, bool]) -> None:
        """These were dealt with: True takes the mail away, False leaves it as read. Raises Unreachable."""


class HealthRecord(ABC):
    @abstractmethod
    def feed(
        self, submission: Submission, documents: Mapping[str, bytes], claims: Claims, about_to: Callable[[], None]
    ) -> Answer:
        """ITI-41. Raises Unreachable or CutShort."""

    @abstractmethod
    def take_back(self, submission: Submission, entry: str, claims: Claims, about_to: Callable[[], None]) -> Answer:
        """ITI-57: the author takes the document back. Raises Unreachable or CutShort."""
