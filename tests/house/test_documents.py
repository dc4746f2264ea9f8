"""The documents are true."""

import re
import subprocess
import sys

from django.core.management import call_command

from maison.steering.board import catalogue
from tests.house.sources import ROOT, texts

NAME = re.compile(r"^\| `?(MAISON_[A-Z0-9_]+|DATABASE_URL|PG_BIN_DIR)`? \|", re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_catalogue_lists_all_that_the_rooms_declare():
    written = catalogue.PAGE.read_text(encoding="utf-8")
    # A process of its own: tests of this one declare permissions and delays for themselves.
    command = [sys.executable, "-m", "django", "catalogue"]
    declared = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert written.strip() == declared.strip(), "Run `./maison manage catalogue --write`, then read what changed."


def test_the_command_shows_the_catalogue(capsys):
    call_command("catalogue")
    assert "## Permissions" in capsys.readouterr().out


def test_every_setting_of_the_operator_is_told_and_none_is_invented():
    told = set(NAME.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))
    read = set(catalogue.environment_names())
    assert told >= read, f"Tell in docs/settings.md: {sorted(read - told)}"
    assert read >= told, f"No longer read by the code: {sorted(told - read)}"


def test_links_between_documents_lead_somewhere():
    broken = []
    for name, text in texts(".md"):
        if name.startswith("tests/vendor"):
            continue
        for target in LINK.findall(text):
            if (
                "://" not in target
                and not target.startswith("mailto:")
                and not (ROOT / name).parent.joinpath(target).exists()
            ):
                broken.append(f"{name}: {target}")
    assert not broken


def test_decisions_are_numbered_once_and_say_what_was_refused():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert len(set(numbers)) == len(numbers)
    for path in decisions:
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), path.name
        assert len(path.read_text(encoding="utf-8")) > 400, path.name
