"""Discharge letters of the demonstration's hospitals: a CDA in an MDM^T02, with the orders of MetaDMPMSS, told through the MLLP door.

Fictional patients and doctors, test INS. `Qualified` letters carry an INS; others tell a provisional identity, which an A31 mends later.
"""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from maison.formats.cda import oids, templates
from maison.formats.cda.builder import Envelope
from maison.formats.cda.entries import Medication
from maison.formats.cda.model import (
    Address,
    Code,
    Document,
    Encounter,
    Identifier,
    Name,
    Organisation,
    Participation,
    Professional,
    RelatedDocument,
    Service,
)
from maison.formats.cda.model import Patient as CdaPatient
from maison.formats.cda.moment import Moment
from maison.formats.cda.writer import write as write_cda
from maison.formats.hl7v2.clinical_segments import Order, Request
from maison.formats.hl7v2.datatypes import Address as Hl7Address
from maison.formats.hl7v2.datatypes import Authority, Coded, PersonName, Reference
from maison.formats.hl7v2.datatypes import Identifier as Hl7Identifier
from maison.formats.hl7v2.datatypes import Professional as Hl7Professional
from maison.formats.hl7v2.document_flags import Flags, document_item, flag_items, mail_body_item, participant
from maison.formats.hl7v2.documents import PROFILE, DocumentMessage, DocumentRecord, write_document
from maison.formats.hl7v2.header import Event, MessageHeader
from maison.formats.hl7v2.orders import OrderGroup
from maison.formats.hl7v2.patient import Patient as Hl7Patient
from maison.formats.hl7v2.times import partial_date, timestamp
from maison.formats.hl7v2.visit import Visit
from maison.formats.hl7v2.wire import write
from maison.formats.hl7v2.writer import Header, Party
from maison_region.facilities import EmergencySite
from maison_region.hospitals import APPLICATION, DOMAIN_ROOT, WAIT_SECONDS, Stay, capitals
from maison_region.patients import TEST_INS_OID, Patient
from maison_region.people import professional

GENERAL_PRACTITIONER = "gaspard.verveine@medecin.mssante.fr"
LETTER = Coded("11490-0", "Lettre de liaison à la sortie de l'établissement", "LN")
_BOTH = Flags(
    hidden_from_professionals=False, hidden_from_patient=False, hidden_from_guardians=False, secret_connection=False,
    changes_confidentiality=False, to_dmp=True, to_professionals=True, to_patient=False, wants_reception=True, wants_reading=True,
)  # fmt: skip
SNOMED = (oids.SNOMED_CT, "SNOMED CT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a hospital says of a patient who leaves. `extension` names the document in the hospital; `replaces` the former one."""

    site: EmergencySite
    patient: Patient
    ipp: str
    visit: str
    entered: datetime
    left: datetime
    at: datetime
    extension: str
    qualified: bool = True
    recipients: Sequence[str] = (GENERAL_PRACTITIONER,)
    flags: Flags = _BOTH
    status: str = "F"
    replaces: str = ""
    version: int = 1
    summary: str = "Évolution favorable. Retour au domicile avec un traitement et une consultation prévue."
    control: str = ""
    title: str = ""

    @property
    def domain(self) -> str:
        return f"{DOMAIN_ROOT}.{self.site.finess_eg.lstrip('0')}"

    @property
    def documents_root(self) -> str:
        return f"{self.domain}.11"


def document_of(letter: Letter) -> Document:
    """The CDA, as the hospital's software writes it."""
    hospital = Organisation(
        ids=(Identifier(oids.STRUCTURE, f"1{letter.site.finess_eg}"),),
        name=letter.site.name,
        practice_setting=Code("ETABLISSEMENT", "Etablissement de santé", oids.PRACTICE_SETTING, "practiceSettingCode"),
    )
    doctor = _doctor(hospital)
    start, end = Moment.of(letter.entered), Moment.of(letter.left)
    document = templates.discharge_letter(
        Envelope(
            id=Identifier(letter.documents_root, letter.extension),
            set_id=Identifier(letter.documents_root, letter.extension.partition("-v")[0]),
            version=letter.version,
            created=Moment.of(letter.at),
            patient=_cda_patient(letter),
            author=Participation(doctor, at=Moment.of(letter.at)),
            custodian=replace(hospital, practice_setting=None),
            legal_authenticator=Participation(doctor, at=Moment.of(letter.at)),
            service=Service(
                code=Code("IMP", "Hospitalisation", oids.ACT_CODE), start=start, end=end, performers=(Participation(doctor),)
            ),
            encounter=Encounter(
                ids=(Identifier(letter.domain, letter.visit),), code=Code("IMP", "Hospitalisation", oids.ACT_CODE),
                start=start, end=end, responsible=doctor,
                facility_type=Code("SA01", "Etablissement public de santé", oids.FACILITY_TYPE),
                facility=replace(hospital, practice_setting=None),
            ),
            related=(RelatedDocument("RPLC", Identifier(letter.documents_root, letter.replaces)),) if letter.replaces else (),
        ),
        templates.DischargeLetter(
            reason="Bilan et traitement d'une infection respiratoire",
            entered=start,
            entry_mode=Code("183452005", "hospitalisation en urgence", *SNOMED),
            left=end,
            exit_mode=Code("160849004", "retour au domicile", *SNOMED),
            summary=letter.summary,
            resistant_bacteria_sought=False,
            transfusion=False,
            blood_products=False,
            discharge_treatments=(
                Medication("PARACETAMOL 500 mg, comprimé", start=end, dosage="1 comprimé, trois fois par jour"),
            ),
            follow_up="Consultation de contrôle dans trois semaines.",
        ),
    )  # fmt: skip
    return replace(document, title=letter.title) if letter.title else document


def _doctor(hospital: Organisation) -> Professional:
    found = professional("Marjolaine")
    return Professional(
        ids=(Identifier(oids.PROFESSIONAL, found.idnat),),
        name=Name(found.family_name.upper(), found.given_name, "M", "DR"),
        specialty=Code("G15_10/SM02", "Médecin - Anesthésie-réanimation (SM)", oids.SPECIALTY),
        organisation=hospital,
    )


def _cda_patient(letter: Letter) -> CdaPatient:
    patient = letter.patient
    family, given = capitals(patient.family_name), capitals(patient.given_name)
    return CdaPatient(
        birth_family=family,
        birth_givens=given,
        first_given=given,
        gender=patient.sex,
        born=Moment.of_day(patient.born_on),
        birth_place=patient.birth_place,
        ins=patient.ins if letter.qualified else "",
        ins_oid=TEST_INS_OID if letter.qualified else "",
        ids=(Identifier(letter.domain, letter.ipp),),
        address=Address(
            number=patient.street_number, street=patient.street, postal_code=patient.commune.postal_code,
            city=patient.commune.name, country="FRANCE",
        ),
    )  # fmt: skip


def message_of(letter: Letter, data: bytes | None = None) -> bytes:
    """MDM^T02 (T10 when it replaces), to the byte. `data`: another document than its own."""
    identity = "QUAL" if letter.qualified else "PROV"
    data = data if data is not None else write_cda(document_of(letter), identity_status=identity, production=False)
    doctor = professional("Marjolaine")
    sender = Hl7Professional(
        doctor.idnat, doctor.family_name.upper(), doctor.given_name, authority=Authority("ASIP-SANTE-PS", oids.PROFESSIONAL, "ISO"),
        name_kind="D", id_kind="IDNPS",
    )  # fmt: skip
    people = (participant("SB", person=sender), *(participant("RCT", mail=address) for address in letter.recipients))
    content = b"" if letter.status == "D" else data
    items = (
        document_item(1, LETTER, content, status=letter.status, participants=people),
        *flag_items(letter.flags, 2, "2.6"),
        mail_body_item(
            20,
            "Cher confrère, veuillez trouver ci-joint la lettre de liaison de votre patient. Bien confraternellement.",
        ),
    )
    authority = Authority(letter.site.finess_eg, letter.domain, "ISO")
    unique = f"{letter.documents_root}.{letter.extension}"
    message = DocumentMessage(
        header=MessageHeader(),
        kind="MDM",
        event="T10" if letter.replaces else "T02",
        patient=_hl7_patient(letter, authority),
        recorded=Event(recorded_at=timestamp(letter.at.strftime("%Y%m%d%H%M%S"))),
        visit=Visit(patient_class="I", number=Hl7Identifier(letter.visit, authority, "VN")),
        record=DocumentRecord(
            rank="1", kind="11490-0", presentation="TEXT", id=Reference(unique), status="AU",
            replaces=Reference(f"{letter.documents_root}.{letter.replaces}") if letter.replaces else None,
        ),
        groups=(OrderGroup(order=Order(control="NW"), request=Request(rank="1", service=LETTER), items=items),),
    )  # fmt: skip
    header = Header(
        sender=Party(APPLICATION, letter.site.finess_eg), receiver=Party("MAISON", "GRADES"), kind=("MDM", message.event),
        sent_at=letter.at, control_id=letter.control or _control(letter), version="2.6", profile=PROFILE,
    )  # fmt: skip
    return write(write_document(message, header))


def _control(letter: Letter) -> str:
    words = f"{letter.site.finess_eg} {letter.extension} {letter.status} {letter.at:%Y%m%d%H%M%S}"
    return hashlib.sha256(words.encode()).hexdigest()[:20].upper()


def _hl7_patient(letter: Letter, authority: Authority) -> Hl7Patient:
    patient = letter.patient
    ids = [Hl7Identifier(letter.ipp, authority, "PI")]
    if letter.qualified:
        ids.insert(0, Hl7Identifier(patient.ins, Authority("ASIP-SANTE-INS-NIR", TEST_INS_OID, "ISO"), "INS"))
    given = capitals(patient.given_name)
    return Hl7Patient(
        identifiers=tuple(ids),
        names=(PersonName(capitals(patient.family_name), given, given, kind="L"),),
        born=partial_date(f"{patient.born_on:%Y%m%d}"),
        sex=patient.sex,
        addresses=(Hl7Address(kind="BDL", commune=patient.birth_place),),
        account=Hl7Identifier(letter.visit, authority, "AN"),
        reliability=("VALI",) if letter.qualified else ("PROV",),
    )


def correction_of(letter: Letter, at: datetime, *, status: str = "VALI", feeding: str = "", control: str = "") -> bytes:
    """A31: what the admissions desk now knows of the patient; `feeding` IO or INO: what he says of his DMP."""
    patient = letter.patient
    authority = f"{letter.site.finess_eg}&{letter.domain}&ISO"
    stamp = at.strftime("%Y%m%d%H%M%S")
    ins = f"{patient.ins}^^^ASIP-SANTE-INS-NIR&{TEST_INS_OID}&ISO^INS~" if status == "VALI" else ""
    given = capitals(patient.given_name)
    control = control or hashlib.sha256(f"{letter.ipp} {stamp} {status} {feeding}".encode()).hexdigest()[:20].upper()
    rows = [
        f"MSH|^~\\&|{APPLICATION}|{letter.site.finess_eg}|MAISON|GRADES|{stamp}||ADT^A31^ADT_A05|{control}|P|2.5|||||FRA|UNICODE UTF-8|||2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||{stamp}||||{stamp}",
        f"PID|1||{ins}{letter.ipp}^^^{authority}^PI||{capitals(patient.family_name)}^{given}^{given}^^^^L||{patient.born_on:%Y%m%d}"
        f"|{patient.sex}|||^^^^^^BDL^^{patient.birth_place}|||||||||||||||||||||{status}",
        "PV1|1|N",
        *([f"ZFA|ACTIF|{stamp}|||||||{feeding}|{stamp}"] if feeding else []),
    ]
    return ("\r".join(rows) + "\r").encode()


def letters_of(stays: Iterable[Stay], now: datetime, *, most: int = 3) -> list[tuple[datetime, bytes]]:
    """A letter for the last patients gone; one of them under an identity still to be qualified."""
    gone = sorted((stay for stay in stays if stay.leaves_at <= now), key=lambda stay: stay.leaves_at)[-most:]
    told = []
    for rank, stay in enumerate(gone):
        at = max(stay.leaves_at, now - timedelta(hours=2)) + timedelta(minutes=5 + rank)
        letter = Letter(
            site=stay.site, patient=stay.patient, ipp=stay.number, visit=stay.number, entered=stay.admitted_at,
            left=stay.leaves_at, at=min(at, now), extension=f"{stay.number}9", qualified=rank != 1,
        )  # fmt: skip
        if not letter.qualified:
            told.append(
                (
                    letter.at - timedelta(seconds=1),
                    correction_of(letter, letter.at - timedelta(seconds=1), status="PROV"),
                )
            )
        told.append((letter.at, message_of(letter)))
    return told


def tell(host: str, port: int, messages: Iterable[bytes]) -> list[str]:
    """Send these on one line, in their order; returns MSA-1 of each answer. Raises OSError without a door."""
    codes = []
    with socket.create_connection((host, port), timeout=WAIT_SECONDS) as line:
        for message in messages:
            line.sendall(b"\x0b" + message + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                received = line.recv(65_536)
                if not received:
                    raise ConnectionError("the house closed the line")
                answer += received
            codes.append(answer.partition(b"\rMSA|")[2][:2].decode())
    return codes
