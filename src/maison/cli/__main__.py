"""`./maison COMMAND …`: finds the command and runs it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

HELP = """\
Maison e-santé : la maison numérique de la santé d'une région.

  ./maison up                ouvre la maison : base, pages, tâches, passerelle (Ctrl-C ferme tout)
        --port N  --host ADRESSE  --data DOSSIER  --no-demo  --no-activity

Faire vivre
  ./maison simulate …        fait vivre une journée d'appels, de missions et d'arrivées
  ./maison send FICHIER…     envoie un message à une maison ouverte et montre sa réponse  [--url URL]
  ./maison conform FICHIER…  note la conformité d'un message, sans maison ouverte  [--json]
  ./maison import …          charge un référentiel officiel
  ./maison user …            comptes et habilitations
  ./maison audit verify      contrôle la chaîne des traces
  ./maison manage …          toute commande d'administration de Django

Construire
  ./maison test [--all] …    toute la suite de tests (les mots suivants vont à pytest)
  ./maison check             format, règles, types, contrats, gabarits, migrations, tests
  ./maison bench NOM         un banc de mesure  [--quick]
  ./maison pictures          refait les images de la documentation

Partout : --data DOSSIER choisit la maison (sinon MAISON_DATA, sinon .maison à côté de ce fichier) ;
DATABASE_URL remplace la base embarquée par un PostgreSQL 15 ou plus récent.
Pour en savoir plus : README.md et docs/running.md.
"""

COMMANDS: dict[str, str] = {
    "up": "maison.cli.up:main",
    "test": "maison.cli.suite:main",
    "check": "maison.cli.check:main",
    "bench": "maison.cli.bench:main",
    "pictures": "maison.cli.pictures:main",
    "send": "maison.cli.send:main",
    "conform": "maison.cli.conform:main",
    "simulate": "maison.cli.manage:simulate",
    "manage": "maison.cli.manage:main",
}
DJANGO_COMMANDS = ("audit", "user", "import")


def main(words: list[str]) -> int:
    words = _take_data(words)
    if not words or words[0] in {"-h", "--help", "help", "aide"}:
        print(HELP, end="")
        return 0
    name, *rest = words
    if name in DJANGO_COMMANDS:
        name, rest = "manage", words
    if name not in COMMANDS:
        print(f"Commande inconnue : {name}\n\n{HELP}", file=sys.stderr, end="")
        return 2
    module, _, function = COMMANDS[name].partition(":")
    command: Callable[[list[str]], int] = getattr(import_module(module), function)
    return command(rest)


def _take_data(words: list[str]) -> list[str]:
    """`--data DIR`, before the command or just after it, names the house for all that follows."""
    for place in (0, 1):
        if words[place : place + 1] == ["--data"] and len(words) > place + 1:
            os.environ["MAISON_DATA"] = str(Path(words[place + 1]).resolve())
            return words[:place] + words[place + 2 :]
    return words


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
