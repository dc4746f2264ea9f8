"""Our models and the published JSON Schemas always say the same, message by message."""

import json
import random
import re

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.hub_sante import message_types
from maison.formats.hub_sante.faults import faults_of
from maison.formats.hub_sante.wire import BY_CODE, InvalidMessage, envelope_for, read_envelope, read_message, write
from tests.formats.hub_sante import official

CODES = [code for code in BY_CODE if code != "customContent"]
BODIES = {code: [] for code in CODES}
for _code, _path in official.examples():
    _document = json.loads(_path.read_bytes())
    BODIES[_code].append(_document.get(BY_CODE[_code].key, _document))
HEADER = {
    "messageId": "fr.health.samu310_1",
    "sender": {"name": "samu310", "URI": "hubex:fr.health.samu310"},
    "sentAt": "2026-03-04T10:00:00+01:00",
    "kind": "Report",
    "status": "Actual",
    "recipient": [{"name": "chu", "URI": "hubex:fr.health.chu-fictif"}],
}
BODIES["RC-DE"].append(HEADER)
BODIES["TECHNICAL_NOREQ"].extend(
    {name: value for name, value in body.items() if not name.startswith("required")} for body in BODIES["TECHNICAL"]
)
POOL = [value for bodies in BODIES.values() for body in bodies for value in official.values_in(body)]


def is_accepted(code: str, body: object) -> bool:
    data = json.dumps({BY_CODE[code].key: body}).encode()
    try:
        read_message(data)
    except InvalidMessage as refusal:
        return not refusal.faults
    return True


@pytest.mark.parametrize("code", CODES)
def test_every_published_example_is_accepted_as_by_its_schema(code):
    validator = official.validator(code)
    assert BODIES[code]
    for body in BODIES[code]:
        assert validator.is_valid(body)
        assert is_accepted(code, body)


@pytest.mark.parametrize("code", CODES)
def test_a_changed_message_gets_the_verdict_of_its_schema(code):
    validator = official.validator(code)
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    accepted = 0
    for turn in range(400):
        body = official.mutated(chance.choice(BODIES[code]), chance, POOL)
        expected = validator.is_valid(body)
        accepted += expected
        assert is_accepted(code, body) == expected, (seed, turn, body)
        faults = list(faults_of(body, BY_CODE[code].shape))
        assert bool(faults) != expected, (seed, turn, body)
    assert 0 < accepted < 400, seed


@pytest.mark.parametrize("code", CODES)
def test_every_fault_of_the_reference_validator_is_found_at_its_place(code):
    reference = jsonschema.Draft7Validator(official.schema(code))
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    for _ in range(40):
        body = official.mutated(chance.choice(BODIES[code]), chance, POOL)
        if any(isinstance(value, str) and re.search(r"[^\x00-\x7f]|\n", value) for value in official.values_in(body)):
            continue  # that library reads patterns with Python's rules, not ECMA's
        expected = {place for error in reference.iter_errors(body) for place in _places_of(error)}
        found = {fault.place for fault in faults_of(body, BY_CODE[code].shape)}
        assert found == expected, (seed, body)


def _places_of(error: jsonschema.ValidationError) -> list[str]:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    if error.validator == "required":
        names = [error.message.split("'")[1]]
    elif error.validator == "additionalProperties":
        names = [name for name in error.instance if name not in error.schema["properties"]]
    else:
        return [path]
    return [f"{path}.{name}" if path else name for name in names]


@pytest.fixture(scope="module")
def envelope_validator():
    return jsonschema_rs.Draft7Validator(official.envelope_schema(), validate_formats=False)


def envelopes():
    for code, bodies in BODIES.items():
        for body in bodies:
            content = read_message(json.dumps({BY_CODE[code].key: body}).encode())
            yield json.loads(write(envelope_for(content.message, sender="fr.health.a", recipient="fr.health.b")))


def test_an_envelope_gets_the_verdict_of_the_full_schema(envelope_validator):
    whole = list(envelopes())
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    accepted = 0
    for document in whole:
        assert envelope_validator.is_valid(document)
        assert envelope_is_accepted(document)
    for turn in range(1500):
        document = official.mutated(chance.choice(whole), chance, POOL)
        expected = envelope_validator.is_valid(document)
        accepted += expected
        assert envelope_is_accepted(document) == expected, (seed, turn, document)
    assert 0 < accepted < 1500, seed


def test_two_use_cases_in_one_message_are_judged_like_the_schema_does(envelope_validator):
    seed = random.randrange(10**9)
    chance = random.Random(seed)
    whole = list(envelopes())
    for turn in range(300):
        document = chance.choice(whole)
        message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        for code in chance.sample(CODES, 2):
            message[BY_CODE[code].key] = official.mutated(chance.choice(BODIES[code]), chance, POOL)
        if chance.random() < 0.3:
            message["customContent"] = chance.choice(official.STRANGE)
        assert envelope_is_accepted(document) == envelope_validator.is_valid(document), (seed, turn, document)


def envelope_is_accepted(document: object) -> bool:
    try:
        read_envelope(json.dumps(document).encode())
    except InvalidMessage as refusal:
        return not refusal.faults
    return True


DOTTED = st.text(alphabet="ab-_.é\n9", max_size=40)


@given(DOTTED)
@settings(deadline=None, max_examples=300)
def test_identifier_patterns_rewritten_for_speed_accept_the_same_words(word):
    for code, member, highest in (("RS-EDA", "caseId", 10), ("RS-EDA", "owner", 9)):
        shape = message_types.BY_CODE[code].shape.members[member].shape
        published = re.compile(rf"^([a-zA-Z0-9_-]+\.?){{4,{highest}}}\Z")
        assert bool(shape.pattern.matches(word)) == bool(
            published.search(word[:24]) if len(word) <= 24 else _slow(word, highest)
        )


def _slow(word: str, highest: int) -> bool:
    parts = word.removesuffix(".").split(".")
    characters = sum(map(len, parts))
    return characters >= 4 and len(parts) <= highest and all(re.fullmatch(r"[a-zA-Z0-9_-]+", part) for part in parts)


def test_a_hostile_identifier_is_refused_at_once():
    assert not is_accepted("RS-SR", {**BODIES["RS-SR"][0], "caseId": "a" * 100_000 + "!"})


def test_a_member_written_twice_counts_once_as_the_last_one():
    data = b'{"reference": {"distributionID": 5, "distributionID": "fr.health.a_1"}}'
    assert read_message(data).message.distribution_id == "fr.health.a_1"
    with pytest.raises(InvalidMessage):
        read_message(b'{"reference": {"distributionID": "fr.health.a_1", "distributionID": 5}}')


def test_an_integer_written_as_a_decimal_is_an_integer():
    content = read_message(b'{"technicalNoreq": {"integerField": 3.0}}')
    assert content.message.integer_field == 3
    assert isinstance(content.message.integer_field, int)
