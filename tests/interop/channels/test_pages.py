"""What the pages say of channels: who did what by their name, same titles told apart, mute sources, names to choose from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from maison.foundations.accounts.models import User
from maison.interop.channels import flow
from maison.interop.channels.actions import versions
from maison.interop.channels.language.configuration import Item
from maison.interop.channels.models import Channel, Passage, SourceState, TargetState
from maison.interop.channels.permissions import P
from maison.interop.channels.ports import base
from maison.interop.channels.ports.base import Parcel
from maison.interop.channels.views.flow import drawing
from maison.interop.exchanges import journal
from maison.interop.exchanges.journal import Entry
from maison.interop.exchanges.models import Client
from maison.interop.exchanges.permissions import P as ExchangesP
from tests.factories import StructureFactory
from tests.interop.channels.fictional import adt
from tests.interop.channels.workshop import COPY, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(workshop, signed_in_client):
    return signed_in_client("integrateur", workshop.agency)


def url(name: str, *args) -> str:
    return reverse(f"channels:{name}", args=args)


def test_traces_name_people_and_never_show_the_identifier_of_an_account(author, workshop):
    workshop.live()
    page = author.get(url("history", "copie")).text
    assert "Alix a demandé l&#x27;approbation" in page  # no account of that name: what the version kept of its author
    assert "Lou a approuvé et mis en service" in page
    assert "8997" not in page
    workshop.author = person("Sans-nom", workshop.agency)
    versions.suspend(actor=workshop.author, code="copie", suspended=True, reason="essai")
    assert "compte fermé a suspendu" in author.get(url("history", "copie")).text
    User.objects.create(subject="8997Sans-nom", given_name="Noé", family_name="Départ", is_active=False)
    assert "Noé Départ (compte fermé) a suspendu" in author.get(url("history", "copie")).text


def test_channels_of_the_same_title_are_told_apart_by_their_structure_and_their_way(author, workshop):
    site = StructureFactory(name="Hôpital fictif de Revel")
    workshop.live(code="copie-a")
    workshop.live(code="copie-b", structure=site)
    page = author.get(url("list")).text
    for words in (
        "GRADeS fictif · <code>copie-a</code>",
        "Hôpital fictif de Revel · <code>copie-b</code>",
        "Dossier surveillé copie-b/entree → sortie",
    ):
        assert words in page
    assert "Dossier surveillé copie-a/entree → sortie" in author.get(url("export")).getvalue().decode()


def test_a_folder_that_went_away_is_a_mute_source_told_on_its_channel_in_the_list_and_on_the_map(author, workshop):
    workshop.live()
    (workshop.root / "copie/entree").rename(workshop.root / "copie/demonte")
    workshop.turn()
    workshop.turn()
    SourceState.objects.update(down_since=timezone.now() - timedelta(minutes=42))
    assert "Source muette" in author.get(url("list")).text
    assert "existe pas : l&#x27;exploitant le crée" in author.get(url("channel", "copie")).text
    assert "La source ne répond plus depuis 42" in author.get(url("flow")).text
    (workshop.root / "copie/demonte").rename(workshop.root / "copie/entree")
    workshop.turn()
    assert "Source muette" not in author.get(url("list")).text


def test_a_folder_the_operator_closes_is_read_and_written_no_more(workshop):
    workshop.live()
    workshop.drop("copie/entree", "un.hl7", adt())
    closed = workshop.accesses.pop("copie-entree")
    workshop.open_access("autre")
    workshop.turn()
    assert not Passage.objects.exists()
    assert "n'est pas parmi ceux" in SourceState.objects.get().words
    workshop.open_access("copie-entree", **closed)
    workshop.accesses.pop("copie-sortie")
    workshop.open_access("autre")
    workshop.turn()
    assert "n'est pas parmi ceux" in TargetState.objects.get().words
    assert workshop.out("copie/sortie") == []


def test_a_file_of_accesses_that_does_not_read_is_a_mute_target_and_stops_no_other(workshop, settings):
    workshop.open_access("dossier", type="https")
    Path(settings.CHANNEL_ACCESS).write_text("[dossier\n")
    settings.CHANNEL_HOSTS = ["x.example"]
    item = Item("https", {"adresse": "https://x.example/", "acces": "dossier"})
    assert "ne se lit pas" in base.target("https").faults(item)[0]
    with base.target("https").opened(item) as send:
        assert send(Parcel(uuid4(), "k", 1, b"x", "text/plain", "")).result == "down"


@pytest.mark.parametrize("doors", [("mllp",), ("mllp", "http")])
def test_a_software_whose_door_is_unknown_is_one_line_with_the_door_it_uses(author, workshop, doors):
    software = Client.objects.create(client_id="gam", name="Gestion fictive", structure=workshop.agency, doors=["mllp"])
    journal.write([
        Entry(direction="in", channel="hl7v2", door=door, state="integrated", payload=b"x", client_id=software.id, distribution_id=str(uuid4()))
        for door in (*doors, "", "inconnue")
    ])  # fmt: skip
    links = [
        link
        for link in flow.flow_map(person("x", workshop.agency, rights=(P.VIEW, ExchangesP.VIEW))).links
        if link.who == "Gestion fictive"
    ]
    said = {link.by: link.messages for link in links}
    drawn = drawing(links)["ins"]
    assert [(one.link.who, one.link.messages) for one in drawn] == [("Gestion fictive", len(doors) + 2)]
    if len(doors) == 1:
        assert said == {"MLLP (HL7v2)": 3}
    else:
        assert said == {"MLLP (HL7v2)": 1, "HTTPS, clé": 1, flow.NO_DOOR: 2}


def test_an_integrator_chooses_folders_and_accesses_from_what_the_operator_opened_to_the_structure(
    workshop, signed_in_client
):
    site = StructureFactory()
    workshop.draft(COPY.replace("{code}", "copie"), site)
    workshop.open_access("du-site", type="sftp", structures=[site.finess])
    workshop.open_access("du-voisin", type="sftp", structures=["999999999"])
    workshop.open_access("du-chu", type="dossier", dossier="urgences/entree")
    browser = signed_in_client("integrateur", site)
    folders = browser.get(url("item", "copie", "source", "1")).text
    assert '<option value="copie/entree"' in folders
    assert "urgences/entree" not in folders
    targets = browser.get(url("item", "copie", "cibles", "nouveau") + "?type=sftp").text
    assert '<option value="du-site"' in targets
    assert "du-voisin" not in targets


def test_a_folder_nobody_listed_is_named_by_nobody(workshop):
    workshop.folder("libre/entree")
    said = COPY.replace("{code}/entree", "libre/entree")
    workshop.draft(said.replace("{code}", "copie"))
    workshop.accesses.pop("libre-entree")
    workshop.open_access("copie-sortie", **workshop.accesses["copie-sortie"])
    versions.try_version(actor=workshop.author, code="copie", days=7)
    assert any("n'est pas parmi ceux" in words for words in versions.obstacles(Channel.objects.get().versions.get()))


def test_an_editor_of_software_finds_the_bench_from_the_public_page_and_from_home(client, signed_in_client, catalogue):
    assert reverse("portal:service", args=["conformite"]) in client.get("/").text
    assert client.get(reverse("portal:service", args=["conformite"])).status_code == 200
    editor = signed_in_client("editeur", StructureFactory(legal_entity=True, category="EDITEUR", finess=""))
    assert "Banc de conformité" in editor.get("/").text
    assert editor.get(reverse("conformance:bench")).status_code == 200


@pytest.fixture
def catalogue(db):
    from maison.foundations.access.actor import Actor
    from maison.services.portal.actions import load_catalogue

    load_catalogue(actor=Actor.system("tests"))
