"""Pieces kept once drawn."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.safestring import SafeString, mark_safe

from maison.ui.drawn import Drawn


class Pen:
    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, keys: Sequence[str]) -> dict[str, SafeString]:
        self.asked.append(list(keys))
        return {key: mark_safe(f"<p>{key}</p>") for key in keys if key != "gone"}


def test_only_the_pieces_not_known_yet_are_drawn_and_all_come_in_order() -> None:
    kept, pen = Drawn[str](10), Pen()
    kept.of(["b"], pen)
    assert kept.of(["a", "b", "c"], pen) == ["<p>a</p>", "<p>b</p>", "<p>c</p>"]
    assert pen.asked == [["b"], ["a", "c"]]


def test_the_piece_shown_longest_ago_is_forgotten_first() -> None:
    kept, pen = Drawn[str](2), Pen()
    kept.of(["a"], pen)
    kept.of(["b"], pen)
    kept.of(["a"], pen)
    kept.of(["c"], pen)
    pen.asked.clear()
    kept.of(["a", "c"], pen)
    assert pen.asked == []
    assert len(kept) == 2
    kept.of(["b"], pen)
    assert pen.asked == [["b"]]


def test_a_list_longer_than_the_memory_still_comes_whole() -> None:
    kept, pen = Drawn[str](2), Pen()
    assert kept.of(["a", "b", "c"], pen) == ["<p>a</p>", "<p>b</p>", "<p>c</p>"]
    assert len(kept) == 2


def test_what_can_no_longer_be_drawn_is_left_out() -> None:
    assert Drawn[str](2).of(["a", "gone"], Pen()) == ["<p>a</p>"]
