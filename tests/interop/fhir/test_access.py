"""Who may enter: software by SMART Backend Services, professionals by Pro Santé Connect, and nobody else."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.management import CommandError, call_command
from django.test import Client

from maison.foundations.access.actor import Actor
from maison.foundations.access.models import Habilitation
from maison.foundations.accounts.psc_client import ProviderClient, Registration
from maison.foundations.audit.models import Entry
from maison.interop.exchanges.models import Client as Software
from maison.interop.fhir import authentication, tokens
from maison.interop.fhir.errors import NotYours, RegistrationRefused
from tests.factories import HabilitationFactory, SituationFactory, StructureFactory, UserFactory
from tests.interop.fhir.software import FHIR, Partner, assertion, document, key_pair, patient
from tests.interop.fhir.test_reading_and_writing import code_of

pytestmark = pytest.mark.django_db


def refusal(answer):
    return answer.status_code, answer.json()["error"]


def why():
    return Entry.objects.filter(code="fhir.token_refused").latest("seq").details["why"]


def test_a_token_is_short_lived_and_says_what_it_opens(partner):
    answer = partner.ask_token("system/Patient.rs system/DocumentReference.read").json()
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 300)
    assert answer["scope"] == "system/Patient.rs system/DocumentReference.read"
    trace = Entry.objects.get(code="fhir.token_issued")
    assert trace.subject == "software:fr.health.logiciel-a"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "https://ailleurs.test/token"}, "InvalidAudienceError"),
        ({"exp": int(time.time()) - 100}, "ExpiredSignatureError"),
        ({"exp": int(time.time()) + 4000}, "too_long"),
        ({"jti": None}, "MissingRequiredClaimError"),
        ({"sub": "fr.health.autre"}, "unknown"),
        ({"iss": "fr.health.autre", "sub": "fr.health.autre"}, "unknown"),
        ({"iss": "fr.health\0", "sub": "fr.health\0"}, "unknown"),
        ({"kid": "autre"}, "unknown_key"),
        ({"key": rsa.generate_private_key(65537, 2048), "algorithm": "RS384"}, "algorithm"),
        ({"key": ec.generate_private_key(ec.SECP384R1())}, "InvalidSignatureError"),
        ({"key": "secret" * 8, "algorithm": "HS384"}, "algorithm"),
    ],
)
def test_an_assertion_that_proves_nothing_opens_nothing(partner, claims, reason):
    assert refusal(partner.ask_token(**claims)) == (401, "invalid_client")
    assert why() == reason


def test_an_assertion_is_used_once(partner):
    form = {"grant_type": "client_credentials", "scope": "system/Patient.r", "client_assertion": assertion(partner.client_id),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}  # fmt: skip
    assert partner.http.post("/fhir/auth/token", form).status_code == 200
    assert refusal(partner.http.post("/fhir/auth/token", form)) == (401, "invalid_client")
    assert why() == "replayed"


def test_what_is_asked_beyond_the_registration_is_not_given(db):
    partner = Partner("fr.health.logiciel-a", scopes=("system/Patient.rs", "system/DocumentReference.crus"))
    assert partner.ask_token("system/Patient.cruds").json()["scope"] == "system/Patient.rs"
    assert refusal(partner.ask_token("system/Task.rs user/Patient.rs launch openid")) == (400, "invalid_scope")
    assert refusal(partner.http.post("/fhir/auth/token", {"grant_type": "password"})) == (400, "unsupported_grant_type")


def test_the_scopes_of_the_token_bind_each_interaction(partner):
    made = partner.create(**patient())
    address = f"Patient/{made['id']}"
    partner.with_scope("system/Patient.r")
    assert partner.get(address).status_code == 200
    for answer in (partner.get("Patient"), partner.post("Patient", patient()), partner.put(address, made), partner.send("DELETE", address),
                   partner.get("DocumentReference/x")):  # fmt: skip
        assert (answer.status_code, code_of(answer)) == (403, "FHR-002")
    traces = Entry.objects.filter(code="fhir.refused")
    assert {trace.details["error"] for trace in traces} == {"FHR-002"}
    assert traces.count() == 5


def test_chains_and_inclusions_do_not_go_round_the_scopes(partner):
    sick = partner.create(**patient())
    partner.create(**document(subject={"reference": f"Patient/{sick['id']}"}))
    partner.with_scope("system/DocumentReference.rs")
    assert code_of(partner.get("DocumentReference?patient.family=exemple")) == "FHR-002"
    included = partner.get("DocumentReference?_include=DocumentReference:patient").json()
    assert [one["search"]["mode"] for one in included["entry"]] == ["match", "outcome"]
    partner.with_scope("system/Patient.rs")
    assert code_of(partner.get("Patient?_has:DocumentReference:patient:status=current")) == "FHR-002"


def test_chains_and_inclusions_do_not_go_round_the_structures(partner):
    other = Partner("fr.health.logiciel-b")
    sick = partner.create(**patient())
    made = other.create(**document(subject={"reference": f"Patient/{sick['id']}"}))
    assert other.ids("DocumentReference?patient.family=exemple") == []
    assert other.ids(f"DocumentReference?patient={sick['id']}") == [made["id"]]
    assert len(other.get("DocumentReference?_include=DocumentReference:patient").json()["entry"]) == 1
    assert partner.ids("Patient?_has:DocumentReference:patient:status=current") == []
    assert len(partner.get("Patient?_revinclude=DocumentReference:patient").json()["entry"]) == 1


def test_a_structure_sees_what_it_contains_and_the_agency_sees_all(partner):
    inside = Partner("fr.health.service", structure=StructureFactory(service=True, parent=partner.structure))
    agency = Partner("fr.health.grades", structure=StructureFactory(agency=True))
    made = inside.create(**patient())
    assert partner.ids("Patient") == [made["id"]]
    assert agency.ids("Patient") == [made["id"]]
    mine = partner.create(**patient())
    assert inside.get(f"Patient/{mine['id']}").status_code == 404


@pytest.mark.parametrize("header", ["", "Basic x", "Bearer", "Bearer x.y.z", "Bearer " + "x" * 9000])
def test_without_a_token_of_ours_nothing_is_answered(db, header):
    answer = Client().get("/fhir/Patient", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, code_of(answer)) == (401, "FHR-001")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_storm_of_wrong_tokens_is_answered_without_filling_the_traces(db):
    browser = Client()
    statuses = [browser.get("/fhir/Patient").status_code for _ in range(25)]
    assert statuses == [401] * 20 + [429] * 5
    assert Entry.objects.filter(code="fhir.refused").count() == 20


def test_a_token_of_the_house_that_was_changed_or_is_over_opens_nothing(partner):
    key, now = tokens._key("x"), int(time.time())
    claims = jwt.decode(partner.token, options={"verify_signature": False})
    forged = jwt.encode({**claims, "scope": "system/*.cruds"}, key, algorithm="HS256", headers={"typ": "at+jwt"})
    from django.conf import settings

    own = tokens._key(settings.SECRET_KEY)
    over = jwt.encode({**claims, "exp": now - 10}, own, algorithm="HS256", headers={"typ": "at+jwt"})
    elsewhere = jwt.encode(
        {**claims, "aud": "https://ailleurs.test"}, own, algorithm="HS256", headers={"typ": "at+jwt"}
    )
    for token in (forged, over, elsewhere):
        partner._token = token
        assert partner.get("Patient").status_code == 401


def test_a_closed_client_or_a_narrower_registration_ends_a_token_already_given(partner):
    assert partner.get("Patient").status_code == 200
    tokens.register(
        actor=Actor.system("tests"), client_id=partner.client_id, keys=[key_pair()[1]], scopes=["system/Task.rs"]
    )
    authentication.forget()  # what twenty seconds do
    assert partner.get("Patient").status_code == 403
    Software.objects.update(active=False)
    authentication.forget()
    assert partner.get("Patient").status_code == 401
    assert refusal(partner.ask_token()) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("keys", "scopes"),
    [
        ([], ["system/Patient.rs"]),
        ([{"kty": "oct", "k": "c2VjcmV0", "kid": "a"}], ["system/Patient.rs"]),
        ([{**key_pair()[1], "d": "secret"}], ["system/Patient.rs"]),
        ([{**key_pair()[1], "kid": ""}], ["system/Patient.rs"]),
        ([key_pair()[1], key_pair()[1]], ["system/Patient.rs"]),
        ([{"kty": "EC", "kid": "a", "crv": "P-384", "x": "!", "y": "!"}], ["system/Patient.rs"]),
        ([key_pair()[1]], []),
        ([key_pair()[1]], ["user/Patient.rs"]),
        ([key_pair()[1]], ["system/Patient.rs?category=x"]),
    ],
)
def test_a_registration_needs_public_keys_and_scopes_that_are_understood(partner, keys, scopes):
    with pytest.raises(RegistrationRefused):
        tokens.register(actor=Actor.system("tests"), client_id=partner.client_id, keys=keys, scopes=scopes)


def test_an_operator_registers_software_from_its_jwks(partner, tmp_path, capsys):
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [key_pair()[1]]}))
    call_command("fhir_software", partner.client_id, jwks=str(file), scope=["system/Task.rs"])
    assert "system/Task.rs" in capsys.readouterr().out
    file.write_text("[]")
    with pytest.raises(CommandError, match="JWKS"):
        call_command("fhir_software", partner.client_id, jwks=str(file), scope=["system/Task.rs"])


# -- professionals


class PlayedProvider(ProviderClient):
    """Pro Santé Connect without its wire: real signatures, real checks."""

    def __init__(self, subject):
        super().__init__(Registration("https://psc.test", "maison", trusted_clients=("logiciel-metier",)))
        self.signing, public = ec.generate_private_key(ec.SECP256R1()), None
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.signing.public_key()))
        self.public = jwt.PyJWK.from_dict({**public, "kid": "psc", "alg": "ES256"})
        self.subject = subject
        self.claims = {
            "iss": "https://psc.test",
            "sub": "f:1",
            "azp": "logiciel-metier",
            "acr": "eidas1",
            "exp": int(time.time()) + 120,
        }

    def _key(self, kid):
        return self.public

    def _userinfo(self, access_token):
        return {"sub": "f:1", "SubjectNameID": self.subject}

    def token(self, **claims):
        said = {name: value for name, value in {**self.claims, **claims}.items() if value is not None}
        return jwt.encode(said, self.signing, algorithm="ES256", headers={"kid": "psc"})


@pytest.fixture
def doctor(partner):
    """A coordinator of the structure of `partner`."""
    user = UserFactory()
    user.situation = SituationFactory(user=user, structure=partner.structure)
    HabilitationFactory(subject=user.subject, structure=partner.structure, role="coordonnateur")
    return user


@pytest.fixture
def psc(doctor, monkeypatch):
    played = PlayedProvider(doctor.subject)
    monkeypatch.setattr(authentication, "provider", lambda: played)
    yield played
    played.close()


def ask(token, path="Patient", **headers):
    return Client().get(f"/fhir/{path}", HTTP_AUTHORIZATION=f"Bearer {token}", **headers)


def test_a_professional_reads_with_the_rights_of_the_situation(partner, psc, doctor):
    made = partner.create(**patient())
    stranger = Partner("fr.health.logiciel-b").create(**patient())
    found = ask(psc.token())
    assert [one["resource"]["id"] for one in found.json()["entry"]] == [made["id"]]
    assert ask(psc.token(), f"Patient/{stranger['id']}").status_code == 404
    trace = Entry.objects.filter(code="fhir.search").latest("seq")
    assert (trace.subject, trace.auth, trace.situation_id) == (doctor.subject, "psc", doctor.situation.id)


def test_a_professional_without_the_role_is_refused_and_traced(partner, psc, doctor):
    Habilitation.objects.update(role="secretaire")
    answer = ask(psc.token())
    assert (answer.status_code, code_of(answer)) == (403, "FHR-002")
    assert Entry.objects.get(code="fhir.refused").subject == doctor.subject


def test_reading_in_a_structure_does_not_open_writing_there(partner, psc, doctor):
    """Reads the whole site, writes in one service of it."""
    made = partner.create(**patient())
    service = StructureFactory(service=True, parent=partner.structure)
    Habilitation.objects.update(role="ioa")
    HabilitationFactory(subject=doctor.subject, structure=service, role="coordonnateur")
    doctor.situation.delete()
    SituationFactory(user=doctor, structure=service)

    def write(http, path, body):
        return http(f"/fhir/{path}", json.dumps(body), FHIR, HTTP_AUTHORIZATION=f"Bearer {psc.token()}")

    assert ask(psc.token(), f"Patient/{made['id']}").status_code == 200
    refused = write(Client().put, f"Patient/{made['id']}", {**made, "active": False})
    assert (refused.status_code, code_of(refused)) == (403, NotYours.code)
    assert partner.get(f"Patient/{made['id']}").json() == made
    assert write(Client().post, "Patient", patient()).status_code == 201


def test_with_several_situations_one_is_chosen(partner, psc, doctor):
    other = SituationFactory(user=doctor)
    assert code_of(ask(psc.token())) == "FHR-003"
    assert ask(psc.token(), HTTP_MAISON_SITUATION=str(doctor.situation.id)).status_code == 200
    assert ask(psc.token(), HTTP_MAISON_SITUATION=str(other.id)).status_code == 403
    assert code_of(ask(psc.token(), HTTP_MAISON_SITUATION="autre")) == "FHR-003"


@pytest.mark.parametrize(
    "claims",
    [
        {"azp": "inconnu"},
        {"azp": "inconnu", "aud": ["maison", "logiciel-metier"]},
        {"azp": None},
        {"iss": "https://ailleurs.test"},
        {"exp": 1},
        {"exp": None},
        {"acr": "eidas0"},
        {"acr": None},
    ],
)
def test_a_token_of_pro_sante_connect_made_for_another_opens_nothing(psc, claims):
    answer = ask(psc.token(**claims))
    assert (answer.status_code, code_of(answer)) == (401, "FHR-001")


def test_a_person_unknown_to_the_house_is_told_to_come_in_first(psc):
    psc.subject = "899700000999"
    assert ask(psc.token()).status_code == 401
