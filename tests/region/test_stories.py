"""Claude's story is always the same, valid, and goes through its steps in order."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from maison_region.messages import PARIS
from maison_region.stories import STORY_LABELS, claude_falls, only, until

CALL = datetime(2026, 3, 3, 9, 12, 5, tzinfo=PARIS)


def _object(body: bytes, key: str) -> dict[str, Any]:
    message = json.loads(body)["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    found: dict[str, Any] = message[key]
    return found


def test_the_story_is_the_same_to_the_byte_and_another_call_is_another_case() -> None:
    assert claude_falls(CALL) == claude_falls(CALL)
    later = claude_falls(CALL + timedelta(minutes=1))
    assert later[0].case_id != claude_falls(CALL)[0].case_id


def test_every_message_of_the_story_is_valid(official_faults: Callable[[dict[str, Any]], list[str]]) -> None:
    for message in claude_falls(CALL):
        assert official_faults(json.loads(message.body)) == [], message.step


def test_the_steps_follow_each_other() -> None:
    story = claude_falls(CALL)
    assert list(dict.fromkeys(message.step for message in story)) == list(STORY_LABELS)
    assert all(before.delay_seconds <= after.delay_seconds + 15 for before, after in pairwise(story))
    assert until(story, "transport")[-1].step == "transport"


def test_claude_is_announced_at_rangueil_then_sent_to_purpan_then_stays_home() -> None:
    story = claude_falls(CALL)
    case = _object(only(story, "alert")[0].body, "createCaseHealth")
    assert case["patient"][0]["detail"]["age"] == "P82Y"
    assert case["patient"][0]["identity"]["nonStrictFeatures"]["firstName"] == "Claude"
    assert case["location"]["city"]["name"] == "Revel"
    assert case["decision"][-1]["destination"]["externalLocationId"][0]["value"] == "310783055"
    redirected = _object(only(story, "redirection")[0].body, "createCaseHealthUpdate")
    assert redirected["decision"][0]["destination"]["externalLocationId"][0]["value"] == "310783048"
    cancelled = _object(only(story, "cancellation")[0].body, "createCaseHealthUpdate")
    assert cancelled["decision"][0]["orientationType"] == "DOMICILE"
