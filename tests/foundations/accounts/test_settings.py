"""A house that trusts a sandbox trusts anyone: production refuses to start with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from maison.config.environment import SettingsError
from maison.config.sign_in import provider_from
from maison.foundations.accounts.psc_client import ProviderClient, Registration

REAL = {
    "MAISON_PSC_ISSUER": "https://auth.exemple.test/auth/realms/esante-wallet",
    "MAISON_PSC_CLIENT_ID": "maison",
    "MAISON_PSC_CLIENT_SECRET": "un-vrai-secret",
}


def read(environ: dict[str, str], *, production: bool = True, sandbox: bool = False) -> dict[str, str]:
    return provider_from(environ, sandbox_url="http://localhost:8001", sandbox=sandbox, production=production)


def test_the_real_provider_is_a_matter_of_settings() -> None:
    registration = Registration(**read(REAL))  # type: ignore[arg-type]
    assert registration.issuer == REAL["MAISON_PSC_ISSUER"]
    assert registration.acr == "eidas1"
    ProviderClient(registration).close()


def test_without_settings_the_sandbox_is_the_provider() -> None:
    assert read({}, production=False, sandbox=True)["issuer"] == "http://localhost:8001/psc"


@pytest.mark.parametrize(
    ("environ", "sandbox", "setting"),
    [
        ({}, False, "MAISON_PSC_ISSUER"),
        (REAL, True, "MAISON_SANDBOX"),
        ({**REAL, "MAISON_PSC_ISSUER": "http://auth.exemple.test"}, False, "MAISON_PSC_ISSUER"),
        ({**REAL, "MAISON_PSC_ISSUER": "https://localhost:8001/psc"}, False, "MAISON_PSC_ISSUER"),
        ({**REAL, "MAISON_PSC_ISSUER": "https://127.0.0.1/psc"}, False, "MAISON_PSC_ISSUER"),
        ({**REAL, "MAISON_PSC_CLIENT_ID": ""}, False, "MAISON_PSC_CLIENT_ID"),
        ({**REAL, "MAISON_PSC_CLIENT_SECRET": ""}, False, "MAISON_PSC_CLIENT_SECRET"),
        ({**REAL, "MAISON_PSC_ACR": "eidas0"}, False, "MAISON_PSC_ACR"),
        ({**REAL, "MAISON_PSC_PRIVATE_KEY_FILE": "/nowhere"}, False, "MAISON_PSC_PRIVATE_KEY_FILE"),
    ],
)
def test_production_refuses_to_start_with_a_sandbox_or_half_a_registration(
    environ: dict[str, str], sandbox: bool, setting: str
) -> None:
    with pytest.raises(SettingsError, match=setting):
        read(environ, sandbox=sandbox)


def test_a_private_key_is_read_from_its_file(tmp_path: Path) -> None:
    key = tmp_path / "psc.pem"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    environ = {**REAL, "MAISON_PSC_CLIENT_SECRET": "", "MAISON_PSC_PRIVATE_KEY_FILE": str(key)}
    assert read(environ)["private_key"].startswith("-----BEGIN")
