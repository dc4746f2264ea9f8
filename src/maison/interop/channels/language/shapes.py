"""What each kind of step, source or target is made of: one description for the text form, the editor and the report.

An adapter plugged later (MLLP, FHIR, AMQP) brings its own shape, and with it its form and its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from . import dates

type Value = str | int | bool | tuple[str, ...]

KINDS = frozenset({"text", "path", "pieces", "paths", "choice", "number", "flag", "lines", "table", "access"})


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: text, path (a place of the message), pieces (paths or "quoted" words), paths, choice, number, flag, lines, table
    (a version of a mapping table, `code@number`), access (a name of the operator's file, of one of these natures)."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    default: Value = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    help: str = ""
    low: int = 0
    high: int = 1_000_000
    natures: Sequence[str] = ()
    blank: str = ""
    """What a sentence says when nothing is given."""

    @property
    def empty(self) -> Value:
        if self.kind in ("pieces", "paths", "lines"):
            return ()
        if self.kind == "number":
            return self.default if isinstance(self.default, int) else 0
        if self.kind == "flag":
            return bool(self.default)
        return self.default


@dataclass(frozen=True, slots=True)
class Shape:
    """`sentence` is a French format string over the fields; `writes` names the fields that are places written to."""

    code: str
    label: str
    fields: Sequence[Field]
    sentence: str
    writes: Sequence[str] = ()
    absent: str = ""
    """Why it cannot be put in service yet; empty when it works."""

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)


UNKNOWN_CODES = {
    "refuser": "refuser : un gestionnaire de terminologie complète la table",
    "signaler": "laisser passer en le signalant",
}

STEPS: dict[str, Shape] = {
    shape.code: shape
    for shape in (
        Shape("poser", "Écrire une valeur fixe",
              [Field("chemin", "Où écrire", "path"), Field("valeur", "Valeur")],
              "écrire «\u00a0{valeur}\u00a0» en {chemin}", ("chemin",)),
        Shape("copier", "Copier une valeur ailleurs",
              [Field("source", "D'où", "path"), Field("chemin", "Vers", "path")],
              "copier {source} en {chemin}", ("chemin",)),
        Shape("effacer", "Effacer une valeur", [Field("chemin", "Où", "path")], "effacer {chemin}", ("chemin",)),
        Shape("traduire", "Traduire un code par une table de correspondance",
              [Field("chemin", "Code à traduire", "path"),
               Field("table", "Table et version", "table", help="code@version, par exemple sexe@3"),
               Field("inconnu", "Si le code n'est pas dans la table", "choice", default="refuser", choices=UNKNOWN_CODES),
               Field("libelle", "Où écrire le libellé", "path", required=False),
               Field("origine", "Où garder le code d'origine", "path", required=False)],
              "traduire {chemin} par la table {table} (code inconnu : {inconnu})", ("chemin", "libelle", "origine")),
        Shape("dater", "Changer l'écriture d'une date",
              [Field("chemin", "Date", "path"),
               Field("forme", "Nouvelle écriture", "choice", default="iso-jour", choices=dates.FORMS)],
              "écrire la date {chemin} sous la forme {forme}", ("chemin",)),
        Shape("assembler", "Assembler plusieurs valeurs",
              [Field("morceaux", "Morceaux", "pieces", help="un par ligne : un chemin, ou des mots entre guillemets"),
               Field("separateur", "Séparateur", required=False),
               Field("chemin", "Où écrire", "path")],
              "assembler {morceaux} en {chemin}", ("chemin",)),
        Shape("decouper", "Découper une valeur",
              [Field("source", "Valeur à découper", "path"), Field("separateur", "Séparateur", default=" "),
               Field("chemins", "Où écrire les morceaux", "paths", help="un chemin par ligne, dans l'ordre")],
              "découper {source} vers {chemins}", ("chemins",)),
        Shape("defaut", "Donner une valeur quand il n'y en a pas",
              [Field("chemin", "Où", "path"), Field("valeur", "Valeur")],
              "écrire «\u00a0{valeur}\u00a0» en {chemin} s'il est vide", ("chemin",)),
        Shape("conserver", "Garder ailleurs la valeur d'origine",
              [Field("source", "Valeur reçue", "path"), Field("chemin", "Où la garder", "path")],
              "garder en {chemin} la valeur reçue en {source}", ("chemin",)),
    )
}  # fmt: skip
