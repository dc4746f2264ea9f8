import csv

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from maison.foundations import clock
from maison.foundations.access.permissions import P
from maison.foundations.audit.models import Entry
from maison.foundations.clock.models import Timer
from maison.foundations.crisis import level_of
from maison.foundations.crisis.actions import change_level
from maison.foundations.crisis.errors import LevelUnchanged, ReasonMissing, TerritoryNotYours, TerritoryUnknown
from maison.foundations.crisis.models import CrisisPeriod, Level
from maison.foundations.crisis.territories import DEPARTMENT_NAMES, REGION
from maison.foundations.events.models import StoredEvent
from maison.foundations.notifications.models import Notification
from tests.factories import HabilitationFactory, StructureFactory, actor_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency_actor():
    return actor_with(P.MANAGE_CRISIS, structure=StructureFactory(agency=True, department=""))


def test_a_departement_follows_the_higher_of_its_level_and_the_regions(agency_actor):
    change_level(actor=agency_actor, territory=REGION, level=Level.VIGILANCE, reason="Canicule")
    change_level(actor=agency_actor, territory="31", level=Level.EXCEPTIONAL, reason="Accident industriel")

    assert level_of("31") == Level.EXCEPTIONAL
    assert level_of("34") == Level.VIGILANCE
    assert level_of() == Level.VIGILANCE

    change_level(actor=agency_actor, territory=REGION, level=Level.TENSION, reason="Épidémie")
    change_level(actor=agency_actor, territory="31", level=Level.ORDINARY, reason="Fin de l'accident")
    assert level_of("31") == Level.TENSION


def test_changing_a_level_closes_the_period_leaves_a_trace_and_tells_the_pages(agency_actor):
    first = change_level(actor=agency_actor, territory="81", level=Level.VIGILANCE, reason="Crue annoncée")
    second = change_level(actor=agency_actor, territory="81", level=Level.TENSION, reason="Crue en cours")

    first.refresh_from_db()
    assert (first.closed_by_name, first.closing_reason) == ("Camille Exemple", "Crue en cours")
    assert list(CrisisPeriod.objects.filter(closed_at=None)) == [second]
    assert list(Entry.objects.filter(code__startswith="crisis.").values_list("code", "reason")) == [
        ("crisis.level_raised", "Crue annoncée"),
        ("crisis.level_raised", "Crue en cours"),
    ]
    event = StoredEvent.objects.filter(name="crisis.level_changed").last()
    assert event.payload == {"territory": "81", "level": 2, "previous": 1}
    assert event.hints == ["crisis.level:81"]


def test_going_back_to_ordinary_life_keeps_the_history(agency_actor):
    change_level(actor=agency_actor, territory=REGION, level=Level.EXCEPTIONAL, reason="Séisme")
    nothing = change_level(actor=agency_actor, territory=REGION, level=Level.ORDINARY, reason="Retour à la normale")

    assert nothing is None
    assert level_of("31") == Level.ORDINARY
    assert CrisisPeriod.objects.get().closed_at is not None
    assert Entry.objects.filter(code="crisis.level_lowered").exists()


def test_a_structure_decides_for_its_own_departement_only():
    actor = actor_with(P.MANAGE_CRISIS, structure=StructureFactory(department="31"))

    change_level(actor=actor, territory="31", level=Level.TENSION, reason="Afflux")
    for territory in ("81", REGION):
        with pytest.raises(TerritoryNotYours):
            change_level(actor=actor, territory=territory, level=Level.TENSION, reason="Afflux")
    with pytest.raises(TerritoryNotYours):
        change_level(actor=actor_with(), territory="31", level=Level.ORDINARY, reason="Essai")
    assert level_of("31") == Level.TENSION


def test_a_decision_needs_a_change_a_reason_and_a_known_territory(agency_actor):
    with pytest.raises(LevelUnchanged):
        change_level(actor=agency_actor, territory="31", level=Level.ORDINARY, reason="Rien")
    with pytest.raises(ReasonMissing):
        change_level(actor=agency_actor, territory="31", level=Level.TENSION, reason="  ")
    with pytest.raises(TerritoryUnknown):
        change_level(actor=agency_actor, territory="75", level=Level.TENSION, reason="Hors région")
    assert not CrisisPeriod.objects.exists()


def test_the_database_itself_keeps_one_level_for_a_territory(agency_actor):
    change_level(actor=agency_actor, territory="31", level=Level.TENSION, reason="Afflux")
    with pytest.raises(IntegrityError), transaction.atomic():
        CrisisPeriod.objects.create(territory="31", level=1, reason="Doublon", opened_by="x", opened_by_name="x")


def test_a_level_left_open_is_brought_back_to_mind_every_day(agency_actor):
    holder = HabilitationFactory(role="ars", structure=StructureFactory(agency=True))
    period = change_level(actor=agency_actor, territory="31", level=Level.TENSION, reason="Afflux")
    Timer.objects.filter(code="crisis.review").update(due_at=timezone.now())

    assert clock.fire_due() == 1

    told = Notification.objects.get(subject=holder.subject)
    assert "Haute-Garonne" in told.title
    assert Timer.objects.filter(code="crisis.review", target_id=period.id, fired_at=None).exists()
    change_level(actor=agency_actor, territory="31", level=Level.ORDINARY, reason="Fin")
    assert not Timer.objects.filter(code="crisis.review", fired_at=None, stopped_at=None).exists()


def test_every_professional_reads_the_levels_and_sees_the_band(signed_in_client, agency_actor):
    change_level(actor=agency_actor, territory="31", level=Level.EXCEPTIONAL, reason="Accident industriel")
    page = signed_in_client("ioa").get(reverse("crisis:levels"))

    assert page.status_code == 200
    text = page.content.decode()
    assert "Situation sanitaire exceptionnelle" in text
    assert "maison-notice--crisis" in text
    assert "Changer le niveau" not in text


def test_the_ars_changes_a_level_from_the_page(signed_in_client):
    browser = signed_in_client("ars", StructureFactory(agency=True, department=""))
    page = browser.get(reverse("crisis:levels"))
    assert "Changer le niveau" in page.content.decode()

    answer = browser.post(reverse("crisis:change"), {"territory": "31", "level": "2", "reason": "Grippe"}, follow=True)

    assert answer.redirect_chain[0][1] == 303
    assert "Niveau de crise enregistré." in answer.content.decode()
    assert level_of("31") == Level.TENSION


def test_a_form_to_mend_keeps_what_was_typed_and_changes_nothing(signed_in_client):
    browser = signed_in_client("ars", StructureFactory(agency=True))
    answer = browser.post(reverse("crisis:change"), {"territory": "31", "level": "2", "reason": ""})

    assert answer.status_code == 422
    assert not CrisisPeriod.objects.exists()


def test_the_page_reads_the_levels_in_a_fixed_number_of_queries(
    signed_in_client, agency_actor, django_assert_max_num_queries
):
    browser = signed_in_client("ars", StructureFactory(agency=True))
    for territory in ("09", "11", "12", "30", "31"):
        change_level(actor=agency_actor, territory=territory, level=Level.VIGILANCE, reason="Canicule")
    browser.get(reverse("crisis:levels"))
    with django_assert_max_num_queries(12):
        browser.get(reverse("crisis:levels"))


def test_department_names_are_those_of_the_official_code(shared):
    with (shared / "data" / "cog" / "departements-france.csv").open(encoding="utf-8") as file:
        assert {row["code"]: row["nom"] for row in csv.DictReader(file)} == DEPARTMENT_NAMES
