"""`./maison conform`: what it says on the terminal, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maison.cli import conform
from maison.interop.conformance import grading
from tests.interop.conformance import samples


@pytest.fixture(autouse=True)
def _own_checkers(monkeypatch: pytest.MonkeyPatch):
    """The command registers the checkers that need no house: those of the house of the tests come back afterwards."""
    monkeypatch.setattr(grading, "_checkers", dict(grading._checkers))


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


@pytest.mark.parametrize("data", [b"%PDF-1.7", samples.PRODUCTION, b'<Patient xmlns="http://hl7.org/fhir"/>'])
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


def test_fhir_is_graded_and_the_profiles_of_a_folder_are_applied(sample, shared: Path, capsys: pytest.CaptureFixture[str]):  # fmt: skip
    path = shared / "specs/fhir/tracabilite-evenements/examples/AuditEvent-TDEAuditEventExample.json"
    broken = json.loads(path.read_text())
    del broken["period"]["start"]
    wrong = sample(json.dumps(broken).encode())
    assert conform.main([wrong]) == 0
    assert "aucun" in capsys.readouterr().out
    assert conform.main([wrong, "--profils", str(shared / "specs/fhir/tracabilite-evenements")]) == 1
    assert "AuditEvent.period.start" in capsys.readouterr().out


def test_cda_schemas_of_a_folder_are_played_when_they_are_there(sample, shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # fmt: skip
    document = (shared / "specs/cda/examples").rglob("TLM-DA_2022.01_TCG.xml")
    broken = sample(next(document).read_bytes().replace(b"<title>", b"<titre/><title>", 1))
    assert conform.main([broken]) == 1
    assert "non joué" in capsys.readouterr().out
    assert conform.main([broken, "--schemas-cda", str(shared / "specs/cda/xsd")]) == 1
    assert "CDA-601" in capsys.readouterr().out
    assert conform.main([broken, "--schemas-cda", str(tmp_path)]) == 2
