"""The two outside systems, played for real on free ports, and what a hospital of the tests sends."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from maison.formats.hl7v2.document_flags import Flags
from maison_region.facilities import RANGUEIL
from maison_region.geography import COMMUNES, Point
from maison_region.letters import GENERAL_PRACTITIONER, Letter
from maison_region.patients import Patient, test_ins
from maison_sandbox.letters import authority
from maison_sandbox.letters.__main__ import ACCOUNT, SECRET
from maison_sandbox.letters.dmp import RecordDoor, Registry
from maison_sandbox.letters.imap import ReadingDoor
from maison_sandbox.letters.mailboxes import DOMAINS, Mailboxes
from maison_sandbox.letters.smtp import MailDoor

GP = GENERAL_PRACTITIONER


def FLAGS(**said):
    """Orders of a letter: to the doctor and to the DMP unless told otherwise."""
    return Flags(**{"to_dmp": True, "to_professionals": True, "to_patient": False, **said})


@dataclass
class Outside:
    """`boxes` and `registry` are what came; `mail` and `registry` have faults to play."""

    folder: Path
    boxes: Mailboxes
    mail: MailDoor
    reading: ReadingDoor
    registry: Registry
    record: RecordDoor

    def settings(self):
        files = {
            name: str(self.folder / file)
            for name, file in (("authority", "autorite.pem"), ("certificate", "maison.pem"), ("key", "maison.key"))
        }
        login = ACCOUNT.replace("@", "%40")
        return {
            "MSSANTE": {
                "url": f"smtps://{login}@localhost:{self.mail.port}", "imap_url": f"imaps://{login}@localhost:{self.reading.port}",
                "secret": SECRET, "address": ACCOUNT, "domains": frozenset(DOMAINS) - {"patient.mssante.fr"},
                "patients_domain": "patient.mssante.fr", **files,
            },
            "DMP": {"url": self.record.url, "approval": "", **files},
        }  # fmt: skip

    def environment(self):
        """The same, for a process of its own."""
        found = self.settings()
        mssante, dmp = found["MSSANTE"], found["DMP"]
        files = {
            f"MAISON_{of}_{name.upper()}": dmp[name]
            for of in ("MSSANTE", "DMP")
            for name in ("authority", "certificate", "key")
        }
        return {
            "MAISON_MSSANTE_URL": mssante["url"], "MAISON_MSSANTE_IMAP_URL": mssante["imap_url"], "MAISON_MSSANTE_SECRET": SECRET,
            "MAISON_MSSANTE_ADDRESS": ACCOUNT, "MAISON_MSSANTE_DOMAINS": ",".join(mssante["domains"]), "MAISON_DMP_URL": dmp["url"], **files,
        }  # fmt: skip

    def house_mails(self):
        return self.boxes.of(ACCOUNT)


@contextmanager
def playing(folder: Path, certificates: Path):
    context = authority.server_context(certificates)
    boxes = Mailboxes(folder / "boites")
    registry = Registry(folder / "dmp", authority.authority_of(certificates))
    accounts = {ACCOUNT: SECRET}
    doors = MailDoor(boxes, context, accounts), ReadingDoor(boxes, context, accounts), RecordDoor(registry, context)
    for door in doors:
        door.start()
    try:
        yield Outside(certificates, boxes, doors[0], doors[1], registry, doors[2])
    finally:
        for door in doors:
            door.stop()


COMMUNE = COMMUNES[RANGUEIL.insee]
PATIENT = Patient(
    family_name="Tartine", given_name="Odette", sex="F", born_on=date(1948, 5, 12), birth_place="31555",
    ins=test_ins("F", date(1948, 5, 12), "31555", 901), phone="0600000000", street_number="3", street="rue du Lavoir", commune=COMMUNE,
    home=Point(43.5, 1.4),
)  # fmt: skip
NOW = datetime.now().astimezone().replace(microsecond=0)


def letter(extension="1001", **changes) -> Letter:
    at = changes.pop("at", NOW - timedelta(minutes=30))
    return replace(
        Letter(
            site=RANGUEIL, patient=PATIENT, ipp=changes.pop("ipp", "IPP-1001"), visit="V-1001", entered=at - timedelta(days=4),
            left=at - timedelta(hours=1), at=at, extension=extension,
        ),
        **changes,
    )  # fmt: skip
