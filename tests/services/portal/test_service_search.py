from __future__ import annotations

import pytest

from maison.formats.folding import plain
from maison.foundations.access import Actor
from maison.services.portal import selectors
from maison.services.portal.actions import load_catalogue
from maison.services.portal.models.service import Viewer
from maison.services.portal.search import words
from maison.services.portal.selectors.services import places_like
from tests.factories import StructureFactory, actor_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    load_catalogue()


def found(query: str, actor: Actor | None = None) -> list[str]:
    return [entry.service.code for entry in selectors.search(actor or actor_with(), Viewer(), query)]


ASKED = [
    ("régulation", "regulation"),
    ("REGULATION", "regulation"),
    ("regulasion", "regulation"),
    ("tablau des urgance", "tableau-urgences"),
    ("tab urg", "tableau-urgences"),
    ("urgance", "tableau-urgences"),
    ("oriantation", "orientation"),
    ("coordonation", "coordination"),
    ("imajerie", "telesante"),
    ("pillotage", "pilotage"),
    ("anuaire", "annuaire-sante"),
    ("assistence", "assistance"),
    ("tucs", "tableau-urgences"),
    ("ROR", "offre"),
    ("rpps", "annuaire-sante"),
    ("ehpad", "orientation"),
    ("téléexpertise", "telesante"),
    ("tele expertise", "telesante"),
    ("messagerie securisé", "messagerie"),
    ("mssante", "messagerie"),
    ("mssanté", "messagerie"),
    ("doublons", "identite"),
    ("identitovigilence", "identite"),
    ("carnet de santé", "mon-espace-sante"),
    ("rcp", "cancerologie"),
    ("cancerologie", "cancerologie"),
    ("hameçonage", "cyber"),
    ("habilitations", "acces"),
    ("pharmacie de garde", "sante-fr"),
    ("interoperabilite", "echanges"),
    ("cœur du handicap", "orientation"),
]


def test_a_service_is_found_despite_accents_typing_errors_and_acronyms() -> None:
    missed = {query: codes for query, code in ASKED if code not in (codes := found(query))[:3]}
    assert missed == {}


def test_words_that_resemble_nothing_find_nothing() -> None:
    for query in ("", "   ", "?!", "zzzzqx", "wxkjv pqzt", "';--", "%_%", "\x01"):
        assert found(query) == [], query


def test_the_nearest_service_comes_first() -> None:
    assert found("cancerologie")[0] == "cancerologie"
    assert found("formation")[0] == "formation"


def test_what_resembles_much_less_than_the_best_is_left_out() -> None:
    assert found("cancerologie") == ["cancerologie"]
    assert found("tucs") == ["tableau-urgences"]
    assert len(found("urgances")) <= 6


def test_a_service_hidden_by_its_rules_is_not_found() -> None:
    assert "supervision" not in found("supervision")
    assert "supervision" in [
        entry.service.code
        for entry in selectors.search(actor_with(), Viewer(structure_types=("GRADES",)), "supervision")
    ]


def test_search_makes_the_same_number_of_queries_whatever_is_found(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    actor = actor_with(structure=StructureFactory())
    for query in ("urgences", "sante", "rcp"):
        with django_assert_num_queries(2):
            found(query, actor)


def test_places_of_rooms_are_found_by_their_label() -> None:
    labels = ["Urgences Tableau", "Régulation Dossiers en cours", "Échanges Messages à réparer"]
    assert places_like("message a reparé", labels)[:1] == [2]
    assert places_like("dossiers", labels)[:1] == [1]
    assert places_like("zzzz", labels) == []


def test_plain_words_lose_accents_ligatures_and_small_words() -> None:
    assert plain("Référentiels & authentification : l'œil") == "referentiels authentification l oeil"
    assert words("la place de mon père à l'hôpital") == ["place", "pere", "hopital"]
    assert words("de la") == ["de", "la"]
    assert len(words("mot " * 50)) == 8
