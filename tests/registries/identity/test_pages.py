"""The pages: what they show, to whom, and that they work alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from maison.foundations.audit.models import Entry
from maison.registries.identity.actions import acts, insi_calls, linking, merging
from maison.registries.identity.insi import InsiFailure
from maison.registries.identity.models import Identity, InsiCall, Link, Merge, Pair, SearchTicket, WorkItem
from maison.registries.identity.srir.matching import match_pending
from tests.registries.identity.conftest import DOMINIQUE, MATRICULE, SEVERAL, Desk, one

pytestmark = pytest.mark.django_db

TRAITS = {
    "birth_name": "d'Exemple",
    "first_names": "Sacha Lou",
    "birth_date": "03/1990",
    "sex": "M",
    "birth_place": "2a004",
}


@pytest.fixture
def browser(signed_in_client, desk):
    return signed_in_client("admissions", desk.structure)


@pytest.fixture
def steward(signed_in_client, desk):
    return signed_in_client("referent_identito", desk.structure)


def url(name, *arguments):
    return reverse(f"identity:{name}", args=arguments)


def look_up(browser, **criteria):
    return browser.post(url("search"), {"birth_date": "", "name": "", "first_name": "", **criteria})


def test_a_patient_is_searched_then_registered_and_nothing_of_him_stands_in_an_address(browser):
    page = browser.get(url("search"))
    assert "Enregistrer un nouveau patient" not in page.text
    page = look_up(browser, birth_date="03/1990", name="exe")
    ticket = SearchTicket.objects.get()
    assert url("new", ticket.id) in page.text
    form = browser.get(url("new", ticket.id))
    assert 'value="exe"' in form.text
    refused = browser.post(url("new", ticket.id), {**TRAITS, "birth_place": "3155"})
    assert (refused.status_code, Identity.objects.count()) == (422, 0)
    assert "code INSEE de cinq caractères" in refused.text
    done = browser.post(url("new", ticket.id), {**TRAITS, "birth_name": "Exemple"})
    identity = Identity.objects.get()
    assert done.headers["Location"] == url("sheet", identity.id)
    assert (identity.birth_date, identity.birth_date_known, identity.birth_place) == (date(1990, 3, 1), "mois", "2A004")
    sheet = browser.get(done.headers["Location"]).text
    assert "EXEMPLE SACHA" in sheet
    assert "jour inconnu" in sheet


def test_creation_is_not_offered_after_a_search_by_number_nor_to_who_may_not_register(browser, signed_in_client, desk):
    page = browser.post(url("search"), {"numero-number": "12345"})
    assert "Personne ne correspond" in page.text
    assert url("new", SearchTicket.objects.get().id) not in page.text
    doctor = signed_in_client("medecin_receveur", desk.structure)
    look_up(doctor, birth_date="03/1990", name="exe")
    ticket = SearchTicket.objects.order_by("-at").first()
    assert doctor.get(url("new", ticket.id)).status_code == 403


def test_the_ticket_of_another_agent_opens_no_form(browser, steward):
    look_up(steward, birth_date="03/1990", name="exe")
    page = browser.get(url("new", SearchTicket.objects.get().id))
    assert page.status_code == 409
    assert "Recherchez d'abord" in page.text.replace("&#x27;", "'")


def test_results_show_the_five_traits_and_the_status_and_choose_nobody(browser, desk):
    desk.register(birth_name="EXEMPLE", first_names="SACHA", born=date(1990, 3, 1), place="99352")
    desk.register(birth_name="EXEMPLE", first_names="SACHA", born=date(1990, 3, 1), place="31555")
    page = look_up(browser, birth_date="01/03/1990", name="exemple").text
    for words in ("EXEMPLE SACHA", "01/03/1990", "féminin", "Algérie", "commune 31555", "Provisoire"):
        assert words in page
    assert page.count("EXEMPLE SACHA</a>") == 2


def test_someone_unknown_is_registered_in_one_gesture(browser):
    done = browser.post(url("unknown"), {"inconnu-sex": "M", "inconnu-birth_year": "1960"})
    sheet = browser.get(done.headers["Location"]).text
    assert "Identité douteuse" in sheet
    assert "Interroger INSi" not in sheet


def test_the_sheet_says_what_happens_while_insi_is_asked_then_when_it_is_mute(browser, desk, insi):
    identity = desk.register()
    browser.post(url("ask_insi", identity.id))
    assert "La prise en charge continue" in browser.get(url("sheet", identity.id)).text
    call = InsiCall.objects.get()
    insi.then(InsiFailure("muet"))
    with pytest.raises(InsiFailure):
        insi_calls.put(call.id)
    InsiCall.objects.update(asked_at=timezone.now() - timedelta(minutes=4))
    page = browser.get(url("sheet", identity.id)).text
    assert "INSi ne répond pas" in page
    assert "il y a 4" in page
    assert "essai sans réponse" in page


def test_several_answers_ask_for_other_names_and_take_nothing(browser, desk, insi):
    """F1.1, on the page"""
    identity = desk.register(first_names="DOMINIQUE MARIE")
    browser.post(url("ask_insi", identity.id))
    insi.then(SEVERAL, one())
    insi_calls.put(InsiCall.objects.get().id)
    page = browser.get(url("sheet", identity.id)).text
    assert "INSi trouve plusieurs personnes" in page
    assert "Reprendre" not in page
    browser.post(url("ask_insi", identity.id), {"avec": "prenoms"})
    call = InsiCall.objects.order_by("-asked_at").first()
    insi_calls.put(call.id)
    assert "Comparer et reprendre les traits" in browser.get(url("sheet", identity.id)).text


def test_both_sets_of_traits_stand_side_by_side_with_their_differences_marked(browser, desk, insi):
    identity = desk.register(birth_name="PAT-TROYS", place="51215")
    browser.post(url("ask_insi", identity.id))
    insi.then(one())
    call = InsiCall.objects.get()
    insi_calls.put(call.id)
    page = browser.get(url("comparison", call.id)).text
    assert "PAT-TROYS" in page
    assert "PAT-TROIS" in page
    assert page.count('data-state="differs"') == 1
    assert page.count('data-state="near"') == 1
    assert MATRICULE not in page
    browser.post(url("take", call.id))
    assert Identity.objects.get().status == "RECUP"
    page = browser.get(url("sheet", identity.id)).text
    assert MATRICULE[:13] not in page
    history = browser.get(url("history", identity.id)).text
    assert "PAT-TROYS → <b>PAT-TROIS</b>" in history


def test_an_answer_that_is_someone_else_s_is_put_aside(browser, desk, insi):
    identity = desk.register()
    browser.post(url("ask_insi", identity.id))
    insi.then(one())
    call = InsiCall.objects.get()
    insi_calls.put(call.id)
    browser.post(url("put_aside", call.id))
    assert (InsiCall.objects.get().outcome, Identity.objects.get().status) == ("ecarte", "PROV")
    assert browser.post(url("take", call.id)).status_code == 409


def test_a_document_is_checked_trait_by_trait(browser, desk):
    identity = desk.register()
    page = browser.post(url("document", identity.id), {"kind": "PA"})
    assert page.status_code == 422
    assert "Comparez chaque trait" in page.text
    page = browser.post(url("document", identity.id), {"kind": "LE", "traits_agree": "on"})
    assert "admise que pour un mineur" in page.text
    browser.post(url("document", identity.id), {"kind": "PA", "traits_agree": "on"})
    assert Identity.objects.get().status == "VALI"
    assert browser.get(url("strict", identity.id)).status_code == 409


def test_a_qualified_identity_becomes_doubtful_and_loses_its_insi_button(steward, desk):
    identity = desk.register()
    acts.take_apcv(actor=desk.nurse, identity_id=identity.id, answer=DOMINIQUE.as_json())
    assert MATRICULE[:13] in steward.get(url("sheet", identity.id)).text
    assert steward.post(url("steward", identity.id), {"doubtful": "on"}).status_code == 422
    steward.post(url("steward", identity.id), {"doubtful": "on", "reason": "Usurpation signalée"})
    page = steward.get(url("sheet", identity.id)).text
    assert "Identité douteuse" in page
    assert "identité provisoire" in page
    for words in (MATRICULE[:13], "Vérifier l", "Interroger INSi"):
        assert words not in page


def test_an_invalidation_asks_what_and_why(steward, desk):
    identity = desk.register()
    acts.take_apcv(actor=desk.nurse, identity_id=identity.id, answer=DOMINIQUE.as_json())
    assert steward.post(url("invalidate", identity.id), {"invalider-what": "ins"}).status_code == 422
    steward.post(url("invalidate", identity.id), {"invalider-what": "ins", "invalider-reason": "Erreur de guichet"})
    assert Identity.objects.get().status == "VALI"


def test_reading_an_identity_leaves_a_trace_and_strangers_find_nothing(browser, desk, signed_in_client):
    identity = desk.register()
    browser.get(url("sheet", identity.id))
    assert Entry.objects.filter(code="identity.read", patient_id=str(identity.id)).count() == 1
    stranger = signed_in_client("admissions", Desk("Ailleurs").structure)
    for name in ("sheet", "history", "traits", "document"):
        assert stranger.get(url(name, identity.id)).status_code == 404
    local = signed_in_client("admissions", desk.structure, auth="local")
    assert local.get(url("sheet", identity.id)).status_code == 403


def test_the_work_list_is_by_age_filtered_by_reason_and_closed_with_words(steward, desk):
    older, newer = desk.register(), desk.register(birth_name="AUTRE")
    for identity in (older, newer):
        steward.post(url("doubt", identity.id), {"doute-reason": "Deux cartes différentes"})
    page = steward.get(url("work")).text
    assert page.index(str(older.id)) < page.index(str(newer.id))
    assert "Rien à traiter" in steward.get(url("work"), {"reason": "ins-ko"}).text
    item = WorkItem.objects.get(identity=older)
    assert steward.post(url("close", item.id), {"reason": ""}).status_code == 422
    steward.post(url("close", item.id), {"reason": "Carte relue avec le patient"})
    assert str(older.id) not in steward.get(url("work")).text
    table = b"".join(steward.get(url("work_export")).streaming_content).decode()
    assert "Doute signalé" in table
    assert "AUTRE" not in table


def test_a_pair_is_explained_and_decided_and_undone_from_the_sheets(desk, signed_in_client, region):
    other_desk = Desk("Autre centre fictif")
    mine, theirs = desk.register(place="31555"), other_desk.register(birth_name="PAT-TROYS", place="31555")
    while match_pending():
        pass
    cell = signed_in_client("cellule_ivo3")
    pair = Pair.objects.get()
    page = cell.get(url("pair", pair.id)).text
    assert "PAT-TROYS" in page
    assert "Le calcul ne décide jamais" in page
    assert cell.post(url("decide", pair.id), {"decision": "meme"}).status_code == 422
    cell.post(url("decide", pair.id), {"decision": "meme", "reason": "Même adresse"})
    sheet = cell.get(url("sheet", mine.id)).text
    assert str(theirs.id) in sheet
    agent = signed_in_client("admissions", desk.structure)
    sheet = agent.get(url("sheet", mine.id)).text
    assert "Autre centre fictif" in sheet
    assert str(theirs.id) not in sheet
    cell.post(url("unlink", Link.objects.get().id), {"reason": "Deux personnes"})
    assert "Aucune autre identité rapprochée" in cell.get(url("sheet", mine.id)).text
    with pytest.raises(Exception, match="déjà prise"):
        linking.unlink(actor=region, link_id=Link.objects.get().id, reason="Encore")


def test_a_merge_is_undone_from_the_sheet(steward, desk):
    one_, other = desk.register(), desk.register(birth_name="PAT-TROYS")
    merging.merge(actor=desk.steward, kept_id=one_.id, gone_id=other.id, reason="Même carte")
    assert "fusionnée dans une autre" in steward.get(url("sheet", other.id)).text
    steward.post(url("undo_merge", Merge.objects.get().id), {"reason": "Deux personnes"})
    assert Identity.objects.get(id=other.id).is_active


def test_the_patient_s_refusal_is_written_from_the_sheet(browser, desk):
    identity = desk.register()
    browser.post(url("linking_choice", identity.id), {"choix": "refus"})
    assert "Le patient refuse le rapprochement régional" in browser.get(url("sheet", identity.id)).text
    browser.post(url("linking_choice", identity.id), {"choix": "accord"})
    assert Identity.objects.get().refuses_linking is False


def test_complementary_traits_are_changed_without_touching_the_others(browser, desk):
    identity = desk.register()
    browser.post(url("traits", identity.id), {"used_name": "l’Essai", "phone": "0600000000", "birth_name": "PIRATE"})
    found = Identity.objects.get()
    assert (found.used_name, found.phone, found.birth_name) == ("L'ESSAI", "0600000000", "PAT-TROIS")
    assert "(L&#x27;ESSAI)" in browser.get(url("sheet", identity.id)).text


def test_the_regional_cell_trusts_a_feed_it_has_checked(signed_in_client, hospital):
    cell = signed_in_client("cellule_ivo3")
    assert "IPP de Hôpital fictif" in cell.get(url("domains")).text
    cell.post(url("domain", hospital.domain.id), {"name": "IPP vérifié", "contact": "civ@exemple.test"})
    hospital.domain.refresh_from_db()
    assert (hospital.domain.name, hospital.domain.is_trusted) == ("IPP vérifié", False)


def test_a_sheet_asks_a_bounded_number_of_questions(browser, desk, django_assert_max_num_queries):
    identity = desk.register()
    for rank in range(6):
        registered = desk.register(birth_name=f"AUTRE{'ABCDEF'[rank]}")
        WorkItem.objects.create(reason="doute", identity=registered, other=identity, structure=desk.structure)
    with django_assert_max_num_queries(45):
        browser.get(url("sheet", identity.id))
