"""The orders that go with a document (MetaDMPMSS): where it must go and who may not see it; and how to write them.

Source: CI-SIS 2.1^CISIS_CDA_HL7_V2; DOMAIN §12, HUB-05. Names of earlier versions are understood, never written.
"""

import binascii
from collections.abc import Iterable, Mapping

from msgspec import Struct

from maison.formats.hl7v2.clinical_segments import Observation
from maison.formats.hl7v2.datatypes import Attachment, Coded, Professional, Telecom, Unit
from maison.formats.hl7v2.orders import Item, Participant

FLAG_SYSTEM = "MetaDMPMSS"
YES_NO_SYSTEM = "expandedYes-NoIndicator"
MAIL_BODY = "CORPSMAIL_PS"


class Flags(Struct, frozen=True):
    """None: the sender said nothing."""

    hidden_from_professionals: bool | None = None
    hidden_from_patient: bool | None = None
    hidden_from_guardians: bool | None = None
    secret_connection: bool | None = None
    changes_confidentiality: bool | None = None
    to_dmp: bool | None = None
    to_professionals: bool | None = None
    to_patient: bool | None = None
    wants_reception: bool | None = None
    wants_reading: bool | None = None

    @classmethod
    def of(cls, values: Mapping[str, bool | None]) -> "Flags":
        return cls(**{FLAGS[name][0]: value for name, value in values.items()})

    def named(self) -> Iterable[tuple[str, str, bool]]:
        """Official name, official label, value, of those that are said."""
        for name, (attribute, label) in FLAGS.items():
            value = getattr(self, attribute)
            if value is not None:
                yield name, label, value


FLAGS = {
    "MASQUE_PS": ("hidden_from_professionals", "Masqué aux professionnels de Santé"),
    "INVISIBLE_PATIENT": ("hidden_from_patient", "Document Non Visible par le patient"),
    "INVISIBLE_REP_LEGAUX": ("hidden_from_guardians", "Non visible par les représentants Légaux du patient"),
    "CONNEXION_SECRETE": ("secret_connection", "Connexion Secrete"),
    "MODIF_CONF_CODE": ("changes_confidentiality", "Modification Confidentiality Code"),
    "DESTDMP": ("to_dmp", "Destinataire DMP"),
    "DESTMSSANTEPS": ("to_professionals", "Destinataire (Professionnel de Santé, organisation ou BAL applicative)"),
    "DESTMSSANTEPAT": ("to_patient", "Destinataire Patient"),
    "ACK_RECEPTION": ("wants_reception", "Accusé de réception"),
    "ACK_LECTURE_MSS": ("wants_reading", "Accusé de lecture"),
}
_OLD_NAMES = {
    "INVISIBLE_REPRESENTANTS_LEGAUX": "INVISIBLE_REP_LEGAUX",
    "MODIF_CONFIDENTIALITYCODE": "MODIF_CONF_CODE",
    "ACK_LECTURE": "ACK_LECTURE_MSS",
}


def flag_named(code: str | None) -> str | None:
    name = _OLD_NAMES.get(code or "", code or "")
    return name if name in FLAGS else None


def document_item(
    rank: int,
    code: Coded,
    content: bytes,
    *,
    status: str = "F",
    participants: tuple[Participant, ...] = (),
    subkind: str = "XML",
) -> Item:
    """The OBX that carries a CDA. `status` F new, C replacement, D suppression; `participants` are its PRT."""
    attached = Attachment(_base64(content), "TEXT", subkind, "Base64")
    found = Observation(rank=str(rank), kind="ED", code=code, raw=attached.field(), status=status)
    return Item(found, participants=participants)


def flag_items(flags: Flags, first_rank: int, version: str) -> list[Item]:
    """One OBX for each flag that is said: CWE in 2.6, CE before."""
    kind = "CWE" if version.startswith("2.6") else "CE"
    return [
        Item(
            Observation(
                rank=str(first_rank + rank),
                kind=kind,
                code=Coded(name, label, FLAG_SYSTEM),
                raw=Coded("Y" if value else "N", None, YES_NO_SYSTEM).field(),
                status="F",
            )
        )
        for rank, (name, label, value) in enumerate(flags.named())
    ]


def mail_body_item(rank: int, text: str) -> Item:
    """Text of the mail to a professional."""
    attached = Attachment(_base64(text.encode()), "TEXT", None, "Base64")
    code = Coded(MAIL_BODY, "Corps du mail pour un PS", FLAG_SYSTEM)
    return Item(Observation(rank=str(rank), kind="ED", code=code, raw=attached.field(), status="F"))


def received_mail_item(rank: int, subject: str, text: str) -> Item:
    """The mail a document came with, for local software: its subject is the label of the code `1`."""
    attached = Attachment(_base64(text.encode()), "TEXT", None, "Base64")
    return Item(Observation(rank=str(rank), kind="ED", code=Coded("1", subject), raw=attached.field(), status="F"))


def participant(
    role: str, *, mail: str | None = None, person: Professional | None = None, organisation: Unit | None = None
) -> Participant:
    """PRT: SB who sends, RCT who receives, REPLY where to answer."""
    return Participant(
        action="UC",
        role=Coded(role, None, "participation"),
        persons=(person,) if person is not None else (),
        organisations=(organisation,) if organisation is not None else (),
        telecoms=(Telecom(equipment="X.400", email=mail),) if mail else (),
    )


def _base64(content: bytes) -> str:
    return binascii.b2a_base64(content, newline=False).decode("ascii")
