"""The `./maison` file: finds a Python, and knows when its environment is still the right one."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = importlib.machinery.SourceFileLoader("maison_bootstrap", str(ROOT / "maison"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("maison_bootstrap", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    return module


def fake_python(path: Path, version: tuple[int, int], *, works: bool = True) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    answer = json.dumps([list(version), str(path)])
    path.write_text(
        f"#!/bin/sh\necho '{answer}'\n" if works else "#!/bin/sh\necho 'pyenv: version not active' >&2; exit 127\n"
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def bare_machine(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Only Python 3.8, nothing on the PATH, no pyenv."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 8, 18))
    return tmp_path


def test_this_very_python_is_taken_when_it_is_recent_enough(bootstrap: ModuleType):
    assert next(bootstrap.candidates()) == sys.executable


def test_a_newer_python_of_the_path_is_found(bootstrap: ModuleType, bare_machine: Path):
    fake_python(bare_machine / "bin" / "python3", (3, 9))
    wanted = fake_python(bare_machine / "bin" / "python3.12", (3, 12))
    assert bootstrap.find_python() == str(wanted)


def test_a_shim_that_does_not_run_is_passed_over_for_the_real_one(bootstrap: ModuleType, bare_machine: Path):
    fake_python(bare_machine / "bin" / "python3.13", (3, 13), works=False)
    fake_python(bare_machine / "pyenv" / "versions" / "3.9.1" / "bin" / "python", (3, 9))
    wanted = fake_python(bare_machine / "pyenv" / "versions" / "3.13.0" / "bin" / "python", (3, 13))
    assert bootstrap.find_python() == str(wanted)


def test_uv_brings_a_python_to_a_machine_without_any(bootstrap: ModuleType, bare_machine: Path):
    wanted = fake_python(bare_machine / "fetched" / "python3.13", (3, 13))
    uv = bare_machine / "bin" / "uv"
    uv.write_text(
        "#!/bin/sh\n"
        '[ "$1" = --version ] && exit 0\n'
        f'[ "$2" = install ] && : > "{bare_machine}/installed" && exit 0\n'
        f'[ -e "{bare_machine}/installed" ] && echo "{wanted}" && exit 0\n'
        "exit 2\n"
    )
    uv.chmod(0o755)
    assert bootstrap.find_python() == str(wanted)


def test_a_machine_with_nothing_is_told_what_to_install(
    bootstrap: ModuleType, bare_machine: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bootstrap, "fetch_uv", lambda: None)
    with pytest.raises(bootstrap.NotReady, match=r"3\.12"):
        bootstrap.find_python()


@pytest.fixture
def environment(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A real environment without packages: installing is what other tests of the house need the network for."""
    monkeypatch.setattr(bootstrap, "install", lambda venv, kind: None)
    venv = tmp_path / "venv"
    with bootstrap.alone(str(venv)):
        bootstrap.prepare(str(venv), "runtime")
    return venv


def test_an_environment_is_ready_once_made_and_sees_the_sources(bootstrap: ModuleType, environment: Path):
    assert bootstrap.is_ready(str(environment), "runtime")
    python = environment / "bin" / "python"
    found = subprocess.run(
        [python, "-c", "import maison; print(maison.__file__)"], capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()) == ROOT / "src" / "maison" / "__init__.py"


def test_tools_are_asked_for_only_by_the_commands_that_need_them(bootstrap: ModuleType, environment: Path):
    assert not bootstrap.is_ready(str(environment), "dev")


def test_the_tools_bring_the_runtime_with_them(bootstrap: ModuleType, environment: Path):
    bootstrap.prepare(str(environment), "dev")
    assert bootstrap.is_ready(str(environment), "runtime")


def test_changed_requirements_call_for_an_update(
    bootstrap: ModuleType, environment: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bootstrap, "fingerprint", lambda kind: "changed")
    assert not bootstrap.is_ready(str(environment), "runtime")


def test_an_interrupted_preparation_is_seen_the_next_time(
    bootstrap: ModuleType, environment: Path, monkeypatch: pytest.MonkeyPatch
):
    def cut(venv: str, kind: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "install", cut)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.prepare(str(environment), "runtime")
    assert not bootstrap.is_ready(str(environment), "runtime")


def test_a_python_that_went_away_is_replaced(bootstrap: ModuleType, environment: Path):
    (environment / "bin" / "python").unlink()
    (environment / "bin" / "python").symlink_to(environment / "gone")
    assert not bootstrap.is_ready(str(environment), "runtime")
    bootstrap.prepare(str(environment), "runtime")
    assert bootstrap.is_ready(str(environment), "runtime")


def test_a_moved_repository_makes_its_environment_again(bootstrap: ModuleType, environment: Path):
    stamp = json.loads((environment / "maison.json").read_text())
    stamp["identity"][0] = "/somewhere/else"
    (environment / "maison.json").write_text(json.dumps(stamp))
    (environment / "left").touch()
    assert not bootstrap.is_ready(str(environment), "runtime")
    bootstrap.prepare(str(environment), "runtime")
    assert not (environment / "left").exists()


def test_the_second_of_two_waits_for_the_first(bootstrap: ModuleType, tmp_path: Path):
    venv = str(tmp_path / "venv")
    script = (
        "import importlib.machinery, importlib.util, sys\n"
        f"loader = importlib.machinery.SourceFileLoader('m', {str(ROOT / 'maison')!r})\n"
        "m = importlib.util.module_from_spec(importlib.util.spec_from_loader('m', loader)); loader.exec_module(m)\n"
        f"with m.alone({venv!r}): print('in', flush=True)\n"
    )
    with bootstrap.alone(venv):
        second = subprocess.Popen(
            [sys.executable, "-B", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert second.stderr is not None
        assert "attente" in second.stderr.readline()
        assert second.poll() is None
    out, _ = second.communicate(timeout=20)
    assert out == "in\n"


def test_help_is_in_french_and_names_every_command():
    from maison.cli.__main__ import COMMANDS, DJANGO_COMMANDS

    environ = dict(os.environ)
    done = subprocess.run(
        [sys.executable, "-m", "maison.cli", "--help"], capture_output=True, text=True, check=True, env=environ
    )
    assert "ouvre la maison" in done.stdout
    for name in (*COMMANDS, *DJANGO_COMMANDS):
        assert f"./maison {name}" in done.stdout


def test_an_unknown_command_is_refused_with_the_help():
    done = subprocess.run([sys.executable, "-m", "maison.cli", "ouvre"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Commande inconnue : ouvre" in done.stderr
