import pytest

from tests.formats.matching.people import Population, small_crowd


@pytest.fixture(scope="session")
def population(tmp_path_factory):
    """Twelve thousand identities of a fictional region, with the model learnt from them; read only."""
    return Population(small_crowd(), tmp_path_factory.mktemp("population"))
