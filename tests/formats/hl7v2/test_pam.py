"""PAM France: the rules of HUB-04, the identity and the movement rooms use, and writing."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from msgspec import structs

from maison.formats.hl7v2.datatypes import Authority, Identifier
from maison.formats.hl7v2.faults import InvalidMessage
from maison.formats.hl7v2.pam import Adt, structure_name, write_adt
from maison.formats.hl7v2.reader import read_message
from maison.formats.hl7v2.tables import CANCELS, EVENTS, MOVEMENTS, WITHOUT_MOVEMENT
from maison.formats.hl7v2.wire import Header, Party, typed, validate, write
from tests.formats.hl7v2 import corpus

INS = "279035121518989^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS^^20101207"
IPP = "000003^^^CHU-X&000897406&N^PI"


@dataclass
class Parts:
    """An admission that is right; each test changes one thing."""

    event: str = "A01"
    evn: str = "EVN||20260304110500||||20260304110000"
    pid: str = (
        f"PID|1||{IPP}~{INS}||PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE^^^^L~UTILISE^DOMI^^^^^D||19790328|F|||28 Av^^PARIS^^75007^FRA^H"
        "~^^^^^^BDL^^51215|||||||24000006^^^CHU-X&1&M^AN||||||||||||||VALI|20260304110500"
    )
    pv1: str = (
        "PV1|1|I|6268^12^P||PRE1^^^CHU-X&1&M|6100|||||||||||||V42^^^CHU-X&1&M^VN|||||||||||||||||||||||||20260304110000"
    )
    zbe: str = "ZBE|312^CHU-X^000897406|20260304110000||INSERT|N||Chir V^^^^^CHU-X&1&N^UF^^^6268|Soins^^^^^CHU-X&1&N^UF^^^6269|HMS"
    more: str = ""

    def message(self):
        head = f"MSH|^~\\&|GAM|CHU-X|DPI|CHU-X|20260304110500||ADT^{self.event}^ADT_A01|42|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8"
        lines = [head, self.evn, self.pid, self.pv1, self.zbe, self.more]
        return read_message(("\r".join(line for line in lines if line) + "\r").encode())

    def faults(self, severity=None):
        return [(fault.place, fault.code) for fault in validate(self.message()) if severity in (None, fault.severity)]

    def adt(self) -> Adt:
        found = typed(self.message())
        assert isinstance(found, Adt)
        return found


def test_a_right_admission_has_no_fault():
    assert Parts().faults() == []


def test_the_identity_has_the_traits_of_the_rniv():
    patient = Parts().adt().patient
    assert patient.ipp == Identifier("000003", Authority("CHU-X", "000897406", "N"), "PI")
    assert (patient.ins.matricule, patient.ins.system, patient.ins.is_test) == (
        "279035121518989",
        "1.2.250.1.213.1.4.10",
        True,
    )
    assert (patient.birth_name.family, patient.birth_name.given, patient.birth_name.givens) == (
        "PAT-TROIS",
        "DOMINIQUE",
        "DOMINIQUE MARIE",
    )
    assert (patient.used_name.family, patient.used_name.given) == ("UTILISE", "DOMI")
    assert (patient.born_on.isoformat(), patient.sex, patient.birth_place) == ("1979-03-28", "F", "51215")
    assert patient.home.city == "PARIS"
    assert patient.is_qualified


def test_the_movement_has_the_words_of_rooms():
    move = Parts().adt().move
    assert (move.event, move.french, move.action, move.is_historic) == ("A01", "Admission", "INSERT", False)
    assert move.at.at == datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    assert (move.medical_unit.id, move.care_unit.id, move.nature) == ("6268", "6269", "HMS")
    assert (move.to_location.point_of_care, move.to_location.room, move.from_location.point_of_care) == (
        "6268",
        "12",
        "6100",
    )
    assert (move.visit.value, move.account.value, move.patient_class) == ("V42", "24000006", "I")
    assert move.admitted_at.text == "20260304110000"
    assert not move.is_cancelled


def test_a_cancelled_transfer_is_a_transfer_that_is_cancelled():
    parts = Parts(event="A12", zbe=Parts.zbe.replace("INSERT|N|", "CANCEL|N|A02"))
    assert parts.faults() == []
    assert (parts.adt().move.event, parts.adt().move.is_cancelled) == ("A02", True)


def test_a_corrected_movement_names_what_it_corrects():
    parts = Parts(event="Z99", zbe=Parts.zbe.replace("INSERT|N|", "UPDATE|Y|A01"))
    assert parts.faults() == []
    move = parts.adt().move
    assert (move.event, move.action, move.is_historic) == ("A01", "UPDATE", True)


@pytest.mark.parametrize("event", sorted(MOVEMENTS))
def test_a_movement_without_zbe_is_refused(event):
    assert ("ZBE", "segment-missing") in Parts(event=event, zbe="").faults("error")


@pytest.mark.parametrize("event", sorted(WITHOUT_MOVEMENT))
def test_a_message_about_a_person_has_no_zbe(event):
    assert ("ZBE", "segment-unexpected") in Parts(event=event).faults("error")


@pytest.mark.parametrize(
    ("event", "old", "new", "fault"),
    [
        ("A01", "312^CHU-X^000897406", "", ("ZBE-1", "required")),
        ("A01", "20260304110000||INSERT", "||INSERT", ("ZBE-2", "required")),
        ("A01", "20260304110000||INSERT", "20263004||INSERT", ("ZBE-2", "type")),
        ("A01", "20260304110000||INSERT", "2026||INSERT", ("ZBE-2", "type")),
        ("A01", "INSERT", "", ("ZBE-4", "required")),
        ("A01", "INSERT", "DELETE", ("ZBE-4", "table")),
        ("A01", "INSERT|N|", "CANCEL|N|A01", ("ZBE-4", "table")),
        ("A01", "INSERT|N|", "UPDATE|N|A01", ("ZBE-4", "table")),
        ("A11", "INSERT|N|", "INSERT|N|", ("ZBE-4", "table")),
        ("Z99", "INSERT|N|", "INSERT|N|", ("ZBE-4", "table")),
        ("A11", "INSERT|N|", "CANCEL|N|", ("ZBE-6", "required")),
        ("Z99", "INSERT|N|", "UPDATE|N|", ("ZBE-6", "required")),
        ("A11", "INSERT|N|", "CANCEL|N|A02", ("ZBE-6", "table")),
        ("Z99", "INSERT|N|", "UPDATE|N|A99", ("ZBE-6", "table")),
        ("A01", "INSERT|N", "INSERT|", ("ZBE-5", "required")),
        ("A01", "INSERT|N", "INSERT|peut-être", ("ZBE-5", "type")),
    ],
)
def test_the_rules_of_the_movement_segment(event, old, new, fault):
    assert fault in Parts(event=event, zbe=Parts.zbe.replace(old, new)).faults("error")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("INSERT|N||", "INSERT|N|A02|", ("ZBE-6", "type")),
        ("|HMS", "|XYZ", ("ZBE-9", "table")),
        ("|Chir V^^^^^CHU-X&1&N^UF^^^6268|", "||", ("ZBE-7", "required")),
    ],
)
def test_what_is_only_odd_in_a_movement_is_a_warning(old, new, fault):
    parts = Parts(zbe=Parts.zbe.replace(old, new))
    assert fault in parts.faults("warning")
    assert parts.faults("error") == []


@pytest.mark.parametrize(
    ("segment", "old", "new", "fault"),
    [
        ("pid", f"{IPP}~{INS}", "", ("PID-3", "required")),
        ("pid", IPP, "000003^^^^PI", ("PID-3[1].4", "required")),
        ("pid", IPP, "^^^CHU-X&1&N^PI", ("PID-3[1].1", "required")),
        ("pid", "PAT-TROIS^DOMINIQUE^DOMINIQUE MARIE^^^^L~UTILISE^DOMI^^^^^D", "", ("PID-5", "required")),
        ("pid", "^^^^L~", "^^^^D~", ("PID-5", "required")),
        ("pid", "PAT-TROIS^DOMINIQUE^", "^DOMINIQUE^", ("PID-5[1].1", "required")),
        ("pid", "19790328", "28/03/1979", ("PID-7", "type")),
        ("pid", "|F|", "|Femme|", ("PID-8", "table")),
        ("pv1", "|I|", "||", ("PV1-2", "required")),
        ("pv1", "|I|", "|Z|", ("PV1-2", "table")),
        ("pv1", "V42^^^CHU-X&1&M^VN", "", ("PV1-19", "required")),
        ("pv1", "20260304110000", "4 mars", ("PV1-44", "type")),
        ("evn", "20260304110500", "", ("EVN-2", "required")),
    ],
)
def test_what_identity_and_visit_must_say(segment, old, new, fault):
    right = getattr(Parts, segment)
    assert old in right
    assert fault in Parts(**{segment: right.replace(old, new)}).faults("error")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("|VALI|", "|PROV|"),
        ("|VALI|", "||"),
        ("|VALI|", "|VALI~DOUT|"),
        ("279035121518989", "279035121518988"),
        ("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.2"),
        ("1.2.250.1.213.1.4.10", "1.2.3"),
    ],
)
def test_an_ins_that_cannot_be_used_is_set_aside_and_the_rest_is_kept(old, new):
    parts = Parts(pid=Parts.pid.replace(old, new))
    assert parts.faults("error") == []
    assert [code for place, code in parts.faults("warning") if place.startswith("PID-3[2]")] == ["identifier"]
    patient = parts.adt().patient
    assert patient.ins is None
    assert patient.carried_ins is not None
    assert patient.ipp.value == "000003"


def test_faults_quote_no_value_of_the_message():
    parts = Parts(
        pid=Parts.pid.replace("19790328", "SECRET1").replace("|F|", "|SECRET2|"),
        zbe=Parts.zbe.replace("INSERT", "SECRET3"),
    )
    assert "SECRET" not in " ".join(fault.message for fault in validate(parts.message()))


def test_a_partial_date_of_birth_is_kept_as_it_is_known():
    born = Parts(pid=Parts.pid.replace("19790328", "197903")).adt().patient.born
    assert (born.day, born.precision, born.text) == (None, "month", "197903")


def test_erasing_a_field_is_told_from_silence():
    adt = Parts(pid=Parts.pid.replace("|F|", '|""|')).adt()
    assert adt.patient.sex is None
    assert adt.patient.erased == ("sex",)
    assert '|""|' in write(write_adt(adt, header())).decode()


def test_the_french_segments_are_read():
    more = (
        "ZFA|FERME|20260304||||Y|N|20260304|IO|20260304|IC|20260304\rZFP|42|37\r"
        "ZFV|310781406^20260301|AMBU|S\rZFM|8|6|5|1\rZFD|||N|Y|INSI|20260304"
    )
    adt = Parts(more=more).adt()
    assert (adt.dmp.status, adt.dmp.may_feed, adt.dmp.may_consult, adt.dmp.opposes_break_glass) == (
        "FERME",
        False,
        True,
        True,
    )
    assert (adt.identity_detail.accepts_sms, adt.identity_detail.is_birth_date_corrected) == (False, True)
    assert adt.identity_detail.obtained_by == "INSI"
    assert (adt.pmsi.entry, adt.pmsi.exit, adt.occupation.category) == ("8", "6", "37")
    assert adt.venue.establishment == "310781406^20260301"
    assert adt.venue.exit_transport.code == "AMBU"


def test_an_unknown_consent_is_refused():
    assert ("ZFA-9", "table") in Parts(more="ZFA|ACTIF||||||||OUI").faults("error")


def test_a_merge_names_who_stays_and_who_disappears():
    parts = Parts(event="A40", pv1="", zbe="", more="MRG|000007^^^CHU-X&000897406&N^PI")
    assert parts.faults() == []
    assert parts.adt().merged.identifiers[0].value == "000007"
    assert parts.adt().move is None
    same = Parts(event="A40", pv1="", zbe="", more=f"MRG|{IPP}")
    assert ("MRG-1[1]", "identifier") in same.faults("error")
    assert ("MRG", "segment-missing") in Parts(event="A40", pv1="", zbe="").faults("error")


def test_a_link_needs_two_identities():
    assert ("PID[2]", "segment-missing") in Parts(event="A24", pv1="", zbe="").faults("error")
    other = Parts.pid.replace("000003", "000009")
    adt = Parts(event="A37", pv1="", zbe="", more=other).adt()
    assert (adt.patient.ipp.value, adt.other_patient.ipp.value) == ("000003", "000009")


@pytest.mark.parametrize("more", ["PID|1||2^^^A&1&N^PI||X^Y^^^^^L", "MSH|^~\\&|B", "EVN||20260304"])
def test_what_should_stand_once_is_refused_twice(more):
    assert Parts(more=more).faults("error")


def test_an_unescaped_separator_is_said():
    assert ("PV2-12", "delimiters") in Parts(more="PV2||||||||||||Douleur & fièvre").faults("warning")
    assert ("PID-8", "table") in Parts(pid=Parts.pid.replace("|F|", "|F^M|")).faults("error")
    assert ("PID-18", "delimiters") in Parts(pid=Parts.pid.replace("24000006^", "24000006~24000006^")).faults("warning")


def test_an_unknown_event_is_refused_and_a_local_one_read_with_a_warning():
    assert ("MSH-9.2", "event") in Parts(event="A60").faults("error")
    assert Parts(event="Z80").faults("error") == []
    assert ("MSH-9.2", "event") in Parts(event="Z80").faults("warning")


def test_typed_refuses_what_has_an_error_and_lists_it_all():
    with pytest.raises(InvalidMessage) as refusal:
        typed(Parts(zbe="", pid=Parts.pid.replace("19790328", "x")).message())
    assert {fault.place for fault in refusal.value.faults} == {"ZBE", "PID-7"}


def header():
    return Header(
        sender=Party("MAISON"),
        receiver=Party("DPI", "CHU-X"),
        kind=("ADT",),
        sent_at=datetime(2026, 3, 4, 10, tzinfo=UTC),
        control_id="C1",
        version="2.5^FRA^2.11",
        profile="2.11^IHE_FRANCE-2.11-PAM",
    )


@pytest.mark.parametrize("event", sorted({*EVENTS} - {"A14", "A25", "A26", "A27", "A38", "A44"}))
def test_what_is_written_says_all_that_was_read(event):
    chance = random.Random(event)
    for number in range(4):
        adt = typed(read_message(corpus.adt(chance, number, event)))
        message = write_adt(adt, header())
        assert message.header.raw(9) == f"ADT^{event}^{structure_name(event)}"
        again = typed(message)
        assert structs.replace(again, header=adt.header) == adt
        assert validate(message) == []


def test_a_message_that_would_be_refused_is_not_written():
    adt = structs.replace(Parts().adt(), movements=())
    with pytest.raises(InvalidMessage):
        write_adt(adt, header())


def test_an_ins_never_leaves_with_an_identity_that_is_not_qualified():
    adt = Parts(pid=Parts.pid.replace("|VALI|", "|PROV|")).adt()
    with pytest.raises(InvalidMessage) as refusal:
        write_adt(adt, header())
    assert [fault.place for fault in refusal.value.faults] == ["PID-3"]
    bare = structs.replace(adt.patient, identifiers=adt.patient.identifiers[:1])
    assert "279035121518989" not in write(write_adt(structs.replace(adt, patients=(bare,)), header())).decode()


def test_values_that_look_like_separators_survive_writing():
    adt = Parts().adt()
    name = structs.replace(adt.patient.names[0], family="D|E^F~G&H\\I\r\nJ")
    adt = structs.replace(adt, patients=(structs.replace(adt.patient, names=(name,)),))
    assert typed(write_adt(adt, header())).patient.names == (name,)


def test_every_cancellation_knows_what_it_cancels():
    assert {event for event, origins in CANCELS.items() if not set(origins) <= set(EVENTS)} == set()
