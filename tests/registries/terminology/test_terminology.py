from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from maison.formats.terminology.model import Term, Terminology
from maison.foundations.access.actor import Actor
from maison.registries.sources.loading import load
from maison.registries.terminology import house, selectors
from maison.registries.terminology.loading import load_all, source_of
from maison.registries.terminology.models import Concept, System, ValueSet

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("import")
URL, OID = "https://exemple.fr/TRE_Pains", "1.2.250.1.999.1"


def term(code, display, **more):
    return Term(code=code, display=display, **more)


def system(*terms, day=dt.date(2026, 1, 1), version="1"):
    return Terminology(kind="system", url=URL, oid=OID, title="TRE_Pains", version=version, published_on=day, terms=terms)  # fmt: skip


def value_set(*terms, day=dt.date(2026, 1, 1)):
    return Terminology(kind="set", url="", oid="1.2.250.1.999.2", title="JDV_PainsDuMatin", published_on=day, terms=terms)  # fmt: skip


def give(terminology, **options):
    load(ACTOR, source_of(terminology), Path("pains.json"), **options)
    kind = System if terminology.kind == "system" else ValueSet
    return kind.objects.get(url=terminology.address)


BREADS = (
    term("B1", "Baguette", short="bag."), term("B2", "Pain d'épices"), term("B3", "Fougasse aux grattons", parent="B2"),
    term("B9", "Pain noir", ends_on=dt.date(2020, 12, 31)),
)  # fmt: skip


def test_a_code_ended_by_its_publisher_is_read_and_no_longer_entered():
    breads = give(system(*BREADS))
    assert breads.terms == 4
    meaning = selectors.lookup(breads, "B9")
    assert meaning.concept.display == "Pain noir"
    assert not meaning.is_current
    assert "31/12/2020" in meaning.why
    verdict = selectors.validate_code(breads, "B9")
    assert not verdict.ok
    assert verdict.display == "Pain noir"
    assert selectors.validate_code(breads, "B9", on=dt.date(2019, 5, 1)).ok


def test_a_code_removed_or_renamed_keeps_each_of_its_states():
    give(system(*BREADS))
    breads = give(
        system(term("B1", "Baguette de tradition"), *BREADS[1:3], day=dt.date(2026, 6, 1), version="2"),
        accept_losses="code retiré par l'éditeur",
    )
    assert (breads.version, breads.terms) == ("2", 3)
    states = [(one.display, one.since, one.until) for one in selectors.history_of(breads, "B1")]
    assert states == [
        ("Baguette de tradition", dt.date(2026, 6, 1), None),
        ("Baguette", dt.date(2026, 1, 1), dt.date(2026, 6, 1)),
    ]
    assert selectors.lookup(breads, "B1", dt.date(2026, 3, 1)).concept.display == "Baguette"
    gone = selectors.lookup(breads, "B9")
    assert gone.concept.display == "Pain noir"
    assert not gone.is_current
    assert selectors.labels(URL, ["B1", "B9", "ZZ"]) == {"B1": "Baguette de tradition", "B9": "Pain noir"}


def test_an_unknown_code_and_a_wrong_label_are_refused_with_a_word_that_helps():
    breads = give(system(*BREADS))
    assert selectors.validate_code(breads, "X1").message == "Le code X1 n'existe pas dans « TRE_Pains »."
    wrong = selectors.validate_code(breads, "B1", display="Croissant")
    assert not wrong.ok
    assert "« Baguette », pas « Croissant »" in wrong.message
    assert selectors.validate_code(breads, "B2", display="PAIN D’EPICES").ok


def test_a_set_names_its_system_by_oid_and_is_asked_by_address():
    give(system(*BREADS))
    morning = give(value_set(term("B1", "Baguette", system=f"urn:oid:{OID}"), term("B9", "Pain noir", system=f"urn:oid:{OID}", ends_on=dt.date(2020, 1, 1))))  # fmt: skip
    assert [one.code for one in selectors.expand(morning)] == ["B1"]
    assert [one.code for one in selectors.expand(morning, active_only=False)] == ["B1", "B9"]
    assert [one.code for one in selectors.expand(morning, on=dt.date(2026, 2, 1), text="BAGU")] == ["B1"]
    assert selectors.validate_code(morning, "B1", system=URL).ok
    assert not selectors.validate_code(morning, "B1", system="https://exemple.fr/autre").ok
    assert not selectors.validate_code(morning, "B2").ok
    assert selectors.find_set("1.2.250.1.999.2") == selectors.find_set("urn:oid:1.2.250.1.999.2") == morning


@pytest.mark.parametrize(
    ("text", "first"),
    [("B2", "B2"), ("epices pain", "B2"), ("FOUGASSE", "B3"), ("fougase", "B3"), ("bag", "B1")],
    ids=["code", "words in any order", "capitals", "a letter missing", "beginning"],
)
def test_search_is_french_and_forgives(text, first):
    give(system(*BREADS))
    assert next(iter(selectors.search(text))).code == first


def test_the_house_speaks_before_anything_is_loaded_and_loading_its_tables_twice_adds_nothing():
    count = load_all(ACTOR, house.tables())
    codes = Concept.objects.count()
    assert count > 30
    assert codes > 1000
    assert selectors.labels("urn:x-maison:hub-sante:motif", ["M02.01"]) == {"M02.01": "Saignements"}
    load_all(ACTOR, house.tables())
    assert Concept.objects.count() == codes


def test_pages_of_the_room_are_read_by_any_professional_in_few_queries(signed_in_client, django_assert_max_num_queries):
    breads = give(system(*BREADS))
    morning = give(value_set(term("B1", "Baguette", system=f"urn:oid:{OID}")))
    nurse = signed_in_client("ioa")
    with django_assert_max_num_queries(20):
        page = nurse.get("/nomenclatures/?q=pain").content.decode()
    assert "Pain d&#x27;épices" in page
    assert "Fougasse" not in page
    assert "code clos depuis le 31/12/2020" in nurse.get(f"/nomenclatures/{breads.id}/").content.decode()
    sheet = nurse.get(f"/nomenclatures/{breads.id}/code/?code=B2").content.decode()
    assert "Fougasse aux grattons" in sheet
    assert nurse.get(f"/nomenclatures/{breads.id}/code/?code=ZZ").status_code == 404
    assert "Baguette" in nurse.get(f"/nomenclatures/jeux/{morning.id}/").content.decode()
    lines = b"".join(nurse.get(f"/nomenclatures/{breads.id}/codes.csv").streaming_content).decode()
    assert "B9;Pain noir;;;2020-12-31" in lines
