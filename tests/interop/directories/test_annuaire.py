"""The directory asked as the national one is, over the tables of the registries."""

from __future__ import annotations

import pytest
from django.db import transaction

from maison.formats.fhir.profiles import check
from maison.foundations.access.actor import Actor
from maison.interop.fhir import authentication, definitions
from maison.registries.facilities.following import FINESS_ETALAB, FINESS_PLUS
from maison.registries.facilities.models import Facility
from maison.registries.professionals.following import ACTIVITIES, MAILBOXES
from maison.registries.sources.loading import load
from tests.interop.fhir.software import Partner

ACTOR = Actor.system("import")


WANTED = (";310783048;", ";460006489;", ";660011826;", ";660008947;")


@pytest.fixture(scope="module")
def registries(django_db_setup, django_db_blocker, shared, tmp_path_factory):
    """A part of the public directories of the region, loaded once for the module and taken out after it."""
    data, extract = shared / "data", tmp_path_factory.mktemp("finess") / "extract.csv"
    whole = (
        (data / "finess" / "etalab-cs1100507-occitanie-20210108-reconstitue.csv").read_text("iso-8859-15").splitlines()
    )
    kept = [line for n, line in enumerate(whole) if n == 0 or n % 40 == 0 or any(one in line for one in WANTED)]
    extract.write_text("\n".join(kept), "iso-8859-15")
    with django_db_blocker.unblock(), transaction.atomic():
        load(ACTOR, FINESS_PLUS, data / "finess" / "finess-plus-structures-occitanie-extrait-direction-wgs84.json")
        load(ACTOR, FINESS_ETALAB, extract)
        load(ACTOR, ACTIVITIES, data / "rpps" / "PS_LibreAcces_Personne_activite_202601010000.txt")
        load(ACTOR, MAILBOXES, data / "mssante" / "Extraction_Correspondance_MSSante_202601010000.txt")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def partner(registries, db):
    authentication.forget()
    definitions.forget()
    yield Partner("fr.health.annuaire", scopes=("system/*.rs",))
    authentication.forget()
    definitions.forget()


def test_a_structure_is_found_by_each_of_its_numbers_and_a_legal_entity_never_answers_for_a_site(partner):
    for value in ("https://finess.esante.gouv.fr|310783048", "urn:oid:1.2.250.1.71.4.2.2|1310783048"):
        (one,) = partner.get(f"Organization?identifier={value}").json()["entry"]
        assert one["resource"]["type"][0]["coding"][0]["code"] == "GEOGRAPHICAL-ENTITY"
    (chu,) = partner.get("Organization?identifier=310781406").json()["entry"]
    assert chu["resource"]["type"][0]["coding"][0]["code"] == "LEGAL-ENTITY"
    sites = partner.ids(f"Organization?partof={chu['resource']['id']}&_count=250")
    assert len(sites) == Facility.objects.filter(parent__finess="310781406").exclude(state="candidat").count() > 5


@pytest.mark.parametrize(
    "question",
    [
        "PractitionerRole?practitioner.identifier=https://rpps.esante.gouv.fr|99000000010",
        "PractitionerRole?practitioner.name=boudard",
        "PractitionerRole?organization.identifier=https://finess.esante.gouv.fr|460006489",
        "Practitioner?_has:PractitionerRole:practitioner:role=https://mos.esante.gouv.fr/NOS/TRE_R23-ModeExercice/FHIR/TRE-R23-ModeExercice|L&family=boudard",
        "Organization?_has:PractitionerRole:organization:practitioner.family=boudard",
        "Organization?name=maison de sante&address-city=coeur",
        "Practitioner?family=boudard&qualification-code=10&active=true",
    ],
    ids=[
        "role of a person",
        "role by name",
        "roles of a site",
        "person by a role",
        "site by a person",
        "site by words",
        "person by facts",
    ],
)
def test_chains_and_has_answer_over_the_tables(partner, question):
    assert partner.ids(question), question


def test_a_page_brings_the_person_and_the_place_of_each_activity(partner):
    bundle = partner.get(
        "PractitionerRole?organization.identifier=460006489&_include=PractitionerRole:practitioner&_include=PractitionerRole:organization"
    ).json()
    types = {one["resource"]["resourceType"] for one in bundle["entry"]}
    assert types == {"PractitionerRole", "Practitioner", "Organization"}


def test_a_mailbox_finds_its_owner(partner):
    person = partner.get("Practitioner?mailbox-mss=jean-luc.rouze@pro.exemple.mssante.fr").json()["entry"]
    assert person[0]["resource"]["telecom"][0]["value"] == "jean-luc.rouze@pro.exemple.mssante.fr"
    assert partner.ids("Organization?mailbox-mss=secretariat.660008947@etab.exemple.mssante.fr")


def test_what_is_served_conforms_to_the_profiles_of_the_annuaire(partner, shared):
    for name in ("annuaire", "core-annuaire-mhd"):
        definitions.load(Actor.system("tests"), shared / "specs" / "fhir" / name / "conformance")
    for question in (
        "Organization?name=centre&_count=20",
        "Practitioner?family=r&_count=20",
        "PractitionerRole?active=true&_count=20",
    ):
        entries = partner.get(question).json()["entry"]
        assert len(entries) == 20
        for entry in entries:
            faults = [fault for fault in check(definitions.library(), entry["resource"], []) if fault.is_error]
            assert faults == [], entry["resource"]


def test_nothing_is_written_in_a_directory(partner):
    answer = partner.post("Organization", {"resourceType": "Organization", "name": "Inventée"})
    assert answer.status_code in (403, 405)
    assert not Facility.objects.filter(name="Inventée").exists()
