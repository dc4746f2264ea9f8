"""A letter from the hospital's message to the mailbox and to the DMP: what leaves, what is held and for whom, what is mended."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta

import pytest
from django.db.models import F

from maison.formats.xds import xdm
from maison.foundations.audit.models import Entry
from maison.foundations.errors import Forbidden, NotFound
from maison.foundations.relay.models import Relay
from maison.interop.channels.actions.mending import abandon_all, replay_all
from maison.interop.channels.models import Delivery
from maison.interop.exchanges.models import Exchange
from maison.interop.letters import mending, receipts
from maison.interop.letters.errors import AddressRefused, NothingWaits
from maison.interop.letters.models import Leg, Letter, Sending
from maison_region.letters import correction_of, document_of, message_of
from tests.factories import StructureFactory, actor_as
from tests.interop.letters.outside import FLAGS, GP, NOW, PATIENT, letter

pytestmark = pytest.mark.django_db(transaction=True)


def states(hospital, extension="1001"):
    return {kind: leg.state for kind, leg in hospital.legs(extension).items()}


def tasks():
    return sorted(Relay.objects.filter(ending="").values_list("kind_code", flat=True))


def mail_of(outside, address=GP, rank=-1):
    data = list(outside.boxes.of(address).values())[rank]
    return email.message_from_bytes(data, policy=email.policy.default)


def archive_of(mail):
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "IHE_XDM.ZIP"
    return xdm.read(part.get_content())


def test_a_qualified_letter_reaches_the_mailbox_and_the_dmp_and_its_receipts_are_told(hospital, outside):
    assert hospital.send(message_of(letter())) == ["AA"]
    assert states(hospital) == {"mssante": "sent", "dmp": "delivered"}
    (record,) = outside.registry.records.values()
    assert record["patient"] == f"{PATIENT.ins}^^^&1.2.250.1.213.1.4.10&ISO^NH"
    receipts.turn()
    assert states(hospital)["mssante"] == "delivered"
    assert outside.boxes.open_mail(GP) == 1
    receipts.turn()
    assert states(hospital)["mssante"] == "read"
    assert outside.house_mails() == {}
    assert tasks() == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_what_the_mailbox_holds_is_the_very_document_and_its_subject_says_nothing_of_the_patient(hospital, outside):
    sent = letter()
    hospital.send(message_of(sent))
    mail = mail_of(outside)
    assert mail["Subject"] == "XDM/1.0/DDM+Document de santé"
    head = str(mail).partition("\n\n")[0].upper()
    assert not any(word in head for word in (PATIENT.family_name.upper(), PATIENT.ins, "LIAISON", "RANGUEIL"))
    archive = archive_of(mail)
    (data,) = archive.documents.values()
    (exchange,) = Exchange.objects.filter(direction="in", message_type__startswith="MDM")
    assert Letter.objects.get(exchange_id=exchange.id).sha256 == __import__("hashlib").sha256(data).hexdigest()
    assert archive.submission.entries[0].patient_id.startswith(PATIENT.ins)


def test_a_letter_without_a_qualified_identity_reaches_the_doctor_and_waits_for_the_admissions_desk_before_the_dmp(
    hospital, outside
):
    hospital.send(message_of(letter(qualified=False)))
    assert states(hospital) == {"mssante": "sent", "dmp": "held"}
    assert outside.registry.records == {}
    assert PATIENT.ins.encode() not in b"".join(outside.boxes.of(GP).values())
    assert archive_of(mail_of(outside)).submission.entries[0].patient_id.startswith("IPP-1001^")
    assert tasks() == ["channels.mend_admissions"]
    task = Relay.objects.get(ending="")
    assert task.to_structure_id == hospital.structure.id


def test_the_letter_leaves_by_itself_once_the_identity_is_qualified_and_its_task_ends(hospital, outside):
    waiting = letter(qualified=False)
    hospital.send(message_of(waiting))
    hospital.send(correction_of(waiting, NOW - timedelta(minutes=20), status="PROV"))
    assert mending.watch() == 0
    hospital.send(correction_of(waiting, NOW - timedelta(minutes=10)))
    assert mending.watch() == 1
    hospital.turn()
    assert states(hospital) == {"mssante": "sent", "dmp": "delivered"}
    (record,) = outside.registry.records.values()
    assert record["patient"].startswith(PATIENT.ins)
    assert len(outside.boxes.of(GP)) == 1
    assert tasks() == []
    assert mending.watch() == 0


def test_an_identity_no_longer_qualified_since_holds_the_letter_whole(hospital, outside):
    sent = letter()
    hospital.send(correction_of(sent, NOW - timedelta(minutes=5), status="PROV"))
    hospital.send(message_of(sent))
    assert states(hospital) == {"mssante": "held", "dmp": "held"}
    assert outside.boxes.of(GP) == {}
    assert outside.registry.asked == 0
    assert set(tasks()) == {"channels.mend_admissions"}


def test_a_late_message_about_an_identity_changes_nothing_of_what_is_known_since(hospital, outside):
    sent = letter()
    hospital.send(message_of(sent), correction_of(sent, NOW - timedelta(hours=5), status="PROV"))
    assert states(hospital) == {"mssante": "sent", "dmp": "delivered"}


def test_a_letter_about_someone_else_than_the_patient_of_the_number_never_leaves(hospital, outside):
    sent = letter()
    other = sent.__class__(**{name: getattr(sent, name) for name in sent.__slots__} | {
        "patient": PATIENT.__class__(**{name: getattr(PATIENT, name) for name in PATIENT.__slots__} | {"family_name": "Violon"})
    })  # fmt: skip
    from maison.formats.cda.writer import write

    data = write(document_of(other), identity_status="QUAL", production=False)
    hospital.send(message_of(sent, data))
    assert states(hospital) == {"mssante": "held", "dmp": "held"}
    assert outside.boxes.of(GP) == {}
    assert outside.registry.records == {}


@pytest.mark.parametrize(("where", "by"), [("ADT", "the admissions desk"), ("MDM", "the letter itself")])
def test_the_dmp_of_a_patient_who_refuses_is_never_fed(hospital, outside, where, by):
    sent = letter()
    message = message_of(sent)
    if where == "ADT":
        hospital.send(correction_of(sent, NOW - timedelta(hours=2), feeding="IO"))
    else:
        message += b"ZFA|ACTIF|20260101|||||||IO|20260101\r"
    hospital.send(message)
    assert states(hospital) == {"mssante": "sent", "dmp": "held"}
    assert hospital.legs()["dmp"].reason == "opposition-dmp"
    assert outside.registry.asked == 0
    if where == "ADT":
        hospital.send(correction_of(sent, NOW - timedelta(minutes=1), feeding="INO"))
        assert mending.watch() == 1
        hospital.turn()
        assert states(hospital)["dmp"] == "delivered"


def test_masks_are_carried_to_the_dmp_and_an_invisible_letter_never_goes_to_the_patient(hospital, outside):
    masked = FLAGS(
        to_dmp=True, to_professionals=False, to_patient=True, hidden_from_patient=True, hidden_from_guardians=True
    )
    hospital.send(message_of(letter(flags=masked)))
    assert states(hospital) == {"mssante": "held", "dmp": "delivered"}
    (record,) = outside.registry.records.values()
    assert record["confidentiality"] == ["N", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"]
    assert outside.boxes.of(f"{PATIENT.ins}@patient.mssante.fr") == {}


def test_a_letter_to_the_patient_goes_to_the_mailbox_of_a_qualified_identity_and_the_address_is_kept_nowhere(
    hospital, outside
):
    hospital.send(message_of(letter(flags=FLAGS(to_patient=True, to_dmp=False, to_professionals=False))))
    assert states(hospital) == {"mssante": "sent", "dmp": "not_asked"}
    assert len(outside.boxes.of(f"{PATIENT.ins}@patient.mssante.fr")) == 1
    assert PATIENT.ins not in Sending.objects.get().destination
    assert not Exchange.objects.filter(recipients__icontains=PATIENT.ins).exists()
    hospital.send(
        message_of(letter("1002", qualified=False, flags=FLAGS(to_patient=True, to_dmp=False, to_professionals=False)))
    )
    assert hospital.legs("1002")["mssante"].reason == "ins-absent"


def test_a_secret_connection_that_parents_could_see_is_refused(hospital, outside):
    hospital.send(message_of(letter(flags=FLAGS(secret_connection=True, hidden_from_guardians=False))))
    assert states(hospital) == {"mssante": "held", "dmp": "held"}
    assert outside.registry.asked == 0


@pytest.mark.parametrize(
    ("addresses", "words"),
    [((), "Aucune adresse"), (("docteur@exemple.fr",), "espace de confiance"), (("inconnu@medecin.mssante.fr",), "SMTP 550")],
    ids=["nobody", "outside", "unknown"],
)  # fmt: skip
def test_a_recipient_that_cannot_be_reached_is_a_task_for_the_secretaries_who_give_another(
    hospital, outside, addresses, words
):
    hospital.send(message_of(letter(recipients=addresses)))
    assert states(hospital) == {"mssante": "held", "dmp": "delivered"}
    assert words in hospital.legs()["mssante"].words
    assert all(outside.boxes.of(address) == {} for address in addresses)
    assert tasks() == ["channels.mend_secretariat"]
    secretary = actor_as("secretaire", hospital.structure)
    found = Letter.objects.get()
    with pytest.raises(AddressRefused):
        mending.give_address(actor=secretary, letter_id=found.id, address="docteur@exemple.fr")
    with pytest.raises(NotFound):
        mending.give_address(actor=actor_as("secretaire", StructureFactory()), letter_id=found.id, address=GP)
    with pytest.raises(Forbidden):
        mending.give_address(actor=actor_as("support", hospital.structure), letter_id=found.id, address=GP)
    mending.give_address(actor=secretary, letter_id=found.id, address=GP.upper())
    hospital.turn()
    assert states(hospital)["mssante"] == "sent"
    assert len(outside.boxes.of(GP)) == 1
    assert tasks() == []
    assert Entry.objects.filter(code="letters.address_given", details__to=[GP]).count() == 1
    with pytest.raises(NothingWaits):
        mending.give_address(actor=secretary, letter_id=found.id, address=GP)


def test_a_mail_that_comes_back_is_a_task_and_a_mended_one_leaves_again(hospital, outside):
    hospital.send(message_of(letter(recipients=("retire@medecin.mssante.fr",))))
    assert states(hospital)["mssante"] == "sent"
    receipts.turn()
    assert states(hospital)["mssante"] == "failed"
    assert tasks() == ["channels.mend_secretariat"]
    assert receipts.turn() == 0
    mending.give_address(
        actor=actor_as("secretaire", hospital.structure), letter_id=Letter.objects.get().id, address=GP
    )
    hospital.turn()
    assert len(outside.boxes.of(GP)) == 1
    assert tasks() == []


def test_a_receipt_that_never_comes_is_a_task_after_three_days(hospital, outside):
    hospital.send(message_of(letter(recipients=("muet@medecin.mssante.fr",))))
    assert receipts.silences() == 0
    Sending.objects.update(sent_at=F("sent_at") - timedelta(hours=73))
    assert receipts.silences() == 1
    assert hospital.legs()["mssante"].reason == "sans-accuse"
    assert tasks() == ["channels.mend_secretariat"]
    assert receipts.silences() == 0


def test_the_same_letter_told_twice_is_sent_once_and_another_content_under_its_name_is_refused(hospital, outside):
    hospital.send(message_of(letter(control="M1")), message_of(letter(control="M2")))
    assert len(outside.boxes.of(GP)) == 1
    assert outside.registry.asked == 1
    hospital.send(message_of(letter(control="M3", summary="Autre contenu.")))
    assert len(outside.boxes.of(GP)) == 1
    last = Letter.objects.first()
    assert {leg.kind: leg.state for leg in last.legs.all()} == {"mssante": "held", "dmp": "held"}


def test_a_new_version_replaces_the_former_one_where_it_arrived(hospital, outside):
    hospital.send(message_of(letter()))
    hospital.send(message_of(letter("1001-v2", replaces="1001", version=2, status="C", at=NOW - timedelta(minutes=5))))
    assert states(hospital, "1001-v2") == {"mssante": "sent", "dmp": "delivered"}
    former, current = outside.registry.records.values()
    assert former["status"].endswith("Deprecated")
    assert current["status"].endswith("Approved")
    first, second = mail_of(outside, rank=0), mail_of(outside, rank=1)
    assert second["In-Reply-To"] == first["Message-ID"]
    replaced = archive_of(second).submission.replaced
    assert list(replaced.values()) == [archive_of(first).submission.entries[0].id]


def test_a_new_version_supersedes_what_was_still_held_and_leaves_as_the_first(hospital, outside):
    held = letter(qualified=False)
    hospital.send(message_of(held))
    hospital.send(message_of(letter("1001-v2", replaces="1001", version=2, status="C", at=NOW - timedelta(minutes=5))))
    assert states(hospital) == {"mssante": "sent", "dmp": "given_up"}
    assert states(hospital, "1001-v2")["dmp"] == "delivered"
    assert len(outside.registry.records) == 1
    assert tasks() == []


def test_a_letter_taken_back_leaves_the_dmp_and_its_readers_are_told(hospital, outside):
    hospital.send(message_of(letter()))
    hospital.send(message_of(letter(status="D", at=NOW - timedelta(minutes=5))))
    (record,) = outside.registry.records.values()
    assert record["status"].endswith("Deleted")
    told = mail_of(outside)
    assert told["Subject"] == "Document de santé annulé par son auteur"
    assert told["In-Reply-To"] == mail_of(outside, rank=0)["Message-ID"]
    assert list(told.iter_attachments()) == []


def test_a_letter_taken_back_before_it_left_leaves_nowhere(hospital, outside):
    hospital.send(message_of(letter(qualified=False, recipients=())))
    hospital.send(message_of(letter(qualified=False, status="D", at=NOW - timedelta(minutes=5))))
    assert outside.registry.asked == 0
    assert outside.boxes.of(GP) == {}
    assert tasks() == []


def test_a_record_that_is_closed_is_a_task_for_the_admissions_desk(hospital, outside):
    outside.registry.closed.add(PATIENT.ins)
    hospital.send(message_of(letter()))
    assert states(hospital) == {"mssante": "sent", "dmp": "held"}
    assert "pas de DMP ouvert" in hospital.legs()["dmp"].words
    assert tasks() == ["channels.mend_admissions"]
    outside.registry.closed.clear()
    replay_all(actor=actor_as("admissions", hospital.structure), task_id=Relay.objects.get(ending="").id)
    hospital.turn()
    assert states(hospital)["dmp"] == "delivered"


def test_a_refusal_of_the_dmp_is_presented_again_once_for_each_new_word_of_the_hospital_and_no_more(hospital, outside):
    outside.registry.closed.add(PATIENT.ins)
    sent = letter()
    hospital.send(correction_of(sent, NOW - timedelta(hours=3)), message_of(sent))
    asked = outside.registry.asked
    assert mending.watch() == 0
    hospital.send(correction_of(sent, NOW - timedelta(minutes=1)))
    assert mending.watch() == 1
    hospital.turn()
    assert outside.registry.asked == asked + 1
    assert mending.watch() == 0


def test_what_a_person_gives_up_is_told_so_with_the_reason(hospital, outside):
    hospital.send(message_of(letter(recipients=())))
    task = Relay.objects.get(ending="")
    abandon_all(
        actor=actor_as("secretaire", hospital.structure), task_id=task.id, reason="médecin prévenu par téléphone"
    )
    mending.turn()
    leg = hospital.legs()["mssante"]
    assert leg.state == "given_up"
    assert "prévenu par téléphone" in leg.words


def test_a_document_that_someone_else_fed_first_is_not_taken_for_ours(hospital, outside):
    hospital.send(message_of(letter()))
    (record,) = outside.registry.records.values()
    Sending.objects.filter(destination="dmp").delete()
    hospital.send(message_of(letter(control="AGAIN")))
    again = Letter.objects.first()
    assert again.legs.get(kind="dmp").state == "held"
    assert "déjà ce document" in again.legs.get(kind="dmp").words
    assert record["hash"]


@pytest.mark.parametrize("fault", ["indisponible", "occupe"])
def test_a_mute_dmp_is_tried_again_and_nobody_is_disturbed(hospital, outside, fault):
    outside.registry.faults.add(fault)
    hospital.send(message_of(letter()))
    assert states(hospital)["dmp"] == "waiting"
    assert tasks() == []
    outside.registry.faults.clear()
    hospital.workshop.later(minutes=10)
    hospital.turn()
    assert states(hospital)["dmp"] == "delivered"


def test_a_dmp_cut_after_it_took_the_letter_is_not_fed_twice(hospital, outside):
    outside.registry.faults.add("coupe")
    hospital.send(message_of(letter()))
    assert len(outside.registry.records) == 1
    assert states(hospital)["dmp"] == "waiting"
    outside.registry.faults.clear()
    hospital.workshop.later(minutes=10)
    hospital.turn()
    assert states(hospital)["dmp"] == "delivered"
    assert len(outside.registry.records) == 1
    assert "avait abouti" in hospital.legs()["dmp"].words


def test_an_operator_cut_after_it_took_the_mail_tells_it_by_its_receipt_and_the_mail_is_not_sent_twice(
    hospital, outside
):
    outside.mail.faults.add("coupe")
    hospital.send(message_of(letter()))
    outside.mail.faults.clear()
    assert Sending.objects.get(leg__kind="mssante").state == "leaving"
    assert states(hospital)["mssante"] == "waiting"
    receipts.turn()
    hospital.workshop.later(minutes=10)
    hospital.turn()
    assert states(hospital)["mssante"] == "delivered"
    assert len(outside.boxes.of(GP)) == 1


def test_an_operator_cut_before_it_took_the_mail_is_for_a_person_and_the_mail_is_not_lost(hospital, outside):
    outside.mail.faults.add("perdu")
    hospital.send(message_of(letter()))
    outside.mail.faults.clear()
    receipts.turn()
    Sending.objects.filter(state="leaving").update(began_at=F("began_at") - timedelta(minutes=11))
    hospital.workshop.later(minutes=11)
    hospital.turn()
    assert hospital.legs()["mssante"].state == "held"
    assert tasks() == ["interop.mend"] or tasks() == ["channels.mend_integrateur"]
    replay_all(actor=actor_as("integrateur", hospital.workshop.agency), task_id=Relay.objects.get(ending="").id)
    hospital.turn()
    assert states(hospital)["mssante"] == "sent"
    assert len(outside.boxes.of(GP)) == 1


def test_a_message_whose_document_is_no_cda_is_kept_told_and_goes_nowhere(hospital, outside):
    hospital.send(message_of(letter(), b"Compte rendu en texte libre"))
    found = Letter.objects.get()
    assert "pas un CDA lisible" in found.fault
    assert states(hospital) == {"mssante": "held", "dmp": "held"}
    assert outside.registry.asked == 0


def test_one_letter_to_two_doctors_is_two_mails_and_the_one_that_fails_does_not_send_the_other_again(hospital, outside):
    other = "inconnu@medecin.mssante.fr"
    hospital.send(message_of(letter(recipients=(GP, other))))
    assert states(hospital)["mssante"] == "held"
    assert len(outside.boxes.of(GP)) == 1
    replay_all(actor=actor_as("secretaire", hospital.structure), task_id=Relay.objects.get(ending="").id)
    hospital.turn()
    assert len(outside.boxes.of(GP)) == 1


def test_nothing_of_a_patient_is_written_outside_the_sealed_journal(hospital, outside):
    hospital.send(message_of(letter()), message_of(letter("1002", qualified=False)))
    receipts.turn()
    said = " ".join(
        str(row) for model in (Letter, Leg, Sending, Delivery, Entry, Exchange) for row in model.objects.all().values()
    ).upper()  # fmt: skip
    assert not any(
        word in said for word in (PATIENT.ins, PATIENT.family_name.upper(), PATIENT.given_name.upper(), "IPP-1001")
    )
