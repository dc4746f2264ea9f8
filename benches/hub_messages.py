"""Hub Santé messages: bytes to verdict and typed object, against jsonschema-rs on the published schemas in the same run.

The reference parses with orjson and only gives a verdict; ours also gives the typed object. CPU seconds of the process,
repetitions interleaved, best of each. The corpus is every published example and variants of them, made with a seed drawn
at run time (printed). Needs the `shared` folder beside the repository, as the tests do.
"""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import orjson

from maison.formats.hub_sante.wire import (
    BY_CODE,
    BY_KEY,
    InvalidMessage,
    envelope_for,
    read_envelope,
    read_message,
    write,
)
from tests.formats.hub_sante import official

REPETITIONS = 5
AIM = 0.9


def run(quick: bool) -> list[dict[str, Any]]:
    seed = random.SystemRandom().randrange(10**9)
    print(f"graine : {seed}", flush=True)
    chance = random.Random(seed)
    variants = 4_000 if quick else 20_000
    valid, refused, differences = corpus(chance, variants)
    envelopes = [
        write(envelope_for(read_message(data).message, sender="fr.health.samu310", recipient="fr.health.chu-fictif"))
        for data in valid
    ]
    whole = jsonschema_rs.Draft7Validator(official.envelope_schema(), validate_formats=False)
    by_key = {key: official.validator(kind.code) for key, kind in BY_KEY.items()}

    def by_schema(data: bytes) -> bool:
        ((key, body),) = orjson.loads(data).items()
        return bool(by_key[key].is_valid(body))

    def by_schema_and_json(data: bytes) -> bool:
        ((key, body),) = json.loads(data).items()
        return bool(by_key[key].is_valid(body))

    def faults_by_schema(data: bytes) -> list[Any]:
        ((key, body),) = orjson.loads(data).items()
        return list(by_key[key].iter_errors(body))

    def envelope_by_schema(data: bytes) -> bool:
        return bool(whole.is_valid(orjson.loads(data)))

    def envelope_by_parts(data: bytes) -> bool:
        """What a careful partner would do: envelope, header, then the one use case that is there."""
        document = orjson.loads(data)
        message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        (key,) = message.keys() & by_key.keys()
        headed = not BY_KEY[key].has_header or header.is_valid(message)
        return bool(outer.is_valid(document) and headed and by_key[key].is_valid(message[key]))

    outer, header = official.validator("EDXL-DE-envelope-only"), by_key["distributionElement"]
    measures = [
        rate("Message accepté : verdict et objet typé", read_message, valid, "orjson + jsonschema-rs", by_schema),
        rate(
            "Message accepté : verdict et objet typé", read_message, valid, "json + jsonschema-rs", by_schema_and_json
        ),
        rate("Enveloppe acceptée", read_envelope, envelopes, "jsonschema-rs, EDXL-DE-full", envelope_by_schema),
        rate("Enveloppe acceptée", read_envelope, envelopes, "jsonschema-rs par parties", envelope_by_parts),
    ]
    refusal = rate("Message refusé : verdict seul", is_accepted, refused, "orjson + jsonschema-rs", by_schema)
    listing = rate(
        "Message refusé : toutes les fautes", all_faults, refused, "jsonschema-rs iter_errors", faults_by_schema
    )
    for measure in (refusal, listing):
        measure |= {"aim": "pour information", "holds": True}
    return [*measures, refusal, listing, verdicts(differences, variants)]


def corpus(chance: random.Random, size: int) -> tuple[list[bytes], list[bytes], int]:
    """Accepted and refused messages, and how many verdicts differ from the schemas' (none is expected)."""
    bodies: dict[str, list[Any]] = {}
    for code, path in official.examples():
        document = json.loads(path.read_bytes())
        bodies.setdefault(code, []).append(document.get(BY_CODE[code].key, document))
    pool = [value for group in bodies.values() for body in group for value in official.values_in(body)]
    validators = {code: official.validator(code) for code in bodies}
    examples = [(code, body) for code, group in bodies.items() for body in group]
    valid = [orjson.dumps({BY_CODE[code].key: body}) for code, body in examples]
    refused: list[bytes] = []
    differences = 0
    for _ in range(size):
        code, body = chance.choice(examples)
        variant = official.mutated(body, chance, pool)
        data = json.dumps({BY_CODE[code].key: variant}, ensure_ascii=False).encode()
        expected = validators[code].is_valid(variant)
        differences += is_accepted(data) != expected
        (valid if expected else refused).append(data)
    return sample(chance, valid, 600), sample(chance, refused, 600), differences


def sample(chance: random.Random, items: list[bytes], size: int) -> list[bytes]:
    """Only what both readers can parse: orjson stops at 64-bit integers."""
    readable = [item for item in items if is_readable(item)]
    return chance.sample(readable, min(size, len(readable)))


def is_readable(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def is_accepted(data: bytes) -> bool:
    try:
        read_message(data)
    except InvalidMessage:
        return False
    return True


def all_faults(data: bytes) -> int:
    try:
        read_message(data)
    except InvalidMessage as refusal:
        return len(refusal.faults)
    return 0


def rate(
    name: str,
    ours: Callable[[bytes], object],
    items: list[bytes],
    reference_name: str,
    reference: Callable[[bytes], object],
) -> dict[str, Any]:
    """Messages per CPU second, the best of interleaved repetitions of each."""
    best = {ours: float("inf"), reference: float("inf")}
    for _ in range(REPETITIONS):
        for read in (ours, reference):
            started = time.process_time()
            for _turn in range(5):
                for data in items:
                    read(data)
            best[read] = min(best[read], time.process_time() - started)
    per_second = {read: round(5 * len(items) / seconds) for read, seconds in best.items()}
    ratio = round(per_second[ours] / per_second[reference], 2)
    return {
        "name": name,
        "value": per_second[ours],
        "unit": "messages/s",
        "reference": {"name": reference_name, "value": per_second[reference]},
        "ratio": ratio,
        "aim": f"≥ {AIM}",
        "holds": ratio >= AIM,
    }


def verdicts(differences: int, variants: int) -> dict[str, Any]:
    return {
        "name": "Verdicts différents de ceux des schémas publiés",
        "value": differences,
        "unit": f"sur {variants} variantes",
        "reference": {"name": "jsonschema-rs", "value": 0},
        "ratio": None,
        "aim": "0",
        "holds": differences == 0,
    }
