"""`./maison user`: what an operator does at the console, traced like the rest."""

from __future__ import annotations

from io import StringIO
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from maison.foundations.access.models import Habilitation
from maison.foundations.accounts.models import Session, User
from maison.foundations.audit.models import Entry
from maison.foundations.structures.models import Structure
from tests.factories import StructureFactory, UserFactory

pytestmark = pytest.mark.django_db


def user(*words: str) -> str:
    out = StringIO()
    call_command("user", *words, stdout=out)
    return out.getvalue()


def test_a_role_is_given_shown_and_withdrawn_with_traces() -> None:
    structure = StructureFactory(name="CH Fictif")
    assert "donné dans CH Fictif" in user("give", "899700000017", "ioa", structure.finess, "--until", "2030-01-31")
    assert "ioa" in user("roles", "899700000017")
    assert "jusqu'au 31/01/2030" in user("roles", "899700000017")
    user("withdraw", "899700000017", "ioa", structure.finess, "--reason", "départ")
    assert user("roles", "899700000017") == "Aucune habilitation.\n"
    given, withdrawn = Entry.objects.filter(code__startswith="access.").order_by("id")
    assert given.subject.startswith("system:user:")
    assert (withdrawn.code, withdrawn.reason) == ("access.role_withdrawn", "départ")


def test_the_kind_of_a_structure_is_never_guessed() -> None:
    entity: Structure = StructureFactory(legal_entity=True)
    with pytest.raises(CommandError, match="Aucune structure ouverte"):
        user("give", "899700000017", "ioa", entity.finess)
    user("give", "899700000017", "ioa", f"EJ:{entity.finess}")
    user("give", "899700000017", "arm", str(entity.id))
    assert Habilitation.objects.filter(structure=entity).count() == 2


def test_an_unknown_role_is_refused_in_words() -> None:
    structure = StructureFactory()
    with pytest.raises(CommandError, match="Ce rôle n'existe pas"):
        user("give", "899700000017", "roi", structure.finess)
    assert "Infirmier organisateur de l'accueil" in user("roles")


def test_an_invitation_by_command_opens_the_account(client: Client) -> None:
    structure = StructureFactory()
    said = user(
        "add-local", "lou@maison.example", "--given", "Lou", "--family", "Essai", "--structure", structure.finess
    )
    path = urlsplit(next(word for word in said.split() if word.startswith("http"))).path
    password = "Garrigue-et-cigales-31"
    client.post(path, {"password": password, "again": password})
    assert "lou@maison.example" in user("list", "--local")
    assert "Lien personnel" in user("invite-again", "lou@maison.example")
    assert "fermé" in user("close", "lou@maison.example", "--reason", "départ")
    assert "(fermé)" in user("list")
    assert not User.objects.get().is_active


def test_a_wrong_address_is_refused() -> None:
    structure = StructureFactory()
    with pytest.raises(CommandError, match="adresse"):
        user("add-local", "pas une adresse", "--given", "L", "--family", "E", "--structure", structure.finess)
    with pytest.raises(CommandError, match="Aucun compte local"):
        user("invite-again", "personne@maison.example")


def test_someone_is_signed_out_of_everywhere(client: Client) -> None:
    person = UserFactory()
    client.force_login(person)
    assert user("sign-out", person.subject) == "Sessions fermées : 1.\n"
    assert not Session.objects.exists()
    assert Entry.objects.get(code="accounts.sessions_ended").target_id == str(person.id)
