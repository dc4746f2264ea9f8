import pytest

from maison.formats.matching.diminutives import ROOTS, root_of
from maison.formats.matching.identity import Traits, day_of, identity_of
from maison.formats.matching.places import UNKNOWN, Place, place_of
from maison.formats.matching.sounds import sound_of
from maison.formats.matching.spelling import compact, folded, given_names, parts_of


@pytest.mark.parametrize(
    "written", ["L’Hôtelier-Œuvré", "l'hotelier oeuvre", "L HOTELIER-OEUVRE", "  l’hôtelier   œuvré "]
)
def test_case_accents_hyphens_and_both_apostrophes_make_no_difference(written):
    assert folded(written) == "L HOTELIER OEUVRE"


def test_many_names_fold_as_each_alone_whatever_they_hold():
    names = ["Élise", "", " d'Arc ", "–", "Łukasz", "De La Tour", "X", "7"]

    assert folded("\n".join(names)).split("\n") == [folded(name) for name in names]
    assert sound_of(compact(folded("\n".join(names)))).split("\n") == [
        sound_of(compact(folded(name))) for name in names
    ]


@pytest.mark.parametrize(
    "alike",
    [
        "DUPONT DUPOND DUPPONT", "RENAULT RENAUD RENAUT", "PHILIPPE FILIPE", "LEFEBVRE LEFEVRE LEFEBURE", "BOUCHER BOUCHET", "STEPHANE STEFANE",
        "MOHAMED MOHAMMED", "MARTIN MARTAIN", "THOMAS TOMA", "CHRISTIAN KRISTIAN", "ELOISE HELOISE",
    ],
)  # fmt: skip
def test_spellings_of_one_sound_meet(alike):
    assert len({sound_of(name) for name in alike.split()}) == 1


@pytest.mark.parametrize("apart", ["MARTIN MARTINE", "LEA LEO", "JEAN JEANNE", "LOUIS LOUISE", "DURAND DUPONT"])
def test_names_that_sound_different_stay_apart(apart):
    one, other = apart.split()
    assert sound_of(one) != sound_of(other)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Jean-Pierre Marie", ("JEAN", "PIERRE", "MARIE")), ("Jean Pierre,Marie", ("JEAN", "PIERRE", "MARIE")), ("BEBE Louise", ("LOUISE",)),
        ("X", ()), ("inconnu", ()), ("Inconnue", ()), ("  ", ()), ("N’Golo", ("NGOLO",)), ("J", ("J",)), ("A B C D E", ("A", "B", "C", "D")),
    ],
)  # fmt: skip
def test_given_names_are_a_list_without_what_is_no_name(written, names):
    assert given_names(written) == names


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("DUPONT", ("DUPONT", "DUPONT")),
        ("DE VILLIERS", ("DEVILLIERS", "DEVILLIERS")),
        ("DUPONT DE LA TOUR", ("DUPONT", "TOUR")),
    ],
)
def test_a_compound_name_has_telling_parts(name, parts):
    assert parts_of(name) == parts


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("75112", Place("75056", "75")), ("69385", Place("69123", "69")), ("69381", Place("69123", "69")), ("69301", Place("69301", "69")),
        ("13203", Place("13055", "13")), ("2A004", Place("20004", "20")), ("2b033", Place("20033", "20")), ("20004", Place("20004", "20")),
        ("97411", Place("97411", "974")), ("99352", Place("99352", "99")), ("99999", UNKNOWN), ("", UNKNOWN), ("Toulouse", UNKNOWN), ("9935", UNKNOWN),
    ],
)  # fmt: skip
def test_a_place_is_the_commune_of_today_the_country_or_nothing(code, place):
    assert place_of(code) == place


def test_a_commune_that_merged_is_followed_to_the_one_it_joined():
    assert place_of("09028", {"09028": "09296"}) == Place("09296", "09")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1950-03-12", (1950, 3, 12)), ("19500312", (1950, 3, 12)), ("1950-03", (1950, 3, 0)), ("1950", (1950, 0, 0)), ("1950-00-12", (1950, 0, 0)),
        ("12/03/1950", (0, 0, 0)), ("1950-13-01", (0, 0, 0)), ("", (0, 0, 0)), ("0000-00-00", (0, 0, 0)), ("١٩٥٠", (0, 0, 0)),
    ],
)  # fmt: skip
def test_a_date_may_be_partial_and_nonsense_is_missing(text, day):
    assert day_of(text) == day


def test_someone_may_be_called_garcon_and_no_child_is_named_so():
    assert identity_of(Traits("Garçon", "Garçon Louis", "")).family == "GARCON"
    assert identity_of(Traits("Garçon", "Garçon Louis", "")).given == ("LOUIS",)
    assert identity_of(Traits("xx", "zz", "")).family == ""


def test_each_everyday_form_has_one_root():
    assert root_of("MICKAEL") == "MICHEL"
    assert root_of("ALEXANDRE") == root_of("ALEXANDRA") == "ALEX"
    assert root_of("GERTRUDE") == "GERTRUDE"
    assert all(compact(folded(form)) == form for form in [*ROOTS, *ROOTS.values()])


def test_what_is_no_name_no_sex_and_no_place_is_missing():
    identity = identity_of(Traits("INCONNU", "BEBE", "", "I", "99999", used_name="X"))

    assert (identity.family, identity.used, identity.given, identity.sex, identity.place) == ("", "", (), "", UNKNOWN)
