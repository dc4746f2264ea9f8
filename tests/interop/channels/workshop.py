"""What an integrator's day needs in a test: people, folders, a table, a channel in service."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F

from maison.foundations.access.actor import Actor
from maison.interop.channels import delivery, execution
from maison.interop.channels.actions import tables, versions
from maison.interop.channels.language import text
from maison.interop.channels.models import Channel, Delivery, Passage, TargetState, Version
from maison.interop.channels.permissions import P
from maison.interop.channels.ports.base import vocabulary
from tests.factories import StructureFactory
from tests.foundations.ledgers import wait_for_watermark

RIGHTS = (P.VIEW, P.EDIT, P.APPROVE, P.TABLES, P.MEND, P.READ_PAYLOAD, P.CODES)

COPY = """canal = "{code}"
titre = "Copie d'essai"
format = "hl7v2"
ordre = "PID-3[1].1"
barriere = "MRG-1.1"

[source]
type = "dossier"
calme_secondes = 0
chemin = "{code}/entree"

[[etapes]]
type = "traduire"
chemin = "PID-8"
table = "sexe@1"

[[routes]]
nom = "tout"
cibles = ["sortie"]

[[cibles]]
nom = "sortie"
type = "dossier"
chemin = "{code}/sortie"
"""


def person(name: str, *structures, rights=RIGHTS) -> Actor:
    held = frozenset(structure.id for structure in structures)
    return Actor(subject=f"8997{name}", name=name, auth="psc", grants={right.code: held for right in rights})


class Workshop:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.agency = StructureFactory(agency=True, name="GRADeS fictif")
        self.author, self.approver = person("Alix", self.agency), person("Lou", self.agency)
        self.accesses: dict[str, dict[str, object]] = {}

    def open_access(self, name: str, **values: object) -> None:
        """An entry of the operator's file."""
        self.accesses[name] = values
        lines = [
            line
            for one, said in self.accesses.items()
            for line in (f"[{one}]", *(f"{key} = {json.dumps(value)}" for key, value in said.items()))
        ]
        Path(settings.CHANNEL_ACCESS).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def open_folder(self, path: str, structure) -> None:
        name = path.replace("/", "-")
        known = self.accesses.get(name, {}).get("structures", [])
        self.open_access(name, type="dossier", dossier=path, structures=sorted({*known, structure.finess} - {""}))

    def folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def table(self, code: str = "sexe", entries=None, tests=(("M", "male"),), approve: bool = True):
        if not tables.MappingTable.objects.filter(code=code).exists():
            tables.create_table(actor=self.author, code=code, title=f"Table {code}", structure_id=self.agency.id)
        entries = entries or {"M": ["male", "Masculin"], "F": ["female", "Féminin"]}
        version = tables.write_table(actor=self.author, code=code, entries=entries, tests=tests, origin="essai")
        return tables.approve_table(actor=self.approver, code=code, number=version.number) if approve else version

    def draft(self, said: str, structure=None) -> Channel:
        config = text.read(said, vocabulary())
        for name in (config.source.text("chemin"), *(target.text("chemin") for target in config.targets)):
            if name:
                self.folder(name)
                self.open_folder(name, structure or self.agency)
        return versions.create_channel(
            actor=self.author, structure_id=(structure or self.agency).id, configuration=config
        )

    def into_service(self, code: str) -> Version:
        versions.try_version(actor=self.author, code=code, days=7)
        version = versions.submit(actor=self.author, code=code, comment="essai")
        return versions.approve(actor=self.approver, code=code, number=version.number)

    def live(self, said: str = COPY, code: str = "copie", table: bool = True, structure=None) -> Channel:
        said = said.replace("{code}", code)
        if table and "sexe@1" in said and not tables.MappingTable.objects.exists():
            self.table()
        channel = self.draft(said, structure)
        wait_for_watermark()  # what came before is not collected
        self.into_service(code)
        return channel

    def drop(self, folder: str, name: str, payload: bytes, age: int = 10) -> Path:
        path = self.folder(folder) / name
        path.write_bytes(payload)
        moment = path.stat().st_mtime - age
        os.utime(path, (moment, moment))
        return path

    def turn(self, limit: int = 200) -> int:
        """Everything that is due, until nothing moves."""
        wait_for_watermark()
        total = 0
        for _ in range(limit):
            done = execution.turn() + delivery.turn()
            total += done
            if not done:
                return total
        raise AssertionError("the channels never rest")

    def out(self, folder: str) -> list[bytes]:
        return [
            path.read_bytes()
            for path in sorted(self.folder(folder).iterdir())
            if path.is_file() and not path.name.startswith(".")
        ]

    def later(self, **ago: float) -> None:
        """Time passes: what waits becomes due."""
        gone = timedelta(**ago)
        Passage.objects.update(due_at=F("due_at") - gone, received_at=F("received_at") - gone)
        Delivery.objects.update(due_at=F("due_at") - gone, since=F("since") - gone)
        TargetState.objects.update(paused_until=F("paused_until") - gone, lent_until=F("lent_until") - gone)


ADT = """canal = "adt-chu"
titre = "Mouvements du CHU vers le dossier régional"
objet = "Tient à jour les séjours des urgences et de l'hospitalisation."
format = "hl7v2"
ordre = "PID-3[1].1"
barriere = "MRG-1.1"
filtre = 'toutes(MSH-9.1 égal "ADT"; PV1-2 parmi "I", "O", "E")'
rythme_minutes = 30

[source]
type = "dossier"
calme_secondes = 0
chemin = "adt-chu/entree"

[[exigences]]
si = 'PID-3[5=INS].1 présent'
motif = "ins-absent"
consigne = "Relancez la récupération de l'INS dans la gestion administrative."

[[etapes]]
type = "traduire"
chemin = "PID-8"
table = "sexe@1"

[[etapes]]
type = "dater"
chemin = "PID-7"
forme = "hl7-jour"

[[etapes]]
type = "poser"
chemin = "MSH-5"
valeur = "DOSSIER-REGIONAL"
si = 'PV1-2 égal "E"'

[[routes]]
nom = "urgences"
si = 'PV1-2 égal "E"'
cibles = ["dossier-regional", "urgences"]

[[routes]]
nom = "autres"
cibles = ["dossier-regional"]

[[cibles]]
nom = "dossier-regional"
type = "dossier"
chemin = "adt-chu/regional"

[[cibles]]
nom = "urgences"
type = "dossier"
chemin = "adt-chu/urgences"
"""


def busy_day(workshop: Workshop, adt) -> Channel:
    """Five channels: one under way with a draft, stopped messages and a mute target, one silent, one suspended, one draft."""
    workshop.table()
    channel = workshop.live(ADT, code="adt-chu")
    for number in range(1, 28):
        options = (
            {"sex": "X"}
            if number == 9
            else {"ins": ""}
            if number in (12, 13)
            else {"birth": "1980-01-01"}
            if number % 3
            else {}
        )
        workshop.drop(
            "adt-chu/entree",
            f"{number:03d}.hl7",
            adt(f"M{number:04d}", ipp=str(700000 + number), patient_class="IEO"[number % 3], **options),
            age=100 - number,
        )
    workshop.turn()
    (workshop.root / "adt-chu/urgences").rename(workshop.root / "adt-chu/demonte")
    workshop.drop("adt-chu/entree", "100.hl7", adt("M0100", ipp="700100", patient_class="E"))
    workshop.turn()
    for number, code in enumerate(("labo-resultats", "imagerie", "transferts")):
        workshop.live(code=code)
        for rank in range(3 * number + 1):
            workshop.drop(f"{code}/entree", f"{rank}.hl7", adt(f"{code}{rank}", ipp=f"{number}{rank}"))
    workshop.turn()
    TargetState.objects.exclude(down_since=None).update(down_since=F("down_since") - timedelta(minutes=42))
    versions.suspend(actor=workshop.approver, code="imagerie", suspended=True, reason="reprise du serveur d'images")
    workshop.draft(COPY.replace("{code}", "mssante").replace("Copie d'essai", "Comptes rendus vers la messagerie"))
    said = ADT.replace('titre = "Mouvements', 'titre = "Mouvements et séjours').replace(
        "DOSSIER-REGIONAL", "DOSSIER-OCCITANIE"
    )
    versions.write_draft(actor=workshop.author, code="adt-chu", said=said)
    versions.try_version(actor=workshop.author, code="adt-chu", days=7)
    return channel
