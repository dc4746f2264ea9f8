"""Frames cut anywhere, garbage between them, limits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.hl7v2.faults import UnwritableMessage
from maison.formats.hl7v2.mllp import KEPT_OF_NOISE, Decoder, Frame, Noise, frame

PAYLOADS = st.binary(min_size=0, max_size=40).map(lambda data: data.replace(b"\x0b", b"").replace(b"\x1c", b""))


@settings(max_examples=150)
@given(st.lists(PAYLOADS, max_size=5), st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_frames_come_out_whatever_the_cuts_of_the_network(payloads, cuts):
    data = b"".join(map(frame, payloads))
    decoder, found, position, turn = Decoder(), [], 0, 0
    while position < len(data):
        size = cuts[turn % len(cuts)]
        found += decoder.feed(data[position : position + size])
        position, turn = position + size, turn + 1
    assert found == [Frame(payload) for payload in payloads]
    assert decoder.close() == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([b"\x0b", b"\x1c", b"\x1c\r", b"\x0bMSH|\x1c\r", b"\r\n"])),
        max_size=30,
    ),
    st.integers(1, 30),
)
def test_whatever_the_network_gives_nothing_breaks_and_no_byte_is_made_up(pieces, limit):
    """A mutational fuzzer: bytes and framing bytes in any order; what comes out was in what came in, and the decoder stays bounded."""
    decoder, sent = Decoder(limit), b"".join(pieces)
    found = []
    for piece in pieces:
        found += decoder.feed(piece)
        assert sum(map(len, decoder._parts)) <= 4 * KEPT_OF_NOISE + limit
    found += decoder.close()
    position = 0
    for item in found:
        start = item.data if isinstance(item, Frame) else item.start
        at = sent.find(start, position)
        assert at >= 0, "out of order, or never sent"
        position = at + len(start)
        assert not isinstance(item, Frame) or len(item.data) <= limit
    assert list(decoder.feed(b"\x0bA\x1c\r")) == [Frame(b"A")]


def test_garbage_between_frames_is_said_once_and_harms_nothing():
    decoder = Decoder()
    found = [
        *decoder.feed(b"GET / HT"),
        *decoder.feed(b"TP/1.1\r\n\x0bMSH|a\x1c\rrest"),
        *decoder.feed(b"\x0bMSH|b\x1c\r"),
    ]
    assert found == [
        Noise("between-frames", b"GET / HTTP/1.1\r\n", 16),
        Frame(b"MSH|a"),
        Noise("between-frames", b"\rrest", 5),
        Frame(b"MSH|b"),
    ]


def test_line_ends_between_frames_say_nothing():
    assert list(Decoder().feed(b"\r\n\x0bMSH|a\x1c\r\n\0\r\x0bMSH|b\x1c\r")) == [Frame(b"MSH|a"), Frame(b"MSH|b")]


def test_a_sender_who_forgets_the_last_carriage_return_is_answered_at_once():
    assert list(Decoder().feed(b"\x0bMSH|a\x1c")) == [Frame(b"MSH|a")]


def test_a_frame_cut_by_another_or_by_the_end_is_said():
    decoder = Decoder()
    assert list(decoder.feed(b"\x0bMSH|cut\x0bMSH|whole\x1c\r\x0bMSH|no end")) == [
        Noise("unfinished", b"MSH|cut", 7),
        Frame(b"MSH|whole"),
    ]
    assert decoder.is_pending
    assert decoder.close() == [Noise("unfinished", b"MSH|no end", 10)]
    assert not decoder.is_pending


def test_a_frame_over_the_limit_is_dropped_without_being_kept_and_the_next_one_is_read():
    decoder, found = Decoder(limit=10_000), []
    found += decoder.feed(b"\x0bMSH|big" + b"A" * 9_000)
    for _ in range(200):
        found += decoder.feed(b"B" * 5_000)
        assert sum(map(len, decoder._parts)) <= 10_000
    found += decoder.feed(b"\x1c\r\x0bMSH|small\x1c\r")
    noise, small = found
    assert (noise.reason, noise.size, len(noise.start)) == ("too-large", 1_009_007, KEPT_OF_NOISE)
    assert noise.start.startswith(b"MSH|bigAAA")
    assert small == Frame(b"MSH|small")


def test_endless_garbage_does_not_fill_the_memory():
    decoder = Decoder()
    found = [item for _ in range(100) for item in decoder.feed(b"x" * 3_000)]
    assert all(item.reason == "between-frames" for item in found)
    assert sum(item.size for item in [*found, *decoder.close()]) == 300_000


def test_a_message_with_a_framing_byte_is_not_sent():
    with pytest.raises(UnwritableMessage):
        frame(b"MSH|a\x1cb")
    assert all(noise.french.endswith(".") for noise in (Noise("unfinished", b"", 0), Noise("too-large", b"", 0)))
