"""What the house says it does, and the profiles it holds others to."""

import json
import tarfile

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from maison.foundations.access.actor import Actor
from maison.foundations.audit.models import Entry
from maison.interop.fhir import definitions
from maison.interop.fhir.models import Definition
from maison.interop.fhir.registry import declared
from tests.interop.fhir.test_reading_and_writing import code_of

pytestmark = pytest.mark.django_db
TEAM = "https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition/cds-ihe-careteam"


@pytest.fixture
def guides(shared, db):
    """The care circle's guide and the core it stands on, loaded as an operator would."""
    for name in ("core-annuaire-mhd", "cercle-de-soins"):
        definitions.load(Actor.system("tests"), shared / "specs" / "fhir" / name / "conformance")
    definitions.forget()


def test_the_capability_statement_is_public_valid_and_tells_every_declaration(partner):
    answer = Client().get("/fhir/metadata")
    statement = answer.json()
    assert answer.status_code == 200
    resources = {one["type"]: one for one in statement["rest"][0]["resource"]}
    assert set(resources) == set(declared())
    assert {"name": "patient", "type": "reference"} in resources["DocumentReference"]["searchParam"]
    assert "DocumentReference:patient" in resources["Patient"]["searchRevInclude"]
    judged = partner.post("$validate", statement).json()
    assert [one for one in judged["issue"] if one["severity"] == "error"] == []


def test_the_smart_configuration_says_where_tokens_are_asked():
    found = Client().get("/fhir/.well-known/smart-configuration").json()
    assert found["token_endpoint"].endswith("/fhir/auth/token")
    assert "private_key_jwt" in found["token_endpoint_auth_methods_supported"]


def test_a_claimed_profile_is_held_when_written(partner, guides, example):
    team = example("cercle-de-soins/examples/CareTeam-cds-careteam-example.json")
    team.pop("_name")
    made = partner.post("CareTeam", team)
    assert made.status_code == 201, made.content
    del team["subject"]
    refused = partner.post("CareTeam", team)
    assert (refused.status_code, code_of(refused)) == (422, "FHR-005")
    assert ["CareTeam.subject"] in [one.get("expression") for one in refused.json()["issue"]]


def test_validation_says_the_same_as_a_write_and_keeps_nothing(partner, guides, example):
    team = example("cercle-de-soins/examples/CareTeam-cds-careteam-example.json")
    team.pop("_name")
    assert partner.post("CareTeam/$validate", team).json()["issue"][0]["severity"] != "error"
    bare = {"resourceType": "CareTeam"}
    by_address = partner.post(f"CareTeam/$validate?profile={TEAM}", bare).json()
    by_body = partner.post("CareTeam/$validate", {"resourceType": "Parameters", "parameter": [
        {"name": "resource", "resource": bare}, {"name": "profile", "valueUri": TEAM}]}).json()  # fmt: skip
    assert by_address == by_body
    assert {"CareTeam.subject", "CareTeam.status"} <= {
        place for one in by_address["issue"] for place in one["expression"]
    }
    unknown = partner.post("CareTeam/$validate?profile=http://exemple.test/profil", bare).json()
    assert unknown["issue"][0]["code"] == "not-found"
    assert partner.ids("CareTeam") == []


def test_the_published_guide_is_loaded_once_and_changes_are_shown_first(shared, tmp_path, capsys):
    folder = shared / "specs" / "fhir" / "cercle-de-soins" / "conformance"
    call_command("import", "profiles", str(folder), "--dry-run")
    assert Definition.objects.count() == 0
    package = tmp_path / "guide.tgz"
    with tarfile.open(package, "w:gz") as archive:
        archive.add(folder, "package")
    call_command("import", "profiles", str(package))
    count = Definition.objects.count()
    assert count > 5
    call_command("import", "profiles", str(package))
    changed = json.loads((folder / "StructureDefinition-cds-organization.json").read_text(encoding="utf-8"))
    changed["title"] = "Autre"
    (tmp_path / "un.json").write_text(json.dumps(changed))
    call_command("import", "profiles", str(tmp_path / "un.json"))
    assert Definition.objects.count() == count
    said = capsys.readouterr().out.splitlines()
    assert "seraient nouvelle(s)" in said[0]
    assert f"{count} nouvelle(s)" in said[1]
    assert f"0 nouvelle(s), 0 changée(s), {count} inchangée(s)" in said[2]
    assert "1 changée(s)" in said[3]
    assert Entry.objects.filter(code="fhir.profiles_loaded").count() == 2


def test_what_is_no_guide_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "vide").mkdir()
    (tmp_path / "faux.tgz").write_bytes(b"pas une archive")
    for name in ("vide", "faux.tgz", "absent"):
        with pytest.raises(CommandError):
            call_command("import", "profiles", str(tmp_path / name))
    assert Definition.objects.count() == 0
