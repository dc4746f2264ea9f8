"""What fault codes mean, in French. Each channel brings its own words when the house opens."""

from __future__ import annotations

from collections.abc import Mapping

_words: dict[str, str] = {}


def register_words(words: Mapping[str, str]) -> None:
    _words.update(words)


def words_of(code: str) -> str:
    return _words.get(code, code)


_channels: dict[str, str] = {}


def register_channel(code: str, label: str) -> None:
    """A flow of the journal, as people name it."""
    _channels[code] = label


def channels() -> list[tuple[str, str]]:
    return sorted(_channels.items(), key=lambda item: item[1])
