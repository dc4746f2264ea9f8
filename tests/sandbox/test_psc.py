"""The sandbox behaves as the published provider: what it refuses, what it signs, what it forgets."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey

from maison_region.people import professional, professionals
from tests.sandbox.process import CLIENT, SOURCE, Sandbox, running_sandbox, text_of

BACK = "http://localhost:8000/connexion/psc/retour/"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def process() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(process: Sandbox) -> Sandbox:
    process.play()
    return process


def asked(sandbox: Sandbox, **changes: str) -> str:
    query = {
        "response_type": "code",
        "client_id": CLIENT["client_id"],
        "redirect_uri": BACK,
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "state": secrets.token_urlsafe(16),
        "nonce": "n" * 43,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{sandbox.issuer}/auth?{urlencode({**query, **changes})}"


def code_for(sandbox: Sandbox, family_name: str = "Romarin") -> str:
    back = sandbox.pick(asked(sandbox), professional(family_name).idnat)
    return parse_qs(urlsplit(back).query)["code"][0]


def exchange(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER, **CLIENT, **changes}
    answer = sandbox.browser.post(f"{sandbox.issuer}/token", data=form)
    return {**answer.json(), "status": str(answer.status_code)}


def test_the_page_offers_every_fictional_professional_and_says_it_is_a_sandbox(sandbox: Sandbox) -> None:
    shown = text_of(sandbox.browser.get(asked(sandbox)))
    assert "bac à sable" in shown.lower()
    assert "aucun vrai compte" in shown
    for person in professionals():
        assert person.full_name in shown


def test_the_search_ignores_accents_and_case(sandbox: Sandbox) -> None:
    shown = text_of(sandbox.browser.get(asked(sandbox, recherche="EGLANTINE rangueil")))
    assert "Rosa Églantine" in shown
    assert "Romarin" not in shown
    assert "Personne ne correspond" in text_of(sandbox.browser.get(asked(sandbox, recherche="introuvable")))


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "un-autre"},
        {"redirect_uri": "https://ailleurs.invalid/"},
        {"redirect_uri": "http://localhost.ailleurs.invalid/"},
        {"response_type": "token"},
        {"scope": "openid"},
        {"acr_values": ""},
        {"nonce": "court"},
        {"state": ""},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
    ],
)
def test_an_incomplete_request_is_refused_on_the_spot(sandbox: Sandbox, change: dict[str, str]) -> None:
    answer = sandbox.browser.get(asked(sandbox, **change))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_names_are_escaped_in_the_page(sandbox: Sandbox) -> None:
    answer = sandbox.browser.get(asked(sandbox, state='"><script>alert(1)</script>'))
    assert "<script>" not in answer.text


def test_a_code_serves_once_with_its_verifier_its_address_and_its_client(sandbox: Sandbox) -> None:
    for wrong in ({"code_verifier": "w" * 64}, {"redirect_uri": "http://localhost:8000/"}):
        assert exchange(sandbox, code=code_for(sandbox), **wrong)["error"] == "invalid_grant"
    code = code_for(sandbox)
    assert exchange(sandbox, code=code, client_secret="un-autre")["status"] == "401"
    assert exchange(sandbox, code=code)["status"] == "200"
    assert exchange(sandbox, code=code)["error"] == "invalid_grant"


def test_the_id_token_is_signed_by_the_published_key_and_userinfo_names_the_same_person(sandbox: Sandbox) -> None:
    tokens = exchange(sandbox, code=code_for(sandbox))
    keys = jwt.PyJWKSet.from_dict(sandbox.browser.get(f"{sandbox.issuer}/certs").json())
    key = keys[jwt.get_unverified_header(tokens["id_token"])["kid"]]
    claims = jwt.decode(
        tokens["id_token"], key, algorithms=["RS256"], audience=CLIENT["client_id"], issuer=sandbox.issuer
    )
    assert (claims["acr"], claims["nonce"]) == ("eidas1", "n" * 43)
    person = sandbox.browser.get(
        f"{sandbox.issuer}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    ).json()
    assert person["sub"] == claims["sub"]
    assert person["SubjectNameID"] == professional("Romarin").idnat
    assert sandbox.browser.get(f"{sandbox.issuer}/userinfo").status_code == 401


def test_leaving_needs_a_token_of_ours_and_a_known_address(sandbox: Sandbox) -> None:
    token = exchange(sandbox, code=code_for(sandbox))["id_token"]

    def leave(**query: str) -> int:
        return sandbox.browser.get(f"{sandbox.issuer}/logout?{urlencode(query)}").status_code

    assert leave(id_token_hint="x") == 400
    assert leave(id_token_hint=token, post_logout_redirect_uri="https://ailleurs.invalid/") == 400
    assert leave(id_token_hint=token) == 200
    assert leave(id_token_hint=token, post_logout_redirect_uri=BACK, state="s") == 303


def test_a_withdrawn_card_is_told_to_the_house_once_for_each_session() -> None:
    heard: list[str] = []

    class House(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/connexion/psc/deconnexion/"
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    house = http.server.HTTPServer(("127.0.0.1", 0), House)
    thread = threading.Thread(target=house.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with running_sandbox(f"http://127.0.0.1:{house.server_port}") as sandbox:
            exchange(sandbox, code=code_for(sandbox))
            exchange(sandbox, code=code_for(sandbox, "Galet"))
            identity = {"identite": professional("Romarin").idnat}
            assert sandbox.browser.post(f"{sandbox.issuer}/cartes", data=identity).json() == {"answers": [200]}
            assert sandbox.browser.post(f"{sandbox.issuer}/cartes", data=identity).json() == {"answers": []}
    finally:
        house.shutdown()
        thread.join()
        house.server_close()
    (body,) = heard
    claims = jwt.decode(parse_qs(body)["logout_token"][0], options={"verify_signature": False})
    assert professional("Romarin").idnat in claims["sub"]
    assert "nonce" not in claims


def test_registered_with_encryption_it_seals_for_the_key_the_house_publishes_and_says_nothing_in_clear() -> None:
    key = RSAKey.generate_key(2048, parameters={"use": "enc", "kid": "k1"})
    published: dict[str, list[dict[str, object]]] = {"keys": []}

    class House(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/connexion/psc/cles/"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(published).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    house = http.server.HTTPServer(("127.0.0.1", 0), House)
    thread = threading.Thread(target=house.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with running_sandbox(f"http://127.0.0.1:{house.server_port}", "--encrypt") as sandbox:
            without_key = exchange(sandbox, code=code_for(sandbox))
            assert (without_key["status"], without_key["error"]) == ("500", "server_error")
            assert "id_token" not in without_key
            published["keys"] = [dict(key.as_dict(private=False))]
            sealed = exchange(sandbox, code=code_for(sandbox))["id_token"]
    finally:
        house.shutdown()
        thread.join()
        house.server_close()
    opened = jwe.decrypt_compact(sealed, key, algorithms=["RSA-OAEP-256", "A256GCM"])
    assert (opened.protected["kid"], opened.protected["cty"]) == ("k1", "JWT")
    assert jwt.decode(opened.plaintext or b"", options={"verify_signature": False})["nonce"] == "n" * 43


def test_it_stays_a_light_process_without_django(process: Sandbox) -> None:
    status = Path(f"/proc/{process.process.pid}")
    if not status.exists():
        pytest.skip("no /proc on this system")
    kilobytes = int(
        next(line.split()[1] for line in (status / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:"))
    )
    assert kilobytes < 40_000
    loaded = (
        "import sys, maison_sandbox.__main__; print([it for it in sys.modules if it.startswith(('django', 'maison.'))])"
    )
    run = subprocess.run(
        [sys.executable, "-c", loaded], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True
    )
    assert run.stdout == "[]\n", run.stderr


def test_a_body_too_large_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.browser.post(f"{sandbox.issuer}/token", content=b"x" * 70_000).status_code == 413


def test_it_stops_when_asked_even_in_the_middle_of_a_slow_answer() -> None:
    with running_sandbox() as sandbox:
        sandbox.play("slow")

        def ask() -> None:
            with contextlib.suppress(httpx.HTTPError):  # cut by the stop, which is the point
                sandbox.browser.get(f"{sandbox.issuer}/certs")

        waiting = threading.Thread(target=ask)
        waiting.start()
        sandbox.process.terminate()
        assert sandbox.process.wait(timeout=8) == 0
        waiting.join()
