"""The regional server: what a machine links, what it proposes, what people decide, and that all of it can be undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.events.models import StoredEvent
from maison.registries.identity import selectors
from maison.registries.identity.actions import acts, attributes, linking, merging, registering
from maison.registries.identity.errors import (
    AlreadyDecided,
    NotLinkable,
    NotMergeable,
    ReasonNeeded,
    SecondPersonNeeded,
)
from maison.registries.identity.models import Identity, Link, Member, Merge, Pair, WorkItem
from maison.registries.identity.srir import links
from maison.registries.identity.srir.clusters import cluster_of
from maison.registries.identity.srir.matching import match_pending
from maison.registries.identity.writing import print_of
from tests.factories import actor_as
from tests.registries.identity.conftest import DOMINIQUE, Desk

pytestmark = pytest.mark.django_db


def qualified(desk, person=DOMINIQUE, **fields):
    identity = desk.register(**fields)
    return acts.take_apcv(actor=desk.nurse, identity_id=identity.id, answer=person.as_json())


def settle():
    """The worker's loop, until nothing waits."""
    while match_pending():
        pass


def groups():
    found = {}
    for row in Member.objects.all():
        found.setdefault(row.cluster_id, set()).add(row.identity_id)
    return sorted(sorted(map(str, group)) for group in found.values())


@pytest.fixture
def desks(db):
    return [Desk(f"Centre fictif {rank}") for rank in range(3)]


def proposed(desks, name="PAT-TROYS"):
    """Two identities of two structures that resemble one another."""
    one = desks[0].register(place="31555")
    other = desks[1].register(birth_name=name, place="31555")
    settle()
    return one, other, Pair.objects.get()


# -- what a machine does


def test_only_the_same_ins_of_two_qualified_identities_with_equal_traits_links_by_itself(desks):
    one, other = qualified(desks[0]), qualified(desks[1])
    settle()
    (link,) = Link.objects.all()
    assert (link.how, {link.one_id, link.other_id}) == ("automatique", {one.id, other.id})
    assert cluster_of(one.id) == {one.id, other.id}
    assert not Pair.objects.exists()


@pytest.mark.parametrize("what", ["traits", "matricule", "not qualified", "place"])
def test_anything_less_is_proposed_to_a_person_and_never_linked(desks, what):
    qualified(desks[0])
    if what == "traits":
        qualified(desks[1], replace(DOMINIQUE, first_names="DOMINIQUE CLAUDE"))
    elif what == "place":
        qualified(desks[1], replace(DOMINIQUE, birth_place="51216"))
    elif what == "matricule":
        qualified(desks[1], replace(DOMINIQUE, matricule="279035121518888"[:13] + "57"))
    else:
        desks[1].register(first_names="DOMINIQUE MARIE")
    settle()
    assert not Link.objects.exists()
    assert Pair.objects.get().state == Pair.State.PROPOSED


def test_three_structures_make_one_group(desks):
    rows = [qualified(desk) for desk in desks]
    settle()
    assert groups() == [sorted(str(row.id) for row in rows)]


def test_an_automatic_link_falls_with_its_proof(desks):
    one, _ = qualified(desks[0]), qualified(desks[1])
    settle()
    acts.invalidate_ins(actor=desks[0].steward, identity_id=one.id, reason="Erreur")
    settle()
    assert Link.objects.get().ended_code == "traits"
    assert groups() == []
    assert Pair.objects.get().state == Pair.State.PROPOSED


def test_likeness_is_proposed_once_explained_and_names_nobody_in_the_events(desks):
    _, _, pair = proposed(desks)
    assert pair.verdict == Pair.Verdict.MATCH
    assert "Une personne décide" in pair.explanation["summary"]
    assert "PAT-TRO" not in str(pair.explanation)
    assert Identity.objects.filter(to_match=True).count() == 0
    assert "PAT" not in str(list(StoredEvent.objects.values_list("payload", flat=True)))


def test_twins_are_said_to_be_twins(desks):
    desks[0].register(birth_name="FIGUERAS-ESSAI", first_names="LEA", born=date(2019, 4, 2), place="34172")
    desks[1].register(birth_name="FIGUERAS-ESSAI", first_names="MANON", born=date(2019, 4, 2), place="34172")
    settle()
    assert [one.verdict for one in Pair.objects.all()] == [Pair.Verdict.SIBLING]
    assert not Link.objects.exists()


def test_strangers_and_placeholders_call_nobody(desks):
    desks[0].register(birth_name="ABRICOT", first_names="CLAUDE", born=date(1958, 7, 14), sex="M")
    desks[1].register(birth_name="LUCIOLE", first_names="NADIA", born=date(1965, 5, 17))
    for desk in desks:
        registering.register_unknown(actor=desk.nurse, sex="M", birth_year=1960)
    settle()
    assert not Pair.objects.exists()


def test_a_machine_never_merges_even_the_same_ins_twice_in_one_domain(desks):
    for _ in range(2):
        qualified(desks[0])
    settle()
    assert not Merge.objects.exists()
    assert not Link.objects.exists()
    assert Pair.objects.get().state == Pair.State.PROPOSED


def test_a_fictive_identity_is_never_compared(desks):
    one = desks[0].register()
    attributes.set_attributes(
        actor=desks[0].steward, identity_id=one.id, homonym=False, doubtful=False, fictive=True, reason="Formation"
    )
    desks[1].register()
    settle()
    assert not Pair.objects.exists()


# -- what people decide


def test_the_regional_cell_links_with_a_reason_and_unlinks_to_the_exact_groups_before(desks, region):
    one, other, pair = proposed(desks)
    third = qualified(desks[2], replace(DOMINIQUE, birth_name="PAT-TROYS"))
    before = groups()
    with pytest.raises(ReasonNeeded):
        linking.decide(actor=region, pair_id=pair.id, decision="meme", reason=" ")
    linking.decide(actor=region, pair_id=pair.id, decision="meme", reason="Même adresse")
    assert cluster_of(one.id) == {one.id, other.id}
    link = Link.objects.get()
    linking.unlink(actor=region, link_id=link.id, reason="Deux personnes")
    assert groups() == before
    assert third.is_active
    Identity.objects.update(to_match=True)
    settle()
    pair.refresh_from_db()
    assert pair.state == Pair.State.UNLINKED
    linking.relink(actor=region, link_id=link.id, reason="Après vérification")
    assert cluster_of(one.id) == {one.id, other.id}


def test_a_rejected_pair_is_never_asked_again_unless_traits_change(desks, region):
    one, _, pair = proposed(desks)
    linking.decide(actor=region, pair_id=pair.id, decision="deux", reason="Deux adresses")
    Identity.objects.update(to_match=True)
    settle()
    pair.refresh_from_db()
    assert pair.state == Pair.State.REJECTED
    traits = registering.TraitsTyped("PAT-TROYS", "DOMINIQUE", date(1979, 3, 28), "F", "31555")
    registering.correct_strict(actor=desks[0].agent, identity_id=one.id, traits=traits, reason="Faute")
    settle()
    pair.refresh_from_db()
    assert pair.state == Pair.State.PROPOSED


def test_a_person_who_said_two_is_not_overruled_by_the_same_ins(desks, region):
    one, other = desks[0].register(), desks[1].register()
    settle()
    linking.decide(actor=region, pair_id=Pair.objects.get().id, decision="deux", reason="Usurpation")
    for desk, identity in ((desks[0], one), (desks[1], other)):
        acts.take_apcv(actor=desk.nurse, identity_id=identity.id, answer=DOMINIQUE.as_json())
    pair = Pair.objects.get()
    first, second = (Identity.objects.get(id=one_id) for one_id in (pair.one_id, pair.other_id))
    Pair.objects.update(one_print=print_of(first), other_print=print_of(second))
    settle()
    assert not Link.objects.exists()


def test_a_decision_on_traits_that_changed_meanwhile_must_be_read_again(desks, region):
    one, _, pair = proposed(desks)
    traits = registering.TraitsTyped("AUTRE", "DOMINIQUE", date(1979, 3, 28), "F", "31555")
    registering.correct_strict(actor=desks[0].agent, identity_id=one.id, traits=traits, reason="Faute")
    with pytest.raises(AlreadyDecided):
        linking.decide(actor=region, pair_id=pair.id, decision="meme", reason="Même personne")


def test_two_qualified_identities_need_two_people(desks, region):
    qualified(desks[0])
    qualified(desks[1], replace(DOMINIQUE, first_names="DOMINIQUE CLAUDE"))
    settle()
    pair = Pair.objects.get()
    assert linking.decide(actor=region, pair_id=pair.id, decision="meme", reason="Acte de naissance").state == "second"
    with pytest.raises(SecondPersonNeeded):
        linking.decide(actor=region, pair_id=pair.id, decision="meme", reason="Encore moi")
    assert not Link.objects.exists()
    colleague = replace(region, subject="889970000041")
    linking.decide(actor=colleague, pair_id=pair.id, decision="meme", reason="Vu aussi")
    assert Link.objects.get().how == "decision"


def test_two_different_ins_are_never_linked(desks, region):
    one = qualified(desks[0])
    other = qualified(desks[1], replace(DOMINIQUE, matricule="179035121518992"[:13] + "57"))
    with pytest.raises(NotLinkable):
        links.link(region, one, other, Link.How.DECISION, reason="Forcé")


def test_pairs_between_structures_are_the_regional_cell_s_and_duplicates_their_identity_cell_s(desks, region):
    _, _, pair = proposed(desks)
    with pytest.raises(NotFound):
        linking.decide(actor=desks[0].steward, pair_id=pair.id, decision="meme", reason="Vu")
    with pytest.raises(Forbidden):
        linking.unlink(actor=desks[0].steward, link_id=pair.id, reason="Vu")
    desks[0].register(birth_name="PAT-TROIX", place="31555")
    settle()
    (duplicate,) = selectors.pair_rows(desks[0].steward)
    assert duplicate.one.domain_id == duplicate.other.domain_id
    linking.decide(actor=desks[0].steward, pair_id=duplicate.id, decision="meme", reason="Même carte")
    assert Merge.objects.get().undone_at is None


def test_the_patient_s_refusal_cuts_every_link_and_proposes_nothing_until_he_comes_back(desks):
    rows = [qualified(desk) for desk in desks[:2]]
    settle()
    linking.refuse_linking(actor=desks[0].agent, identity_id=rows[0].id, refuses=True, reason="Dit à l'accueil")
    settle()
    assert Link.objects.get().ended_code == "refus"
    assert not Pair.objects.filter(state=Pair.State.PROPOSED).exists()
    assert list(Identity.objects.values_list("refuses_linking", flat=True)) == [True, True]
    for desk, row in zip(desks, rows, strict=False):
        linking.refuse_linking(actor=desk.agent, identity_id=row.id, refuses=False)
    settle()
    assert Link.objects.filter(ended_at=None).count() == 1


# -- merges by a steward


def test_a_steward_merges_in_his_domain_with_a_reason_only(desk):
    one, other = desk.register(), desk.register(birth_name="PAT-TROYS")
    for actor, reason, error in ((desk.agent, "x", Forbidden), (desk.steward, "", ReasonNeeded), (actor_as("referent_identito", Desk("Ailleurs").structure), "x", NotFound)):  # fmt: skip
        with pytest.raises(error):
            merging.merge(actor=actor, kept_id=one.id, gone_id=other.id, reason=reason)
    found = merging.merge(actor=desk.steward, kept_id=one.id, gone_id=other.id, reason="Même carte")
    with pytest.raises(Exception, match="fusionnée"):
        merging.merge(actor=desk.steward, kept_id=one.id, gone_id=other.id, reason="Encore")
    merging.undo_merge(actor=desk.steward, merge_id=found.id, reason="Erreur")
    with pytest.raises(AlreadyDecided):
        merging.undo_merge(actor=desk.steward, merge_id=found.id, reason="Encore")


def test_two_qualified_identities_are_merged_by_two_people_and_never_with_two_ins(desk):
    one, other = qualified(desk), qualified(desk)
    with pytest.raises(SecondPersonNeeded):
        merging.merge(actor=desk.steward, kept_id=one.id, gone_id=other.id, reason="Doublon")
    with pytest.raises(SecondPersonNeeded):
        merging.merge(
            actor=desk.steward, kept_id=one.id, gone_id=other.id, reason="Doublon", seconded_by=desk.steward.subject
        )
    third = qualified(desk, replace(DOMINIQUE, matricule="279035121519086"))
    with pytest.raises(NotMergeable):
        merging.merge(
            actor=desk.steward, kept_id=one.id, gone_id=third.id, reason="x", seconded_by=desk.other_steward.subject
        )
    merging.merge(
        actor=desk.steward, kept_id=one.id, gone_id=other.id, reason="Doublon", seconded_by=desk.other_steward.subject
    )
    assert not Identity.objects.get(id=other.id).is_active


def test_a_merge_keeps_the_links_of_the_one_that_goes_and_gives_them_back(desks):
    kept, gone, far = desks[0].register(birth_name="AUTRE-ESSAI"), qualified(desks[0]), qualified(desks[1])
    settle()
    before = groups()
    found = merging.merge(actor=desks[0].steward, kept_id=kept.id, gone_id=gone.id, reason="Doublon")
    assert cluster_of(kept.id) == {kept.id, gone.id, far.id}
    merging.undo_merge(actor=desks[0].steward, merge_id=found.id, reason="Erreur")
    assert groups() == before
    assert WorkItem.objects.filter(reason="doublon").count() == 0
