"""The plain-text form of a channel: TOML, always written the same way, so that two versions compare line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from .conditions import Node
from .conditions import read as read_condition
from .conditions import write as write_condition
from .configuration import Configuration, Item, Requirement, Route, Vocabulary, checked, target_fields
from .errors import BadConfiguration, ConditionFault, Fault
from .shapes import STEPS, Field, Value

LONGEST = 200_000
HEAD: dict[str, tuple[str, type, Value]] = {
    # key in the text: (attribute, type, default)
    "canal": ("code", str, ""),
    "titre": ("title", str, ""),
    "objet": ("purpose", str, ""),
    "format": ("format", str, "hl7v2"),
    "mode": ("mode", str, "asynchrone"),
    "ordre": ("order", str, ""),
    "barriere": ("barrier", str, ""),
    "ins": ("ins", str, "refuser"),
    "routage": ("routing", str, "premiere"),
    "sans_route": ("no_route", str, "refuser"),
    "rythme_minutes": ("rhythm_minutes", int, 0),
    "erreurs_pourcent": ("error_percent", int, 5),
}
ALWAYS = frozenset({"canal", "titre", "format"})
SECTIONS = ("filtre", "source", "exigences", "etapes", "routes", "cibles")
HEADER = re.compile(r"\s*(\[\[?)\s*([A-Za-z0-9_-]+)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
TOML_WORDS = {
    "Cannot overwrite a value": "cette clé ou cette section est écrite deux fois",
    "Cannot declare": "cette section est déclarée deux fois",
    "Invalid value": "valeur illisible : un texte s'écrit entre guillemets",
    "Expected '=' after a key": "il manque un « = » après la clé",
    "Invalid statement": "cette ligne ne se comprend pas",
    "Unterminated string": "un guillemet n'est pas fermé",
    "Illegal character": "un guillemet n'est pas fermé ou un caractère n'est pas admis",
    "Unclosed array": "un crochet n'est pas fermé",
    "Expected newline": "deux choses sur une même ligne",
    "Expected ']": "une section se ferme par « ] » ou « ]] »",
}


# -- write


def write(config: Configuration) -> str:
    """`read(write(config))` is `config`; equal configurations give equal texts."""
    lines = []
    for key, (attribute, _, default) in HEAD.items():
        value = getattr(config, attribute)
        if key in ALWAYS or value != default:
            lines.append(_pair(key, value))
    if config.filter is not None:
        lines.append(_pair("filtre", write_condition(config.filter)))
    lines += ["", "[source]", *_item(config.source)]
    for requirement in config.requirements:
        lines += [
            "",
            "[[exigences]]",
            _pair("si", write_condition(requirement.must)),
            _pair("motif", requirement.reason),
        ]
        if requirement.words:
            lines.append(_pair("consigne", requirement.words))
    for step in config.steps:
        lines += ["", "[[etapes]]", *_item(step)]
    for route in config.routes:
        lines += ["", "[[routes]]", _pair("nom", route.name)]
        if route.when is not None:
            lines.append(_pair("si", write_condition(route.when)))
        lines.append(_pair("cibles", route.targets))
    for target in config.targets:
        lines += ["", "[[cibles]]", _pair("nom", target.name), *_item(target)]
    return "\n".join(lines) + "\n"


def _item(item: Item) -> list[str]:
    lines = [_pair("type", item.kind)]
    lines += [
        _pair(name, value) for name, value in sorted(item.values.items(), key=_rank_in(item)) if value not in ("", ())
    ]
    if item.when is not None:
        lines.append(_pair("si", write_condition(item.when)))
    return lines


def _rank_in(item: Item) -> Any:
    shape = STEPS.get(item.kind)
    order = [field.name for field in shape.fields] if shape else []
    return lambda pair: (order.index(pair[0]) if pair[0] in order else 99, pair[0])


def _pair(key: str, value: Value) -> str:
    return f"{key} = {_toml(value)}"


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_string(line) for line in value)}]"
    return _string(value)


def _string(text: str) -> str:
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"  # a literal string: conditions stay readable
    short = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
    return (
        '"' + "".join(short.get(c) or (f"\\u{ord(c):04X}" if ord(c) < 32 or ord(c) == 127 else c) for c in text) + '"'
    )


# -- read


class _Reading:
    """Gathers faults with the line of each."""

    def __init__(self, text: str) -> None:
        self.lines = _lines(text)
        self.faults: list[Fault] = []

    def fault(self, place: str, message: str) -> None:
        self.faults.append(Fault(place, message, _line_of(self.lines, place)))


def read(text: str, vocabulary: Vocabulary) -> Configuration:
    """The configuration a text says. Raises BadConfiguration: every fault with its line, in French."""
    config, faults = read_loose(text, vocabulary)
    if faults:
        raise BadConfiguration(faults)
    return config


def read_loose(text: str, vocabulary: Vocabulary) -> tuple[Configuration, list[Fault]]:
    """A configuration under way and what it still lacks. Raises BadConfiguration for a text that says something else than it can."""
    if len(text) > LONGEST:
        raise BadConfiguration([Fault("", f"Le texte d'un canal compte au plus {LONGEST} caractères.")])
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration([_syntax(error, text)]) from error
    except RecursionError as error:
        raise BadConfiguration([Fault("", "Le texte est imbriqué trop profondément.")]) from error
    reading = _Reading(text)
    config = _configuration(said, vocabulary, reading)
    heavy = len(reading.faults)
    known = {fault.place for fault in reading.faults}
    for fault in checked(config, vocabulary):
        if fault.place not in known:
            reading.fault(fault.place, fault.message)
    faults = sorted(reading.faults, key=lambda fault: fault.line or 10**9)
    if heavy:
        raise BadConfiguration(faults)
    return config, faults


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> Fault:
    said = str(error)
    found = re.search(r"at line (\d+), column (\d+)", said)
    line = int(found[1]) if found else text.count("\n") + 1
    words = next(
        (french for english, french in TOML_WORDS.items() if said.startswith(english)), "cette ligne ne se comprend pas"
    )
    column = f", colonne {found[2]}" if found else ""
    return Fault("", f"{words[0].upper()}{words[1:]}{column}.", line)


def _lines(text: str) -> dict[str, int]:
    """Line of each entry: `titre`, `source.type`, `etapes[2]`, `etapes[2].chemin`."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            name = header[2]
            if header[1] == "[[":
                counts[name] = counts.get(name, 0) + 1
                section = f"{name}[{counts[name]}]"
            else:
                section = name
            found.setdefault(section, number)
            found.setdefault(name, number)
        elif key := KEY.match(line):
            found.setdefault(f"{section}.{key[1]}" if section else key[1], number)
    return found


def _line_of(lines: Mapping[str, int], place: str) -> int:
    return lines.get(place) or lines.get(place.rpartition(".")[0]) or 0


def _configuration(said: dict[str, Any], vocabulary: Vocabulary, reading: _Reading) -> Configuration:
    for key in said:
        if key not in HEAD and key not in SECTIONS:
            reading.fault(key, f"Clé inconnue. Les clés admises ici : {', '.join([*HEAD, *SECTIONS])}.")
    head = {
        attribute: _typed(said.get(key, default), kind, default, key, reading)
        for key, (attribute, kind, default) in HEAD.items()
    }
    format_ = str(head["format"])
    return Configuration(
        **head,
        filter=_condition(said.get("filtre", ""), "filtre", format_, reading),
        source=_source(said.get("source"), vocabulary, reading),
        requirements=tuple(_requirements(_rows(said, "exigences", reading), format_, reading)),
        steps=tuple(_steps(_rows(said, "etapes", reading), format_, reading)),
        routes=tuple(_routes(_rows(said, "routes", reading), format_, reading)),
        targets=tuple(_targets(_rows(said, "cibles", reading), vocabulary, reading)),
    )


def _typed(value: Any, kind: type, default: Any, place: str, reading: _Reading) -> Any:
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    reading.fault(place, "Un nombre entier est attendu." if kind is int else "Un texte entre guillemets est attendu.")
    return default


def _rows(said: dict[str, Any], name: str, reading: _Reading) -> list[dict[str, Any]]:
    rows = said.get(name, [])
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    reading.fault(name, f"Chaque entrée commence par une ligne [[{name}]].")
    return []


def _condition(value: Any, place: str, format_: str, reading: _Reading) -> Node | None:
    if not isinstance(value, str):
        reading.fault(place, "Une condition est un texte entre guillemets.")
        return None
    try:
        return read_condition(value, format_) if format_ in ("hl7v2", "json", "xml") else None
    except ConditionFault as error:
        reading.fault(place, str(error))
        return None


def _item_values(
    row: dict[str, Any], place: str, fields: Iterable[Field], reserved: Iterable[str], reading: _Reading
) -> dict[str, Value]:
    known = {field.name: field for field in fields}
    for key in row:
        if key not in known and key not in reserved:
            reading.fault(f"{place}.{key}", f"Clé inconnue. Les clés admises ici : {', '.join([*reserved, *known])}.")
    return {
        name: _value(row.get(name, field.empty), field, f"{place}.{name}", reading) for name, field in known.items()
    }


def _value(value: Any, field: Field, place: str, reading: _Reading) -> Value:
    if field.kind in ("lines", "paths", "pieces"):
        if isinstance(value, (list, tuple)) and all(isinstance(line, str) for line in value):
            return tuple(value)
        reading.fault(place, 'Une liste de textes est attendue : ["un", "deux"].')
    elif field.kind == "number":
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        reading.fault(place, "Un nombre entier est attendu.")
    elif field.kind == "flag":
        if isinstance(value, bool):
            return value
        reading.fault(place, "true (oui) ou false (non) est attendu.")
    elif isinstance(value, str):
        return value
    else:
        reading.fault(place, "Un texte entre guillemets est attendu.")
    return field.empty


def _kind(row: dict[str, Any], place: str, reading: _Reading) -> str:
    return str(_typed(row.get("type", ""), str, "", f"{place}.type", reading))


def _source(row: Any, vocabulary: Vocabulary, reading: _Reading) -> Item:
    if not isinstance(row, dict):
        reading.fault("source", "Il manque la section [source].")
        return Item("", {})
    kind = _kind(row, "source", reading)
    shape = vocabulary.sources.get(kind)
    if shape is None:
        reading.fault("source.type", f"Source inconnue ; choisissez parmi {', '.join(vocabulary.sources)}.")
    values = _item_values(row, "source", shape.fields, ["type"], reading) if shape else {}
    return Item(kind, values)


def _requirements(rows: list[dict[str, Any]], format_: str, reading: _Reading) -> Iterable[Requirement]:
    for rank, row in enumerate(rows, start=1):
        place = f"exigences[{rank}]"
        _item_values(row, place, (), ["si", "motif", "consigne"], reading)
        must = _condition(row.get("si", ""), f"{place}.si", format_, reading)
        if must is None:
            reading.fault(f"{place}.si", "Dites ce que le message doit vérifier.")
            continue
        yield Requirement(
            must,
            _typed(row.get("motif", ""), str, "", f"{place}.motif", reading),
            _typed(row.get("consigne", ""), str, "", f"{place}.consigne", reading),
        )


def _steps(rows: list[dict[str, Any]], format_: str, reading: _Reading) -> Iterable[Item]:
    for rank, row in enumerate(rows, start=1):
        place = f"etapes[{rank}]"
        kind = _kind(row, place, reading)
        shape = STEPS.get(kind)
        if shape is None:
            reading.fault(f"{place}.type", f"Étape inconnue ; choisissez parmi {', '.join(STEPS)}.")
        values = _item_values(row, place, shape.fields, ["type", "si"], reading) if shape else {}
        yield Item(kind, values, _condition(row.get("si", ""), f"{place}.si", format_, reading))


def _routes(rows: list[dict[str, Any]], format_: str, reading: _Reading) -> Iterable[Route]:
    for rank, row in enumerate(rows, start=1):
        place = f"routes[{rank}]"
        _item_values(row, place, (), ["nom", "si", "cibles"], reading)
        targets = _value(row.get("cibles", ()), Field("cibles", "", "lines"), f"{place}.cibles", reading)
        name = str(_typed(row.get("nom", ""), str, "", f"{place}.nom", reading))
        yield Route(
            name,
            targets if isinstance(targets, tuple) else (),
            _condition(row.get("si", ""), f"{place}.si", format_, reading),
        )


def _targets(rows: list[dict[str, Any]], vocabulary: Vocabulary, reading: _Reading) -> Iterable[Item]:
    for rank, row in enumerate(rows, start=1):
        place = f"cibles[{rank}]"
        kind = _kind(row, place, reading)
        shape = vocabulary.targets.get(kind)
        if shape is None:
            reading.fault(f"{place}.type", f"Cible inconnue ; choisissez parmi {', '.join(vocabulary.targets)}.")
        values = _item_values(row, place, target_fields(shape), ["nom", "type"], reading) if shape else {}
        yield Item(kind, values, None, str(_typed(row.get("nom", ""), str, "", f"{place}.nom", reading)))
