"""A house that would send letters to the sandbox, or without a key to sign, does not start."""

from __future__ import annotations

import pytest

from maison.config.environment import SettingsError
from maison.config.letters import dmp_from, house_oid_from, mssante_from

MAIL = {
    "MAISON_MSSANTE_URL": "smtps://maison%40operateur.exemple@smtp.operateur.exemple:465", "MAISON_MSSANTE_ADDRESS": "maison@operateur.exemple",
    "MAISON_MSSANTE_DOMAINS": "medecin.mssante.fr, CH.mssante.fr", "MAISON_MSSANTE_IMAP_URL": "imaps://maison@imap.operateur.exemple",
}  # fmt: skip
DMP = {"MAISON_DMP_URL": "https://dmp.exemple/", "MAISON_DMP_CERTIFICATE": "c.pem", "MAISON_DMP_KEY": "c.key"}


def test_a_whole_setting_is_read():
    assert mssante_from(MAIL, production=True)["domains"] == {"medecin.mssante.fr", "ch.mssante.fr"}
    assert dmp_from(DMP, production=True)["url"] == "https://dmp.exemple/"
    assert mssante_from({}, production=True)["url"] == dmp_from({}, production=True)["url"] == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"MAISON_MSSANTE_URL": "smtps://localhost:8005"},
        {"MAISON_MSSANTE_URL": "smtps://127.0.0.1"},
        {"MAISON_MSSANTE_IMAP_URL": "imaps://localhost"},
        {"MAISON_MSSANTE_IMAP_URL": "imap://imap.operateur.exemple"},
        {"MAISON_MSSANTE_URL": "smtps://maison:secret@smtp.operateur.exemple"},
        {"MAISON_MSSANTE_URL": "http://smtp.operateur.exemple"},
        {"MAISON_MSSANTE_ADDRESS": ""},
        {"MAISON_MSSANTE_DOMAINS": ""},
    ],
    ids=lambda changes: next(iter(changes.items())).__str__(),
)
def test_a_house_in_production_refuses_an_operator_that_is_none(changes):
    with pytest.raises(SettingsError):
        mssante_from(MAIL | changes, production=True)


@pytest.mark.parametrize(
    "changes",
    [{"MAISON_DMP_URL": "https://localhost/dmp/"}, {"MAISON_DMP_URL": "http://dmp.exemple/"}, {"MAISON_DMP_KEY": ""}],
    ids=str,
)
def test_a_house_in_production_refuses_a_dmp_that_is_none(changes):
    with pytest.raises(SettingsError):
        dmp_from(DMP | changes, production=True)


def test_a_house_that_sends_letters_in_production_has_an_oid_of_its_own():
    assert house_oid_from({}, production=False, sends=True)
    assert house_oid_from({"MAISON_HOUSE_OID": "1.2.250.1.71"}, production=True, sends=True) == "1.2.250.1.71"
    for environ in ({}, {"MAISON_HOUSE_OID": "1.2.250.1.213.1.4.99.1"}, {"MAISON_HOUSE_OID": "maison"}):
        with pytest.raises(SettingsError):
            house_oid_from(environ, production=True, sends=True)
