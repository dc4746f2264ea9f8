"""The status is the product of two acts, computed by the database; who may do what, with which effects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from maison.formats.civil_status import InvalidTrait
from maison.foundations.audit.models import Entry
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.events.models import StoredEvent
from maison.registries.identity import selectors
from maison.registries.identity.actions import acts, attributes, insi_calls, registering
from maison.registries.identity.errors import (
    AnswerNotUsable,
    DocumentNotEnough,
    NotForInsi,
    OtherWorld,
    ReasonNeeded,
    SearchFirst,
    TooVague,
    TraitsDiffer,
    TraitsLocked,
)
from maison.registries.identity.models import Change, DocumentSeen, Identity, InsiCall, SearchTicket, WorkItem
from maison.registries.identity.searching import Criteria, search
from tests.factories import StructureFactory, actor_as
from tests.registries.identity.conftest import DOMINIQUE, MATRICULE, NONE, SEVERAL, one

pytestmark = pytest.mark.django_db


def fresh(identity):
    return Identity.objects.get(id=identity.id)


def ask(desk, identity, **options):
    call = insi_calls.ask_by_traits(actor=desk.agent, identity_id=identity.id, **options)
    insi_calls.put(call.id)
    return InsiCall.objects.get(id=call.id)


def retrieve(desk, identity, insi):
    insi.then(one())
    return acts.take_insi(actor=desk.agent, call_id=ask(desk, identity).id)


def check(desk, identity, kind="PA", **options):
    return acts.check_document(actor=desk.nurse, identity_id=identity.id, kind=kind, traits_agree=True, **options)


def test_the_two_acts_make_the_four_statuses(desk, insi):
    identity = desk.register()
    assert fresh(identity).status == "PROV"
    retrieve(desk, identity, insi)
    assert fresh(identity).status == "RECUP"
    assert fresh(identity).outward_ins is None
    check(desk, identity)
    found = fresh(identity)
    assert (found.status, found.outward_ins) == ("QUAL", (MATRICULE, DOMINIQUE.oid))
    assert found.first_names == "DOMINIQUE MARIE"
    other = desk.register(birth_name="EXEMPLE", first_names="SACHA", sex="M", born=date(1990, 5, 2))
    check(desk, other, "CN")
    assert fresh(other).status == "VALI"


def test_a_status_cannot_be_typed(desk):
    identity = desk.register()
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("UPDATE identity_identity SET status = 'QUAL' WHERE id = %s", [identity.id])


@pytest.mark.parametrize(
    "fields",
    [
        {"ins_matricule": MATRICULE},
        {"ins_matricule": MATRICULE, "ins_oid": DOMINIQUE.oid},
        {"is_doubtful": True, "checked_at": timezone.now()},
        {"state": "fusionnee"},
    ],
)
def test_the_database_refuses_half_an_ins_an_ins_without_insi_and_a_doubt_with_acts(desk, fields):
    identity = desk.register()
    with pytest.raises(IntegrityError), transaction.atomic():
        Identity.objects.filter(id=identity.id).update(**fields)


def test_several_answers_store_no_ins_and_a_second_given_name_narrows_to_one(desk, insi):
    """F1.1"""
    identity = desk.register(first_names="Dominique Marie")
    insi.then(SEVERAL, one())
    call = ask(desk, identity)
    assert (call.code, call.can_be_taken, call.answer) == ("02", False, None)
    assert fresh(identity).status == "PROV"
    with pytest.raises(AnswerNotUsable):
        acts.take_insi(actor=desk.agent, call_id=call.id)
    call = ask(desk, identity, with_all_names=True)
    assert insi.asked[0].first_names == ("DOMINIQUE",)
    assert insi.asked[1].first_names == ("DOMINIQUE", "MARIE")
    acts.take_insi(actor=desk.agent, call_id=call.id)
    assert fresh(identity).status == "RECUP"


def test_nobody_found_leaves_the_identity_provisional_and_offers_nothing_to_take(desk, insi):
    identity = desk.register()
    insi.then(NONE)
    call = ask(desk, identity)
    with pytest.raises(AnswerNotUsable):
        acts.take_insi(actor=desk.agent, call_id=call.id)
    assert (fresh(identity).status, fresh(identity).ins_matricule) == ("PROV", "")


def test_an_answer_is_taken_once_while_fresh_and_of_the_identity_as_it_was_asked(desk, insi):
    identity = desk.register()
    insi.then(one(), one(), one())
    stale = ask(desk, identity)
    InsiCall.objects.filter(id=stale.id).update(answered_at=timezone.now() - timedelta(hours=25))
    with pytest.raises(AnswerNotUsable):
        acts.take_insi(actor=desk.agent, call_id=stale.id)
    call = ask(desk, identity)
    traits = registering.TraitsTyped("PAT-TROIS", "DOMINIQUE CLAUDE", date(1979, 3, 28), "F", "51215")
    registering.correct_strict(actor=desk.agent, identity_id=identity.id, traits=traits, reason="Second prénom")
    with pytest.raises(Exception, match="a changé"):
        acts.take_insi(actor=desk.agent, call_id=call.id)
    call = ask(desk, identity)
    acts.take_insi(actor=desk.agent, call_id=call.id)
    with pytest.raises(AnswerNotUsable):
        acts.take_insi(actor=desk.agent, call_id=call.id)


def test_a_validated_identity_whose_traits_insi_does_not_give_stays_validated_and_a_steward_looks(desk, insi):
    identity = desk.register()
    check(desk, identity)
    insi.then(one(replace(DOMINIQUE, birth_date="1979-03-29")))
    acts.take_insi(actor=desk.agent, call_id=ask(desk, identity).id)
    found = fresh(identity)
    assert (found.status, found.ins_matricule, found.birth_date) == ("VALI", "", date(1979, 3, 28))
    assert WorkItem.objects.get(identity=identity).reason == WorkItem.Reason.INS_DIFFERS


def test_a_doubtful_qualified_identity_is_provisional_without_ins_and_insi_is_closed_to_it(desk, insi):
    """F1.2 (the outgoing documents ask `outward_ins`)"""
    identity = desk.register()
    retrieve(desk, identity, insi)
    check(desk, identity)
    attributes.set_attributes(
        actor=desk.steward, identity_id=identity.id, homonym=False, doubtful=True, fictive=False, reason="Usurpation ?"
    )
    found = fresh(identity)
    assert (found.status, found.outward_ins, found.comments) == ("PROV", None, ["DOUT"])
    assert StoredEvent.objects.filter(name="identity.ins_withdrawn").count() == 1
    with pytest.raises(NotForInsi):
        insi_calls.ask_by_traits(actor=desk.agent, identity_id=identity.id)
    with pytest.raises(DocumentNotEnough):
        check(desk, identity)
    attributes.set_attributes(
        actor=desk.steward, identity_id=identity.id, homonym=False, doubtful=False, fictive=False, reason="Levé"
    )
    assert fresh(identity).status == "PROV"


def test_a_call_under_way_is_not_put_once_the_identity_is_doubtful(desk, insi):
    identity = desk.register()
    call = insi_calls.ask_by_traits(actor=desk.agent, identity_id=identity.id)
    attributes.set_attributes(
        actor=desk.steward,
        identity_id=identity.id,
        homonym=False,
        doubtful=False,
        fictive=True,
        reason="Identité de test",
    )
    insi_calls.put(call.id)
    assert InsiCall.objects.get().state == InsiCall.State.FAILED
    assert insi.asked == []


@pytest.mark.parametrize(("kind", "born", "resident"), [("PC", date(1979, 3, 28), False), ("VI", date(1979, 3, 28), False), ("CO", date(1979, 3, 28), False), ("LE", date(1979, 3, 28), False), ("LECV", date(1940, 3, 28), False)])  # fmt: skip
def test_documents_that_prove_too_little_are_refused(desk, kind, born, resident):
    identity = desk.register(born=born)
    with pytest.raises(DocumentNotEnough):
        check(desk, identity, kind, is_resident=resident)
    assert fresh(identity).status == "PROV"


def test_a_minor_and_a_nursing_home_resident_have_documents_of_their_own(desk):
    minor = desk.register(birth_name="ENFANTIN", born=timezone.localdate() - timedelta(days=3000))
    assert check(desk, minor, "LE").status == "VALI"
    resident = desk.register(birth_name="DOYENNE", born=date(1930, 4, 4))
    assert check(desk, resident, "LECV", is_resident=True).status == "VALI"


def test_an_expired_document_or_traits_that_differ_validate_nothing(desk):
    identity = desk.register()
    with pytest.raises(DocumentNotEnough):
        check(desk, identity, valid_until=timezone.localdate() - timedelta(days=1))
    with pytest.raises(TraitsDiffer):
        acts.check_document(actor=desk.nurse, identity_id=identity.id, kind="PA", traits_agree=False)
    assert not DocumentSeen.objects.exists()


def test_of_a_document_only_its_kind_and_validity_are_kept():
    assert {field.name for field in DocumentSeen._meta.get_fields()} == {
        "id", "identity", "kind", "valid_until", "seen_at", "seen_by", "seen_by_name", "structure",
    }  # fmt: skip


def test_strict_traits_are_locked_above_provisional_and_complementary_ones_never(desk):
    identity = desk.register()
    check(desk, identity)
    traits = registering.TraitsTyped("AUTRE", "DOMINIQUE", date(1979, 3, 28), "F", "51215")
    with pytest.raises(TraitsLocked):
        registering.correct_strict(actor=desk.agent, identity_id=identity.id, traits=traits, reason="Faute")
    registering.change_complementary(
        actor=desk.agent, identity_id=identity.id, values={"used_name": "d’Essai", "birth_name": "PIRATE"}
    )
    found = fresh(identity)
    assert (found.used_name, found.birth_name) == ("D'ESSAI", "PAT-TROIS")
    with pytest.raises(ReasonNeeded):
        acts.devalidate(actor=desk.steward, identity_id=identity.id, reason=" ")
    acts.devalidate(actor=desk.steward, identity_id=identity.id, reason="Pièce contestée")
    registering.correct_strict(actor=desk.agent, identity_id=identity.id, traits=traits, reason="Faute")
    assert fresh(identity).birth_name == "AUTRE"


def test_taking_the_ins_back_leaves_a_validated_identity_and_its_history(desk, insi):
    identity = desk.register()
    retrieve(desk, identity, insi)
    check(desk, identity)
    acts.invalidate_ins(actor=desk.steward, identity_id=identity.id, reason="INS d'un homonyme")
    found = fresh(identity)
    assert (found.status, found.ins_matricule, found.ins_oid) == ("VALI", "", "")
    assert any(change.state["ins_matricule"] == MATRICULE for change in found.changes.all())


def test_the_carte_vitale_application_does_both_acts(desk):
    identity = desk.register()
    acts.take_apcv(actor=desk.nurse, identity_id=identity.id, answer=DOMINIQUE.as_json())
    found = fresh(identity)
    assert (found.status, found.insi_source, found.check_document) == ("QUAL", "apcv", "AV")


def test_an_ins_of_production_never_enters_a_test_house(desk, insi):
    identity = desk.register()
    with pytest.raises(OtherWorld):
        acts.take_apcv(
            actor=desk.nurse, identity_id=identity.id, answer=replace(DOMINIQUE, oid="1.2.250.1.213.1.4.8").as_json()
        )
    insi.then(one(replace(DOMINIQUE, oid="1.2.250.1.213.1.4.8")))
    call = ask(desk, identity)
    assert (call.code, call.answer) == ("99", None)


def test_a_test_ins_is_refused_in_production(desk, settings):
    settings.PRODUCTION = True
    with pytest.raises(OtherWorld):
        acts.take_apcv(actor=desk.nurse, identity_id=desk.register().id, answer=DOMINIQUE.as_json())


# -- creation


def test_creation_needs_a_search_of_the_same_person_by_the_same_agent(desk):
    typed = registering.TraitsTyped("PAT-TROIS", "DOMINIQUE", date(1979, 3, 28), "F", "51215")
    other = search(actor=desk.nurse, criteria=Criteria(birth_date=date(1979, 3, 28), name="PAT-TROIS")).ticket
    elsewhere = search(actor=desk.agent, criteria=Criteria(birth_date=date(1980, 3, 28), name="PAT-TROIS")).ticket
    by_number = search(actor=desk.agent, criteria=Criteria(ipp="123")).ticket
    old = search(actor=desk.agent, criteria=Criteria(birth_date=date(1979, 3, 28), name="PAT")).ticket
    SearchTicket.objects.filter(id=old.id).update(at=timezone.now() - timedelta(hours=1))
    for ticket in (other, elsewhere, by_number, old):
        with pytest.raises(SearchFirst):
            registering.register(actor=desk.agent, ticket_id=ticket.id, traits=typed)
    good = search(actor=desk.agent, criteria=Criteria(birth_date=date(1979, 3, 28), first_name="dominique")).ticket
    registering.register(actor=desk.agent, ticket_id=good.id, traits=typed)
    with pytest.raises(SearchFirst):
        registering.register(actor=desk.agent, ticket_id=good.id, traits=typed)
    assert Identity.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "first"),
    [("d'ôte-bélair", ""), ("D’OTE BELAIR", ""), ("dote", "sacha"), ("", "Sàcha"), ("DOT", ""), ("Sacha", "")],
)
def test_a_search_does_not_mind_case_accents_hyphens_nor_apostrophes(desk, name, first):
    identity = desk.register(birth_name="D'Ôte-Bélair", first_names="Sacha", born=date(1961, 2, 3))
    found = search(actor=desk.agent, criteria=Criteria(birth_date=date(1961, 2, 3), name=name, first_name=first))
    assert [hit.id for hit in found.hits] == [identity.id]


def test_a_search_finds_by_number_by_matricule_and_with_day_and_month_exchanged(desk, insi):
    identity = desk.register(born=date(1979, 3, 8))
    ipp = identity.numbers.get().ipp
    insi.then(one(replace(DOMINIQUE, birth_date="1979-03-08")))
    acts.take_insi(actor=desk.agent, call_id=ask(desk, identity).id)
    for criteria in (
        Criteria(ipp=ipp),
        Criteria(matricule=MATRICULE),
        Criteria(birth_date=date(1979, 8, 3), name="pat"),
    ):
        assert [hit.id for hit in search(actor=desk.agent, criteria=criteria).hits] == [identity.id]
    trace = Entry.objects.filter(code="identity.searched").order_by("seq").last()
    assert trace.details["shown"] == [str(identity.id)]
    assert "PAT" not in str(trace.details)


@pytest.mark.parametrize("criteria", [Criteria(), Criteria(birth_date=date(1979, 3, 28)), Criteria(name="PAT-TROIS"), Criteria(birth_date=date(1979, 3, 28), name="PA"), Criteria(matricule="2790351")])  # fmt: skip
def test_a_search_too_vague_is_refused(desk, criteria):
    with pytest.raises(TooVague):
        search(actor=desk.agent, criteria=criteria)


def test_patients_of_another_structure_are_not_shown(desk):
    identity = desk.register()
    stranger = actor_as("admissions", StructureFactory())
    assert search(actor=stranger, criteria=Criteria(birth_date=date(1979, 3, 28), name="PAT-TROIS")).hits == []
    with pytest.raises(NotFound):
        insi_calls.ask_by_traits(actor=stranger, identity_id=identity.id)
    with pytest.raises(Forbidden):
        acts.check_document(
            actor=actor_as("secretaire", desk.structure), identity_id=identity.id, kind="PA", traits_agree=True
        )


def test_a_service_registers_in_the_domain_of_its_hospital(desk):
    service = StructureFactory(service=True, parent=desk.structure)
    nurse = actor_as("ioa", service)
    identity = desk.register(actor=nurse)
    assert identity.domain.structure_id == desk.structure.id
    assert [hit.id for hit in search(actor=desk.agent, criteria=Criteria(ipp=identity.numbers.get().ipp)).hits] == [
        identity.id
    ]


@pytest.mark.parametrize(
    ("fields", "trait"),
    [
        ({"birth_name": "DUP0NT"}, "birth_name"),
        ({"birth_name": "ST. JEAN"}, "birth_name"),
        ({"place": "3155"}, "birth_place"),
        ({"born": date(2200, 1, 1)}, "birth_date"),
        ({"sex": ""}, "sex"),
    ],
)
def test_a_trait_that_cannot_be_is_refused_and_nothing_is_written(desk, fields, trait):
    with pytest.raises(InvalidTrait) as refusal:
        desk.register(**fields)
    assert refusal.value.trait == trait
    assert not Identity.objects.exists()


def test_a_new_born_without_given_name_is_registered_and_twins_are_told_apart_by_a_person(desk):
    born = timezone.localdate()
    first = desk.register(birth_name="JUMELLE-ESSAI", first_names="BEBE", born=born, complementary={"birth_rank": 1})
    assert (first.first_names, first.status) == ("", "PROV")
    lea = desk.register(birth_name="JUMELLE-ESSAI", first_names="LEA", born=born)
    assert not WorkItem.objects.exists()
    lou = desk.register(birth_name="JUMELLE-ESSAI", first_names="LOU", born=born)
    item = WorkItem.objects.get(reason=WorkItem.Reason.NAMESAKE)
    assert (item.identity_id, item.other_id) == (lou.id, lea.id)


def test_someone_who_cannot_say_who_he_is_is_registered_at_once_as_doubtful(desk):
    identity = registering.register_unknown(actor=desk.nurse, sex="M", birth_year=1960)
    assert (identity.status, identity.is_doubtful, identity.birth_date) == ("PROV", True, date(1960, 12, 31))


@pytest.mark.parametrize(
    ("place", "stored"), [("2a004", "2A004"), ("99352", "99352"), ("97411", "97411"), ("99999", "99999")]
)
def test_corsica_overseas_countries_and_the_unknown_are_places_of_birth(desk, place, stored):
    assert desk.register(place=place).birth_place == stored


# -- history


def test_every_change_is_kept_whole_and_cannot_be_altered(desk, insi):
    identity = desk.register()
    retrieve(desk, identity, insi)
    check(desk, identity)
    changes = list(fresh(identity).changes.all())
    assert [(one.version, one.code, one.state["status"]) for one in changes] == [
        (1, "registered", "PROV"), (2, "insi_taken", "RECUP"), (3, "document_checked", "QUAL"),
    ]  # fmt: skip
    assert changes[0].state["first_names"] == "DOMINIQUE"
    assert (changes[1].name, changes[1].fields[0]) == ("Lou Essai", "first_names")
    for statement in ("UPDATE identity_change SET reason = 'x'", "DELETE FROM identity_change"):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)
    assert Change.objects.count() == 3


def test_what_the_house_held_at_a_moment_can_be_read_again(desk, insi):
    identity = desk.register()
    before = timezone.now()
    retrieve(desk, identity, insi)
    assert selectors.as_of(identity.id, before)["status"] == "PROV"
    assert selectors.as_of(identity.id, timezone.now())["status"] == "RECUP"
    assert selectors.as_of(identity.id, before - timedelta(days=1)) is None


def test_a_commune_that_no_longer_exists_is_still_a_place_of_birth(desk):
    assert desk.register(place="12218").birth_place == "12218"


def test_events_and_traces_hold_ids_and_codes_only(desk, insi):
    identity = desk.register()
    retrieve(desk, identity, insi)
    said = str(list(StoredEvent.objects.values_list("payload", flat=True))) + str(
        list(Entry.objects.values_list("details", flat=True))
    )
    assert "PAT-TROIS" not in said
    assert MATRICULE not in said


def test_the_same_matricule_twice_in_a_domain_is_for_a_person(desk, insi):
    first = desk.register()
    retrieve(desk, first, insi)
    twin = desk.register(birth_name="PAT-TROIS", first_names="DOMINIQUE")
    retrieve(desk, twin, insi)
    item = WorkItem.objects.get(reason=WorkItem.Reason.DOUBLE)
    assert (item.identity_id, item.other_id) == (twin.id, first.id)
    assert fresh(first).is_active
    assert fresh(twin).is_active


def test_a_doubt_is_said_by_whoever_cares_and_decided_by_a_steward(desk):
    identity = desk.register()
    doctor = actor_as("medecin_receveur", desk.structure)
    with pytest.raises(ReasonNeeded):
        attributes.flag_doubt(actor=doctor, identity_id=identity.id, note="")
    attributes.flag_doubt(actor=doctor, identity_id=identity.id, note="Le groupe sanguin ne correspond pas")
    attributes.flag_doubt(actor=desk.nurse, identity_id=identity.id, note="Moi aussi")
    item = WorkItem.objects.get()
    assert (item.reason, item.times, fresh(identity).status) == ("doute", 2, "PROV")
    with pytest.raises(Forbidden):
        attributes.set_attributes(
            actor=doctor, identity_id=identity.id, homonym=False, doubtful=True, fictive=False, reason="x"
        )
