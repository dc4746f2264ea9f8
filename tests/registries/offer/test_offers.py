"""From a draft to a closed offer; sensitive units and confidential lines; what waits for the regional manager."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from maison.foundations.access.actor import ANONYMOUS
from maison.foundations.audit.models import Entry
from maison.foundations.errors import Forbidden, NotFound
from maison.registries.facilities.models import Facility
from maison.registries.offer.access import access_offer
from maison.registries.offer.actions import describing
from maison.registries.offer.errors import MoveNotPossible, OfferIncomplete, ReasonMissing, SiteClosed, VersionPending
from maison.registries.offer.models import Offer, Version
from maison.registries.offer.selectors import beds
from maison.registries.offer.selectors import offers as selectors
from tests.factories import StructureFactory, actor_as
from tests.registries.offer.conftest import DESCRIBED, ask, make_offer, unit_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def referent(db):
    return actor_as("referent_ror", StructureFactory())


@pytest.fixture
def manager(agency):
    return actor_as("gestionnaire_ror", agency, subject="899700000009", name="Gestion Exemple")


def published(referent, manager, **described):
    offer = describing.describe_offer(actor=referent, structure_id=referent.structure_id, **(DESCRIBED | described))
    describing.submit_offer(actor=referent, offer_id=offer.id)
    describing.validate_offer(actor=manager, offer_id=offer.id)
    describing.publish_offer(actor=manager, offer_id=offer.id)
    return Offer.objects.get(id=offer.id)


def test_an_offer_goes_from_draft_to_published_through_two_people_and_leaves_its_traces(referent, manager):
    offer = published(referent, manager)
    assert offer.state == "publie"
    acts = list(Entry.objects.filter(target_id=offer.id).order_by("position", "seq").values_list("code", flat=True))
    assert acts == ["offer.offer_described", "offer.version_moved", "offer.version_moved", "offer.offer_published"]


def test_a_draft_is_seen_by_its_structure_alone_and_never_submitted_while_incomplete(referent, manager):
    offer = describing.describe_offer(actor=referent, structure_id=referent.structure_id, name="Ébauche")
    elsewhere = actor_as("medecin_receveur", StructureFactory())
    assert not Offer.objects.visible_to(elsewhere).filter(id=offer.id).exists()
    with pytest.raises(OfferIncomplete, match="activité opérationnelle"):
        describing.submit_offer(actor=referent, offer_id=offer.id)
    with pytest.raises(NotFound):
        describing.submit_offer(actor=elsewhere, offer_id=offer.id)


def test_what_is_sent_back_says_why_and_comes_back(referent, manager):
    offer = describing.describe_offer(actor=referent, structure_id=referent.structure_id, **DESCRIBED)
    describing.submit_offer(actor=referent, offer_id=offer.id)
    with pytest.raises(ReasonMissing):
        describing.send_back(actor=manager, offer_id=offer.id, remark="  ")
    describing.send_back(actor=manager, offer_id=offer.id, remark="Le champ d'activité ne correspond pas.")
    assert Offer.objects.get(id=offer.id).state == "a_corriger"
    describing.amend_offer(actor=referent, offer_id=offer.id, field="02")
    describing.submit_offer(actor=referent, offer_id=offer.id)
    assert Version.objects.get(offer=offer).field == "02"


def test_nobody_skips_a_step_nor_controls_his_own_offer(referent, manager):
    offer = describing.describe_offer(actor=referent, structure_id=referent.structure_id, **DESCRIBED)
    with pytest.raises(MoveNotPossible):
        describing.validate_offer(actor=manager, offer_id=offer.id)
    describing.submit_offer(actor=referent, offer_id=offer.id)
    with pytest.raises(MoveNotPossible):
        describing.publish_offer(actor=manager, offer_id=offer.id)
    with pytest.raises(Forbidden):
        describing.validate_offer(actor=referent, offer_id=offer.id)


def test_a_change_to_a_published_offer_waits_as_a_new_version_and_the_old_one_stays(referent, manager):
    offer = published(referent, manager)
    version = describing.amend_offer(actor=referent, offer_id=offer.id, name="Réanimation chirurgicale")
    assert (version.number, version.state) == (2, "soumis")
    offer.refresh_from_db()
    assert (offer.state, offer.name) == ("publie", "Réanimation polyvalente")
    with pytest.raises(VersionPending):
        describing.amend_offer(actor=referent, offer_id=offer.id, name="Encore")
    describing.validate_offer(actor=manager, offer_id=offer.id)
    describing.publish_offer(actor=manager, offer_id=offer.id)
    offer.refresh_from_db()
    assert offer.name == "Réanimation chirurgicale"
    assert list(offer.versions.values_list("number", "state")) == [(2, "publie"), (1, "remplace")]


def test_contacts_and_hours_change_at_once_without_a_version(referent, manager):
    offer = published(referent, manager)
    line = describing.ContactSaid("Ligne directe", "+33536490002", 3)
    describing.set_contacts(actor=referent, offer_id=offer.id, hours="Jour et nuit", contacts=[line])
    assert offer.versions.count() == 1
    assert offer.contacts.get().phone == "+33536490002"


def test_the_database_keeps_one_version_in_force(referent, manager):
    offer = published(referent, manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.create(offer=offer, number=9, state="publie", written_by="x", written_by_name="x")


def test_a_closed_offer_gives_back_the_beds_it_held_and_may_open_again(manager):
    offer = make_offer(available=2, installed=8)
    promise = ask(offer)
    describing.close_offer(actor=manager, offer_id=offer.id, for_good=False, reason="Travaux")
    promise.refresh_from_db()
    assert (promise.state, promise.reason) == ("refusee", "L'unité ferme")
    describing.reopen_offer(actor=manager, offer_id=offer.id)
    describing.close_offer(actor=manager, offer_id=offer.id, for_good=True, reason="Fusion")
    with pytest.raises(MoveNotPossible):
        describing.reopen_offer(actor=manager, offer_id=offer.id)


def test_offers_of_an_establishment_closed_in_finess_are_proposed_for_closing_and_stay_readable(manager):
    offer = make_offer(available=1, installed=8)
    Facility.objects.create(kind="EG", finess=offer.site.finess, closed_on=dt.date(2026, 1, 1), state="inactif")
    assert list(selectors.offers(manager, state="a-fermer")) == [offer]
    assert access_offer(actor_as("regulateur", StructureFactory()), offer.id) == offer
    describing.close_offer(actor=manager, offer_id=offer.id, for_good=False, reason="FINESS")
    with pytest.raises(SiteClosed):
        describing.reopen_offer(actor=manager, offer_id=offer.id)


def test_a_sensitive_unit_is_absent_from_list_count_sheet_and_export_below_its_level(signed_in_client):
    offer = make_offer(name="Unité hospitalière sécurisée", sensitive=True, available=3, installed=6)
    make_offer(available=1, installed=6)
    public = signed_in_client()
    listed = public.get(reverse("offer:offers")).content.decode()
    assert "sécurisée" not in listed
    assert "Réanimation polyvalente" in listed
    assert "sécurisée" not in public.get(reverse("offer:offers_export")).getvalue().decode()
    assert public.get(reverse("offer:offer", args=[offer.id])).status_code == 404
    looks = signed_in_client("ioa")
    page = looks.get(reverse("offer:board")).content.decode()
    assert "sécurisée" not in page
    assert "1 lit libre " in page.replace("\xa0", " ")
    assert "sécurisée" not in looks.get(reverse("offer:export")).getvalue().decode()
    assert looks.get(reverse("offer:unit", args=[offer.id])).status_code == 404
    assert Offer.objects.visible_to(ANONYMOUS).count() == 1
    assert "sécurisée" in signed_in_client("regulateur").get(reverse("offer:board")).content.decode()
    assert Offer.objects.visible_to(unit_person(offer)).filter(id=offer.id).exists()


def test_a_unit_said_sensitive_is_hidden_before_that_is_published(referent, manager):
    offer = published(referent, manager)
    describing.amend_offer(actor=referent, offer_id=offer.id, sensitive=True)
    assert not Offer.objects.visible_to(actor_as("ioa", StructureFactory())).filter(id=offer.id).exists()


def test_a_line_is_read_by_those_of_its_level(referent, manager):
    offer = make_offer(available=1, installed=8)
    offer.contacts.create(label="Ligne rouge", phone="+33536490009", level=3)
    labels = {}
    for role in ("", "ioa", "regulateur"):
        actor = actor_as(role, StructureFactory())
        (row,) = beds.units(actor, [offer])
        labels[role] = [one.label for one in row.contacts]
    assert labels == {"": [], "ioa": ["Ligne directe"], "regulateur": ["Ligne rouge", "Ligne directe"]}


def test_the_whole_way_stands_in_pages(signed_in_client):
    referent, manager = signed_in_client("referent_ror"), signed_in_client("gestionnaire_ror")
    assert referent.get(reverse("offer:describe")).status_code == 200
    answer = referent.post(
        reverse("offer:describe"), DESCRIBED | {"structure": str(referent.structure.id), "audience": "adulte"}
    )
    sheet = answer.headers["Location"]
    offer = Offer.objects.get()
    referent.post(reverse("offer:step", args=[offer.id]), {"what": "soumettre"})
    for what in ("valider", "publier"):
        assert f'value="{what}"' in manager.get(sheet).content.decode()
        manager.post(reverse("offer:judge", args=[offer.id]), {"what": what})
    assert "Publiée" in referent.get(sheet).content.decode()
    assert referent.get(reverse("offer:amend", args=[offer.id])).status_code == 200
    contacts = reverse("offer:contacts", args=[offer.id])
    assert referent.get(contacts).status_code == 200
    assert referent.post(contacts, {"direct": "mauvais", "direct_level": 2, "desk_level": 1}).status_code == 422
    referent.post(contacts, {"direct": "05 36 49 00 12", "direct_level": 2, "desk_level": 1, "hours": "Jour et nuit"})
    assert "05 36 49 00 12" in referent.get(sheet).content.decode().replace("\xa0", " ")
    referent.post(reverse("offer:step", args=[offer.id]), {"what": "inchange"})
    assert Entry.objects.filter(code="offer.offer_confirmed").count() == 1
