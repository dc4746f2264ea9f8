from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import Any

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client

from maison.ui import french
from maison.ui.components import Column, PersonBanner, TrailStep
from maison.ui.freshness import Freshness
from maison.ui.lists import Sorting, csv_response, page_of
from maison.ui.showcase import COMPONENTS
from maison.ui.templatetags.maison_ui import clock_text

NB = "\u00a0"


def drawn(source: str, rf: Any = None, **context: Any) -> str:
    return Template(source).render(Context({"request": rf, **context}))


@pytest.mark.parametrize("name", ["", "accessibilite/", *(f"composants/{name}/" for name in COMPONENTS)])
def test_a_style_page_holds_in_its_budget_of_nodes(name: str) -> None:
    response = Client().get(f"/ui/{name}")
    assert response.status_code == 200
    assert len(re.findall(r"<[a-z]", response.text)) <= 360
    assert response.text.count("<h1") == 1
    assert " style=" not in response.text
    assert "<style" not in response.text
    assert " onclick" not in response.text


@pytest.mark.parametrize(
    ("minutes", "state", "word"), [(4, "fresh", ""), (47, "late", "en retard"), (300, "stale", "périmé")]
)
def test_a_figure_never_goes_without_its_age_and_its_source(minutes: int, state: str, word: str) -> None:
    at = french.now() - dt.timedelta(minutes=minutes, seconds=5)
    figure = Freshness(at, "CHU de Nîmes, flux ADT", dt.timedelta(minutes=15), dt.timedelta(hours=2))
    text = drawn("{% freshness figure %}", figure=figure)
    assert f'data-state="{state}"' in text
    assert french.age(at) in text
    assert "CHU de Nîmes, flux ADT" in text
    assert word in text


def test_a_figure_of_unknown_age_says_so() -> None:
    figure = Freshness(None, "CH de Foix", dt.timedelta(minutes=15), dt.timedelta(hours=2))
    assert "âge inconnu · CH de Foix" in drawn("{% freshness figure %}", figure=figure)


@pytest.mark.parametrize(
    ("minutes", "kind", "expected"),
    [
        (-12, "countdown", (f"dans 12{NB}min", "calm")),
        (-3, "countdown", (f"dans 3{NB}min · proche", "warn")),
        (3, "countdown", (f"en retard de 3{NB}min · à vérifier", "danger")),
        (4, "elapsed", (f"depuis 4{NB}min", "calm")),
        (6, "elapsed", (f"depuis 6{NB}min · proche", "warn")),
    ],
)
def test_a_clock_turns_with_words_and_not_with_colour_alone(minutes: int, kind: str, expected: tuple[str, str]) -> None:
    now = french.now()
    at = now - dt.timedelta(minutes=minutes)
    danger = 0 if kind == "countdown" else 20
    assert (
        clock_text(at, kind, warn=5, danger=danger, warn_word="proche", danger_word="à vérifier", now=now) == expected
    )


def test_a_priority_that_is_not_known_is_said_not_given() -> None:
    assert 'title="Priorité non renseignée">NR' in drawn('{% priority "" %}')


def test_what_people_write_is_never_markup() -> None:
    evil = "<script>alert(1)</script>"
    text = drawn('{% status word "ok" %}{% empty word %}{% alert "info" word %}{{ word }}{% endalert %}', word=evil)
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") == 4


def test_the_banner_names_the_person_as_the_identity_rules_ask() -> None:
    person = PersonBanner(
        "Martin-Fictif", "Éloïse", dt.date(1988, 7, 14), "féminin", "Revel (81)", "identité provisoire", "Durand",
        alerts=["Homonyme connu"],
    )  # fmt: skip
    text = re.sub(r"<[^>]+>", "|", drawn("{% patient_banner person %}", person=person))
    said = [part.strip() for part in text.split("|") if part.strip()]
    assert said[0] == "MARTIN-FICTIF (Durand) Éloïse"
    assert said[1].startswith("14/07/1988")
    assert said[2:] == ["féminin", "Revel (81)", "identité provisoire", "Homonyme connu"]


def test_what_is_not_known_of_a_person_is_said() -> None:
    person = PersonBanner("INCONNU-FICTIF", "Alpha", None, "", "", "identité provisoire")
    text = drawn("{% patient_banner person %}", person=person)
    assert "date de naissance inconnue" in text
    assert "sexe non précisé" in text
    assert "lieu de naissance inconnu" in text


def test_a_child_is_told_in_months_and_a_newborn_in_days() -> None:
    today = french.now().astimezone(french.PARIS).date()

    def age(days: int) -> str:
        return PersonBanner("A", "B", today - dt.timedelta(days=days), "", "", "").age

    assert age(3) == f"3{NB}jours"
    assert age(200).endswith("mois")
    assert age(365 * 5 + 10) == f"5{NB}ans"


def test_a_relay_shows_each_step_its_time_and_its_name() -> None:
    at = dt.datetime(2026, 11, 21, 22, 6, tzinfo=dt.UTC)
    steps = [TrailStep("Envoyé", at, "SAMU 31"), TrailStep("Refusé", at, refused=True), TrailStep("Arrivé")]
    text = drawn("{% relay_trail steps %}", steps=steps)
    assert re.findall(r'data-state="(\w+)"', text) == ["done", "refused", "waiting"]
    assert "23:06" in text
    assert "SAMU 31" in text
    assert text.count("en attente") == 1


def test_an_arrival_nobody_confirmed_calls_and_a_confirmed_one_is_calm() -> None:
    row = '{% board_row id="a" priority="P1" title="Chute" unconfirmed=calls %}<button>Confirmer</button>{% endboard_row %}'
    assert "data-maison-unconfirmed" in drawn(row, calls=True)
    assert "data-maison-unconfirmed" not in drawn(row, calls=False)
    assert "heure inconnue" in drawn(row, calls=False)


# -- lists


def test_a_column_sorts_one_way_then_the_other_and_keeps_the_filters(rf: Any) -> None:
    request = rf.get("/lits/?departement=31&tri=nom&page=2")
    sorting = Sorting(request, {"nom": "name", "lits": "beds"}, "lits")
    assert sorting.order_by == "name"
    table = '{% data_table "Lits" columns sorting=sorting csv_url="/lits.csv" %}<tr></tr>{% enddata_table %}'
    text = drawn(table, request, columns=[Column("Nom", "nom"), Column("Lits", "lits")], sorting=sorting)
    assert 'aria-sort="ascending"><a href="?departement=31&amp;tri=-nom"' in text
    assert 'href="?departement=31&amp;tri=lits"' in text
    assert 'href="/lits.csv?departement=31&amp;tri=nom&amp;page=2"' in text


def test_an_order_that_nobody_offers_is_the_default(rf: Any) -> None:
    assert Sorting(rf.get("/?tri=password"), {"nom": "name"}, "-nom").order_by == "-name"


def test_a_page_out_of_range_shows_the_last_one(rf: Any) -> None:
    request = rf.get("/?page=99&q=nord")
    page = page_of(request, list(range(45)))
    assert (page.number, len(page)) == (3, 5)
    text = drawn("{% pagination page noun='lit' %}", request, page=page)
    assert f"45{NB}lits, page 3 sur 3" in text
    assert 'rel="prev"' in text
    assert "q=nord" in text


def test_an_export_opens_in_a_french_spreadsheet_and_runs_nothing() -> None:
    response = csv_response("lits.csv", ["Nom", "Lits"], [["=HYPERLINK(1)", 3], ["Rangueil; nord", None]])
    raw = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert raw.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(raw[1:]), delimiter=";"))
    assert rows == [["Nom", "Lits"], ["'=HYPERLINK(1)", "3"], ["Rangueil; nord", ""]]


# -- sign-in pages of the library, in the house's own elements


def test_the_pages_of_the_sign_in_library_look_ours(rf: Any) -> None:
    from tests.ui.urls import NameForm

    text = render_to_string("tests_ui/sign_in.html", {"form": NameForm({"name": ""})}, rf.get("/"))
    assert "<h1>Code de connexion</h1>" in text
    assert 'class="maison-form"' in text
    assert "Écrivez le nom du lit." in text
    assert 'aria-describedby="secret_helptext"' in text
    assert 'class="maison-button maison-button--danger"' in text
