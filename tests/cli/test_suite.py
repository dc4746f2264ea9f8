"""`./maison test`: how the suite runs, and what it says of the tools it did not find."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from maison.cli import suite


@pytest.fixture
def small_suite(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n    browser: b\n    rabbitmq: r\naddopts = -p maison.cli.pytest_house\n"
    )
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.browser\ndef test_page(): pass\n\ndef test_plain(): pass\n"
    )
    return tmp_path


def run(folder: Path, *words: str, tools: Path | None) -> subprocess.CompletedProcess[str]:
    """On a machine whose only programs are those of `tools`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAISON_", "PYTEST_", "DJANGO_"))}
    kept["PATH"] = str(tools or folder / "nothing")
    kept.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)


def test_a_missing_tool_leaves_its_tests_out_and_is_named_with_its_remedy(small_suite: Path):
    done = run(small_suite, tools=None)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed, 1 skipped" in done.stdout
    assert "Chromium est absent" in done.stdout
    assert (
        "1 tests laissés de côté. Pour les passer : sudo apt-get install --no-install-recommends chromium"
        in done.stdout
    )
    assert "RabbitMQ" not in done.stdout


def test_with_all_a_missing_tool_fails(small_suite: Path):
    done = run(small_suite, "--all-tools", tools=None)
    assert done.returncode == 1
    assert "Chromium is not installed" in done.stdout
    assert "1 passed, 1 error" in done.stdout


def test_the_same_is_said_when_workers_share_the_suite(small_suite: Path):
    done = run(small_suite, "-n", "1", tools=None)
    assert "Chromium est absent" in done.stdout


def test_a_tool_that_is_there_is_used(small_suite: Path):
    tools = small_suite / "tools"
    tools.mkdir()
    (tools / "chromium").write_text("#!/bin/sh\n")
    (tools / "chromium").chmod(0o755)
    done = run(small_suite, tools=tools)
    assert "2 passed" in done.stdout
    assert "absent" not in done.stdout


def test_all_is_passed_on_and_workers_are_chosen_only_when_nobody_did():
    assert "--all-tools" in suite.command(["--all"])
    assert "-n" in suite.command([])
    assert suite.command(["-n0", "tests/cli"])[-2:] == ["-n0", "tests/cli"]
