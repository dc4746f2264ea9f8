"""Candidates in PostgreSQL, on tables of the documented shape."""

from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection

from maison.formats.matching.identity import Traits, identity_of
from maison.formats.matching.starting import starting_model
from maison.registries.identity.matching import table
from maison.registries.identity.matching.search import candidates
from tests.formats.matching.people import person, small_crowd

MODEL = starting_model()
pytestmark = pytest.mark.django_db


@pytest.fixture
def tables():
    """The two tables in this test's transaction, with some people of a fictional region."""
    with connection.cursor() as cursor:
        for statement in (
            table.CREATE_KEYS,
            table.CREATE_TRAITS,
            table.INDEX_KEYS,
            table.INDEX_TRAITS,
            table.INDEX_IDENTITY,
        ):
            cursor.execute(statement)
        people = small_crowd()
        for row in range(300):
            traits = Traits(
                *(
                    people.rows[name][row]
                    for name in ("birth_name", "given_names", "born_on", "sex", "birth_place", "used_name")
                )
            )
            write(cursor, UUID(int=row), identity_of(traits))
        yield cursor


def write(cursor, key, identity):
    keys, folded = table.rows_of(identity)
    cursor.execute(table.FORGET, (key,))
    cursor.execute(table.WRITE_KEYS, (key, keys))
    cursor.execute(table.WRITE_TRAITS, (key, folded))


def found(cursor, identity, **options):
    return [candidate.identity for candidate in candidates(cursor, identity, MODEL, population=300, **options)]


def test_someone_is_found_despite_slips_best_first(tables):
    same, twin = uuid4(), uuid4()
    write(tables, same, person(birth_name="TILLUEL", given_names="Ambroise"))
    write(tables, twin, person(given_names="Octave"))

    assert found(tables, person())[:2] == [same, twin]
    assert found(tables, person(), but=same)[0] == twin


def test_an_identity_whose_traits_change_is_found_by_the_new_ones_only(tables):
    key = uuid4()
    write(tables, key, person())
    write(tables, key, identity_of(Traits("COQUELICOT", "Cunégonde", "1990-11-23", "F", "34172")))

    assert key not in found(tables, person())
    assert found(tables, identity_of(Traits("Coquelicot", "Cunegonde", "1990-11-23", "F"))) == [key]


def test_nobody_known_by_nothing(tables):
    assert found(tables, identity_of(Traits("", "", ""))) == []


def test_never_more_than_ten_however_many_share_a_name_and_a_day(tables):
    for _ in range(70):
        write(tables, uuid4(), person())

    assert len(found(tables, person())) == 10


def test_a_key_is_written_once_for_an_identity(tables):
    key = uuid4()
    write(tables, key, person())
    with pytest.raises(psycopg.errors.UniqueViolation):
        connection.connection.execute(table.WRITE_KEYS, (key, table.rows_of(person())[0]))
