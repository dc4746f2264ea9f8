import threading
import time
from itertools import pairwise

from maison.foundations import ids
from maison.foundations.ids import uuid7


def test_identifiers_grow_even_inside_one_millisecond():
    made = [uuid7() for _ in range(20_000)]
    assert all(one < other for one, other in pairwise(made))
    assert all(one.version == 7 and one.variant == "specified in RFC 4122" for one in made[:100])


def test_identifiers_keep_growing_when_the_clock_goes_back(monkeypatch):
    before = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert uuid7() > before
    assert ids._last_millisecond > 1000


def test_threads_never_make_the_same_identifier():
    made: list = []
    threads = [threading.Thread(target=lambda: made.extend(uuid7() for _ in range(2_000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8_000


def test_the_time_can_be_read_from_an_identifier():
    made = uuid7()
    assert abs((made.int >> 80) / 1000 - time.time()) < 3600
