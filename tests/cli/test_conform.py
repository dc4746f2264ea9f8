"""`./maison conform`: what it says on the terminal, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maison.cli import conform
from tests.interop.conformance import samples


@pytest.fixture
def sample(tmp_path: Path):
    def written(data: bytes, name: str = "exemple") -> str:
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return written


def test_a_right_file_exits_0(sample, shared: Path, capsys: pytest.CaptureFixture[str]):
    good = shared / "specs/hub-sante/examples/RC-REF/RC-REF.json"
    assert conform.main([str(good)]) == 0
    assert "Note A" in capsys.readouterr().out


def test_a_faulty_file_exits_1_and_says_where(sample, capsys: pytest.CaptureFixture[str]):
    path = sample(samples.HUB)
    assert conform.main([path]) == 1
    told = capsys.readouterr().out
    assert f"{path}:3:26" in told
    assert "technicalNoreq.optionalStringField" in told


@pytest.mark.parametrize("data", [b"%PDF-1.7", samples.PRODUCTION, samples.FHIR])
def test_what_is_not_graded_exits_2(sample, data: bytes, capsys: pytest.CaptureFixture[str]):
    assert conform.main([sample(data)]) == 2
    assert "Non noté" in capsys.readouterr().out


def test_a_file_that_is_not_there_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert conform.main([str(tmp_path / "rien")]) == 2
    assert "rien" in capsys.readouterr().err


def test_the_worst_of_several_files_is_told(sample):
    assert conform.main([sample(samples.HUB, "a"), sample(b"%PDF", "b")]) == 2


def test_json_gives_one_object_for_each_file(sample, capsys: pytest.CaptureFixture[str]):
    conform.main([sample(samples.RPU, "a"), sample(samples.HUB, "b"), "--json"])
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["famille"], second["famille"]) == ("rpu", "hub-sante")
    assert first["defauts"][0]["regle"] == "R05"
