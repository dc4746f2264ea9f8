from __future__ import annotations

import re

import pytest
from django.urls import reverse

from maison.formats.hub_sante.wire import read_message
from maison.foundations.audit.models import Entry
from maison.foundations.structures.models import Structure
from maison.services.emergency import regulation
from maison.services.emergency.models import Arrival, Case
from tests.factories import StructureFactory
from tests.fixtures import SignIn
from tests.services.emergency.factories import Chain, Told, chain

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def region() -> Chain:
    return chain()


def announced(region: Chain) -> Arrival:
    told = Told()
    told.opens()
    told.engages()
    told.orients(region.north)
    return Arrival.objects.get(case__case_ref=told.ref)


def test_a_wall_shows_what_the_nurse_needs_and_leaves_a_reading_trace(region: Chain, signed_in_client: SignIn) -> None:
    announced(region)
    browser = signed_in_client("ioa", region.north_adults)
    page = browser.get(reverse("emergency:board", args=[region.north_adults.id])).content.decode()
    for words in (
        "Femme, 82",
        "Personne restant à terre suite à une chute",
        "douleur de hanche",
        "VLM 1",
        "Médicalisé",
        "05 36 49 11 22",
        "À confirmer",
    ):
        assert words in page
    assert "Claude Exemple" not in page
    assert Entry.objects.filter(code="emergency.board_read").count() == 1


def test_the_wall_of_another_service_is_not_there(region: Chain, signed_in_client: SignIn) -> None:
    announced(region)
    browser = signed_in_client("ioa", region.south_adults)
    assert browser.get(reverse("emergency:board", args=[region.north_adults.id])).status_code == 404
    assert browser.get(reverse("emergency:arrival", args=[Arrival.objects.get().id])).status_code == 404


def test_confirming_redraws_the_same_list_a_fresh_page_would_show(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    browser = signed_in_client("ioa", region.north_adults)
    url = reverse("emergency:board", args=[region.north_adults.id])
    swapped = browser.post(
        reverse("emergency:confirm", args=[arrival.id]), {"depuis": "tableau"}, headers=HTMX
    ).content.decode()
    fresh = browser.get(url).content.decode()

    def list_of(page: str) -> str:
        found = re.search(r'<section id="lignes".*?</section>', page, re.DOTALL)
        assert found
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|datetime="[^"]*"|title="[^"]*"', "", found[0])

    assert list_of(swapped) == list_of(fresh)
    assert "Il est arrivé" in swapped


def test_every_act_works_without_javascript(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    browser = signed_in_client("ioa", region.north_adults)
    for act in ("confirm", "arrived", "offload"):
        answer = browser.post(reverse(f"emergency:{act}", args=[arrival.id]), {"depuis": "tableau"})
        assert answer.status_code == 303
        assert answer["Location"] == reverse("emergency:board", args=[region.north_adults.id])
    arrival.refresh_from_db()
    assert arrival.offloaded_at is not None


def test_saying_arrived_before_confirming_is_refused_in_words(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    browser = signed_in_client("ioa", region.north_adults)
    answer = browser.post(reverse("emergency:arrived", args=[arrival.id]))
    assert answer.status_code == 409
    assert "Confirmez d&#x27;abord" in answer.content.decode()


def test_the_wall_that_shows_a_line_says_received_once(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    browser = signed_in_client("ioa", region.north_adults)
    url = reverse("emergency:receive", args=[region.north_adults.id])
    assert browser.post(url, {"arrivee": [str(arrival.id), "n'importe quoi"]}, headers=HTMX).status_code == 204
    arrival.relay.refresh_from_db()
    assert arrival.relay.status == "received"
    assert "recus" not in browser.get(reverse("emergency:board", args=[region.north_adults.id])).content.decode()


def test_wall_mode_keeps_to_twelve_lines_and_says_how_many_more(region: Chain, signed_in_client: SignIn) -> None:
    for _ in range(14):
        announced(region)
    browser = signed_in_client("ioa", region.north_adults)
    page = browser.get(reverse("emergency:wall", args=[region.north_adults.id])).content.decode()
    assert page.count('class="maison-row"') == 12
    assert "2 autres lignes" in page.replace("\u00a0", " ")


def test_the_sheet_tells_everything_and_is_closed_to_a_service_the_patient_left(
    region: Chain, signed_in_client: SignIn
) -> None:
    told = Told()
    told.opens()
    told.engages()
    told.orients(region.north)
    arrival = Arrival.objects.get()
    browser = signed_in_client("ioa", region.north_adults)
    url = reverse("emergency:arrival", args=[arrival.id])
    page = browser.get(url).content.decode()
    assert "Claude Exemple" in page
    assert "Alix Exemple" in page
    assert Entry.objects.filter(code="emergency.case_read").count() == 1
    told.orients(region.south, minutes=9)
    assert browser.get(url).status_code == 404


def test_the_regulator_sees_who_confirmed_what(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    nurse = signed_in_client("ioa", region.north_adults)
    nurse.post(reverse("emergency:confirm", args=[arrival.id]))
    browser = signed_in_client("regulateur", region.samu)
    listing = browser.get(reverse("emergency:cases")).content.decode()
    assert nurse.user.full_name in listing  # type: ignore[attr-defined]
    sheet = browser.get(reverse("emergency:case", args=[arrival.case_id])).content.decode()
    assert "Confirmé" in sheet
    assert nurse.user.full_name in sheet  # type: ignore[attr-defined]


def test_filters_are_in_the_address_and_keep_the_right_cases(region: Chain, signed_in_client: SignIn) -> None:
    announced(region)
    browser = signed_in_client("regulateur", region.samu)
    url = reverse("emergency:cases")
    assert "Revel" in browser.get(url, {"q": "revel", "priorite": "P1", "a_confirmer": "on"}).content.decode()
    assert "Aucun dossier" in browser.get(url, {"priorite": "P3"}).content.decode()
    assert "Aucun dossier" in browser.get(url, {"etat": "CLASSE"}).content.decode()


def test_a_regulator_redirects_and_both_services_must_answer(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    browser = signed_in_client("regulateur", region.samu)
    answer = browser.post(
        reverse("emergency:orient", args=[arrival.case_id]),
        {"service": str(region.south_adults.id), "reason": "Saturation"},
    )
    assert answer.status_code == 303
    assert set(Arrival.objects.filter(relay__waiting=True).values_list("service__parent__short_name", "state")) == {
        ("Nord", "reoriente"),
        ("Sud", "annonce"),
    }


def test_an_orientation_without_service_is_mended_where_it_was_typed(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    browser = signed_in_client("regulateur", region.samu)
    answer = browser.post(reverse("emergency:orient", args=[arrival.case_id]), {"service": ""})
    assert answer.status_code == 422
    assert "Choisissez le service receveur." in answer.content.decode()


FACTS = {
    "priority": "P1", "motive": "M06.03", "city_name": "Revel", "city_code": "31451", "address": "12 chemin des Fictions",
    "patient_name": "Claude Exemple", "sex": "F", "age_years": "82", "caller_phone": "05 36 49 11 22", "caller_name": "Alix Exemple",
    "observation": "Chute, restée au sol deux heures.",
}  # fmt: skip


def test_a_case_opened_in_the_house_is_a_valid_national_message(region: Chain, signed_in_client: SignIn) -> None:
    import json

    browser = signed_in_client("regulateur", region.samu)
    answer = browser.post(reverse("emergency:new_case"), FACTS)
    case = Case.objects.get()
    assert answer["Location"] == reverse("emergency:case", args=[case.id])
    assert case.samu == region.samu
    read = read_message(json.dumps({"createCaseHealth": case.document}).encode())
    assert read.type.code == "RS-EDA"


def test_a_case_of_the_house_is_finished_validated_then_closed_by_the_house(
    region: Chain, signed_in_client: SignIn
) -> None:
    browser = signed_in_client("regulateur", region.samu)
    browser.post(reverse("emergency:new_case"), FACTS)
    case = Case.objects.get()
    browser.post(reverse("emergency:stay_home", args=[case.id]))
    browser.post(reverse("emergency:finish", args=[case.id]))
    case.refresh_from_db()
    assert case.status == Case.Status.VALIDE
    regulation.close_validated_case(case.id)
    case.refresh_from_db()
    assert case.status == Case.Status.CLOTURE
    assert browser.post(reverse("emergency:add_note", args=[case.id]), {"text": "Trop tard"}).status_code == 409


def test_a_case_with_a_patient_still_expected_cannot_be_finished(region: Chain, signed_in_client: SignIn) -> None:
    browser = signed_in_client("regulateur", region.samu)
    browser.post(reverse("emergency:new_case"), FACTS)
    case = Case.objects.get()
    browser.post(reverse("emergency:orient", args=[case.id]), {"service": str(region.north_adults.id)})
    answer = browser.post(reverse("emergency:finish", args=[case.id]))
    assert answer.status_code == 409
    assert "encore attendu" in answer.content.decode()


def test_what_a_form_lacks_is_said_beside_the_field(region: Chain, signed_in_client: SignIn) -> None:
    browser = signed_in_client("regulateur", region.samu)
    answer = browser.post(reverse("emergency:new_case"), {**FACTS, "city_name": "", "caller_phone": "appelez-moi"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Indiquez la commune de l&#x27;intervention." in page
    assert "Écrivez le numéro avec des chiffres" in page
    assert not Case.objects.exists()


def test_the_nearest_sites_are_proposed_first_and_the_whole_region_on_demand(
    region: Chain, signed_in_client: SignIn
) -> None:
    arrival = announced(region)
    for number in range(9):
        site = StructureFactory(
            name=f"Clinique {number}", short_name=f"C{number}", latitude=44.5 + number, longitude=3.0
        )
        StructureFactory(
            service=True, parent=site, service_type="urgences_adultes", name=f"Urgences {number}", short_name="SAU"
        )
    browser = signed_in_client("regulateur", region.samu)
    url = reverse("emergency:case", args=[arrival.case_id])
    page = browser.get(url).content.decode()
    assert page.index('label="Hôpital Nord fictif"') < page.index('label="Hôpital Sud fictif"')  # the scene is at Revel
    assert page.index('label="Hôpital Sud fictif"') < page.index('label="Clinique 0"')
    assert "Clinique 8" not in page
    assert "Clinique 8" in browser.get(url, {"services": "tous"}).content.decode()
    swapped = browser.get(url, {"services": "tous"}, headers=HTMX).content.decode()
    assert swapped.lstrip().startswith('<section id="orienter"')
    assert "Clinique 8" in swapped


def test_a_scene_without_coordinates_proposes_the_sites_of_the_department(
    region: Chain, signed_in_client: SignIn
) -> None:
    arrival = announced(region)
    Case.objects.update(latitude=None, longitude=None)
    Structure.objects.filter(id__in=[region.samu.id, region.south.id]).update(department="31")
    Structure.objects.filter(id=region.north.id).update(department="34")
    browser = signed_in_client("regulateur", region.samu)
    page = browser.get(reverse("emergency:case", args=[arrival.case_id])).content.decode()
    assert "Hôpital Sud fictif" in page
    assert 'label="Hôpital Nord fictif"' not in page


def test_reading_a_case_again_leaves_the_form_being_filled_alone(region: Chain, signed_in_client: SignIn) -> None:
    arrival = announced(region)
    browser = signed_in_client("regulateur", region.samu)
    part = browser.get(reverse("emergency:case", args=[arrival.case_id]), headers=HTMX).content.decode()
    assert 'id="dossier"' in part
    assert "<form" not in part
