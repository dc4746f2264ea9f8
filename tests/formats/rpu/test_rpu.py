"""RPU files: read whatever their dialect, controlled passage by passage, integrated once."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from maison.formats import rpu
from maison.formats.rpu.quick import read_quickly
from maison.formats.rpu.reader import read_carefully
from tests.formats.rpu.samples import PATIENT, file, month, patient, wounded

SAMPLE = file()


def judged(*patients: str, thresholds: rpu.Thresholds = rpu.DEFAULTS, **about: str) -> rpu.FileVerdict:
    return rpu.check(rpu.read(file(*patients, **about)), thresholds)


def rules(verdict: rpu.FileVerdict) -> list[tuple[str, str]]:
    return [(fault.rule, fault.place) for fault in verdict.all_faults]


# -- reading


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "ISO-8859-15", "UTF-8"])
def test_accents_are_read_in_the_three_charsets(encoding: str):
    (passage,) = rpu.read(file(patient(COMMUNE="Béziers"), encoding=encoding)).passages
    assert passage.text("COMMUNE") == "Béziers"


def test_the_order_of_elements_and_one_passages_each_make_no_difference():
    turned = "<PATIENT>" + "".join(f"<{name}>{PATIENT[name]}</{name}>" for name in reversed(PATIENT)) + "</PATIENT>"
    assert turned != patient()
    straight = rpu.read(file(patient(), patient(SEXE="M")))
    apart = rpu.read(file(turned, patient(SEXE="M"), one_passages_each=True))
    assert [one.raw for one in apart.passages] == [one.raw for one in straight.passages]
    assert [one.associated for one in apart.passages] == [("I10",), ("I10",)]


def test_the_establishment_may_come_after_the_passages():
    root = etree.fromstring(SAMPLE)
    root.append(root.find("ETABLISSEMENT"))
    read = rpu.read(etree.tostring(root))
    assert read.establishment.finess == "310781406"
    assert len(read.passages) == 1


def test_a_passage_knows_its_line_and_its_stay():
    first, second = rpu.read(file(patient(), patient(SEXE="M"))).passages
    assert (first.line, second.line) == (4, 5)
    assert first.stay_minutes == 275


def test_passages_come_one_by_one_from_a_stream():
    stream = rpu.passages_of(BytesIO(file(patient(), patient(SEXE="M"))))
    assert next(stream).text("SEXE") == "F"
    assert next(stream).text("SEXE") == "M"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n",
        b"<OSCOUR>",
        SAMPLE[:-20],
        b"<AUTRE><PATIENT/></AUTRE>",
        b"<AUTRE><OSCOUR/></AUTRE>",
        SAMPLE.decode("latin-1").encode("utf-16"),
        b'<?xml version="1.0"?><!DOCTYPE OSCOUR [<!ENTITY a "b">]><OSCOUR>&a;</OSCOUR>',
        b'<?xml version="1.0" encoding="EBCDIC-FR"?><OSCOUR/>',
    ],
)
def test_what_is_no_rpu_file_is_refused_whole(data: bytes):
    with pytest.raises(rpu.UnreadableFile) as refusal:
        rpu.read(data)
    assert refusal.value.code == "R01"
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(
    "data", [b"<A><PATIENT/></A>", b"<!DOCTYPE OSCOUR [<!ENTITY a 'b'>]><OSCOUR><PATIENT/></OSCOUR>"]
)
def test_a_stream_that_is_no_rpu_file_is_refused_at_its_first_passage(data: bytes):
    with pytest.raises(rpu.UnreadableFile):
        next(rpu.passages_of(BytesIO(data)))


def test_a_cut_file_says_the_line_where_it_stops():
    with pytest.raises(rpu.UnreadableFile, match="ligne 4"):
        rpu.read(SAMPLE[:-20])


def test_a_file_beyond_the_limit_is_not_opened():
    with pytest.raises(rpu.UnreadableFile, match="dépasse"):
        rpu.read(SAMPLE + b" " * 1024 * 1024, 1024 * 1024)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(SAMPLE)), st.integers(0, 40))
def test_no_bytes_break_the_reading_nor_the_controls(noise: bytes, start: int, length: int):
    try:
        read = rpu.read(SAMPLE[:start] + noise + SAMPLE[start + length :])
    except rpu.UnreadableFile:
        return
    rpu.check(read)


@settings(max_examples=150, deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from(["ISO-8859-1", "ISO-8859-15", "UTF-8", "windows-1252", "US-ASCII"]),
)
def test_the_quick_reading_and_the_careful_one_agree(chance, wounds: int, shuffled: bool, encoding: str):
    """Whatever a file holds: the quick way gives the same file, or leaves it to the careful one."""
    data = month(chance, 3, shuffled=shuffled).replace(b"ISO-8859-1", encoding.encode(), 1)
    for _ in range(wounds):
        data = wounded(data, chance)
    start = data.lstrip()
    quick = read_quickly(start, encoding, 0)
    if quick is not None:
        assert quick == read_carefully(start)


def test_ordinary_files_go_the_quick_way():
    for data in (
        SAMPLE,
        file(patient(DP=""), patient(LISTE_DA="<DA>I10</DA>\n<DA> J20 </DA>"), one_passages_each=True),
    ):
        assert read_quickly(data, "ISO-8859-1", 0) == read_carefully(data)
    turned = month(random.Random(5), 20, shuffled=True)
    assert read_quickly(turned, "ISO-8859-1", 0) == read_carefully(turned)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<CP>31000</CP>", b"<CP>31000<!-- 09 --></CP>"),
        (b"<CP>31000</CP>", b"<CP><![CDATA[<DP>R074</DP>]]></CP>"),
        (b"<CP>31000</CP>", b'<CP a="1">31000</CP>'),
        (b"<CP>31000</CP>", b"<CP>&#51;1000</CP>"),
        (b"<CP>31000</CP>", b"<CP>31000</COMMUNE>"),
        (b"<CP>31000</CP>", b"<CP>3]]>1000</CP>"),
        (b"<CP>31000</CP>", b"<CP>\x0131000</CP>"),
        (b"<PASSAGES>", b"<!-- <PATIENT><CP>1</CP></PATIENT> --><PASSAGES>"),
        (b"<PASSAGES>", b"<PASSAGES><PATIENT/>"),
        (b"<PATIENT>", b"<PATIENT><PATIENT>"),
        (b"<OSCOUR>", b'<OSCOUR xmlns="urn:x">'),
        (b"<OSCOUR>", b"<OSCOUR><OSCOUR></OSCOUR>"),
        (b'version="1.0"', b'version="1.0" version="1.0"'),
    ],
    ids=range(13),
)
def test_what_is_not_ordinary_is_left_to_the_careful_reading(old: bytes, new: bytes):
    assert old in SAMPLE
    assert read_quickly(SAMPLE.replace(old, new, 1), "ISO-8859-1", 0) is None


# -- controls


def test_a_right_file_is_accepted_without_a_word():
    verdict = judged()
    assert verdict.is_integrated
    assert verdict.counts == {"accepted": 1, "alert": 0, "rejected": 0}
    assert verdict.all_faults == []


def test_f5_1_an_exit_before_the_entry_rejects_the_passage_and_not_the_file():
    verdict = judged(patient(), patient(SEXE="M", SORTIE="03/03/2026 12:00"))
    assert verdict.is_integrated
    assert verdict.counts == {"accepted": 1, "alert": 0, "rejected": 1}
    assert rules(verdict) == [("R05", "PASSAGES/PATIENT[2]/SORTIE")]
    assert verdict.all_faults[0].line == 5


@pytest.mark.parametrize(
    ("changes", "rule", "place", "verdict"),
    [
        ({"ENTREE": "04/03/2026 09:00", "SORTIE": None, "MODE_SORTIE": None, "DESTINATION": None, "ORIENT": None}, "R03", "ENTREE", "rejected"),
        ({"ENTREE": ""}, "R04", "ENTREE", "rejected"),
        ({"ENTREE": "31/02/2026 09:00"}, "R04", "ENTREE", "rejected"),
        ({"SORTIE": "07/03/2026 09:00"}, "R06", "SORTIE", "alert"),
        ({"SORTIE": "11/03/2026 09:00"}, "R06", "SORTIE", "rejected"),
        ({"NAISSANCE": "04/03/2026"}, "R07", "NAISSANCE", "rejected"),
        ({"NAISSANCE": "04/03/1899"}, "R07", "NAISSANCE", "rejected"),
        ({"TRANSPORT": "VELO"}, "R08", "TRANSPORT", "alert"),
        ({"CP": "3100"}, "R08", "CP", "alert"),
        ({"LISTE_DA": "<DA>I10</DA><DA>mal</DA>"}, "R08", "LISTE_DA/DA[2]", "alert"),
        ({"LISTE_ACTES": "<ACTE>D1</ACTE>"}, "R08", "LISTE_ACTES/ACTE[1]", "alert"),
        ({"MODE_SORTIE": "4"}, "R08", "MODE_SORTIE", "rejected"),
        ({"PROVENANCE": "1"}, "R09", "PROVENANCE", "alert"),
        ({"DESTINATION": "6"}, "R09", "DESTINATION", "alert"),
        ({"MODE_SORTIE": "9", "ORIENT": ""}, "R09", "DESTINATION", "alert"),
        ({"ORIENT": "PSA"}, "R09", "ORIENT", "alert"),
        ({"MODE_SORTIE": "8", "DESTINATION": "", "ORIENT": "UHCD"}, "R09", "ORIENT", "alert"),
        ({"SEXE": "M", "DP": "O800"}, "R10", "DP", "alert"),
        ({"GRAVITE": "D"}, "R12", "MODE_SORTIE", "alert"),
        ({"DP": ""}, "R13", "DP", "alert"),
    ],
)  # fmt: skip
def test_each_control_says_its_rule_and_its_place(changes: dict[str, str | None], rule: str, place: str, verdict: str):
    found = judged(patient(**changes))
    assert (rule, f"PASSAGES/PATIENT[1]/{place}") in rules(found)
    assert found.passages[0].verdict == verdict
    assert found.is_integrated


@pytest.mark.parametrize(
    "changes",
    [
        {"NAISSANCE": ""},
        {"CP": "31999"},
        {"CP": "99999"},
        {"CP": "2A004"},
        {"MODE_SORTIE": "8", "DESTINATION": "", "ORIENT": "REO", "DP": ""},
        {"SORTIE": "", "MODE_SORTIE": "", "DESTINATION": "", "ORIENT": "", "DP": ""},
        {"ENTREE": "03/03/2026 14:05:30"},
    ],
)
def test_what_the_format_allows_is_accepted(changes: dict[str, str | None]):
    assert rules(judged(patient(**changes))) == []


def test_a_code_out_of_its_list_is_emptied_and_said():
    (one,) = judged(patient(TRANSPORT="VELO")).passages
    assert one.passage.text("TRANSPORT") == ""
    assert "VELO" in one.faults[0].message


def test_more_than_a_tenth_of_wrong_codes_refuses_the_file_and_a_tenth_does_not():
    def verdict(wrong: int) -> rpu.FileVerdict:
        rows = [patient(CP=f"310{rank:02}", TRANSPORT="VELO" if rank < wrong else "AMBU") for rank in range(20)]
        return judged(*rows)

    assert verdict(2).is_integrated
    assert not verdict(3).is_integrated
    assert ("R08", "PASSAGES") in rules(verdict(3))


def test_thresholds_are_parameters():
    late = patient(SORTIE="04/03/2026 18:00")
    assert rules(judged(late)) == []
    strict = rpu.Thresholds(alert_stay_hours=24)
    assert [rule for rule, _ in rules(judged(late, thresholds=strict))] == ["R06"]
    kind = rpu.Thresholds(outside_period="alert")
    outside = judged(patient(ENTREE="02/03/2026 23:50"), thresholds=kind)
    assert outside.passages[0].verdict == "alert"


def test_of_two_equal_passages_the_last_one_counts():
    verdict = judged(patient(DP="R074"), patient(DP="I219"))
    assert [one.verdict for one in verdict.passages] == ["rejected", "accepted"]
    assert rules(verdict) == [("R11", "PASSAGES/PATIENT[1]")]


@pytest.mark.parametrize(
    ("about", "place"),
    [
        ({"FINESS": "12"}, "ETABLISSEMENT/FINESS"),
        ({"DATEDEBUT": ""}, "ETABLISSEMENT/DATEDEBUT"),
        ({"DATEDEBUT": "05/03/2026"}, "ETABLISSEMENT/DATEFIN"),
    ],
)
def test_a_file_without_sender_or_period_is_refused(about: dict[str, str], place: str):
    verdict = judged(**about)
    assert not verdict.is_integrated
    assert place in [fault.place for fault in verdict.faults]


def test_a_sender_that_is_not_on_the_list_is_refused():
    read = rpu.read(SAMPLE)
    assert not rpu.check(read, authorised={"340780477"}).is_integrated
    assert rpu.check(read, authorised={"310781406"}).is_integrated


def test_a_file_without_establishment_says_so():
    verdict = rpu.check(rpu.read(b"<OSCOUR><PASSAGES/></OSCOUR>"))
    assert not verdict.is_integrated
    assert verdict.faults[0].place == "ETABLISSEMENT"


# -- integration


def test_f5_2_the_same_file_twice_changes_nothing():
    verdict = judged(patient(), patient(SEXE="M"))
    once = rpu.integrated({}, verdict)
    assert len(once) == 2
    assert rpu.integrated(once, verdict) == once


def test_a_file_sent_again_replaces_its_period_and_leaves_the_rest():
    before = rpu.integrated(
        {}, judged(patient(ENTREE="02/03/2026 10:00", SORTIE=""), DATEDEBUT="02/03/2026", DATEFIN="02/03/2026")
    )
    both = rpu.integrated(before, judged(patient(), patient(SEXE="M")))
    again = rpu.integrated(both, judged(patient()))
    assert (len(before), len(both), len(again)) == (1, 3, 2)


def test_a_refused_file_and_a_rejected_passage_lose_nothing():
    held = rpu.integrated({}, judged(patient()))
    assert rpu.integrated(held, judged(patient(), FINESS="12")) == held
    assert rpu.integrated(held, judged(patient(SORTIE="01/03/2026 00:00"))) == held


# -- writing


def test_what_is_written_reads_the_same_and_follows_the_order_of_the_format(shared):
    schema = etree.XMLSchema(etree.parse(str(shared / "specs/rpu/rpu-oscour.xsd")))
    example = (shared / "specs/rpu/rpu-exemple-synthetique.xml").read_bytes()
    for data in (SAMPLE, example):
        read = rpu.read(data)
        written = rpu.write(read)
        assert schema.validate(etree.fromstring(written)), schema.error_log
        again = rpu.read(written)
        assert again.establishment == read.establishment
        assert [(one.raw, one.associated, one.acts) for one in again.passages] == [
            (one.raw, one.associated, one.acts) for one in read.passages
        ]


def test_the_example_of_the_reference_files_is_integrated(shared):
    verdict = rpu.check(rpu.read((shared / "specs/rpu/rpu-exemple-synthetique.xml").read_bytes()))
    assert verdict.is_integrated
    assert verdict.counts == {"accepted": 3, "alert": 0, "rejected": 0}
