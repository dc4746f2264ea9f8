"""The bench as an editor uses it: pages, exports, history; and as its software does, by the API."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from maison.foundations.audit.models import Entry
from maison.foundations.events.models import StoredEvent
from maison.interop.conformance import actions, api
from maison.interop.conformance.grading import MAX_BYTES
from maison.interop.conformance.models import Check
from tests.factories import StructureFactory
from tests.interop import wires
from tests.interop.conformance import samples

pytestmark = pytest.mark.django_db
BENCH = "/echanges/conformite/"
NAMES = samples.HL7.replace(b"PID|1\r", b"PID|1||||EXEMPLE^CLAUDE\r")


@pytest.fixture
def editor(signed_in_client):
    return signed_in_client("editeur", auth="local")


def paste(browser, text: str, **fields: str):
    return browser.post(BENCH, {"exemple": text, **fields})


def upload(browser, data: bytes):
    return browser.post(BENCH, {"fichier": SimpleUploadedFile("peu-importe.pdf", data)})


# -- pages


def test_an_editor_pastes_a_sample_and_reads_the_report(editor):
    answer = paste(editor, samples.HL7.decode())
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "Note </span>D" in page
    assert "PID-3" in page
    assert 'href="#ligne-3"' in page
    assert 'id="ligne-3"' in page


def test_a_file_is_read_by_its_content_whatever_its_name(editor):
    assert "RPU (OSCOUR)" in upload(editor, samples.RPU).content.decode()


def test_a_file_larger_than_what_django_keeps_in_memory_never_touches_the_disk(editor, monkeypatch):
    def refused(*words, **named):
        raise AssertionError("a sample went to the disk")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refused)
    data = samples.HL7 + b"NTE|1||" + b"x" * 3_000_000 + b"\r"
    assert upload(editor, data).status_code == 200
    assert Check.objects.get().size == len(data)


def test_what_is_pasted_in_xml_keeps_the_accents_of_its_charset(editor):
    text = samples.RPU.decode("latin-1").replace("TOULOUSE", "BÉZIERS")
    page = html.unescape(paste(editor, text).content.decode())
    assert "BÉZIERS" in page


@pytest.mark.parametrize("data", [b"x" * (MAX_BYTES + 1), b""])
def test_an_empty_or_too_large_file_is_refused_in_words(editor, data):
    answer = upload(editor, data)
    assert answer.status_code == 422
    assert ("dépasse 5 Mo" if data else "Collez un exemple") in html.unescape(answer.content.decode())
    assert not Check.objects.exists()


def test_a_paste_that_is_too_long_is_refused_in_words(editor):
    answer = paste(editor, "x" * 3_000_000)
    assert answer.status_code == 413
    assert "dépasse 5 Mo" in answer.content.decode()


def test_the_form_still_wants_its_token(signed_in_client):
    strict = signed_in_client("editeur", enforce_csrf_checks=True)
    assert paste(strict, samples.HL7.decode()).status_code == 403
    assert not Check.objects.exists()


def test_markup_of_a_sample_is_shown_and_never_run(editor):
    page = paste(editor, '{"createCaseHealth": "<script>alert(1)</script>"}').content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_production_identity_is_refused_and_nothing_of_it_comes_back(editor):
    page = html.unescape(paste(editor, samples.PRODUCTION.decode()).content.decode())
    assert "1.2.250.1.213.1.4.10" in page
    assert "279035121518989" not in page
    assert Check.objects.get().outcome == "refused"


def test_a_bare_body_is_checked_once_its_type_is_told(editor):
    body = '{"requiredStringField": 3}'
    assert "non reconnue" in paste(editor, body).content.decode()
    assert "TECHNICAL, Message technique" in paste(editor, body, attendu="TECHNICAL").content.decode()


def test_a_page_stays_small_and_bounded(editor, django_assert_max_num_queries):
    data = json.dumps({"createCaseHealth": {f"x{rank}": rank for rank in range(2000)}}, indent=1)
    with django_assert_max_num_queries(20):
        page = paste(editor, data).content.decode()
    assert len(re.findall(r"<[a-z]", page)) < 360
    assert "défauts de plus" in page


# -- what is kept


def test_only_hash_family_grade_and_counts_are_kept(editor, caplog):
    paste(editor, NAMES.decode())
    row = Check.objects.get()
    assert (row.family, row.grade, row.outcome, row.structure_id) == ("hl7v2", "D", "graded", editor.structure.id)
    assert row.errors >= 1
    kept = [str(list(model.objects.values())) for model in (Check, Entry, StoredEvent)]
    assert not any("EXEMPLE" in text or "CLAUDE" in text for text in [*kept, caplog.text])
    entry = Entry.objects.get(code="conformance.sample_checked")
    assert entry.details["grade"] == "D"


def test_an_editor_sees_the_checks_of_its_structure_only(editor, signed_in_client):
    paste(editor, samples.HUB.decode())
    other = signed_in_client("editeur", StructureFactory(), auth="local")
    assert "Hub Santé" in editor.get(reverse("conformance:history")).content.decode()
    assert "Hub Santé" not in other.get(reverse("conformance:history")).content.decode()
    table = b"".join(editor.get(reverse("conformance:history_csv")).streaming_content).decode()
    assert Check.objects.get().sha256 in table


def test_a_loop_is_stopped(editor, monkeypatch):
    monkeypatch.setattr(actions, "CHECKS_PER_MINUTE", 1)
    assert paste(editor, samples.HUB.decode()).status_code == 200
    assert paste(editor, samples.HUB.decode()).status_code == 429
    assert Check.objects.count() == 1


# -- exports


def signed(answer) -> str:
    return html.unescape(re.search(r'name="rapport" value="([^"]+)"', answer.content.decode())[1])


def test_the_report_is_exported_from_the_page_in_json_and_csv(editor):
    report = signed(paste(editor, samples.RPU.decode("latin-1")))
    answer = editor.post(reverse("conformance:export"), {"rapport": report, "format": "json"})
    document = json.loads(answer.content)
    assert (document["note"], document["famille"]) == ("D", "rpu")
    assert document["defauts"][0]["emplacement"] == "PASSAGES/PATIENT[2]/SORTIE"
    table = editor.post(reverse("conformance:export"), {"rapport": report, "format": "csv"})
    assert "R05" in b"".join(table.streaming_content).decode()


def test_a_report_that_the_house_did_not_sign_is_not_exported(editor):
    assert editor.post(reverse("conformance:export"), {"rapport": "x:y:z"}).status_code == 409


# -- the API


def call(client, data: bytes, key: str = wires.KEY, query: str = ""):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return client.post(f"{BENCH}api/{query}", data, content_type="application/octet-stream", headers=headers)


def test_a_software_gets_the_same_report_in_json(client):
    software = wires.declare()
    answer = call(client, samples.RPU)
    assert answer.status_code == 200
    assert (answer.json()["note"], answer.json()["verdict"]) == ("D", "graded")
    row = Check.objects.get()
    assert (row.structure_id, row.subject) == (software.structure_id, f"software:{software.client_id}")


def test_the_type_of_a_bare_body_is_told_in_the_address(client):
    wires.declare()
    assert call(client, b'{"requiredStringField": 3}', query="?type=TECHNICAL").json()["type"].startswith("TECHNICAL")


def test_without_a_known_key_nothing_is_read(client):
    software = wires.declare()
    assert call(client, samples.RPU, key="").status_code == 401
    assert call(client, samples.RPU, key="une-autre-cle").status_code == 401
    software.active = False
    software.save()
    assert call(client, samples.RPU).status_code == 401
    assert not Check.objects.exists()


def test_a_storm_of_wrong_keys_is_answered_shortly(client, monkeypatch):
    monkeypatch.setattr(api, "WRONG_KEYS_PER_MINUTE", 1)
    assert call(client, b"x", key="a").status_code == 401
    answer = call(client, b"x", key="b")
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert Entry.objects.filter(code="conformance.refused", outcome="refused").count() == 1


@pytest.mark.parametrize(("data", "status"), [(b"", 400), (b"x" * (MAX_BYTES + 1), 413), (b"%PDF", 200)])
def test_the_api_says_what_it_cannot_read(client, data, status):
    wires.declare()
    assert call(client, data).status_code == status


def test_a_software_in_a_loop_is_told_to_wait(client, monkeypatch):
    wires.declare()
    monkeypatch.setattr(actions, "CHECKS_PER_MINUTE", 1)
    assert [call(client, samples.HUB).status_code for _ in range(2)] == [200, 429]
