"""FHIR at the bench: base R4, the profiles loaded, a Bundle entry by entry; the official examples graded as their text deserves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from maison.formats.recognition import Family
from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.interop.conformance import checkers, grading, schemas
from maison.interop.conformance.checkers import fhir
from maison.interop.conformance.grading import Sample, grade
from maison.interop.conformance.models import SchemaFile
from maison.interop.fhir import definitions

# Why an official example is not graded A: its rules.
REASONS: dict[str, set[str]] = {
    "Organization-158480DP.json": {"binding"},
    "Organization-481677DP.json": {"binding"},
    "CommunicationRequest-com2.json": {"binding"},
    "Subscription-sub1.json": {"binding"},
    "DocumentReference-exemple-pdsm-documentreference.json": {"dom-3", "dom-4", "pattern", "slice"},
    "List-ExampleSubmissionSet.json": {"dom-4", "pattern", "slice"},
    "Organization-org-example.json": {"pattern", "slice"},
}
NOT_R4 = "CareTeam-cds-careteam-example.json"  # an empty valueString: known defect, the text wins
REFUSED = "Patient-cds-patient-example.json"  # it bears the INS domain of production


def graded(data: bytes | dict, library=fhir.nothing_loaded):
    body = data if isinstance(data, bytes) else json.dumps(data, indent=1).encode()
    found = fhir.checker(library)(Sample(body, grading.recognise(body)))
    return found, list(found.faults)


@pytest.fixture(scope="module")
def guides():
    library = fhir.from_folder(Path(__file__).resolve().parents[4] / "shared" / "specs" / "fhir")
    return lambda: library


@pytest.fixture
def without_a_house(monkeypatch):
    """The families as the command registers them, whatever the house of the tests has put in their place."""
    monkeypatch.setattr(grading, "_checkers", {})
    checkers.register_all()


def test_every_official_example_gets_the_grade_its_text_deserves(shared, guides, without_a_house):
    grading.register(Family.FHIR, fhir.checker(guides))
    wrong = []
    examples = sorted((shared / "specs" / "fhir").glob("*/examples/*.json"))
    for path in examples:
        report = grade(path.read_bytes())
        found = {fault.rule for fault in report.faults}
        if path.name == REFUSED:
            right = report.outcome == "refused"
        elif path.name == NOT_R4:
            right = (report.grade, found) == ("D", {"base"})
        else:
            right = report.grade in {"A", "B", "C"} and found == REASONS.get(path.name, set())
        if not right:
            wrong.append(f"{path.name}: {report.outcome} {report.grade} {found}")
        assert all(fault.line for fault in report.faults), path.name
    assert len(examples) == 47
    assert not wrong, "\n".join(wrong)


def test_a_profile_that_is_not_loaded_is_a_remark_and_the_report_says_what_was_checked(shared, without_a_house):
    data = (shared / "specs/fhir/tracabilite-evenements/examples/AuditEvent-TDEAuditEventExample.json").read_bytes()
    report = grade(data)
    assert (report.grade, [fault.rule for fault in report.faults]) == ("B", ["profile"])
    assert dict(report.understood)["Contrôlé"] == "base R4, et 0 profil(s) sur les 1 déclaré(s)"


def test_each_entry_of_a_bundle_is_checked_at_its_place(shared, guides):
    event = json.loads((shared / "specs/fhir/tracabilite-evenements/examples/AuditEvent-TDEAuditEventExample.json").read_text())  # fmt: skip
    wrong = {**event, "period": {"end": event["period"]["end"]}}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": event}, {"resource": wrong}, {"resource": {"resourceType": "Patient", "gender": "x"}}]}  # fmt: skip
    found, faults = graded(bundle, guides)
    places = {fault.path: fault.line for fault in faults}
    assert "Bundle.entry[1].resource.period.start" in places
    assert any(path.startswith("Bundle.entry[2].resource") for path in places), places
    assert not any(path.startswith("Bundle.entry[0]") for path in places)
    text = json.dumps(bundle, indent=1).splitlines()
    gender = next(line for path, line in places.items() if path.startswith("Bundle.entry[2]"))
    assert '"gender"' in text[gender - 1]
    assert dict(found.understood)["Ressources"] == "AuditEvent × 2, Patient"


def test_the_same_ins_rule_as_the_door_is_said(shared):
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "2800175124890"}]}  # fmt: skip
    _, faults = graded(person)
    (fault,) = [one for one in faults if one.rule == "INS"]
    assert (fault.path, fault.severity.value, "2800175124890" in fault.what) == ("Patient.identifier", "error", False)


def test_fhir_in_xml_is_known_and_not_graded(without_a_house):
    report = grade(b'<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>')
    assert (report.outcome, report.grade, report.family) == ("unchecked", "", Family.FHIR)
    assert "JSON" in report.message


@pytest.mark.parametrize("data", [b'{"resourceType": "Patient"', b'{"resourceType": "Patient", "a": ' + b"[" * 5000, b'{"resourceType": 3}', b'{"resourceType": "Truc"}'])  # fmt: skip
def test_what_is_broken_is_graded_never_an_error(data, without_a_house):
    assert grade(data).grade in {"D", "E"}


@pytest.mark.django_db
def test_the_house_grades_with_the_profiles_its_operator_loaded(shared):
    data = (shared / "specs/fhir/tracabilite-evenements/examples/AuditEvent-TDEAuditEventExample.json").read_bytes()
    definitions.forget()
    assert grade(data).grade == "B"
    definitions.load(Actor.system("tests"), shared / "specs/fhir/tracabilite-evenements/conformance")
    definitions.forget()
    assert grade(data).grade == "A"
    definitions.forget()


@pytest.mark.django_db
def test_the_cda_schema_is_played_once_loaded_and_the_report_says_so_before(shared, capsys):
    path = next((shared / "specs/cda/examples").rglob("TLM-DA_2022.01_TCG.xml"))
    data = path.read_bytes()
    broken = data.replace(b"<title>", b"<titre/><title>", 1)
    schemas.forget()
    before = grade(broken)
    assert "non joué" in dict(before.understood)["Schéma XML"]
    assert not any(fault.rule.startswith("CDA-6") for fault in before.faults)
    folder = str(shared / "specs/cda/xsd")
    call_command("import", "schemas-cda", folder, "--dry-run")
    assert SchemaFile.objects.count() == 0
    call_command("import", "schemas-cda", folder)
    call_command("import", "schemas-cda", folder)
    assert [line.split(":")[1].split()[0] for line in capsys.readouterr().out.splitlines()] == ["14", "14", "0"]
    assert Entry.objects.filter(code="conformance.schemas_loaded").count() == 1
    schemas.forget()
    after = grade(broken)
    assert any(fault.rule.startswith("CDA-601") and fault.line for fault in after.faults)
    assert dict(grade(data).understood)["Schéma XML"] == "joué"
    assert not any(fault.rule.startswith("CDA-6") for fault in grade(data).faults)
    schemas.forget()


@pytest.mark.django_db
def test_a_folder_that_holds_no_schema_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="CDA_extended"):
        call_command("import", "schemas-cda", str(tmp_path))
    (tmp_path / "CDA_extended.xsd").write_text("<pas un schéma")
    with pytest.raises(CommandError):
        call_command("import", "schemas-cda", str(tmp_path))
    assert SchemaFile.objects.count() == 0
