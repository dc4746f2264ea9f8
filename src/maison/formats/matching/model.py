"""A model: for each trait and level, how often it is seen among records of one person, of twins, and of two strangers.

    weight of a level   = log2( m / u )          m: share of the level among pairs of one person, u: among strangers
    weight of a pair    = sum over its traits  + log2( u / share of the value )  where both hold one value
    odds of one person  = pairs of one person per pair of strangers  x  2 ** weight of the pair

and the same for twins or siblings with their own shares, so that a pair belongs to one of three classes. A model is a JSON
document: it carries its version, date, population and hash, holds no person, and lists only values borne by several.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from math import log2
from typing import Any, NamedTuple

from maison.formats.matching import comparison
from maison.formats.matching.comparison import Seen
from maison.formats.matching.identity import Identity
from maison.formats.matching.levels import LEVELS, Kind

FORMAT = "maison.matching/1"


class ModelRefused(ValueError):
    """The document is not a model of this version, or its hash says that it was changed."""


class Verdict(StrEnum):
    """What a pair is. A machine proposes; a person decides."""

    MATCH = "match"
    TWIN = "twin"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class Shares:
    """Share of each level among pairs of one person (`m`), of strangers (`u`), of twins or siblings (`twin`).

    Levels in the order of `levels.LEVELS`; « missing » is 0 everywhere and weighs nothing.
    """

    m: tuple[float, ...]
    u: tuple[float, ...]
    twin: tuple[float, ...]


@dataclass(frozen=True)
class Frequencies:
    """How many people bear a value, for those borne by several; `rest` is the mean share of any other value."""

    total: int
    rest: float
    counts: Mapping[str, int] = field(default_factory=dict)

    def share(self, value: str) -> float:
        count = self.counts.get(value)
        return count / self.total if count else self.rest

    def knows(self, value: str) -> bool:
        return value in self.counts


@dataclass(frozen=True)
class Trait:
    """`name` is the French name shown; `column` is the key of `Traits.others` for texts and codes."""

    key: str
    kind: Kind
    name: str
    shares: Shares
    frequencies: Frequencies

    def compare(self, one: Identity, other: Identity) -> Seen:
        match self.kind:
            case Kind.FAMILY:
                return comparison.families(one, other, self.frequencies.knows)
            case Kind.GIVEN:
                return comparison.givens(one, other, self.frequencies.knows)
            case Kind.DATE:
                return comparison.dates(one, other)
            case Kind.SEX:
                return comparison.sexes(one, other)
            case Kind.PLACE:
                return comparison.places(one, other)
            case Kind.TEXT:
                return comparison.texts(one.others.get(self.key, ""), other.others.get(self.key, ""))
            case Kind.CODE:
                return comparison.codes(one.others.get(self.key, ""), other.others.get(self.key, ""))

    @cached_property
    def _bits(self) -> tuple[tuple[float, float, float], ...]:
        """For each level: bits for one person, bits for twins, and log2 of its share among strangers."""
        shares = self.shares
        rows = zip(shares.m[1:], shares.twin[1:], shares.u[1:], strict=True)
        return ((0.0, 0.0, 0.0), *((log2(m / u), log2(twin / u), log2(u)) for m, twin, u in rows))

    def weights(self, seen: Seen) -> tuple[float, float]:
        """Bits for one person and for twins, against two strangers."""
        match, twin, strangers = self._bits[seen.level]
        if not seen.value:
            return match, twin
        rarity = strangers - log2(self.frequencies.share(seen.value))
        return match + rarity, twin + rarity


class Comparison(NamedTuple):
    """What two identities have in common. `seen` and `weights` follow the traits of the model; weights are bits.

    `match` and `twin` are probabilities, the rest being two strangers.
    """

    seen: tuple[Seen, ...]
    weights: tuple[float, ...]
    match: float
    twin: float

    @property
    def verdict(self) -> Verdict:
        """The most probable of the three classes: nothing else is chosen, and no truth is looked at."""
        stranger = 1 - self.match - self.twin
        if self.match >= max(self.twin, stranger):
            return Verdict.MATCH
        return Verdict.TWIN if self.twin >= stranger else Verdict.DISTINCT


@dataclass(frozen=True)
class Model:
    """`matches` and `twins` are the pairs of one person, and of twins, expected for each identity of the population."""

    version: str
    trained_on: date
    population: int
    matches: float
    twins: float
    traits: tuple[Trait, ...]

    def odds(self, population: int | None = None) -> tuple[float, float]:
        """Pairs of one person, and of twins, for one pair of strangers drawn in a population of this size."""
        strangers = max((population or self.population) - 1, 1) / 2
        return self.matches / strangers, self.twins / strangers

    def compare(self, one: Identity, other: Identity, population: int | None = None) -> Comparison:
        seen = tuple(trait.compare(one, other) for trait in self.traits)
        bits = [trait.weights(level) for trait, level in zip(self.traits, seen, strict=True)]
        match, twin = self.odds(population)
        match *= 2 ** sum(bit for bit, _ in bits)
        twin *= 2 ** sum(bit for _, bit in bits)
        whole = 1 + match + twin
        return Comparison(seen, tuple(bit for bit, _ in bits), match / whole, twin / whole)

    @property
    def hash(self) -> str:
        """SHA-256 of the document without its hash: two models that score alike have one name."""
        return hashlib.sha256(_canonical(self._document())).hexdigest()

    def to_json(self) -> str:
        return json.dumps(self._document() | {"hash": self.hash}, ensure_ascii=False, sort_keys=True, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Model":
        """Raises ModelRefused when it is another format, when a level is missing, or when the hash does not hold."""
        try:
            document = json.loads(text)
            claimed = document.pop("hash")
            if document.pop("format") != FORMAT:
                raise ModelRefused("Ce modèle de rapprochement est d’un autre format.")
            model = cls(
                version=document["version"],
                trained_on=date.fromisoformat(document["trained_on"]),
                population=document["population"],
                matches=document["matches"],
                twins=document["twins"],
                traits=tuple(_trait(entry) for entry in document["traits"]),
            )
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ModelRefused("Ce document n’est pas un modèle de rapprochement complet.") from error
        if model.hash != claimed:
            raise ModelRefused("Ce modèle de rapprochement a été modifié : son empreinte ne correspond plus.")
        return model

    def _document(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": self.version,
            "trained_on": self.trained_on.isoformat(),
            "population": self.population,
            "matches": self.matches,
            "twins": self.twins,
            "traits": [_entry(trait) for trait in self.traits],
        }


def _entry(trait: Trait) -> dict[str, Any]:
    shares = trait.shares
    return {
        "key": trait.key,
        "kind": trait.kind.value,
        "name": trait.name,
        "levels": {
            level.key: {"m": shares.m[rank], "u": shares.u[rank], "twin": shares.twin[rank]}
            for rank, level in enumerate(LEVELS[trait.kind])
            if rank
        },
        "values": {
            "total": trait.frequencies.total,
            "rest": trait.frequencies.rest,
            "counts": dict(trait.frequencies.counts),
        },
    }


def _trait(entry: dict[str, Any]) -> Trait:
    kind = Kind(entry["kind"])
    rows = [entry["levels"][level.key] for level in LEVELS[kind][1:]]
    values = entry["values"]
    return Trait(
        key=entry["key"],
        kind=kind,
        name=entry["name"],
        shares=Shares(*((0.0, *(float(row[name]) for row in rows)) for name in ("m", "u", "twin"))),
        frequencies=Frequencies(values["total"], values["rest"], values["counts"]),
    )


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
