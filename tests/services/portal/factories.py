"""Services of the catalogue and people who stand before them."""

from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from maison.formats.folding import plain
from maison.services.portal.models import Service


class ServiceFactory(DjangoModelFactory[Service]):
    """An available page of the house, open to everyone signed in. Traits: `preparing`, `outside`, `board`, `journal`."""

    class Meta:
        model = Service

    class Params:
        preparing = factory.Trait(status=Service.Status.PREPARING, url_name="")
        outside = factory.Trait(url_name="", link="https://exemple.test/", sign_on=Service.SignOn.LINK)
        board = factory.Trait(permission="emergency.view_board", roles=["ioa", "medecin_receveur"], psc_only=True)
        journal = factory.Trait(permission="supervision.view", roles=["support"])

    code = factory.Sequence(lambda n: f"service-{n}")
    name = factory.Sequence(lambda n: f"Service fictif {n}")
    storey = Service.Storey.TOOLS
    for_professionals = "Un service pour les essais."
    for_citizens = "Un service qui ne change rien pour personne."
    publics = factory.LazyFunction(lambda: [str(Service.Public.PROFESSIONALS)])
    url_name = "portal:requests"
    status = Service.Status.AVAILABLE
    search_name = factory.LazyAttribute(lambda it: plain(it.name))
    search_text = factory.LazyAttribute(lambda it: plain(f"{it.name} {it.for_professionals}"))
