from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maison.formats.fhir import search_values as asked
from maison.formats.fhir.moments import NoMoment, bounds, instant

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(max_examples=60)
@given(st.lists(TEXT, min_size=1, max_size=5))
def test_any_list_of_texts_survives_escaping(values):
    written = ",".join(asked.escape(value) for value in values)
    assert [asked.unescape(part) for part in asked.split(written, ",")] == values


@settings(max_examples=60)
@given(TEXT, TEXT)
def test_any_system_and_code_make_one_token(system, code):
    token = asked.token(f"{asked.escape(system)}|{asked.escape(code)}")
    assert (token.system, token.code) == (system, code)


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_whatever_is_written_is_read_or_refused_in_french(text):
    for read in (
        asked.token,
        asked.number,
        asked.date,
        asked.quantity,
        asked.reference,
        asked.read_name,
        asked.alternatives,
    ):
        try:
            read(text)
        except asked.UnreadableValue as refusal:
            assert str(refusal).endswith(".")  # noqa: PT017 -- either end is right


@settings(max_examples=60)
@given(
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1))  # noqa: DTZ001 -- made aware below
)
def test_an_instant_lies_in_every_less_precise_date_that_names_it(moment):
    moment = moment.replace(tzinfo=UTC)
    low, high = bounds(instant(moment))
    assert abs(low - moment.timestamp()) < 1e-5
    for text in (f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment:%Y-%m-%dT%H:%MZ}"):
        around = bounds(text.zfill(0))
        assert around[0] <= low + 1e-6
        assert high <= around[1] + 1e-4


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z"),
        ("2026-02", "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"),
        ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),  # the short night
        ("2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),  # the long one
        ("2026-11-25T10:00+01:00", "2026-11-25T09:00:00Z", "2026-11-25T09:01:00Z"),
    ],
)
def test_a_date_without_an_offset_is_french_legal_time(text, low, high):
    assert bounds(text) == (bounds(low)[0], bounds(high)[0])


@pytest.mark.parametrize("text", ["", "26", "2026-13", "2026-02-30", "2026-1-1", "2026-01-01T25:00:00Z", "2026-01-01T10:00:00+99:00", "٢٠٢٦"])  # fmt: skip
def test_what_is_no_date_is_refused(text):
    with pytest.raises(NoMoment):
        bounds(text)


@pytest.mark.parametrize(("text", "low", "high"), [("100", 99.5, 100.5), ("100.00", 99.995, 100.005), ("1e2", 50, 150), ("-1.5", -1.55, -1.45)])  # fmt: skip
def test_a_number_is_as_wide_as_its_precision(text, low, high):
    found = asked.number(text)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_prefixes_modifiers_and_chains_are_told_apart():
    assert asked.date("ge2026-01-01").prefix == "ge"
    assert asked.read_name("subject:Patient.identifier") == asked.Name("subject", "Patient", "identifier")
    assert asked.reference("https://ailleurs.test/fhir/Patient/12").url == "https://ailleurs.test/fhir/Patient/12"
    assert asked.reference("Patient/12/_history/3") == asked.Reference("Patient", "12", "")
    assert asked.token("|12") == asked.Token("", "12")
    assert asked.token("urn:x|") == asked.Token("urn:x", None)
    assert asked.quantity("5.4|http://unitsofmeasure.org|mg").code == "mg"
