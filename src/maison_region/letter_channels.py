"""The channels of the demonstration that carry letters: one for each hospital, in service when the house has somewhere to send them."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from maison.foundations.access.actor import Actor
from maison.foundations.structures.models import Structure
from maison.interop.channels.actions import versions
from maison.interop.channels.language import text
from maison.interop.channels.models import Channel
from maison.interop.channels.permissions import P
from maison.interop.channels.ports.base import vocabulary
from maison.interop.letters.ports.chosen import health_record, mail_operator
from maison_region.hospitals import HOSPITALS

TEXT = """canal = "courriers-{finess}"
titre = "Courriers de {name}"
objet = "Mène les lettres de liaison vers les boîtes MSSanté et le DMP que chaque message demande."
format = "hl7v2"
filtre = 'MSH-9.1 égal "MDM"'
ins = "retirer"

[source]
type = "journal"
porte = "mllp"

[[routes]]
nom = "tout"
cibles = ["mssante", "dmp"]

[[cibles]]
nom = "mssante"
type = "mssante"

[[cibles]]
nom = "dmp"
type = "dmp"
"""


def load_letter_channels(places: dict[str, UUID], counts: Counter[str]) -> None:
    """Written by one, approved by another, as any channel. Without an operator nor a DMP they are left out."""
    if mail_operator() is None or health_record() is None:
        return
    agency = Structure.objects.filter(kind=Structure.Kind.AGENCY).values_list("id", flat=True).first()
    if agency is None:
        return
    held = {right.code: frozenset({agency}) for right in (P.VIEW, P.EDIT, P.APPROVE)}
    author = Actor(subject="demonstration:auteur", name="Région de démonstration", auth="system", grants=held)
    approver = Actor(
        subject="demonstration:approbateur",
        name="Région de démonstration (seconde personne)",
        auth="system",
        grants=held,
    )
    for site in HOSPITALS:
        code = f"courriers-{site.finess_eg}"
        if not Channel.objects.filter(code=code).exists():
            said = TEXT.replace("{finess}", site.finess_eg).replace("{name}", site.short_name)
            config = text.read(said, vocabulary())
            versions.create_channel(actor=author, structure_id=places[f"site/{site.finess_eg}"], configuration=config)
            versions.try_version(actor=author, code=code, days=1)
            version = versions.submit(actor=author, code=code, comment="Région de démonstration")
            versions.approve(actor=approver, code=code, number=version.number)
        counts["canaux"] += 1
