from __future__ import annotations

import datetime as dt

import pytest

from maison.formats.rpps import extraction
from maison.foundations.access.actor import Actor
from maison.foundations.access.selectors import actor_for_session
from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.registries.professionals import selectors
from maison.registries.professionals.following import ACTIVITIES, DIPLOMAS, MAILBOXES, SKILLS
from maison.registries.professionals.models import Activity, Mailbox, Professional, Qualification
from maison.registries.sources.errors import FileRefused
from maison.registries.sources.loading import load
from maison.registries.sources.models import Loading
from tests.factories import SituationFactory, UserFactory

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("import")
COLUMNS = extraction.ACTIVITY
RPPS = "99000000010"
BASE = {
    "id_kind": "8", "identifier": RPPS, "idnat": f"8{RPPS}", "title": "DR", "name": "EXEMPLE", "first_name": "Camille",
    "profession": "10", "profession_label": "Médecin", "category": "C", "skill": "SM38", "skill_label": "Ophtalmologie",
    "mode": "S", "finess": "310783048", "structure_name": "HOPITAL FICTIF", "city": "Toulouse", "city_code": "31555",
    "department": "31",
}  # fmt: skip


def extract(path, *rows, without=()):
    names = [name for name in COLUMNS if name not in without]
    lines = ["|".join(COLUMNS[name] for name in names) + "|"]
    lines += ["|".join(row.get(name, "") for name in names) + "|" for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def person(number, **more):
    """A test identifier with a right key: 11 digits."""
    from maison.formats.identifiers import luhn_is_right

    rpps = next(
        f"9900000{number + 100:03}{key}" for key in range(10) if luhn_is_right(f"9900000{number + 100:03}{key}")
    )
    return {**BASE, "identifier": rpps, "idnat": f"8{rpps}", "name": f"SPECIMEN {number}", **more}


def test_the_official_extractions_are_read_whole_and_a_second_time_change_nothing(shared):
    folder = shared / "data" / "rpps"
    files = [
        (ACTIVITIES, folder / "PS_LibreAcces_Personne_activite_202601010000.txt", 1_775),
        (SKILLS, folder / "PS_LibreAcces_SavoirFaire_202601010000.txt", 559),
        (DIPLOMAS, folder / "PS_LibreAcces_Dipl_AutExerc_202601010000.txt", 1_500),
        (MAILBOXES, shared / "data" / "mssante" / "Extraction_Correspondance_MSSante_202601010000.txt", 1_387),
    ]
    for source, path, lines in files:
        done = load(ACTOR, source, path)
        assert (done.lines, done.new, done.refused, done.vintage) == (lines, lines, 0, dt.date(2026, 1, 1)), source.code
        assert load(ACTOR, source, path).state == Loading.State.UNCHANGED
    assert (Professional.objects.count(), Activity.objects.count()) == (1_500, 1_775)
    someone = selectors.professional_by_identifier("99000000010")
    assert (someone.name, someone.skill_label, someone.is_practising) == ("BOUDARD", "Ophtalmologie", True)
    assert "Cœur de Causse" in someone.cities
    assert Qualification.objects.filter(idnat=someone.idnat).exists()
    assert Mailbox.objects.filter(kind="ORG").count() == 280


@pytest.mark.parametrize(
    "without", [(), ("siren", "brand", "recipient", "genre")], ids=["56 columns", "an older vintage"]
)
def test_columns_are_found_by_their_names(tmp_path, without):
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601010000.txt", BASE, without=without))
    assert str(Professional.objects.get()) == "Dr Camille EXEMPLE"


def test_one_person_with_three_posts_is_one_professional(tmp_path):
    posts = [BASE, {**BASE, "mode": "L", "finess": "", "city": "Muret"}, {**BASE, "finess": "310783055"}]
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601010000.txt", *posts))
    someone = Professional.objects.get()
    assert len(selectors.activities_of(someone)) == 3
    assert someone.cities == "Muret, Toulouse"
    for words in ("exemple ophtalmo muret", "EXEMPL", "toulouse camille"):
        assert list(selectors.search(words)) == [someone], words
    assert list(selectors.search(RPPS)) == [someone]
    assert not selectors.search("exemple cardiologie").exists()


def test_a_closed_post_ends_its_rights_at_once_and_the_others_stay(tmp_path):
    """REF-03, F2.2."""
    others = [person(n) for n in range(40)]
    two = [BASE, {**BASE, "finess": "310783055"}]
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601010000.txt", *two, *others))
    user = UserFactory(rpps=RPPS, subject=f"8{RPPS}")
    closed = SituationFactory(user=user, organisation_key="finess:310783048", profession="10")
    kept = SituationFactory(user=user, organisation_key="finess:310783055", profession="10")
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601080000.txt", two[1], *others))
    closed.refresh_from_db()
    kept.refresh_from_db()
    assert not closed.is_open
    assert kept.is_open
    assert Entry.objects.get(code="accounts.situation_ended").target_id == str(closed.id)
    actor = actor_for_session(user_id=user.id, situation_id=closed.id, auth="psc", session_key="x")
    assert (actor.situation_id, actor.structure_id) == (None, None)
    assert StoredEvent.objects.filter(name="professionals.activities_closed").count() == 1


def test_a_person_struck_off_keeps_nothing_and_stays_readable(tmp_path):
    others = [person(n) for n in range(40)]
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601010000.txt", BASE, *others))
    user = UserFactory(rpps=RPPS, subject=f"8{RPPS}")
    post = SituationFactory(user=user, organisation_key="id:ailleurs", profession="10")
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601080000.txt", *others))
    post.refresh_from_db()
    assert not post.is_open
    gone = Professional.objects.get(idnat=f"8{RPPS}")
    assert gone.closed_on == dt.date(2026, 1, 8)
    assert gone not in list(selectors.search("exemple"))
    assert gone in list(selectors.search("exemple", with_closed=True))


def test_homonyms_are_two_people(tmp_path):
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601010000.txt", BASE, person(7, name="EXEMPLE")))
    assert Professional.objects.filter(name="EXEMPLE", first_name="Camille").count() == 2


@pytest.mark.parametrize(
    ("change", "code", "kept"),
    [
        ({"idnat": "899000000011"}, "DQ-1", True),
        ({"finess": "10783048"}, "DQ-1", True),
        ({"profession": "9999999"}, "RPP-LONG", True),
        ({"idnat": ""}, "RPP-CLE", False),
    ],
    ids=["wrong RPPS key is told", "leading zero lost", "code too long", "nobody"],
)
def test_a_faulty_line_is_told_and_never_stops_the_file(tmp_path, change, code, kept):
    done = load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601010000.txt", {**BASE, **change}, person(1)))
    assert {one.code for one in done.anomalies.all()} == {code}
    assert Professional.objects.count() == 1 + kept


def test_a_cut_line_and_bytes_that_are_not_utf_8_are_refused_alone(tmp_path):
    path = extract(tmp_path / "a_202601010000.txt", person(1))
    with path.open("ab") as file:
        file.write(b"8|9900\n8|99\xe9|x\n")
    done = load(ACTOR, ACTIVITIES, path)
    assert {one.code for one in done.anomalies.all()} == {"RPP-CHAMPS", "RPP-UTF8"}
    assert Professional.objects.count() == 1


@pytest.mark.parametrize("first", [b"nom;prenom\n", b"Identifiant PP|Nom d'exercice|\n", b"\xff\xfe\n"], ids=["other file", "no profession", "UTF-16"])  # fmt: skip
def test_a_file_without_the_needed_columns_is_refused_whole(tmp_path, first):
    path = tmp_path / "a_202601010000.txt"
    path.write_bytes(first + b"1|2|3\n")
    with pytest.raises(FileRefused):
        load(ACTOR, ACTIVITIES, path)


def test_pages_find_and_show_a_professional(signed_in_client, tmp_path):
    load(ACTOR, ACTIVITIES, extract(tmp_path / "a_202601010000.txt", BASE, person(1)))
    nurse = signed_in_client("ioa")
    page = nurse.get("/referentiels/professionnels/?q=exempel ophtalmo").content.decode()
    assert "Dr Camille EXEMPLE" in page
    assert "SPECIMEN" not in page
    sheet = nurse.get(f"/referentiels/professionnels/{Professional.objects.get(name='EXEMPLE').id}/").content.decode()
    assert "HOPITAL FICTIF" in sheet
    assert "Aucune boîte MSSanté connue" in sheet
