"""The model a house starts with, before it has a population to learn from.

Shares among records of one person and among twins are the expectations of `levels`; shares among strangers were learnt on a
fictional population; rarities know only the most common names of France, by people out of 100,000 (orders of magnitude,
INSEE lists of names of 1891–2000 and given names of 1900–2018). Train as soon as there are a few thousand identities.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from maison.formats.matching.levels import LEVELS, Kind
from maison.formats.matching.model import Frequencies, Model, Shares, Trait

_STRANGERS: dict[Kind, dict[str, float]] = {
    Kind.FAMILY: {
        "different_women": 0.26, "part": 3e-5, "close_usual": 4e-4, "sound_usual": 4e-5, "close": 6e-4, "sound": 4e-5, "half_swapped": 1e-4,
        "swapped": 2e-6, "exchanged": 1e-4, "same": 3e-4,
    },
    Kind.GIVEN: {
        "initial": 1e-4, "close_usual": 2e-3, "sound_usual": 1e-3, "close": 4e-4, "sound": 1e-4, "diminutive": 2e-3, "listed": 8e-3,
        "same_first": 2e-3, "same": 4e-3,
    },
    Kind.DATE: {"year": 4e-4, "two_of_three": 3.2e-3, "digit": 9e-4, "swapped": 1e-5, "same_default": 1e-6, "same": 3.5e-5},
    Kind.SEX: {"same": 0.5},
    Kind.PLACE: {"same_area": 0.03, "same": 4e-3},
}  # fmt: skip
_FAMILIES = {
    360: "MARTIN", 190: "BERNARD THOMAS PETIT ROBERT", 165: "RICHARD DURAND DUBOIS MOREAU LAURENT", 140: "SIMON MICHEL LEFEBVRE LEROY ROUX DAVID",
    115: "BERTRAND MOREL FOURNIER GIRARD BONNET DUPONT LAMBERT FONTAINE ROUSSEAU VINCENT",
    90: "MULLER LEFEVRE FAURE ANDRE MERCIER BLANC GUERIN BOYER GARNIER CHEVALIER FRANCOIS LEGRAND GAUTHIER GARCIA PERRIN ROBIN CLEMENT MORIN NICOLAS",
    70: "HENRY ROUSSEL MATHIEU GAUTIER MASSON MARCHAND DUVAL DENIS DUMONT MARIE LEMAIRE NOEL MEYER DUFOUR MEUNIER BRUN BLANCHARD GIRAUD JOLY RIVIERE",
    50: "LUCAS BRUNET GAILLARD BARBIER ARNAUD MARTINEZ GERARD ROCHE RENARD SCHMITT ROY LEROUX COLIN VIDAL CARON PICARD ROGER FABRE AUBERT LEMOINE "
    "RENAUD DUMAS LACROIX OLIVIER PHILIPPE BOURGEOIS PIERRE BENOIT REY LECLERC PAYET ROLLAND LECLERCQ GUILLAUME LECOMTE LOPEZ JEAN DUPUY GUILLOT",
}  # fmt: skip
_GIVEN = {
    3200: "MARIE JEAN", 1500: "PIERRE MICHEL", 1100: "ANDRE PHILIPPE JEANNE FRANCOISE MONIQUE CATHERINE",
    800: "NATHALIE ISABELLE JACQUELINE SYLVIE ANNE ALAIN BERNARD JACQUES DANIEL NICOLAS",
    550: "CHRISTOPHE PATRICK CHRISTIAN LAURENT JULIEN THOMAS STEPHANE SEBASTIEN ERIC DAVID ALEXANDRE PASCAL MARTINE CHRISTINE SOPHIE VALERIE SANDRINE "
    "LOUIS CLAUDE PAUL MARCEL RENE",
    350: "OLIVIER MAXIME ANTOINE THIERRY FREDERIC VINCENT GUILLAUME ROMAIN STEPHANIE VERONIQUE CELINE CHANTAL PATRICIA BRIGITTE JULIE AURELIE LAURENCE "
    "CHRISTIANE EMILIE DOMINIQUE CLAIRE CAMILLE HENRI ROGER GERARD ROBERT GEORGES JOSEPH RAYMOND BRUNO",
    200: "ELODIE LAURA MANON LEA EMMA CHLOE SARAH LOUISE HELENE MARGUERITE YVONNE DENISE SUZANNE SIMONE MADELEINE GERMAINE PAULINE HUGO LUCAS GABRIEL "
    "JULES MOHAMED KEVIN ANTHONY MATHIEU CLEMENT BENJAMIN JEROME FABRICE ARNAUD CEDRIC LEO ENZO NATHAN RAPHAEL ARTHUR ADAM MARC YVES SERGE FRANCOIS "
    "QUENTIN ALICE LUCIE CHARLOTTE INES JADE ALEX MICHELE NICOLE ANNIE",
}  # fmt: skip
_PLACES = {
    3300: "75056", 1300: "13055", 800: "69123 99352", 600: "99350 31555", 500: "33063 59350 44109", 450: "06088 99351 67482", 350: "34172 76540 35238 99139",
    250: "38185 42218 99134 99127 83137 51454 30189",
}  # fmt: skip
_NAMES = {
    Kind.FAMILY: "Nom de naissance", Kind.GIVEN: "Prénoms", Kind.DATE: "Date de naissance", Kind.SEX: "Sexe", Kind.PLACE: "Lieu de naissance",
}  # fmt: skip
_KEYS = {Kind.FAMILY: "family", Kind.GIVEN: "given", Kind.DATE: "born_on", Kind.SEX: "sex", Kind.PLACE: "birth_place"}


@cache
def starting_model() -> Model:
    """For a region of six million people; `Model.compare` takes the real number of identities."""
    values = {
        Kind.FAMILY: _frequencies(_FAMILIES, 2e-6),
        Kind.GIVEN: _frequencies(_GIVEN, 5e-5),
        Kind.DATE: Frequencies(100_000, 3e-5),
        Kind.SEX: Frequencies(100_000, 0.5, {"F": 51_500, "M": 48_500}),
        Kind.PLACE: _frequencies(_PLACES, 4e-5),
    }
    return Model(
        version="0",
        trained_on=date(2026, 11, 25),
        population=6_000_000,
        matches=0.1,
        twins=0.03,
        traits=tuple(Trait(_KEYS[kind], kind, _NAMES[kind], _shares(kind), values[kind]) for kind in _NAMES),
    )


def _frequencies(table: dict[int, str], rest: float) -> Frequencies:
    return Frequencies(100_000, rest, {name: count for count, names in table.items() for name in names.split()})


def _shares(kind: Kind) -> Shares:
    levels = LEVELS[kind]
    known = _STRANGERS[kind]
    other = 1 - sum(known.values())
    twin = [level.m if level.twin is None else level.twin for level in levels]
    return Shares(
        tuple(level.m / sum(one.m for one in levels) for level in levels),
        tuple(0.0 if not rank else known.get(level.key, other) for rank, level in enumerate(levels)),
        tuple(share / sum(twin) for share in twin),
    )
