"""The code: floors, names, migrations, errors, events, logs."""

import ast
import io
import os
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from importlib.metadata import packages_distributions

import pytest
from django.apps import apps
from django.core.management import call_command

from maison.foundations.errors import known_errors
from maison.foundations.events import known_events
from maison.foundations.structures.models import Structure
from maison.steering.board.catalogue import declare_everything, of_the_house
from tests.house.sources import ROOT, kept_files, modules, texts

PERSONAL = re.compile(
    r"(?:^|_)(family_name|given_name|birth|born|first_name|last_name|patient_name|nir|ins|phone|address|email|password|secret)(?:_|$)"
)


def test_imports_go_down_the_floors():
    """The contracts of pyproject.toml, played on the code as it is; apart, for the linter sets up the log its own way."""
    play = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    environ = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    answer = subprocess.run([sys.executable, "-c", play], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout[-3000:]


DEVELOPMENT = {"src/maison/cli/pictures.py", "src/maison/cli/pytest_house.py"}
"""Commands of those who work on the house, with the set of development."""
OPTIONAL = "src/maison/formats/matching/"
"""What needs the analytics set or an existing Spark, which an operator may leave out."""


def requirements(name):
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {re.sub(r"[-_.]+", "-", found).lower() for found in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def imported(tree):
    """What a module imports at any depth, relative imports aside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def test_the_house_opens_with_the_packages_it_installs():
    """A package of the tests is on this machine and not on an operator's: an import of it would only fail there."""
    runtime, given = requirements("runtime"), packages_distributions()
    optional = runtime | requirements("analytics") | {"pyspark"}
    faults = []
    for name, tree in modules():
        allowed = optional if name.startswith(OPTIONAL) else runtime
        for top in {found.partition(".")[0] for found in imported(tree)}:
            if top in sys.stdlib_module_names or top.startswith("maison") or name in DEVELOPMENT:
                continue
            if not {re.sub(r"[-_.]+", "-", one).lower() for one in given.get(top, [top])} & allowed:
                faults.append(f"{name}: {top}")
    assert not faults


# -- files


def test_no_file_holds_a_path_of_someones_machine():
    machine = re.compile(r"(?<![\w.{}$/-])/(?:root|home/\w+|Users/\w+|work/(?:main|shared))(?:/|\b)")
    found = [
        f"{name}: {match.group()}"
        for name, text in texts()
        if name != "tests/house/test_code.py" and (match := machine.search(text))
    ]
    assert not found


def test_nothing_is_left_to_do():
    left = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
    found = [
        name
        for name, text in texts(".py", ".html", ".js", ".css")
        if left.search(text) and not name.startswith("tests/house/")
    ]
    assert [name for name in found if "vendor" not in name and not name.endswith(".min.js")] == []


def test_files_are_named_for_an_idea():
    vague = {"utils.py", "helpers.py", "util.py", "helper.py", "misc.py", "common.py", "core.py"}
    assert [path.name for path in kept_files() if path.name in vague] == []


def test_lock_files_hold_no_address_of_an_index():
    for name in ("runtime.txt", "analytics.txt", "dev.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text, name


# -- migrations


@pytest.mark.django_db
def test_no_migration_is_missing():
    out = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out, verbosity=0)


def test_migrations_are_named_for_what_they_do():
    vague = re.compile(r"^\d{4}_(?:initial|auto_.*|alter_\w+_\w+|remove_.*|rename_.*|.*_and_more)$")
    names = [
        path.stem
        for path in kept_files()
        if path.parent.name == "migrations" and path.suffix == ".py" and path.stem != "__init__"
    ]
    assert names
    assert [name for name in names if vague.match(name) or not re.match(r"^\d{4}_[a-z0-9_]+$", name)] == []


# -- models

# Rows that hang on a structure without being scoped to it, with the reason.
NOT_SCOPED = {
    "structures.Structure": "les structures sont connues de tous",
    "structures.Situation": "lue par la session de sa personne seulement",
    "accounts.Invitation": "listée par la structure de l'administrateur, vérifiée par l'action",
    "access.Habilitation": "lue par les droits eux-mêmes et par l'administrateur de la structure",
    "relay.Relay": "lu par relay.waiting_for et par la salle qui l'a envoyé",
    "relay.Step": "lue avec son relais",
    "portal.UsageEvent": "compte sans personne",
    "emergency.Resource": "lue avec son dossier, lui-même limité",
    "stays.StayMessage": "lu avec sa venue, elle-même limitée",
    "identity.DocumentSeen": "lue avec son identité, elle-même limitée",
}


def test_what_belongs_to_a_structure_is_read_through_visible_to():
    faults = []
    for model in apps.get_models():
        if not model.__module__.startswith("maison."):
            continue
        scoped = any(
            getattr(field, "related_model", None) is Structure and field.concrete for field in model._meta.get_fields()
        )
        if scoped and not hasattr(model._default_manager.all(), "visible_to") and model._meta.label not in NOT_SCOPED:
            faults.append(model._meta.label)
    assert not faults, f"Give them a QuerySet with visible_to(actor), or say why not: {faults}"


# -- errors and events


def house_errors():
    declare_everything()
    return {code: error for code, error in known_errors().items() if of_the_house(error)}


def test_each_error_has_a_code_of_its_own_room_and_a_french_sentence():
    """`known_errors` itself refuses two classes with one code."""
    for code, error in house_errors().items():
        assert re.fullmatch(r"[A-Z]{3}-\d{3}", code), code
        assert 400 <= error.status <= 599, code
        assert error.message.endswith((".", " ?", "!")), f"{code}: {error.message}"
        assert error.message[0].isupper(), f"{code}: {error.message}"


def test_each_room_uses_its_own_prefix():
    prefixes: dict[str, set[str]] = {}
    for code, error in house_errors().items():
        room = ".".join(error.__module__.split(".")[:3])
        prefixes.setdefault(code[:3], set()).add(room)
    shared = {prefix: rooms for prefix, rooms in prefixes.items() if len(rooms) > 1}
    assert set(shared) <= {"FND", "HUB"}, shared


def test_events_carry_ids_and_codes_and_are_told_to_their_readers():
    declare_everything()
    for name, event in known_events().items():
        if not of_the_house(event):
            continue
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name), name
        assert (event.__doc__ or "").strip().endswith("."), f"{name}: say what its readers may count on"
        assert is_dataclass(event), name
        for field in fields(event):
            assert not PERSONAL.search(field.name), f"{name}.{field.name}"
            assert "text" not in field.name, f"{name}.{field.name}: an event carries no words"


# -- logs and messages

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
LOG_WORDS = re.compile(r"[a-z0-9_-]+\.[a-z0-9_-]+(?: %[sd])*")


def log_calls():
    for name, tree in modules():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in LEVELS
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in {"log", "logger"}
            ):
                yield f"{name}:{node.lineno}", node


def test_a_log_line_is_a_code_then_ids():
    seen = 0
    for place, call in log_calls():
        seen += 1
        first = call.args[0]
        assert isinstance(first, ast.Constant), place
        assert LOG_WORDS.fullmatch(str(first.value)), f"{place}: write `room.fact %s`, with ids and codes"
        for argument in call.args[1:]:
            for node in ast.walk(argument):
                word = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
                assert not PERSONAL.search(word), f"{place}: {word}"
    assert seen > 10


def test_nothing_is_printed_outside_the_terminal_commands():
    allowed = ("src/maison/cli/", "src/maison_region/", "src/maison_sandbox/")
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if not name.startswith(allowed)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found


def test_what_the_house_says_after_an_act_is_a_whole_sentence():
    faults = []
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    said = keyword.value
                    if (
                        keyword.arg == "say"
                        and isinstance(said, ast.Constant)
                        and said.value
                        and not str(said.value).endswith((".", "?", "!"))
                    ):
                        faults.append(f"{name}:{node.lineno}: {said.value}")
    assert not faults


@pytest.mark.parametrize("forbidden", ["request.user", "User.objects.create_superuser", "mark_safe"])
def test_some_ways_are_not_taken(forbidden):
    """The actor is passed by hand; nobody is above the rights; markup is escaped."""
    allowed = {"request.user": ("src/maison/foundations/accounts/",)}.get(forbidden, ())
    found = [
        name
        for name, text in texts(".py", under=ROOT / "src" / "maison")
        if forbidden in text and not name.startswith(allowed or ("-",))
    ]
    assert not found
