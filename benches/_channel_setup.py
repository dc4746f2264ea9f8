"""A channel from the MLLP door to the peer of the bench, with a mapping table, put in service by two people as in the house.

`python -m benches._channel_setup PORT_OF_THE_PEER`; `MAISON_CHANNEL_HOSTS` names the peer.
"""

from __future__ import annotations

import sys

import django

django.setup()

from maison.foundations.access.actor import Actor  # noqa: E402
from maison.foundations.ids import uuid7  # noqa: E402
from maison.foundations.structures.models import Structure  # noqa: E402
from maison.interop.channels.actions import tables, versions  # noqa: E402
from maison.interop.channels.language import text  # noqa: E402
from maison.interop.channels.permissions import P  # noqa: E402
from maison.interop.channels.ports.base import vocabulary  # noqa: E402

CHANNEL = """canal = "banc"
titre = "Mouvements vers la cible du banc"
format = "hl7v2"
ordre = "PID-3[1].1"
barriere = "MRG-1.1"
filtre = 'MSH-9.1 égal "ADT"'

[source]
type = "journal"
porte = "mllp"

[[etapes]]
type = "traduire"
chemin = "PID-8"
table = "sexe@1"

[[routes]]
nom = "tout"
cibles = ["cible"]

[[cibles]]
nom = "cible"
type = "https"
adresse = "http://127.0.0.1:{port}/adt"
idempotent = true
simultanes = 4
"""

agency = uuid7()
Structure.objects.create(
    id=agency, kind=Structure.Kind.AGENCY, name="GRADeS du banc", short_name="Banc", lineage=[agency]
)
grants = {right.code: frozenset([agency]) for right in (P.VIEW, P.EDIT, P.APPROVE, P.TABLES)}
author, approver = (Actor(subject=f"banc-{name}", name=name, auth="psc", grants=grants) for name in ("Alix", "Lou"))
tables.create_table(actor=author, code="sexe", title="Sexe", structure_id=agency)
table = tables.write_table(
    actor=author, code="sexe", entries={"M": ["male", "Masculin"], "F": ["female", "Féminin"]}, tests=(("M", "male"),), origin="banc"
)  # fmt: skip
tables.approve_table(actor=approver, code="sexe", number=table.number)
config = text.read(CHANNEL.replace("{port}", sys.argv[1]), vocabulary())
versions.create_channel(actor=author, structure_id=agency, configuration=config)
versions.try_version(actor=author, code="banc", days=7)
version = versions.submit(actor=author, code="banc", comment="banc")
versions.approve(actor=approver, code="banc", number=version.number)
