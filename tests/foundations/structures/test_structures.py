import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from maison.foundations.structures.actions import save_structure
from maison.foundations.structures.models import Structure
from maison.foundations.structures.selectors import services_at
from tests.factories import StructureFactory

pytestmark = pytest.mark.django_db


def test_a_service_lies_within_its_site_and_its_legal_entity():
    entity = StructureFactory(legal_entity=True)
    site = StructureFactory(parent=entity)
    service = StructureFactory(service=True, parent=site)
    elsewhere = StructureFactory()

    assert set(Structure.objects.within(entity.id)) == {entity, site, service}
    assert set(Structure.objects.within(site.id)) == {site, service}
    assert elsewhere not in Structure.objects.within(entity.id)


def test_loading_the_same_finess_twice_updates_one_structure():
    first = save_structure(kind="EG", finess="990000001", name="Ancien nom", short_name="Ancien")
    second = save_structure(kind="EG", finess="990000001", name="Nouveau nom", short_name="Nouveau")

    assert first.id == second.id
    assert Structure.objects.get(finess="990000001").name == "Nouveau nom"


def test_a_legal_entity_and_a_site_may_bear_the_same_finess_and_are_never_confused():
    entity = save_structure(kind="EJ", finess="990000002", name="Entité", short_name="Entité")
    site = save_structure(kind="EG", finess="990000002", parent_id=entity.id, name="Site", short_name="Site")

    assert Structure.objects.get(finess="990000002", kind="EG") == site
    assert Structure.objects.get(finess="990000002", kind="EJ") == entity


def test_a_closed_structure_is_found_no_more(django_assert_num_queries):
    site = StructureFactory(finess="990000003")
    service = StructureFactory(service=True, parent=site)
    StructureFactory(service=True, parent=site, closed_on="2020-01-01")

    with django_assert_num_queries(1):
        assert services_at("990000003") == [service]
    site.closed_on = "2020-01-01"
    site.save()
    assert services_at("990000003") == []
    assert services_at("") == []


def test_a_wrong_siret_is_refused_and_one_siret_may_be_borne_by_two_sites():
    for finess in ("990000011", "990000029"):
        save_structure(kind="EG", finess=finess, siret="99000000200016", name=f"Site {finess}", short_name="Site")
    with pytest.raises(ValidationError, match="SIRET"):
        save_structure(kind="EG", finess="990000037", siret="99000000200017", name="Site", short_name="Site")
    assert Structure.objects.filter(siret="99000000200016").count() == 2


def test_a_technical_identifier_designates_one_structure():
    StructureFactory(technical_id="R10100000999901")
    with pytest.raises(IntegrityError, match="structure_technical_id_once"):
        StructureFactory(technical_id="R10100000999901")
