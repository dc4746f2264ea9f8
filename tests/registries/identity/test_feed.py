"""What hospitals say of their patients (PAM), through the message."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maison.foundations.events.models import StoredEvent
from maison.registries.identity.actions import acts, insi_calls, merging
from maison.registries.identity.models import Change, Domain, Identity, Link, Merge, Number, WorkItem
from maison.registries.stays.models import Patient as EarlierPatient
from maison.registries.stays.models import Stay
from maison.registries.stays.patients import OwnPatients, Said, Traits, patients
from tests.interop.mllp import DOMAIN, adt, merge, movement
from tests.registries.identity.conftest import MATRICULE, one, system, trusted_hospital

pytestmark = pytest.mark.django_db


def known(ipp="000003"):
    return Identity.objects.get(numbers__ipp=ipp)


def pid(message: bytes, **fields: str) -> bytes:
    """The message with these fields of PID replaced (PID-5 is `f5`)."""
    rows = message.decode().split("\r")
    for rank, row in enumerate(rows):
        if row.startswith("PID"):
            parts = row.split("|")
            for name, value in fields.items():
                parts[int(name[1:])] = value
            rows[rank] = "|".join(parts)
    return "\r".join(rows).encode()


def zfd(*fields: str) -> tuple[str, ...]:
    return ("ZFD|" + "|".join(fields),)


def reasons(identity=None):
    rows = WorkItem.objects.filter(identity=identity) if identity else WorkItem.objects.all()
    return sorted(rows.values_list("reason", flat=True))


def test_a_message_makes_an_identity_in_the_domain_of_the_hospital(hospital):
    message = pid(
        adt("A28", sent="20260304120000"),
        f5="d’Ôte-Bélair^Anne-Lise^Anne-Lise Zoé^^^^L~Fictif^Lise^^^^^D", f11="1 rue Fictive^^TOULOUSE^^31000^FRA^H~^^^^^^BDL^^2A004",
    )  # fmt: skip
    hospital.say(message)
    found = known()
    assert (found.birth_name, found.first_name, found.first_names) == ("D'OTE-BELAIR", "ANNE-LISE", "ANNE-LISE ZOE")
    assert (found.used_name, found.birth_place, found.city, found.birth_date) == (
        "FICTIF",
        "2A004",
        "TOULOUSE",
        date(1979, 3, 28),
    )
    assert (found.status, found.domain_id) == ("PROV", hospital.domain.id)
    banner = patients().banners([found.id])[found.id]
    assert banner.name == "D'OTE-BELAIR (FICTIF) ANNE-LISE"
    assert banner.details == ["28/03/1979", "féminin", "commune 2A004", "identité provisoire"]


@pytest.mark.parametrize("event", ["A01", "A04", "A05", "A08", "A28", "A31"])
def test_each_event_with_a_patient_creates_then_updates_one_identity(hospital, event):
    hospital.say(adt(event, sent="20260304120000"))
    hospital.say(adt(event, sent="20260304130000", name="PAT-TROIS^DOMINIQUE MARIE"))
    assert known().first_names == "DOMINIQUE MARIE"
    assert Identity.objects.count() == 1


def test_a_late_message_never_overwrites_fresher_traits(hospital):
    hospital.say(adt("A31", name="PAT-TROIS^CLAUDE", sent="20260304130000"))
    late = hospital.say(adt("A28", name="ANCIEN^NOM", sent="20260304120000"))
    assert "historique" in late.note
    assert (known().birth_name, Change.objects.count()) == ("PAT-TROIS", 1)


def test_saying_the_same_again_changes_nothing_but_the_freshness(hospital):
    hospital.say(adt("A28", sent="20260304120000"))
    hospital.say(adt("A31", sent="20260304130000"))
    assert Change.objects.count() == 1
    late = hospital.say(adt("A31", name="ENTRE^DEUX", sent="20260304123000"))
    assert "historique" in late.note


def test_what_a_message_does_not_say_is_kept_and_what_it_erases_is_erased(hospital):
    hospital.say(pid(adt("A28", sent="20260304120000"), f13="0600000000^PRN^CP"))
    hospital.say(pid(adt("A31", sent="20260304130000"), f11="", f8=""))
    assert (known().city, known().sex) == ("TOULOUSE", "F")
    hospital.say(pid(adt("A31", sent="20260304140000"), f11='""'))
    assert (known().city, known().birth_name) == ("", "PAT-TROIS")


@pytest.mark.parametrize(("born", "day", "what"), [("1979", date(1979, 12, 31), "annee"), ("197903", date(1979, 3, 1), "mois"), ("19790328", date(1979, 3, 28), "jour")])  # fmt: skip
def test_a_date_known_in_part_is_written_as_rniv_asks(hospital, born, day, what):
    hospital.say(adt("A28", born=born))
    assert (known().birth_date, known().birth_date_known) == (day, what)


def test_twins_sharing_all_but_their_given_name_stay_two_and_are_shown_to_a_person(hospital):
    for ipp, name, rank in (("T1", "LEA", 1), ("T2", "LOU", 2)):
        hospital.say(pid(adt("A28", ipp=ipp, name=f"FICTIF^{name}"), f24="Y", f25=str(rank)))
    assert (known("T1").birth_rank, known("T2").birth_rank) == (1, 2)
    assert reasons(known("T2")) == ["homonyme"]


# -- what the hospital says of its reliability, and the INS


def test_a_qualified_identity_of_a_checked_feed_brings_its_ins(hospital):
    hospital.say(adt("A28", ins=MATRICULE, status="VALI", extra=zfd("", "", "", "N", "INSI", "20260303100000", "PA")))
    found = known()
    assert (found.status, found.outward_ins) == ("QUAL", (MATRICULE, "1.2.250.1.213.1.4.10"))
    assert (found.insi_source, found.check_source, found.check_document) == ("flux", "flux", "PA")
    assert found.insi_at.astimezone().date() == date(2026, 3, 3)


def test_an_ins_under_a_provisional_identity_is_ignored_and_shown_to_a_person(hospital):
    """F1.5"""
    hospital.say(adt("A28", ins=MATRICULE, status="PROV"))
    assert (known().status, known().ins_matricule, Number.objects.get().ipp) == ("PROV", "", "000003")
    assert reasons() == ["ins-ecarte"]
    assert StoredEvent.objects.filter(name="stays.identity_anomaly").count() == 1


def test_a_feed_nobody_checked_brings_no_ins(hospital):
    Domain.objects.update(is_trusted=False)
    hospital.say(adt("A28", ins=MATRICULE, status="VALI"))
    hospital.say(adt("A31", ins=MATRICULE, status="VALI", sent="20260304130000"))
    assert (known().status, known().ins_matricule) == ("VALI", "")
    assert WorkItem.objects.get().times == 2


@pytest.mark.parametrize("ins", ["279035121518988", "27903512151898", "179135121518989", "27903512151898X"])
def test_a_matricule_with_a_wrong_key_is_never_taken(hospital, ins):
    hospital.say(adt("A28", ins=ins, status="VALI"))
    assert (known().status, known().ins_matricule, reasons()) == ("VALI", "", ["ins-ecarte"])


def test_the_ins_of_a_parent_is_not_taken_for_the_child(hospital):
    hospital.say(adt("A28", ins=MATRICULE, status="VALI"))
    hospital.say(adt("A28", ipp="ENFANT", name="PAT-TROIS^ZOE", born="20150102", ins=MATRICULE, status="VALI"))
    child = known("ENFANT")
    assert (child.status, child.ins_matricule, reasons(child)) == ("VALI", "", ["ins-autre"])
    assert known().ins_matricule == MATRICULE


def test_a_matricule_that_does_not_agree_with_the_traits_is_taken_with_a_warning(hospital):
    hospital.say(adt("A28", ins=MATRICULE, status="VALI", born="19800328"))
    assert (known().status, reasons()) == ("QUAL", ["nir-traits"])


def test_a_hospital_goes_back_on_what_it_said(hospital):
    hospital.say(adt("A28", ins=MATRICULE, status="VALI", sent="20260304120000"))
    hospital.say(adt("A31", status="PROV", sent="20260304130000"))
    assert (known().status, known().ins_matricule) == ("PROV", "")
    assert StoredEvent.objects.filter(name="identity.ins_withdrawn").count() == 1
    hospital.say(adt("A31", status="RECUP", sent="20260304140000"))
    assert (known().status, known().outward_ins) == ("RECUP", None)


def test_doubtful_and_fictive_come_with_their_effects_and_are_lifted_by_who_set_them(hospital):
    hospital.say(adt("A28", ins=MATRICULE, status="VALI", sent="20260304120000"))
    hospital.say(adt("A31", ins=MATRICULE, status="VALI~DOUT", sent="20260304130000"))
    assert (known().status, known().is_doubtful, known().ins_matricule) == ("PROV", True, "")
    hospital.say(adt("A31", status="VALI", sent="20260304140000"))
    assert (known().status, known().is_doubtful) == ("VALI", False)


def test_what_a_person_of_the_house_proved_is_not_undone_by_a_message(hospital, insi):
    hospital.say(adt("A28", sent="20260304120000"))
    insi.then(one())
    call = insi_calls.ask_by_traits(actor=hospital.steward, identity_id=known().id)
    insi_calls.put(call.id)
    acts.take_insi(actor=hospital.steward, call_id=call.id)
    acts.check_document(actor=hospital.steward, identity_id=known().id, kind="CN", traits_agree=True)
    hospital.say(pid(adt("A31", name="PAT-TROYS^DOMINIQUE", sent="20400304120000"), f13="0600000009^PRN^CP"))
    found = known()
    assert (found.birth_name, found.status, found.phone) == ("PAT-TROIS", "QUAL", "0600000009")
    assert reasons() == ["traits"]


# -- numbers: merge, change, link


def story(identity):
    return [(line.code, line.state) for line in identity.changes.order_by("version")]


def snapshot():
    names = (
        "id",
        "state",
        "merged_into_id",
        "birth_name",
        "first_names",
        "status",
        "ins_matricule",
        "domain_id",
        "phone",
    )
    return {
        "identities": sorted(Identity.objects.values_list(*names)),
        "numbers": sorted(Number.objects.values_list("ipp", "identity_id", "retired_at")),
        "links": sorted(Link.objects.filter(ended_at=None).values_list("one_id", "other_id")),
        "stays": sorted(Stay.objects.values_list("number", "patient_id")),
    }


def test_a_merge_is_undone_to_the_exact_state_before_with_what_came_meanwhile(hospital):
    """F1.4"""
    hospital.say(
        adt(
            "A01",
            ipp="OLD",
            visit="V-1",
            zbe=movement("1", "20260304080000"),
            name="ESSAI^SACHA",
            sent="20260304080000",
        )
    )
    hospital.say(
        adt(
            "A01",
            ipp="NEW",
            visit="V-2",
            zbe=movement("2", "20260304090000"),
            name="ESSAI^SACHA MARIE",
            sent="20260304090000",
        )
    )
    before = snapshot()
    hospital.say(merge(kept="NEW", gone="OLD", sent="20260304100000"))
    old, new = known("OLD"), known("NEW")
    assert (old.state, old.merged_into_id, new.first_names) == ("fusionnee", new.id, "SACHA MARIE")
    assert patients().banners([old.id])[old.id].first_name == "SACHA MARIE"
    assert patients().same(old.id, new.id)
    hospital.say(
        adt(
            "A01",
            ipp="OLD",
            visit="V-3",
            zbe=movement("3", "20260305080000"),
            name="ESSAI^SACHA",
            sent="20260305080000",
        )
    )
    hospital.say(
        adt(
            "A01",
            ipp="NEW",
            visit="V-4",
            zbe=movement("4", "20260305090000"),
            name="ESSAI^SACHA MARIE",
            sent="20260305090000",
        )
    )
    merging.undo_merge(actor=hospital.steward, merge_id=Merge.objects.get().id, reason="Deux personnes")
    after = snapshot()
    meanwhile = {("V-3", old.id), ("V-4", new.id)}
    assert set(after["stays"]) - set(before["stays"]) == meanwhile
    assert after | {"stays": before["stays"]} == before
    assert not patients().same(old.id, new.id)
    assert [code for code, _ in story(known("OLD"))] == ["told", "merged", "merge_undone"]


def test_a_late_merge_does_not_undo_a_person_s_decision(hospital):
    for ipp in ("A", "B"):
        hospital.say(adt("A28", ipp=ipp))
    hospital.say(merge(kept="A", gone="B", sent="20260304100000"))
    merging.undo_merge(actor=hospital.steward, merge_id=Merge.objects.get().id, reason="Deux personnes")
    assert hospital.say(merge(kept="A", gone="B", sent="20260304110000")).status == "kept"
    assert known("B").is_active
    assert "fusion" in reasons(known("A"))
    hospital.say(merge(kept="A", gone="B", sent="20990304110000"))
    assert not known("B").is_active


def test_merges_follow_one_another_and_never_turn_in_a_circle(hospital):
    for kept, gone in (("B", "A"), ("C", "B"), ("A", "C")):
        hospital.say(merge(kept=kept, gone=gone))
    assert merging.survivor_of(known("A").id) == known("C").id
    assert Merge.objects.count() == 2


def test_a_new_number_is_the_same_patient_and_the_old_one_still_finds_him(hospital):
    hospital.say(adt("A28", ipp="OLD"))
    change = adt("A47", ipp="NEW", sent="20260304130000", extra=(f"MRG|OLD^^^CHU-X&{DOMAIN}&ISO^PI",))
    hospital.say(change)
    hospital.say(change)
    assert known("NEW").id == known("OLD").id
    assert Number.objects.get(ipp="OLD").retired_at is not None
    assert [code for code, _ in story(known("NEW"))] == ["told", "renumbered"]
    hospital.say(adt("A31", ipp="NEW", name="PAT-TROIS^CLAUDE", sent="20260304140000"))
    assert known("OLD").first_names == "CLAUDE"


def test_a_change_of_number_between_two_known_patients_is_a_merge(hospital):
    for ipp in ("OLD", "NEW"):
        hospital.say(adt("A28", ipp=ipp))
    hospital.say(adt("A47", ipp="NEW", sent="20260304130000", extra=(f"MRG|OLD^^^CHU-X&{DOMAIN}&ISO^PI",)))
    assert known("OLD").merged_into_id == known("NEW").id


def linking(event, one_ipp, other_ipp, other_domain, sent="20260304130000"):
    first = adt(event, ipp=one_ipp, sent=sent).decode()
    second = pid(first.encode(), f3=f"{other_ipp}^^^CHU-Y&{other_domain}&ISO^PI").decode().split("\r")[2]
    return (first + second + "\r").encode()


def test_a_link_between_two_domains_is_made_and_ended_by_the_feed(hospital):
    other = trusted_hospital("Autre hôpital fictif", "1.2.250.1.213.1.4.98")
    hospital.say(adt("A28", ipp="X"))
    hospital.say(linking("A24", "X", "Y", other.domain.code))
    (found,) = Link.objects.all()
    assert {found.one_id, found.other_id} == {known("X").id, known("Y").id}
    hospital.say(linking("A37", "X", "Y", other.domain.code, sent="20260304140000"))
    assert Link.objects.get().ended_code == "flux"


def test_a_link_inside_one_domain_is_a_duplicate_for_a_person(hospital):
    assert "une personne décide" in hospital.say(linking("A24", "X", "Y", DOMAIN)).note
    assert not Link.objects.exists()
    assert "doublon" in reasons()


# -- domains


def test_an_unknown_domain_is_written_down_untrusted_for_the_regional_cell(hospital):
    message = adt("A28").replace(DOMAIN.encode(), b"1.2.250.1.999.7")
    hospital.say(message)
    found = Domain.objects.get(code="1.2.250.1.999.7")
    assert (found.structure_id, found.is_trusted, reasons()) == (hospital.structure.id, False, ["domaine"])


def test_the_same_name_of_domain_in_two_hospitals_is_two_domains(hospital):
    other = trusted_hospital("Autre hôpital fictif", "1.2.250.1.213.1.4.98")
    for each in (hospital, other):
        each.say(adt("A28").replace(f"CHU-X&{DOMAIN}&ISO".encode(), b"LOCAL"))
    assert Domain.objects.filter(code="LOCAL").count() == 2
    assert Identity.objects.count() == 2


def test_a_stranger_speaking_in_a_hospital_s_domain_is_shown_to_the_regional_cell_once(hospital):
    other = trusted_hospital("Autre hôpital fictif", "1.2.250.1.213.1.4.98")
    hospital.say(adt("A28"))
    other.say(adt("A31", sent="20260304130000"))
    other.say(adt("A31", sent="20260304140000"))
    assert WorkItem.objects.get(reason="domaine").times == 1
    assert Domain.objects.get(code=DOMAIN).shared_with == [other.structure.id]


# -- patients of before the registry


def test_a_patient_known_before_the_registry_keeps_his_reference(hospital, django_assert_max_num_queries):
    said = Said(DOMAIN, "000003", Traits(birth_name="ANCIEN", first_name="SACHA"), datetime(2026, 1, 1, tzinfo=UTC))
    before = OwnPatients().refer(said, system()).id
    assert patients().banners([before])[before].birth_name == "ANCIEN"
    hospital.say(adt("A28"))
    assert known().id == before == EarlierPatient.objects.get().id
    assert patients().banners([before])[before].birth_name == "PAT-TROIS"


def test_banners_of_a_ward_cost_three_queries_at_most(hospital, django_assert_max_num_queries):
    for rank in range(6):
        hospital.say(adt("A28", ipp=f"P{rank}"))
    hospital.say(merge(kept="P0", gone="P1"))
    ids = list(Number.objects.values_list("identity_id", flat=True))
    with django_assert_max_num_queries(3):
        assert len(patients().banners(ids)) == 6


TEXT = st.text(st.characters(blacklist_characters="|^~\\&\r\n\x00", blacklist_categories=("Cs",)), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(family=TEXT, given_name=TEXT, place=TEXT, born=TEXT, rank=TEXT)
def test_whatever_a_message_holds_an_identity_stays_whole(hospital, family, given_name, place, born, rank):
    """Nothing of what hospitals really send may stop a message that its own format admits."""
    from maison.formats.hl7v2.faults import InvalidMessage

    message = pid(
        adt("A28", ipp="FUZZ"), f5=f"X{family}^{given_name}^^^^^L", f11=f"^^^^^^BDL^^{place}", f25=rank, f24="Y"
    )
    try:
        hospital.say(message)
    except InvalidMessage:
        return
    found = known("FUZZ")
    assert set(found.birth_name) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-")
    assert len(found.birth_place) in (0, 5)


def test_an_ins_is_kept_when_the_hospital_says_it_again(hospital):
    for sent in ("20260304120000", "20260304130000"):
        hospital.say(adt("A31", ins=MATRICULE, status="VALI", sent=sent))
    assert Change.objects.count() == 1
