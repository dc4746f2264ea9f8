"""One document of each kind the house writes, about a plainly fictional patient; and where the official examples are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

from msgspec.structs import replace

from maison.formats.cda import oids, templates
from maison.formats.cda.builder import Envelope
from maison.formats.cda.entries import (
    DRUG_ALLERGY,
    HEART_RATE,
    SYSTOLIC,
    TEMPERATURE,
    Allergy,
    Medication,
    Problem,
    Vital,
)
from maison.formats.cda.model import (
    Address,
    Code,
    Document,
    Encounter,
    Identifier,
    Name,
    Order,
    Organisation,
    Participation,
    Patient,
    Professional,
    RelatedPerson,
    Service,
    Telecom,
)
from maison.formats.cda.moment import Moment
from maison.formats.cda.narrative import bullets, paragraph, table

ROOT = Path(__file__).resolve().parents[3]
SPECS = ROOT.parent / "shared" / "specs" / "cda"
EXAMPLES = sorted((SPECS / "examples").glob("*.xml"))
XSD = SPECS / "xsd"

NOW = datetime(2026, 3, 6, 11, 0, tzinfo=timezone(timedelta(hours=1)))
LATER = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""When the checks of the tests take place."""
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

HOSPITAL = Organisation(
    ids=(Identifier(oids.STRUCTURE, "1310781406"),),
    name="CHU fictif de Toulouse",
    telecoms=(Telecom("tel:0561000000", "WP"),),
    address=Address(number="1", street="avenue des Exemples", postal_code="31000", city="TOULOUSE"),
    practice_setting=Code("ETABLISSEMENT", "Etablissement de santé", oids.PRACTICE_SETTING, "practiceSettingCode"),
)
DOCTOR = Professional(
    ids=(Identifier(oids.PROFESSIONAL, "801234567897"),),
    name=Name("EXEMPLE", "Claire", "MME", "DR"),
    specialty=Code("G15_10/SM26", "Médecin - Qualifié en Médecine Générale (SM)", oids.SPECIALTY),
    address=Address(number="1", street="avenue des Exemples", postal_code="31000", city="TOULOUSE"),
    telecoms=(Telecom("tel:0561000001", "WP"),),
    organisation=HOSPITAL,
)
PATIENT = Patient(
    birth_family="PAT-TROIS",
    birth_givens="DOMINIQUE MARIE-LOUISE",
    first_given="DOMINIQUE",
    used_family="PAT-TROIS",
    used_given="DOMINIQUE",
    gender="F",
    born=Moment.of_day(date(1979, 3, 28)),
    birth_place="51215",
    birth_place_name="DOMPREMY",
    ins="279035121518989",
    ins_oid=oids.INS_NIR_TEST,
    ids=(Identifier("1.2.3.4.567.8.9.10", "1234567890121"),),
    address=Address(number="2", street="rue du Test", postal_code="31000", city="TOULOUSE", country="FRANCE"),
    telecoms=(Telecom("tel:0600000000", "MC"),),
    guardians=(RelatedPerson("GUARD", Name("TUTRICE", "Anne")),),
)
START = Moment.of(NOW - timedelta(days=4))


def envelope(extension: str, *, encounter: str = "IMP") -> Envelope:
    return Envelope(
        id=Identifier("1.2.250.1.999.1.1", extension),
        created=Moment.of(NOW),
        patient=PATIENT,
        author=Participation(DOCTOR, at=Moment.of(NOW)),
        custodian=replace(HOSPITAL, practice_setting=None),
        legal_authenticator=Participation(DOCTOR, at=Moment.of(NOW)),
        service=Service(
            code=Code(encounter, "Hospitalisation", oids.ACT_CODE),
            start=START,
            end=Moment.of(NOW),
            performers=(Participation(DOCTOR),),
        ),
        encounter=Encounter(
            ids=(Identifier("1.2.3.4.567.8.9.11", "SEJ-1"),),
            code=Code(encounter, "Hospitalisation", oids.ACT_CODE),
            start=START,
            end=Moment.of(NOW),
            responsible=DOCTOR,
            facility_type=Code("SA01", "Etablissement public de santé", oids.FACILITY_TYPE),
            facility=replace(HOSPITAL, telecoms=(), practice_setting=None),
        ),
        informants=(
            RelatedPerson(
                "ECON",
                Name("PROCHE", "Sophie"),
                Code("SIS", "Soeur", oids.RELATION),
                telecoms=(Telecom("tel:0600000001", "MC"),),
            ),
            RelatedPerson("NOK", Name("PROCHE", "Sophie"), Code("SIS", "Soeur", oids.RELATION)),
        ),
        recipients=(replace(DOCTOR, name=Name("TRAITANT", "Paul", "M", "DR"), specialty=None),),
        participants=(
            Participation(DOCTOR, function=Code("PCP", "Médecin Traitant", oids.PARTICIPATION_FUNCTION), kind="INF"),
        ),
    )


PARACETAMOL = Medication(
    "PARACETAMOL 500 mg, comprimé",
    code=Code("60234100", "PARACETAMOL", oids.CIS, "CIS"),
    start=Moment("20260306"),
    end=Moment("20260313"),
    dosage="1 comprimé, 3 fois par jour",
    route="voie orale",
    reason="Douleur",
)
PLAVIX = Medication("CLOPIDOGREL 75 mg, comprimé", start=Moment("2019"), dosage="1 comprimé par jour")
VITALS = (Vital(HEART_RATE, "80", "/min"), Vital(TEMPERATURE, "37.5", "Cel"), Vital(SYSTOLIC, "155", "mm[Hg]"))
SNOMED = (oids.SNOMED_CT, "SNOMED CT")


def discharge_letter() -> Document:
    return templates.discharge_letter(
        envelope("LDL-1"),
        templates.DischargeLetter(
            reason="Pneumopathie <fébrile> & dyspnée",
            entered=START,
            entry_mode=Code("183452005", "hospitalisation en urgence", *SNOMED),
            left=Moment.of(NOW),
            exit_mode=Code("160849004", "retour au domicile", *SNOMED),
            summary="Évolution favorable sous antibiotiques.\nPas d’oxygène à la sortie.",
            resistant_bacteria_sought=True,
            resistant_bacteria_found="Aucun",
            transfusion=False,
            blood_products=False,
            discharge_treatments=(PARACETAMOL, PLAVIX),
            stopped_treatments=(PLAVIX,),
            awaited_results="Hémocultures : à recevoir.",
            follow_up=(bullets(["Consultation à trois semaines", "Radiographie à un mois"], ordered=True),),
            allergies=(Allergy("Amoxicilline", DRUG_ALLERGY, since=Moment("201806")),),
        ),
    )


def to_emergency() -> Document:
    return templates.to_emergency(
        envelope("FLUDT-1"),
        reason="Gêne respiratoire depuis ce matin",
        left_at=Moment.of(NOW),
        destination=HOSPITAL,
        destination_type=Code("SA01", "Etablissement public de santé", oids.FACILITY_TYPE),
        vitals=VITALS,
        is_awake=True,
        last_treatment=Moment.of(NOW),
        last_meal=Moment.of(NOW),
        belongings=[("glasses", True), ("dentures", True), ("hearing_aids", False)],
        pain="Cuisse gauche",
        comment="Fille prévenue.",
    )


def every_document() -> dict[str, Document]:
    """One for each template."""
    text = (paragraph("Premier point."), table(["Examen", "Résultat"], [["CRP", "12 mg/L"]], caption="Biologie"))
    return {
        "discharge_letter": discharge_letter(),
        "to_emergency": to_emergency(),
        "back_to_care_home": templates.back_to_care_home(
            envelope("FLUDR-1", encounter="EMER"),
            reason="Chute",
            summary=text,
            treatments="Inchangés",
            follow_up="Surveillance neurologique 24 h",
            attached=["Ordonnance de sortie"],
        ),
        "care_home_file": templates.care_home_file(
            envelope("DLU-1"),
            problems="Insuffisance cardiaque",
            allergies="Aucune connue",
            wishes="Directives anticipées rédigées",
            preferred_hospital="CHU fictif de Toulouse",
        ),
        "emergency_report": templates.emergency_report(
            envelope("CRU-1", encounter="EMER"),
            reason="Douleur thoracique",
            conclusion="Douleur pariétale.\n\nRetour à domicile.",
            results=text,
            vital_signs=text[1],
            follow_up="Revoir le médecin traitant sous huit jours",
        ),
        "tumour_board": templates.tumour_board(
            envelope("FRCP-1", encounter="VR"),
            templates.TumourBoard(
                network="ONCO FICTIF",
                centre="3C Exemple",
                board="Sein",
                system=Code("76752008", "sein", *SNOMED),
                organs=(Code("76752008", "sein", *SNOMED),),
                topography=Code("C50.2", "Tumeur maligne du quadrant supéro-interne du sein", oids.CIM_10, "CIM-10"),
                is_registered=True,
                guideline="Référentiel régional fictif, version 3",
                guideline_date=Moment("20250101"),
                is_complete=True,
                has_quorum=None,
                from_screening=True,
                proposals=(
                    templates.Proposal(Code("387713003", "intervention chirurgicale", *SNOMED), detail="tumorectomie"),
                    templates.Proposal(Code("C15313", "radiothérapie", "2.16.840.1.113883.3.26.1.1", "NCIT"), intent=2),
                ),
                further_tests=("IRM mammaire",),
                monitoring="Mammographie annuelle",
                goes_to_referral_board=True,
                case_and_question="Nodule de 18 mm. Quelle séquence ?",
                tumour=text[1],
                history="Aucun",
            ),
        ),
        "expertise_request": templates.expertise_request(
            envelope("TLMDA-1", encounter="VR"),
            anamnesis="Lésion pigmentée du dos, évolutive.",
            question="Faut-il une exérèse ?",
            treatments=[PARACETAMOL],
            vitals=VITALS,
            lifestyle="Exposition solaire",
        ),
        "expertise_report": templates.expertise_report(
            envelope("TLMCR-1", encounter="VR"),
            question="Faut-il une exérèse ?",
            answer="Exérèse complète recommandée.",
            request=Order((Identifier("1.2.250.1.999.1.1", "TLMDA-1"),)),
        ),
        "medical_summary": templates.medical_summary(
            envelope("VSM-1", encounter="AMB"),
            templates.MedicalSummary(
                watch_points="Néant",
                problems=(
                    Problem("Angine de poitrine", Code("I20.0", "Angine de poitrine instable", oids.CIM_10, "CIM-10")),
                ),
                history=(Problem("Pyélonéphrite", since=Moment("201505"), until=Moment("201506")),),
                allergies=(Allergy("Paracétamol", DRUG_ALLERGY),),
                treatments=(PLAVIX,),
                work_risks="Exposition à l’amiante",
            ),
        ),
        "prescription": templates.prescription(envelope("PRES-1", encounter="AMB"), PDF),
    }
