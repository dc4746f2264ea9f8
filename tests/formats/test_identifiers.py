"""National identifiers: what is accepted, what is refused, and that nothing of the value leaks in the refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maison.formats.identifiers import (
    IdNatPs,
    Ins,
    InvalidCaseId,
    InvalidFiness,
    InvalidIdentifier,
    InvalidIdNatPs,
    InvalidNir,
    InvalidRpps,
    InvalidSiren,
    InvalidSiret,
    check_case_id,
    check_finess,
    check_idnat_ps,
    check_ins,
    check_rpps,
    check_siren,
    check_siret,
    department_of_finess,
    idnat_ps_of_rpps,
    nir_key,
)


@pytest.mark.parametrize(("nir", "key"), [("2790351215189", 89), ("2550814168025", 38)])
def test_the_key_of_a_nir_is_the_official_one(nir, key):
    assert nir_key(nir) == key


def test_a_matricule_is_read_with_or_without_spaces():
    assert check_ins("2 79 03 51 215 189 89") == Ins("2790351215189", "89")
    assert check_ins("279035121518989").matricule == "279035121518989"
    assert not check_ins("279035121518989").is_temporary


@pytest.mark.parametrize("department", ["2A", "2B", "2a"])
def test_a_matricule_of_corsica_is_checked_with_its_letter(department):
    nir = f"27903{department.upper()}215189"[:13]
    number = int(nir.replace("2A", "19").replace("2B", "18"))
    key = f"{97 - number % 97:02}"
    assert check_ins(f"27903{department}215189"[:13] + key).nir == nir
    with pytest.raises(InvalidNir):
        check_ins(nir + f"{(int(key) % 97) + 1:02}")


@pytest.mark.parametrize(
    "matricule",
    [
        "",
        "2790351215189",
        "279035121518988",
        "2790351215189890",
        "579035121518989",
        "27903512A518989",
        "2C9035121518989",
        "279135121518989",
        "27903X121518989",
        "２790351215189８9",
        "279035121518989\n9",
    ],
)
def test_a_matricule_out_of_form_or_with_a_wrong_key_is_refused(matricule):
    with pytest.raises(InvalidNir) as refusal:
        check_ins(matricule)
    assert "2790" not in str(refusal.value)


@pytest.mark.parametrize(("month", "exists"), [("01", 1), ("12", 1), ("13", 0), ("00", 0), ("20", 1), ("21", 0), ("29", 0), ("30", 1), ("42", 1), ("43", 0), ("50", 1), ("99", 1)])  # fmt: skip
def test_the_month_of_a_nir_is_a_month_or_a_pseudo_month(month, exists):
    nir = f"279{month[0]}{month[1]}51215189"
    if exists:
        assert 1 <= nir_key(nir) <= 97
    else:
        with pytest.raises(InvalidNir):
            nir_key(nir)


def test_an_rpps_has_eleven_digits_and_a_right_key():
    assert check_rpps("01234567897") == "01234567897"
    for wrong in ("01234567890", "1234567897", "801234567897", "0123456789A", ""):
        with pytest.raises(InvalidRpps):
            check_rpps(wrong)


def test_an_idnat_ps_says_its_register():
    assert idnat_ps_of_rpps("01234567897") == "801234567897"
    assert check_idnat_ps("801234567897") == IdNatPs("8", "01234567897")
    assert check_idnat_ps("801234567897").rpps == "01234567897"
    assert check_idnat_ps("0319999999").rpps is None
    assert str(check_idnat_ps("3310781406/12")) == "3310781406/12"
    for wrong in ("801234567890", "01", "9123", "8", "", "3"):
        with pytest.raises(InvalidIdNatPs):
            check_idnat_ps(wrong)


@pytest.mark.parametrize("finess", ["310781406", "340780477", "670780162", "31 078 1406", "2A0000014", "2b0000020"])
def test_a_finess_is_accepted(finess):
    assert len(check_finess(finess)) == 9


@pytest.mark.parametrize("finess", ["310781407", "31078140", "3107814061", "2C0000014", "A10781406", ""])
def test_a_finess_with_a_wrong_key_or_form_is_refused(finess):
    with pytest.raises(InvalidFiness):
        check_finess(finess)


def test_a_finess_tells_its_department():
    assert department_of_finess("310781406") == "31"
    assert department_of_finess("2A0000014") == "2A"
    assert department_of_finess("974000002") == "974"
    assert department_of_finess("970100004") == "971"


def test_siren_and_siret_have_their_keys():
    assert check_siren("732 829 320") == "732829320"
    assert check_siret("732 829 320 00074") == "73282932000074"
    for wrong in ("732829321", "73282932", "A32829320"):
        with pytest.raises(InvalidSiren):
            check_siren(wrong)
    for wrong in ("73282932000075", "7328293200007", "73282932100073"):
        with pytest.raises(InvalidSiret):
            check_siret(wrong)


def test_la_poste_has_its_own_siret_rule():
    assert check_siret("35600000000048") == "35600000000048"
    assert check_siret("35600000049837") == "35600000049837"
    with pytest.raises(InvalidSiret):
        check_siret("35600000049838")


def test_a_case_identifier_is_read_in_its_parts():
    case = check_case_id("fr.health.samu31.DRFR15DDXAAJJJ00000")
    assert case == ("fr", "health", "samu31", "DRFR15DDXAAJJJ00000")
    assert str(case) == "fr.health.samu31.DRFR15DDXAAJJJ00000"
    assert check_case_id("fr.fire.sis077.cgo-077.D1").organisation == "sis077.cgo-077"
    for wrong in (
        "",
        "fr.health.samu31",
        "fr..samu31.D1",
        "fr.health.samu31.D1.",
        "fr.health.samu31.D 1",
        "a." * 10 + "b",
    ):
        with pytest.raises(InvalidCaseId):
            check_case_id(wrong)


@given(st.text(max_size=20), st.sampled_from([check_ins, check_rpps, check_idnat_ps, check_finess, check_siren, check_siret, check_case_id]))  # fmt: skip
def test_any_text_is_accepted_or_refused_with_a_code_and_french_words(text, check):
    try:
        check(text)
    except InvalidIdentifier as refusal:
        assert refusal.code.startswith("IDT-")  # noqa: PT017
        assert refusal.message.endswith(".")  # noqa: PT017


@given(st.text("0123456789", min_size=10, max_size=10), st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen_in_an_rpps(start, rank, shift):
    rpps = next(text for digit in range(10) if _is_rpps(text := f"{start}{digit}"))
    wrong = rpps[:rank] + str((int(rpps[rank]) + shift) % 10) + rpps[rank + 1 :]
    assert not _is_rpps(wrong)


def _is_rpps(text):
    try:
        return check_rpps(text) == text
    except InvalidRpps:
        return False
